"""Whole scripts: what becomes of nodes, wires, links, groups, looks and the project, and what the report says."""

import json
from pathlib import Path
from typing import Any

import pytest

from rimlight.engine import (
    Curve,
    Expr,
    Imported,
    NukeClass,
    PluginError,
    ScriptError,
    Session,
    import_nuke,
    load_nuke,
    node,
    param,
)
from rimlight.engine import PointNode as Point
from rimlight.engine.cli import run
from rimlight.engine.nuke.declare import nuke_classes
from rimlight.engine.script import load_script

HERE = Path(__file__).parent


def imported(*lines: str) -> Imported:
    return import_nuke("Root {\n inputs 0\n format \"200 100 0 0 200 100 1 small\"\n}\n" + "\n".join(lines))


def block(cls: str, *knobs: str) -> str:
    return f"{cls} {{\n" + "".join(f" {knob}\n" for knob in knobs) + "}"


def notes(found: Imported, path: str) -> tuple[str, ...]:
    return next(line.notes for line in found.report.lines if line.path == path)


@pytest.mark.parametrize("name", ["comp", "every"])
def test_every_node_has_a_counterpart_that_takes_its_values(name: str) -> None:
    found = load_nuke(HERE / f"{name}.nk")
    assert found.report.general == ()
    assert found.report.count("unknown") == (1 if name == "comp" else 0)
    assert all(state.cls is not None for _, state in found.document.graph.walk())


def test_project_settings_come_from_the_root() -> None:
    project = load_nuke(HERE / "every.nk").document.project
    assert (project.format, project.frames, project.fps, project.working) == (
        "2K_Super_35", (1001, 1100), 23.976, "ACEScg",
    )  # fmt: skip
    assert load_nuke(HERE / "comp.nk").document.project.working == "Linear Rec.709 (sRGB)"


def test_a_merge_has_its_mask_third_and_further_pictures_behind_it() -> None:
    graph = load_nuke(HERE / "every.nk").document.graph
    assert dict(graph["Merge1"].inputs) == {"B": "Remove1", "A": "Read1", "A2": "Read2", "A3": "Constant1"}
    assert dict(graph["Merge2"].inputs) == {"B": "Merge1", "A": "Read1", "mask": "Constant1", "A2": "Read2"}
    assert graph["Merge2"].values["mask_channel"] == "rgba.R"
    # A mask from the picture's own channel is a wire here.
    assert dict(graph["Blur1"].inputs) == {"image": "Switch1", "mask": "Switch1"}


def test_unknown_nodes_keep_their_wires_and_knobs() -> None:
    found = imported(
        block("Constant", "inputs 0", "name A"), "set N [stack 0]", block("Constant", "inputs 0", "name B"), "push $N",
        block("Wondrous", "inputs 2", "name W", "amount {{curve x1 0 x2 1}}", "label strange"),
        block("Grade", "name G"),
    )  # fmt: skip
    state = found.document.graph["W"]
    assert state.kind == "structure.foreign" and dict(state.inputs) == {"image": "A", "image2": "B"}
    assert state.values["what"] == "Wondrous of Nuke" and "amount {curve x1 0 x2 1}" in state.values["settings"]
    assert state.values["note"] == "strange"
    assert found.document.graph["G"].inputs["image"] == "W"
    assert found.report.count("unknown") == 1 and "Wondrous -> no counterpart" in str(found.report.lines[2])


def test_what_has_no_counterpart_is_told_with_its_value() -> None:
    found = imported(block("Blur", "inputs 0", "size 3", "wobble 7", "name B", "note_font Verdana"))
    assert notes(found, "B") == ("not kept: wobble 7",)
    assert found.report.summary() == "1 nodes of Nuke: 0 mapped, 1 approximated, 0 unknown"


def test_links_lead_to_what_the_knobs_became() -> None:
    found = imported(
        block("Blur", "inputs 0", "size {{curve x1 2 x5 8} 3}", "name B"),
        block("FilterErode", "size {{B.size.h}}", "name E"),
        block("Dilate", "size {{E.size}}", "name D"),
        block("NoOp", "addUserKnob {7 gain R 0 4}", "gain 2.5", "name Controls"),
        block("Multiply", "value {{Controls.gain*2}}", "mix {{value.r/10}}", "name M"),
        block("Transform", "translate {{root.width/2} {input.height}}", "rotate {{Nobody.rotate x1 45}}", "name T"),
    )
    graph = found.document.graph
    assert graph["E"].values["size"] == (Expr("(B.size[1]) * -1"), Expr("(B.size[1]) * -1"))
    assert graph["D"].values["size"][0] == Expr("(E.size[0] / -1)")
    assert graph["M"].values["value"][0] == Expr("2.5 * 2") and graph["M"].values["mix"] == Expr("self.value[0] / 10")
    assert graph["T"].values["translate"] == (Expr("200 / 2"), Expr("100"))
    assert graph["T"].values["rotate"] == 45
    assert "replaced by its last value" in notes(found, "T")[0]


def test_groups_keep_their_doors_and_show_inner_knobs() -> None:
    graph = load_nuke(HERE / "comp.nk").document.graph
    group = graph["Finish"]
    assert dict(group.promoted) == {"strength": "Glow.brightness"} and dict(group.inputs) == {"In": "Slate"}
    assert group.graph is not None and group.graph["Sat"].values["saturation"] == Expr("0.6")
    found = imported(
        block("Constant", "inputs 0", "name A"),
        block("Group", "name G", "addUserKnob {41 size T Soft.size}", "disable true"),
        block("Input", "inputs 0", "name In"), block("Blur", "size 5", "name Soft"),
        block("Defocus", "defocus {{parent.size}}", "name D"), block("Output", "name Out"), "end_group",
        block("Blur", "size {{G.Soft.size.w}}", "name Last"),
    )  # fmt: skip
    inner = found.document.graph["G"].graph
    assert inner is not None and inner["D"].values["size"][0] == Expr("Soft.size[0]")
    assert found.document.graph["Last"].values["size"][0] == Expr("G.Soft.size[0]")
    assert found.document.graph["G"].values["disable"] is True


