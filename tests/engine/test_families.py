"""Families of numbers: parameters that a node does not name itself, through keys, groups, links and scripts."""

from collections.abc import Iterator

import pytest

from rimlight.engine import (
    Curve,
    Expr,
    GraphError,
    Numbers,
    ParameterError,
    PluginError,
    Session,
    Source,
    clone,
    dumps,
    loads,
    node,
    numbers,
    param,
    parameter_spec,
    registry,
)
from rimlight.engine.evaluate.survey import NodeMemo
from rimlight.engine.params import Interpolated


@node("toy.familiar")
class Familiar(Source):
    """Has numbers with any names."""

    knob: Numbers = numbers("a number by any name")
    gain: float = param(default=1.0, doc="a number of its own")


registry.discard(Familiar.kind)


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session()
    registry.add(Familiar)
    made.add("Familiar", name="F", knob_b=2, knob_a=0.5)
    yield made
    registry.discard(Familiar.kind)


def given(session: Session, path: str = "F", frame: float = 1) -> Numbers:
    """What the node is given."""
    flat = session.flat()
    made, _ = NodeMemo().instance(flat, flat.node(path), frame, 1.0)
    assert isinstance(made, Familiar)
    return made.knob


def key(session: Session, frame: float = 1) -> bytes:
    flat = session.flat()
    return NodeMemo().instance(flat, flat.node("F"), frame, 1.0)[1]


def test_a_node_is_given_what_the_script_sets_by_name(session: Session) -> None:
    assert given(session) == (("a", 0.5), ("b", 2.0))
    assert Familiar().knob == ()
    assert Familiar.spec("knob_x_1").title == "x 1" and Familiar.spec("knob_x_1").doc == "a number by any name"
    session.set("F", knob_b=0)  # it may be the default, but who knows
    assert given(session) == (("a", 0.5), ("b", 0.0))


@pytest.mark.parametrize("name", ["knob_", "knob", "knobs_a", "knob_a b", "knob_ä", "a"])
def test_other_names_are_none_of_them(session: Session, name: str) -> None:
    with pytest.raises(GraphError, match=r"has no parameter '.*', it has gain, disable, note, knob_\.\.\."):
        session.set("F", **{name: 1})


def test_wrong_values_are_refused(session: Session) -> None:
    for value in ("much", True, (1, 2), float("nan")):
        with pytest.raises(ParameterError, match=r"toy\.familiar\.knob_a = .*: expected a"):
            session.set("F", knob_a=value)


def test_they_are_keyed_by_what_they_are_at_the_frame(session: Session) -> None:
    constant = key(session)
    session.set("F", knob_a=Curve.of((1, 0.5), (3, 1.5), interp="linear"))
    assert key(session, 1) == constant and key(session, 2) != constant
    assert given(session, frame=2) == (("a", 1.0), ("b", 2.0))
    (_, number), (_, other) = given(session, frame=2)
    assert isinstance(number, Interpolated) and not isinstance(other, Interpolated)
    session.express("F", knob_a="frame * 2")
    assert given(session, frame=4)[0] == ("a", 8.0) and session.value("F", "knob_a", 4) == 8
    assert not isinstance(given(session, frame=4)[0][1], Interpolated)


def test_links_lead_to_what_is_set(session: Session) -> None:
    session.add("Familiar", name="G", gain=Expr("F.knob_a * 4"), knob_c=Expr("self.gain + F.knob_b"))
    assert given(session, "G") == (("c", 4.0),)
    session.rename("F", "H")
    assert session.graph["G"].value("gain") == Expr("H.knob_a * 4")
    session.express("G", gain="H.knob_z")
    with pytest.raises(ParameterError, match=r"G\.gain: H\.knob_z is not set in the script, and only the node knows"):
        session.value("G", "gain")
    session.express("G", gain="H.nob_z")
    with pytest.raises(ParameterError, match=r"G\.gain: the link 'H\.nob_z' leads to no parameter of H"):
        session.value("G", "gain")


def test_groups_show_them(session: Session) -> None:
    group = session.group("F", name="Group")
    assert session.promote(group, "F.knob_a") == "knob_a"
    assert given(session, "Group/F")[0] == ("a", 0.5)
    session.set(group, knob_a=Curve.of((1, 0), (2, 4)))
    assert given(session, "Group/F", 2)[0] == ("a", 4.0) and session.value(group, "knob_a", 1) == 0
    again = loads(dumps(session.document))
    assert not again.warnings and again.document.graph == session.graph
    session.ungroup(group)
    assert given(session, "F", 2)[0] == ("a", 4.0)


def test_a_script_keeps_them(session: Session) -> None:
    session.set("F", knob_a=Curve.of((1, 0), (2, 4)), knob_b=Expr("frame"))
    text = dumps(session.document)
    assert '"knob_a": {"keys": [[1, 0, "smooth"], [2, 4, "smooth"]]},' in text and '"knob_b": {"expr": "frame"}' in text
    again = loads(text)
    assert not again.warnings and again.document.graph == session.graph
    wrong = loads(text.replace('{"expr": "frame"}', '"much"').replace("knob_a", "nob_a"))
    assert len(wrong.warnings) == 2 and '"knob_b": "much"' in dumps(wrong.document)


def test_copies_clones_and_undo_have_them(session: Session) -> None:
    names = session.paste(session.copy("F"))
    assert given(session, names["F"]) == given(session)
    graph, cloned = clone(session.graph, "F")
    session.commit(graph, "clone")
    session.set(cloned, knob_a=7)
    assert given(session)[0] == ("a", 7.0)
    session.undo()
    assert given(session)[0] == ("a", 0.5)


def test_a_parameter_may_not_be_named_like_a_member() -> None:
    with pytest.raises(PluginError, match=r"toy\.muddled\.knob_a has the name of a member of a family of numbers"):

        @node("toy.muddled")
        class Muddled(Source):
            """Cannot be told apart."""

            knob: Numbers = numbers("a number by any name")
            knob_a: float = param(default=1.0, doc="a number of its own")


def test_the_declaration_of_one_is_found(session: Session) -> None:
    spec = parameter_spec(session.graph, "F", "knob_new")
    assert spec.animatable and spec.type is float and spec.default is None
    assert Familiar.is_member("knob_new") and not Familiar.is_member("gain")
