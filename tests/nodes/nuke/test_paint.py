"""Strokes of Nuke's RotoPaint: read from its text, written back, with shapes beside them."""

from typing import Any

import pytest

from rimlight.engine import Curve, Expr, Session, import_nuke, nuke_text

READ = "Read {\n inputs 0\n file a.exr\n name Plate\n}\nRead {\n inputs 0\n file b.exr\n name Clean\n}\n"
TAIL = "ro 0 go 0 bo 0 ao 0 bu 1 str 1 spx x44f00000 spy x44870000 sb 1"


def rotopaint(*elements: str, wires: str = " inputs 0\n", before: str = "") -> Any:
    """The import of a RotoPaint with elements as Nuke writes them, the topmost first."""
    curves = (
        "{{{v x3f99999a}\n  {f 0}\n  {n\n   {layer Root\n    {f 2097152}\n    {t x44f00000 x44870000}\n    {a pt1x 0}"
    )
    return import_nuke(
        f"{before}RotoPaint {{\n{wires} curves {curves}\n    {' '.join(elements)}}}}}}}}}\n name P\n}}\n"
    )


def stroke(name: str, attributes: str, points: str = "{x42c80000 x41200000 1}\n {x42ca0000 x41200000}") -> str:
    curve = f"{{cc\n {{f 2080}}\n {{p\n {points}}}}}"
    return f"{{cubiccurve {name} 512 catmullrom\n {curve}\n {{t x42c90000 x41200000}}\n {{a {attributes} {TAIL}}}}}"


def strokes(imported: Any, name: str = "P") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = imported.document.graph[name].value("strokes").to_data()
    return found


def test_strokes_are_read_with_source_frames_and_colour_the_lowest_first() -> None:
    imported = rotopaint(
        stroke("Reveal1", "src 3 ltn x447a4000 ltm x447a4000 ltt x40400000 tt x41a00000"),
        stroke(
            "Clone2", "opc x3f000000 bs x42480000 src 1 stx x41c00000 sty xc1200000 ltn 1 ltm x41200000 ltt x40800000"
        ),
        stroke("Eraser1", "h 1 src 2 ltn x40a00000 ltm x40a00000 ltt x40000000"),
        stroke("Brush1", "r x40000000 g 0 b x3f000000 bs {{x447a4000 x41a00000} {x447a8000 x42200000}} h x3f000000"),
    )
    brush, eraser, clone, reveal = strokes(imported)
    assert imported.document.graph["P"].kind == "draw.paint"
    assert brush["color"] == [2, 0, 0.5] and brush["hardness"] == 0.5
    assert [key[:2] for key in brush["size"]["keys"]] == [[1001, 20], [1002, 40]]
    assert "frames" not in brush and brush["points"] == [[100, 10], [101, 10]], "mouse or pen: pressure is left out"
    assert (eraser["brush"], eraser["frames"], eraser["hardness"], eraser["size"]) == ("erase", [5, 5], 1, 25)
    assert (clone["brush"], clone["opacity"], clone["frames"], clone["size"]) == ("clone", 0.5, [1, 10], 50)
    assert clone["offset"] == [-24, 10]
    assert (reveal["brush"], reveal["frames"]) == ("reveal", [1001, None])
    (line,) = imported.report.lines
    assert any("clones copy from was read as a move of the source" in note for note in line.notes)


def test_tools_whose_strength_is_not_told_are_named() -> None:
    imported = rotopaint(stroke("Burn1", "src 1 tt x41b00000"), stroke("Blur1", "src 1"), stroke("X", "src x40c00000"))
    blur, burn = strokes(imported)
    assert blur["brush"] == "blur" and (burn["brush"], burn["stops"]) == ("dodge", -0.5)
    text = " ".join(imported.report.lines[0].notes)
    assert "set its stops" in text and "set its blur size" in text and "X paints with input 5 of Nuke's" in text


def test_wide_steps_become_curves_and_transforms_move_the_points() -> None:
    far = stroke("Brush1", "bs x41000000", "{0 0 1}\n {x42200000 0 1}\n {x42200000 x42200000 1}")
    (found,) = strokes(rotopaint(far))
    places = [tuple(point) for point in found["points"]]
    assert len(places) == 33 and {(0, 0), (40, 0), (40, 40)} <= set(places), "the curve passes through its points"
    moved = far.replace("{t x42c90000 x41200000}", "{t 0 0 0 x41200000 0 0 0 0 x42b40000 x40000000 x40000000 1}")
    (found,) = strokes(rotopaint(moved))
    assert found["points"][0] == [10, 0] and found["points"][-1] == pytest.approx([-70, 80])
    goes = far.replace("{t x42c90000 x41200000}", "{t x41200000 0 0 {{0 0} {x41200000 x42200000}} 0 0 0 0 0 1 1 1}")
    (found,) = strokes(rotopaint(goes))
    assert len(found["points"]) == 33 and found["center"] == [10, 0]
    assert [key[:2] for key in found["translate"][0]["keys"]] == [[0, 0], [10, 40]] and found["translate"][1] == 0
    colours = rotopaint(stroke("Brush1", "r {{0 0} {x41200000 1}} opc {{0 0} {x41200000 1}}"))
    (found,) = strokes(colours)
    assert [key[:2] for key in found["opacity"]["keys"]] == [[0, 0], [10, 1]] and found["color"][0] == 0
    assert any("else is animated of Brush1" in note for note in colours.report.lines[0].notes)


