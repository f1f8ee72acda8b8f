"""Edits of a level without Qt: making, wiring, copying, laying out, finding by letters."""

from pathlib import Path

import pytest

from rimlight.app.graph import copies, fuzzy, operations, versions
from rimlight.app.graph.fuzzy import Entry, ranked, score
from rimlight.app.graph.layout import layered
from rimlight.app.graph.placing import BESIDE, STEP_X, STEP_Y, WIDTH, free_place, moved, places
from rimlight.app.graph.sockets import free_socket, lacking, refusal, sockets_of, unwired, wire_type
from rimlight.app.rig.building import with_light
from rimlight.engine import Graph, GraphError, add, is_clone, registry, text_of


@pytest.fixture(scope="module", autouse=True)
def nodes() -> None:
    """The product's nodes."""
    from rimlight.engine import Session

    Session()


def graph(*made: tuple[str, str, tuple[str, ...]]) -> Graph:
    """Nodes as (kind, name, sources), one below the other."""
    out = Graph()
    for kind, name, sources in made:
        out, _ = add(out, kind, name=name, sources=sources)
    return moved(out, {name: (0, 100 * i) for i, name in enumerate(out)})


def test_sockets_are_where_hands_expect_them() -> None:
    merge = graph(("Constant", "A", ()), ("Merge", "M", ("A", "A")))["M"]
    assert [(s.name, s.side, s.spare) for s in sockets_of(merge)] == [
        ("B", "top", False), ("A", "side", False), ("A2", "side", True), ("mask", "right", False),
    ]  # fmt: skip
    switch = graph(("Constant", "A", ()), ("Switch", "S", ("A", "A")))["S"]
    assert [(s.name, s.label, s.side) for s in sockets_of(switch)] == [
        ("image", "1", "top"), ("image2", "2", "top"), ("image3", "3", "top"),
    ]  # fmt: skip
    labels = {s.name: s.label for s in sockets_of(graph(("Intrinsics", "I", ()))["I"])}
    assert labels["same_albedo"] == "same albedo"
    told = ["input 'image' is not wired: the picture", "input 'rig' is not wired: the lights"]
    assert lacking(graph(("Relight", "R", ()))["R"]) == told
    sky = graph(("EnvironmentLight", "Sky", ()))["Sky"]
    assert not lacking(sky) and unwired(sky) == "not wired: image (lat-long picture of the surroundings)"
    assert unwired(graph(("DirectionalLight", "Key", ()))["Key"]) == "", "nor what it adds to"
    assert unwired(graph(("Constant", "A", ()), ("Blur", "B", ("A",)))["B"]) == "", "a mask is not told of"


def test_a_wire_goes_where_it_fits() -> None:
    g = graph(("Constant", "A", ()), ("DirectionalLight", "L", ()), ("Relight", "R", ()), ("Dot", "D", ("L",)))
    assert free_socket(g, "R", "L") == "rig" and free_socket(g, "R", "A") == "image"
    assert free_socket(g, "R", "D") == "rig", "a dot passes a light on"
    assert free_socket(g, "A", "L") is None
    assert wire_type(g, "D") == "rig" and wire_type(g, "A") == "image"
    assert "takes a rig" in (refusal(g, "R", "rig", "A") or "")
    assert "cycle" in (refusal(g, "D", "image", "D") or "")


def test_a_light_made_with_a_relight_selected_feeds_it() -> None:
    g = graph(("Constant", "A", ()), ("Relight", "R", ("A",)))
    g, name = operations.create(g, "light.directional", ["R"], places(g), (500, 500))
    assert g["R"].inputs == {"image": "A", "rig": name}
    g, other = operations.create(g, "light.point", [name], places(g), (500, 500))
    assert g[other].inputs == {"rig": name} and g["R"].inputs["rig"] == other


def test_room_is_made_below_an_inserted_node() -> None:
    g = graph(("Constant", "A", ()), ("Blur", "B", ("A",)), ("Blur", "C", ("B",)))
    g, name = operations.create(g, "color.grade", ["A"], places(g), (0, 0))
    at = places(g)
    assert at[name] == (0, STEP_Y) and at["B"] == (0, 2 * STEP_Y) and at["C"][1] == at["B"][1] + 100