def test_looks_are_kept() -> None:
    graph = load_nuke(HERE / "comp.nk").document.graph
    assert graph["BackdropNode1"].ui["color"] == "#3f5f7f" and graph["BackdropNode1"].ui["size"] == [450, 360]
    assert graph["BackdropNode1"].ui["position"] == [135, -90]
    assert graph["Warm"].values["note"] == "warm" and graph["StickyNote1"].values["text"] == "check the edge"
    # A dot that stands under a node in Nuke stands under it here.
    dot = block("Dot", "xpos 34", "ypos 80", "name D")
    found = imported(block("Blur", "inputs 0", "xpos 0", "ypos 0", "name B"), dot)
    assert found.document.graph["B"].ui["position"][0] == found.document.graph["D"].ui["position"][0]


def test_clones_stay_clones() -> None:
    found = imported(
        block("Grade", "inputs 0", "white 2", "name G"), "set C1 [stack 0]", block("Blur", "name B"),
        "clone $C1 {\n inputs 1\n}",
    )  # fmt: skip
    graph = found.document.graph
    assert graph["G"].values == graph["G1"].values and graph["G"].ui["clone"] == graph["G1"].ui["clone"]
    assert "clone" not in graph["B"].ui


def test_a_plugin_declares_its_own() -> None:
    from rimlight.engine import registry

    @node("test.nuke_twin", nuke=NukeClass("SuperGain", {"power": "gain"}, values={"gain": 3.0}))
    class Twin(Point):
        """A node with a counterpart."""

        gain: float = param(default=1.0, doc="factor")

    try:
        found = imported(block("SuperGain", "inputs 0", "power 4", "name S"), block("SuperGain", "name T"))
        assert found.document.graph["S"].values["gain"] == 4 and found.document.graph["T"].values["gain"] == 3
        with pytest.raises(PluginError, match="names nothing_here"):

            @node("test.nuke_wrong", nuke=NukeClass("Wrong", {"a": "nothing_here"}))
            class Wrong(Point):
                """Names a parameter that it does not have."""

    finally:
        registry.discard("test.nuke_twin")


def test_every_declaration_names_sockets_and_parameters_that_are_there() -> None:
    classes = nuke_classes()
    assert len(classes) > 110
    for cls, declared in classes.values():
        for knob in declared.knobs:
            assert cls.spec(declared.parameter(knob)[0])
        for name, value in declared.values.items():
            assert cls.spec(name).check(value) is not None
        for socket in declared.sockets(cls, 3):
            assert not socket or cls.port(socket) is not None, (declared.names, socket)


def test_nuke_scripts_open_in_a_session_and_are_never_saved_over(tmp_path: Path) -> None:
    file = tmp_path / "shot.nk"
    file.write_text((HERE / "comp.nk").read_text())
    session = Session.open(file)
    assert session.path is None and "23 nodes of Nuke" in session.warnings[0]
    with pytest.raises(ScriptError, match="are Nuke's"):
        session.save(file)
    session.save(tmp_path / "shot.rim")
    assert load_script(tmp_path / "shot.rim").warnings == ()
    assert file.read_text() == (HERE / "comp.nk").read_text()


def test_a_gizmo_opens_as_a_group_and_is_never_saved_over(tmp_path: Path) -> None:
    file = tmp_path / "soften.gizmo"
    inside = (block("Input", "inputs 0", "name Input1"), block("Blur", "size 7", "name B"), block("Output", "name Out"))
    text = "version 14.0 v1\n" + "\n".join((block("Gizmo", "name soften"), *inside, "end_group\n"))
    file.write_text(text)
    session = Session.open(file)
    assert session.graph["soften"].graph is not None and session.value("soften/B", "size") == (7.0, 7.0)
    assert session.path is None
    with pytest.raises(ScriptError, match="are Nuke's"):
        session.save(file)
    assert file.read_text() == text


def test_pasting_what_nuke_copied() -> None:
    session = Session()
    text = "set cut_paste_input [stack 0]\nversion 14.0 v1\npush $cut_paste_input\n" + block("Blur", "size 7", "name B")
    assert session.paste(text) == {"B": "B"}
    assert session.graph["B"].values["size"] == (7.0, 7.0)


def test_the_command_makes_a_script_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "a.rim"
    assert run(["import", str(HERE / "comp.nk"), "-o", str(target)]) == 0
    told = capsys.readouterr().out
    assert "unknown      Fancy (OFXcom.vendor.fancy_v3 -> no counterpart)" in told and "made" in told
    assert run(["import", str(HERE / "comp.nk"), "-o", str(target)]) == 1
    assert run(["import", str(HERE / "comp.nk"), "-o", str(tmp_path / "a.txt")]) == 2
    assert run(["import", str(tmp_path / "none.nk"), "-o", str(tmp_path / "b.rim")]) == 1
    capsys.readouterr()
    assert run(["import", str(HERE / "comp.nk"), "-o", str(target), "--force", "--json"]) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert data["summary"] == {"mapped": 21, "approximated": 1, "unknown": 1} and len(data["nodes"]) == 23


def test_animation_keeps_its_tangents() -> None:
    value = load_nuke(HERE / "every.nk").document.graph["Transform1"].values["translate"]
    assert value[0] == 10 and isinstance(value[1], Curve)
    assert [(k.interp, k.left, k.right) for k in value[1].keys] == [("free", 2, 2), ("free", 0, 0)]
