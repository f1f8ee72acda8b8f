"""Scripts as text: laid out for diffs, the same to the byte after a round, losing nothing."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import script_toys
from rimlight.engine import Curve, Document, Expr, Graph, GraphError, NodeState, Project, ScriptError
from rimlight.engine.script import script as script_module
from rimlight.engine.script.script import dumps, loads, read_nodes, text_of
from toy_nodes import registered

pytestmark = pytest.mark.usefixtures("toys_of_scripts")


def graph() -> Graph:
    g = Graph({name: NodeState("toy.blur", 3) for name in ("B0", "B1", "B2")})
    g = g.connect("B1", "image", "B0").connect("B2", "image", "B1").connect("B2", "mask", "B0")
    g = g.set_value("B0", "size", 2.5).set_value("B0", "tint", (0.1, Expr("B1.size * 2"), 1))
    g = g.set_value("B1", "size", Curve.of((1, 0), (10, 4.25))).set_value("B1", "mode", "box")
    g = g.set_value("B2", "shapes", ["a", "b"]).set_value("B2", "falloff", Curve.of((0, 1), (1, 0)))
    inner = Graph(
        {
            "In": NodeState("structure.input"),
            "Soft": NodeState("toy.blur", 3, inputs={"image": "In"}, ui={"position": [3, 4]}),
            "Out": NodeState("structure.output", inputs={"image": "Soft"}),
        }
    )
    group = NodeState("structure.group", values={"amount": 3.0}, graph=inner, promoted={"amount": "Soft.size"})
    return g.put("G", group.with_(inputs={"In": "B2"}, ui={"position": [1, 2]}))


def script(**nodes: Any) -> str:
    return json.dumps({"rimlight": 1, "nodes": nodes})


def node(kind: str = "toy.blur", version: int = 3, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "version": version, **fields}


def test_the_layout_of_the_text() -> None:
    g = Graph({"Read": NodeState("toy.source", values={"file": "plate.####.exr"}, ui={"position": [0, -120.5]})})
    g = (
        g.put("Blur", NodeState("toy.blur", 3))
        .connect("Blur", "image", "Read")
        .set_value("Blur", "tint", (1, 0.5, 0.1))
    )
    document = Document(g.set_value("Blur", "size", 12), Project(fps=25.0), ui={"zoom": 2})
    assert dumps(document) == (
        """{
  "rimlight": 1,
  "project": {
    "fps": 25.0
  },
  "nodes": {
    "Read": {
      "kind": "toy.source",
      "version": 1,
      "values": {
        "file": "plate.####.exr"
      }
    },
    "Blur": {
      "kind": "toy.blur",
      "version": 3,
      "inputs": {"image": "Read"},
      "values": {
        "size": 12.0,
        "tint": [1.0, 0.5, 0.1]
      }
    }
  },
  "layout": {
    ".": {"zoom": 2},
    "Read": {"position": [0, -120.5]}
  }
}
"""
    )


def test_a_graph_comes_back_equal_and_its_text_the_same_to_the_byte() -> None:
    document = Document(graph(), Project(format="1920x1080", frames=(5, 9)), ui={"bookmarks": [1]})
    loaded = loads(dumps(document))
    assert loaded.warnings == ()
    assert loaded.document == document
    assert list(loaded.document.graph) == list(document.graph)
    assert dumps(loaded.document) == dumps(document)


def test_moving_a_node_changes_only_the_layout() -> None:
    before = graph()
    after = before.put("B1", before["B1"].with_(ui={"position": [700, 800]}))
    old, new = dumps(Document(before)), dumps(Document(after))
    assert old != new
    assert old.partition('"layout"')[0] == new.partition('"layout"')[0]


def test_the_order_of_edits_does_not_show() -> None:
    g = Graph({"A": NodeState("toy.source"), "B": NodeState("toy.blur", 3)})
    one = g.set_value("B", "size", 2).set_value("B", "count", 4).connect("B", "mask", "A").connect("B", "image", "A")
    two = g.connect("B", "image", "A").set_value("B", "count", 4).connect("B", "mask", "A").set_value("B", "size", 2)
    assert dumps(Document(one)) == dumps(Document(two))


def test_unknown_fields_keep_their_order_and_place() -> None:
    text = dumps(
        Document(
            graph().put("X", NodeState("toy.blur", 3, extra={"zebra": [1, {"b": None}], "ape": 2})),
            extra={"zulu": {"q": 1.0}, "alpha": "é", "project": {"later": [1, 2.5]}},
        )
    )
    assert text.index('"zulu"') < text.index('"alpha"') < text.index('"layout"')
    loaded = loads(text)
    assert loaded.warnings == ()
    assert dumps(loaded.document) == text


def test_a_kind_that_is_not_installed_is_kept_as_it_is() -> None:
    values = {"zeta": {"expr": 5}, "alpha": [1, 2.0, {"deep": [None, True]}], "curve": {"keys": "?"}}
    text = dumps(loads(script(A=node(), X=node("gone.node", 7, inputs={"q": "A"}, values=values, future=1))).document)
    loaded = loads(text)
    state = loaded.document.graph["X"]
    assert state.cls is None
    assert dict(state.values) == values
    assert dict(state.inputs) == {"q": "A"}
    assert loaded.warnings == ("X: node kind 'gone.node' is not installed; the node is kept as it is",)
    assert dumps(loaded.document) == text


def test_a_newer_version_of_a_kind_is_kept_as_it_is() -> None:
    loaded = loads(script(X=node(version=4, values={"size": "later means text", "new": 1})))
    assert loaded.document.graph["X"].cls is None
    assert "is of version 4, newer than the installed 3" in loaded.warnings[0]
    again = json.loads(dumps(loaded.document))["nodes"]["X"]
    assert again == {"kind": "toy.blur", "version": 4, "values": {"new": 1, "size": "later means text"}}


def test_a_script_of_a_plugin_that_comes_back_works_again() -> None:
    text = dumps(Document(graph()))
    with registered([script_toys.ToySource]):  # takes the others away while it ends
        pass
    from rimlight.engine import registry

    for cls in script_toys.TOYS:
        registry.discard(cls.kind)
    try:
        without = loads(text)
        assert len(without.warnings) == 4
        assert dumps(without.document) == text
    finally:
        for cls in script_toys.TOYS:
            registry.add(cls)
    assert loads(dumps(without.document)).document.graph == graph()


def test_values_that_cannot_be_used_are_kept_and_named() -> None:
    values = {"size": -1, "mode": "star", "later": [1], "shapes": [3], "count": {"expr": "1 +"}, "fast": True}
    loaded = loads(script(B=node(values=values)))
    state = loaded.document.graph["B"]
    assert dict(state.values) == {"fast": True}
    assert state.value("size") == 1.0
    assert len(loaded.warnings) == 5
    assert "B: toy.blur.size = -1: must be within 0 upwards; the default is used, the value is kept" in loaded.warnings
    assert "B: toy.blur has no parameter 'later'; its value is kept but not used" in loaded.warnings
    assert json.loads(dumps(loaded.document))["nodes"]["B"]["values"] == values
    repaired = loaded.document.graph.set_value("B", "size", 4)
    assert json.loads(dumps(Document(repaired)))["nodes"]["B"]["values"] == values | {"size": 4.0}


def test_wires_that_cannot_be_used() -> None:
    loaded = loads(
        script(
            L=node("toy.light", 1),
            A=node(inputs={"image": "C", "mask": "Nobody"}),
            B=node(inputs={"image": "A", "left": "A", "mask": "L"}),
            C=node(inputs={"image": "B"}),
            D=node(inputs={"image": "D"}),
        )
    )
    wires = {name: dict(state.inputs) for name, state in loaded.document.graph.items()}
    assert wires == {"L": {}, "A": {"image": "C"}, "B": {}, "C": {"image": "B"}, "D": {}}
    assert sorted(loaded.warnings) == [
        "A: input 'mask' is wired to 'Nobody', which does not exist; the wire was dropped",
        "B: B has no input 'left', it has image, mask; the wire is kept but not used",
        "B: L puts out a rig, but input 'mask' of B takes an image; the wire is kept but not used",
        "B: input 'image' is wired to 'A', which closes a cycle; the wire was dropped",
        "D: input 'image' is wired to 'D', which closes a cycle; the wire was dropped",
    ]
    assert json.loads(dumps(loaded.document))["nodes"]["B"]["inputs"] == {"left": "A", "mask": "L"}


def test_old_versions_of_a_kind_are_upgraded_step_by_step() -> None:
    old = node(version=1, values={"width": {"expr": "frame"}, "offset": [1, 2]})
    loaded = loads(script(B=old))
    state = loaded.document.graph["B"]
    assert state.version == 3
    assert dict(state.values) == {"size": Expr("frame"), "offset": (1.0, 2.0), "mode": "box"}
    assert loaded.warnings == ()
    (told,) = loaded.upgraded
    assert told == (
        "B: toy.blur of version 1 is read as version 3, with mode = 'box', size = {'expr': 'frame'}, without width"
    )
    assert loads(dumps(loaded.document)).upgraded == ()
    assert dict(loads(script(B=old | {"version": 2})).document.graph["B"].values) == {
        "offset": (1.0, 2.0),
        "mode": "box",
    }


@pytest.mark.parametrize(
    ("raised", "said"), [(KeyError("width"), "KeyError: 'width'"), (SystemExit(3), "SystemExit: 3")]
)
def test_an_upgrade_that_fails_keeps_everything_for_later(
    raised: BaseException, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(values: dict[str, Any]) -> dict[str, Any]:
        raise raised

    monkeypatch.setattr(script_toys.ToyBlur, "upgrades", {1: broken, 2: broken})
    text = script(B=node(version=1, values={"width": 4}))
    loaded = loads(text)
    assert f"upgrading 'toy.blur' from version 1 to 3 failed ({said} (script_toys.py))" in loaded.warnings[0]
    assert json.loads(dumps(loaded.document)) == json.loads(text)


def test_an_upgrade_may_write_into_lists_and_put_in_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(values: dict[str, Any]) -> dict[str, Any]:
        values["offset"][0] = 5
        return values

    def broken(values: dict[str, Any]) -> dict[str, Any]:
        raise KeyError("width")

    text = script(B=node(version=1, values={"offset": [1, 2]}))
    steps = {1: moved, 2: lambda values: values | {"offset": np.array(values["offset"])}}
    monkeypatch.setattr(script_toys.ToyBlur, "upgrades", steps)
    assert loads(text).upgraded == ("B: toy.blur of version 1 is read as version 3, with offset = array([5, 2])",)
    monkeypatch.setattr(script_toys.ToyBlur, "upgrades", {1: moved, 2: broken})
    assert json.loads(dumps(loads(text).document)) == json.loads(text)


def test_the_schema_is_upgraded_and_a_newer_one_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    text = script(A=node())
    with pytest.raises(ScriptError, match=r"it\.rim: the script is of version 2, of a newer Rimlight"):
        loads(text.replace('"rimlight": 1', '"rimlight": 2'), "it.rim")
    monkeypatch.setattr(script_module, "SCHEMA", 3)
    monkeypatch.setattr(
        script_module, "UPGRADES", {1: lambda d: {**d, "steps": 1}, 2: lambda d: {**d, "steps": d["steps"] + 1}}
    )
    assert loads(text).document.extra["steps"] == 2


def test_promoted_parameters_of_a_missing_inside_are_kept() -> None:
    inside = {"X": node("gone.node", 1), "B": node()}
    group = node(
        "structure.group",
        1,
        nodes=inside,
        promoted={"a": "X.what", "b": "B.nothing", "c": "B.size"},
        values={"a": [1], "c": 2, "b": 3},
    )
    loaded = loads(script(G=group))
    state = loaded.document.graph["G"]
    assert dict(state.promoted) == {"a": "X.what", "c": "B.size"}
    assert state.values["a"] == [1] and state.values["c"] == 2.0
    assert json.loads(dumps(loaded.document))["nodes"]["G"] == group


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "this is no Rimlight script"),
        ('{"nodes": {}}', "this is no Rimlight script"),
        ('{"rimlight": "1"}', "the script version is '1', expected a whole number from 1"),
        ('{"rimlight": true}', "the script version is True"),
        ('{"rimlight": 1, "nodes": []}', r"nodes is \[\], expected a block of names and values"),
        ('{"rimlight": 1, "layout": 3}', "layout is 3"),
        ('{"rimlight": 1, "nodes": {"A": {"kind": "a.b"}}, "layout": {"A": [1]}}', r"layout of A is \[1\]"),
        ('{"rimlight": 1, "project": {"fps": -1}}', "project settings: fps is -1, expected"),
        ('{"rimlight": 1, "project": {"fps": 1' + "0" * 400 + "}}", "project.fps holds a number that is too large"),
        ('{"rimlight": 1, "project": {"frames": [1]}}', "project settings: "),
        (script(**{"a b": node()}), "'a b' is no node name, expected letters"),
        (script(A={}), "A: kind is None, expected the name of a node kind"),
        (script(A=node(version=0)), "A: version is 0, expected a whole number from 1"),
        (script(A=node(version=1.5)), "A: version is 1.5"),
        (script(A=node(inputs={"image": 3})), "A: inputs.image is 3, expected a name"),
        (script(A=node(values=[1])), r"A: values is \[1\]"),
        (script(A=node("structure.group", 1, nodes={"B": node(values=7)})), "A/B: values is 7"),
        (script(A=node("structure.group", 1, nodes={"B/C": node()})), "'B/C' in A is no node name"),
        (script(A=node("structure.group", 1, nodes={}, promoted={"x": None})), "A: promoted.x is None"),
    ],
)
def test_what_is_no_script_is_refused_with_file_node_and_field(text: str, sentence: str) -> None:
    with pytest.raises(ScriptError, match=rf"\Ashot\.rim: ({sentence})"):
        loads(text, "shot.rim")


def test_groups_in_groups_up_to_the_limit() -> None:
    state = NodeState("toy.blur", 3)
    for _ in range(40):
        state = NodeState("structure.group", graph=Graph({"Inner": state}))
    text = dumps(Document(Graph({"G": state})))
    assert dumps(loads(text).document) == text
    for _ in range(80):
        state = NodeState("structure.group", graph=Graph({"Inner": state}))
    with pytest.raises(ScriptError, match="nested deeper than 200 levels"):
        loads(dumps(Document(Graph({"G": state}))))


def test_ten_thousand_nodes_in_a_row() -> None:
    nodes = {f"B{i}": NodeState("toy.blur", 3, inputs={"image": f"B{i - 1}"} if i else {}) for i in range(10_000)}
    document = Document(Graph(nodes))
    assert loads(dumps(document)).document == document


_FUZZ = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
        ["A", "B", "toy.blur", "toy.merge", "structure.group", "image", "A.size", "frame +", ""]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["A", "B", "kind", "version", "inputs", "values", "promoted", "nodes", "size", "shapes", "image", "expr"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
_INNER = st.fixed_dictionaries({"kind": st.just("toy.blur")}, optional={"values": _FUZZ})
_NODE = st.fixed_dictionaries(
    {"kind": st.sampled_from(["toy.blur", "toy.merge", "structure.group", "structure.input", "gone.node"])},
    optional={
        "version": st.sampled_from([1, 2, 3, 4]), "inputs": _FUZZ, "values": _FUZZ, "promoted": _FUZZ, "new": _FUZZ,
        "nodes": st.dictionaries(st.sampled_from(["A", "B"]), _FUZZ | _INNER),
    },
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["A", "B", "C"]), _NODE), _FUZZ, _FUZZ)
def test_any_data_is_either_refused_with_a_sentence_or_stable(nodes: Any, layout: Any, project: Any) -> None:
    data = {"rimlight": 1, "nodes": nodes, "layout": layout, "project": project}
    refused, loaded = "", None
    try:
        loaded = loads(json.dumps(data), "fuzz")
    except ScriptError as error:
        refused = str(error)
    if loaded is None:
        assert refused.startswith("fuzz: ")
        assert "\n" not in refused
        return
    text = dumps(loaded.document)
    assert dumps(loads(text).document) == text


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_stable(data: st.DataObject) -> None:
    text = dumps(Document(graph()))
    at = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:at] + data.draw(st.text(max_size=2)) + text[at + data.draw(st.integers(0, 3)) :]
    try:
        loaded = loads(damaged)
    except ScriptError:
        return
    assert dumps(loads(dumps(loaded.document)).document) == dumps(loaded.document)


def test_the_clipboard_holds_the_chosen_nodes_with_the_wires_between_them() -> None:
    g = graph()
    text = text_of(g, ["B2", "B1", "G"])
    pasted = read_nodes(text)
    assert list(pasted) == ["B1", "B2", "G"]
    assert dict(pasted["B1"].inputs) == {}
    assert dict(pasted["B2"].inputs) == {"image": "B1"}
    assert pasted["G"] == g["G"]
    with pytest.raises(GraphError, match="no node 'Nobody'"):
        text_of(g, ["Nobody"])
    with pytest.raises(ScriptError, match="clipboard: line 1"):
        read_nodes("set cut_paste_input [stack 0]")


def test_nothing_is_executed() -> None:
    evil = node(values={"size": {"expr": "__import__('os').system('x')"}, "mode": "!!python/object"})
    loaded = loads(script(A=evil, B=node("os.system", 1)))
    assert len(loaded.warnings) == 3