def test_shapes_beside_strokes_get_a_roto_behind_the_paint() -> None:
    square = "{px 1 {0 0} {0 0} {0 0} {0 0} {x41200000 0} {0 0} {0 0} {x41200000 x41200000} {0 0}}"
    shape = f"{{curvegroup B 512 bezier {{{{cc {{f 8192}} {square}}} idem}} {{t 0 0}} {{a}}}}"
    wires = " inputs 3\n"
    imported = rotopaint(shape, stroke("Brush1", ""), wires=wires, before=READ + "push 0\n")
    graph = imported.document.graph
    assert graph["P"].kind == "draw.roto" and len(graph["P"].value("shapes").to_data()) == 1
    paint = graph["P"].inputs["image"]
    assert graph[paint].kind == "draw.paint" and [s["name"] for s in strokes(imported, paint)] == ["Brush1"]
    assert rotopaint(shape).document.graph["P"].kind == "draw.roto"
    assert rotopaint().document.graph["P"].kind == "draw.roto", "as an empty Roto it changes nothing"


def test_what_cannot_be_read_is_told_and_nothing_raised() -> None:
    imported = rotopaint("{cubiccurve A 512 catmullrom {cc {f 1} {p {zz 1 1}}} {a}}")
    assert any("another make" in note for note in imported.report.lines[0].notes)


def _keys(first: float, last: float) -> dict[str, Any]:
    return {"keys": [[1001, first, "smooth"], [1010, last, "smooth"]]}


def test_how_the_node_moves_its_strokes_goes_as_their_layer() -> None:
    session = Session()
    going = (Curve.of((1, 0), (9, 20)), 3.0)
    session.add("draw.paint", name="P", strokes=[{"points": [[1, 2]]}], translate=going, rotate=12.0, center=(5, 6))
    text, notes = nuke_text(session.graph, ["P"])
    assert not notes
    back = import_nuke(text).document.graph["P"]
    assert back.value("rotate") == 12 and back.value("center") == (5, 6) and back.value("scale") == (1, 1)
    assert [(key.frame, key.value) for key in back.value("translate")[0].keys] == [(1, 0), (9, 20)]
    assert back.value("translate")[1] == 3
    session.set("P", rotate=Expr("frame"))
    assert nuke_text(session.graph, ["P"])[1] == [
        "P: how it moves as a whole is linked, and was left out: give it keys"
    ]


def test_a_node_that_follows_a_track_goes_with_keys_of_it() -> None:
    session = Session()
    session.set_project(frames=[1, 4])
    session.add("Tracker", name="T", track1=(Curve.of((1, 20), (4, 35), interp="linear"), 30.0), track1_weight=1.0)
    session.add("draw.paint", name="P", strokes=[{"points": [[1, 2]]}], translate=(Expr("T.track1.x - 20"), Expr("3")))
    session.set("P", rotate=Expr("frame * 100 % 360"), scale=Expr("nothing.there"), center=(5, 6))
    left = nuke_text(session.graph, ["P"], session.value, session.project.frames)[1]
    assert left == ["P: how it moves as a whole is linked, and was left out: give it keys"], "of one that is broken"
    session.set("P", scale=(Expr("1 + frame / 4"), 2.0))
    text, notes = nuke_text(session.graph, ["P"], session.value, session.project.frames)
    back = import_nuke(text).document.graph["P"]
    assert notes == []
    (across, up), turn, (wide, high) = (back.value(name) for name in ("translate", "rotate", "scale"))
    assert [(key.frame, key.value) for key in across.keys] == [(1, 0), (2, 5), (3, 10), (4, 15)]
    assert up == 3 and high == 2 and [key.value for key in wide.keys] == [1.25, 1.5, 1.75, 2]
    assert [key.value for key in turn.keys] == [100, 200, 300, 400], "without a jump of a turn"


def test_strokes_go_to_nuke_and_back() -> None:
    line = [[10.5, 20], [12, 21.25], [13, 20.5]]
    given = [
        {"name": "dot", "size": 12.5, "hardness": 0.5, "opacity": 0.25, "color": [4, -1, 0.5], "points": [[3, 4]]},
        {"name": "away", "brush": "clone", "offset": [30, -4.5], "frames": [1001, 1010], "points": line},
        {"name": "back", "brush": "erase", "frames": [None, 8], "visible": False, "points": line},
        {"name": "clean", "brush": "reveal", "frames": [5, None], "points": line},
        {"name": "once", "frames": [7, 7], "points": line},
        {
            "name": "goes", "points": line, "center": [12, 20], "rotate": 15, "opacity": _keys(0, 0.5),
            "translate": [_keys(0, 30), _keys(0, -4)],
        },
    ]  # fmt: skip
    session = Session()
    session.add("draw.paint", name="P", strokes=[*given, {"name": "light", "brush": "dodge", "points": line}])
    text, notes = nuke_text(session.graph, ["P"])
    assert notes == ["P: light is a dodge, and was left out"]
    imported = import_nuke(text)
    assert strokes(imported) == given and imported.document.graph["P"].value("channels") == "rgb"