def test_branches_have_room_beside_what_is_there() -> None:
    """The names of their side inputs lay on the tile to the left of them."""
    g = graph(("Constant", "A", ()), ("LightEstimate", "L", ("A",)))
    g, one = operations.create(g, "light.relight", ["A"], places(g), (0, 0), branch=True)
    g, two = operations.create(g, "light.relight", ["A"], places(g), (0, 0), branch=True)
    xs = sorted(places(g)[name][0] for name in ("L", one, two))
    assert xs == [0, BESIDE, 2 * BESIDE] and places(g)[one][1] == places(g)[two][1]
    near = places(g)["L"]
    g, alone = operations.create(g, "Constant", [], places(g), (near[0] + 90, near[1] + 10))
    assert all(abs(places(g)[alone][0] - places(g)[name][0]) >= STEP_X for name in ("L", one, two))
    assert free_place({"A": (-1182.6, 0)}, (-1022.6, 0)) == (-1022.6, 0), "a step away, as far as numbers tell"
    g, far = operations.create(g, "Constant", [], places(g), (-300, 0))
    assert places(g)[far] == (-300, 0), "where there is room it stands where the mouse is"


def test_lights_that_are_added_push_what_they_light_down() -> None:
    """A Relight beside its lights stayed where it was, and the wire to it led upwards."""
    g = graph(("Constant", "A", ()), ("DirectionalLight", "L", ()), ("Relight", "R", ("A",)))
    g = moved(g.connect("R", "rig", "L"), {"A": (0, 0), "L": (-240, 80), "R": (0, 80)})
    g, made = with_light(g, "L", "light.point", {})
    at = places(g)
    assert g["R"].inputs["rig"] == made and at["L"][1] < at[made][1] < at["R"][1]


def test_what_is_wired_in_a_row_goes_where_it_fits() -> None:
    """Lights were refused by the main input of what is lit, though it has one for them."""
    g = graph(("Constant", "A", ()), ("DirectionalLight", "L", ()), ("Relight", "R", ("A",)))
    assert operations.chained(g, ["L", "R"])["R"].inputs == {"image": "A", "rig": "L"}
    assert operations.splayed(g, ["L", "R"])["R"].inputs == {"image": "A", "rig": "L"}
    g, _ = add(g, "Constant", name="B")
    assert operations.chained(g, ["B", "R"])["R"].inputs["image"] == "B"
    g, _ = add(g, "Blur", name="C")
    with pytest.raises(GraphError, match="puts out a rig"):
        operations.chained(g, ["L", "C"])


def test_merge_order_is_a_preference() -> None:
    g = graph(("Constant", "One", ()), ("Constant", "Two", ()))
    g, name = operations.create(g, "merge.merge", ["One", "Two"], places(g), (0, 0), first_is_b=False)
    assert g[name].inputs == {"B": "Two", "A": "One"}


def test_what_cannot_be_done_says_so() -> None:
    g = graph(("Constant", "A", ()), ("Blur", "B", ("A",)))
    for change, sentence in (
        (lambda: operations.chained(g, ["A"]), "two or more"),
        (lambda: operations.chained(g, ["A", "B"], side=True), "no second input"),
        (lambda: operations.chained(g, ["B", "A"]), "no input"),
        (lambda: versions.versioned(g, ["A"], 1), "no selected node has a file"),
        (lambda: copies.with_values_of(g, ["A"], text_of(g, ["B"])), "filter.blur"),
    ):
        with pytest.raises(GraphError, match=sentence):
            change()


def test_versions_of_files_are_counted() -> None:
    g, name = add(Graph(), "Read", values={"file": "/shots/v01/a_v009.####.exr"})
    g = versions.versioned(g, [name], 1)
    assert g[name].value("file") == "/shots/v01/a_v010.####.exr"
    assert versions.versioned(g, [name], -1)[name].value("file") == "/shots/v01/a_v009.####.exr"


def test_the_latest_version_is_what_lies_on_the_disk(tmp_path: Path) -> None:
    for version in (1, 2, 12):
        folder = tmp_path / f"v{version:03d}"
        folder.mkdir()
        (folder / f"plate_v{version:03d}.1001.exr").touch()
    (tmp_path / "v012" / "other_v099.1001.exr").touch()
    file = "v001/plate_v001.####.exr"
    assert versions.latest(file, str(tmp_path)) == 12
    assert versions.latest("none_v003.exr", str(tmp_path)) == 3
    g, name = add(Graph(), "Read", values={"file": file})
    assert versions.with_latest(g, [name], {file: 12})[name].value("file") == "v012/plate_v012.####.exr"


def test_values_are_pasted_and_clones_known() -> None:
    g, first = add(Graph(), "Blur", values={"size": (3.0, 3.0), "mix": 0.5})
    g, second = add(g, "Blur")
    g = copies.with_values_of(g, [second], text_of(g, [first]))
    assert g[second].values == g[first].values
    g, made = copies.copies(moved(g, places(g)), [first], places(g), clones=True)
    text = copies.clone_text(g, [first])
    g, pasted = copies.with_pasted(g, text, [], places(g), (900, 0))
    assert [is_clone(g[name]) for name in (first, second, *made, *pasted)] == [True, False, True, True]


def test_layout_puts_sources_above_and_leaves_nothing_on_top_of_another() -> None:
    g = graph(
        ("Constant", "A", ()), ("Constant", "B", ()), ("Grade", "G", ("A",)), ("Merge", "M", ("G", "B")),
        ("Merge", "N", ("M", "A")), ("Roto", "R", ()), ("Write", "W", ("N",)), ("Write", "V", ("M",)),
    )  # fmt: skip
    g = g.connect("N", "mask", "R")
    at = layered(g, list(g), (160.0, 80.0))
    assert set(at) == set(g) and len(set(at.values())) == len(at)
    assert all(at[source][1] < at[name][1] for name in g for source in g[name].inputs.values())
    assert at["G"][0] == at["M"][0] == at["N"][0] == at["W"][0] and at["R"][0] > at["N"][0]


def test_copies_of_many_land_beside_them_and_on_nothing() -> None:
    g, at = Graph(), {}
    for i in range(24):
        g, name = add(g, "Constant")
        at[name] = (160.0 * (i % 6), 80.0 * (i // 6) + 7 * (i % 3))
    chosen = [name for name, (x, _) in at.items() if x < 320]
    g, made = copies.copies(moved(g, at), chosen, at)
    there = places(g)
    assert [there[new][0] - there[old][0] for old, new in zip(chosen, made, strict=True)] == [960.0] * len(chosen)
    assert [there[new][1] for new in made] == [there[old][1] for old in chosen]


def test_nodes_without_places_get_the_same_every_time() -> None:
    g = graph(("Constant", "A", ()))
    g, _ = add(g, "Blur", name="B", sources=("A",))
    g, _ = add(g, "Blur", name="C", sources=("B",))
    assert places(g) == places(g)
    known = places(g)
    g2, _ = add(g, "Blur", name="D")
    assert {name: places(g2, known)[name] for name in known} == known


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [("grade", "Grade", "GradeMatch"), ("cc", "ColorCorrect", "Occlusion"), ("colco", "ColorCorrect", "ColorMatrix"),
     ("blur", "Blur", "MotionBlur"), ("mer", "Merge", "Transformer"), ("dl", "DirectionalLight", "Deflate")],
)  # fmt: skip
def test_letters_find_the_better_name_first(query: str, better: str, worse: str) -> None:
    assert score(query, better) > score(query, worse)


def test_what_is_used_more_comes_first_among_equals() -> None:
    entries = [Entry("a", "Exposure", "Color"), Entry("b", "Expression", "Color"), Entry("c", "Blur", "Filter")]
    assert [e.key for e in ranked("exp", entries)] == ["a", "b"]
    assert [e.key for e in ranked("exp", entries, {"b": 9})] == ["b", "a"]
    assert [e.key for e in ranked("filter", entries)] == ["c"], "by its category"
    assert score("xyz", "Exposure") == 0 and fuzzy.score("", "Blur") > 0


def test_every_kind_can_be_made_after_a_picture_and_found() -> None:
    for cls in registry:
        g = graph(("Constant", "A", ()))
        g, name = operations.create(g, cls.kind, ["A"], places(g), (0, 0))
        assert name in g
        entries = [Entry(c.kind, c.label, c.menu) for c in registry]
        assert ranked(cls.label, entries)[0].key == cls.kind


def test_what_is_pasted_lies_on_no_tile() -> None:
    """It lay where the mouse was, over the node below it."""
    g = graph(("Blur", "A", ()), ("Blur", "B", ()))
    g = moved(g, {"A": (0, 100), "B": (170, 104)})
    text = text_of(g, ["A"])
    made, (pasted,) = copies.with_pasted(g, text, [], places(g), (10.0, 106.0))
    there = places(made)
    assert there[pasted][1] == 106 and all(abs(there[pasted][0] - there[name][0]) > WIDTH for name in "AB")
    free, (alone,) = copies.with_pasted(g, text, [], places(g), (10.0, 300.0))
    assert places(free)[alone] == (10, 300), "where there is nothing it lies under the mouse"
