"""Whole scripts: what becomes of nodes, wires, links, groups, looks and the project, and what the report says."""

import json
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Curve,
    Expr,
    Imported,
    Layer,
    NukeClass,
    NukeConversion,
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
from rimlight.engine.script.script import load_script

HERE = Path(__file__).parent


def imported(*lines: str) -> Imported:
    return import_nuke('Root {\n inputs 0\n format "200 100 0 0 200 100 1 small"\n}\n' + "\n".join(lines))


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

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x * self.gain

    try:
        found = imported(block("SuperGain", "inputs 0", "power 4", "name S"), block("SuperGain", "name T"))
        assert found.document.graph["S"].values["gain"] == 4 and found.document.graph["T"].values["gain"] == 3
        with pytest.raises(PluginError, match="names nothing_here"):

            @node("test.nuke_wrong", nuke=NukeClass("Wrong", {"a": "nothing_here"}))
            class Wrong(Point):
                """Names a parameter that it does not have."""

                process = Twin.process

    finally:
        registry.discard("test.nuke_twin")


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (
            NukeClass("Wrong", {"size": "gain*2px"}),
            r"knobs has 'size': 'gain\*2px', expected a parameter, or one with a",
        ),
        (
            NukeClass("Wrong", {"size": 2}),
            "knobs has 'size': 2, expected a parameter, or one with a factor, as 'size\\*2'",
        ),  # type: ignore[dict-item]
        (NukeClass("Wrong", ["size"]), r"knobs is \['size'\], expected a dict"),  # type: ignore[arg-type]
        (NukeClass(("Wrong", "Other")), "names is .*, expected text with blanks between"),  # type: ignore[arg-type]
        (NukeClass("Wrong", convert="gain"), "convert is 'gain', expected a function"),  # type: ignore[arg-type]
        ("Wrong", r"what it says of Nuke is 'Wrong', expected NukeClass\(\.\.\.\)"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(declared: Any, said: str) -> None:
    with pytest.raises(PluginError, match=rf"^test\.nuke_wrong: .*{said}"):

        @node("test.nuke_wrong", nuke=declared)
        class Wrong(Point):
            """Says what nobody can read."""

            gain: float = param(default=1.0, doc="factor")

            def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
                return x


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


def test_a_script_that_comes_over_whole_has_no_warnings(tmp_path: Path) -> None:
    file = tmp_path / "shot.nk"
    file.write_text("CheckerBoard2 {\n inputs 0\n name A\n}\nBlur {\n size 3\n name B\n}\n")
    loaded = load_script(file)
    assert loaded.warnings == () and loaded.report is not None and loaded.report.count("mapped") == 2


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


def test_numbers_that_cannot_be_read_leave_the_others_as_they_are() -> None:
    found = imported(
        block("Constant", "inputs 0", "name C", "color {{curve x1 0 x9 4} {curve} {} 0.5}"),
        block("Grade", "name G", "white {2 \"\\[value x]\" 3 odd}", "gamma {default 1.5 right 2}"),
        block("Blur", "name B", "size {default {curve x1 0 x9 4} left 3}"),
    )  # fmt: skip
    values = {name: state.values for name, state in found.document.graph.items()}
    assert values["C"]["color"] == (Curve.from_data([[1, 0, "smooth"], [9, 4, "smooth"]]), 0.0, 0.0, 0.5)
    assert values["G"]["white"] == (2.0, 1.0, 3.0, 1.0) and values["G"]["gamma"] == (1.5,) * 4
    assert values["B"]["size"] == (Curve.from_data([[1, 0, "smooth"], [9, 4, "smooth"]]),) * 2
    assert notes(found, "C") == ()
    assert [text for text in notes(found, "G") if "'odd' is no number" in text or "because it holds Tcl" in text]
    assert "gamma: the values of single views were left out" in notes(found, "G")


def test_a_link_to_an_animated_knob_of_no_node_of_ours_takes_its_curve() -> None:
    controls = block("NoOp", "inputs 0", "name Ctl", "addUserKnob {7 v R 0 5}", "v {{curve x1 0 x9 4}}")
    found = imported(
        controls, block("Multiply", "name M", "value {{Ctl.v}}"), block("Multiply", "name N", "value {{Ctl.v * 2}}"),
        block("FrameHold", "name H", "first_frame {{root.frame}}"),
    )  # fmt: skip
    graph = found.document.graph
    assert graph["M"].values["value"] == (Curve.from_data([[1, 0, "smooth"], [9, 4, "smooth"]]),) * 4
    assert notes(found, "M") == () and "'Ctl.v' is animated" in notes(found, "N")[0]
    assert graph["H"].values["first"] == Expr("frame")


def test_another_knob_at_another_frame_is_the_curve_that_it_gives() -> None:
    found = imported(
        block("Blur", "size {{curve x1 2 x11 22}}", "name Lead"),
        block("Blur", "size {{Lead.size(frame-3)}}", "name Late"),
        block("Blur", 'size {{"Lead.size(t + 2) * 2 + 1"}}', "name Early"),
        block("Blur", 'size {{"max(Lead.size(frame-3), 4)" 5}}', "name Bent"),
        block("Blur", 'size {{"Late.size(frame-1)"}}', "name Chain"),
        block("Blur", "size 7", "name Still"),
        block("Blur", 'size {{"Still.size(frame-1) / 2"}}', "name Half"),
        block("Blur", 'size {{"root.frame(frame-1)"}}', "name Root"),
        block("Blur", "size {{Lead.size(11)}}", "name Held"),
        block("Blur", 'size {{"Lead.size(-5) + frame"}}', "name Grows"),
        block("NoOp", "addUserKnob {7 rate}", "rate {{curve x1 1 x3 4}}", "name Control"),
        block("Multiply", "value {{Control.rate(frame-2)}}", "name Gain"),
    )

    def keys(path: str, name: str = "size") -> list[tuple[float, float]]:
        value = found.document.graph[path].value(name)
        curve = value[0] if isinstance(value, tuple) else value
        assert isinstance(curve, Curve)
        return [(key.frame, key.value) for key in curve.keys]

    lead = keys("Lead")
    assert keys("Late") == [(frame + 3, value) for frame, value in lead]
    factor = lead[0][1] / 2  # of our sizes over Nuke's
    assert keys("Early") == [(frame - 2, 2 * value + factor) for frame, value in lead]
    assert keys("Gain", "value") == [(3, 1), (5, 4)]
    assert found.document.graph["Held"].value("size") == (lead[-1][1],) * 2
    assert "(2) + frame" in str(found.document.graph["Grows"].value("size")) and not notes(found, "Grows")
    assert found.document.graph["Half"].value("size") == (3.5 * factor,) * 2
    assert not any(notes(found, path) for path in ("Late", "Early", "Half", "Gain"))
    for path, name in (("Bent", "Lead"), ("Chain", "Late")):
        (told,) = notes(found, path)
        assert told.endswith(f"because it asks for '{name}.size' at another frame")
    assert notes(found, "Root")


def test_links_into_the_table_of_a_tracker_lead_to_its_tracks() -> None:
    every = (Path(__file__).with_name("every.nk")).read_text(encoding="utf-8")
    start, name = every.index("Tracker4 {"), "Tracker1"
    tracker = every[start : every.index(f"name {name}\n}}", start)] + f"name {name}\n}}"
    found = imported(
        tracker,
        block("Transform", f"translate {{{{{name}.tracks.1.track_x}} {{{name}.tracks.2.track_y}}}}", "name Moved"),
        block("Blur", f"size {{{{parent.{name}.tracks.1.track_x / 10}}}}", "name Soft"),
        block("Blur", f"size {{{{{name}.tracks.1.error}}}}", "name Lost"),
        block("Blur", f"size {{{{{name}.tracks.9.track_x}}}}", "name Ninth"),
    )
    graph = found.document.graph
    assert graph["Moved"].value("translate") == (Expr(f"{name}.track1[0]"), Expr(f"{name}.track2[1]"))
    assert "track1[0] / 10" in str(graph["Soft"].value("size"))
    assert not notes(found, "Moved") and not notes(found, "Soft")
    assert "means nothing here" in notes(found, "Lost")[0] and "means nothing here" in notes(found, "Ninth")[0]


def test_a_clone_of_a_group_has_its_nodes_too() -> None:
    group = (block("Group", "name G"), block("Input", "inputs 0", "name In"), block("Blur", "name B", "size 4"),
             block("Output", "name Out"), "end_group")  # fmt: skip
    found = imported(
        block("Constant", "inputs 0", "name C"), *group, "set N [stack 0]", block("Grade", "name A"), "clone $N {\n}"
    )
    graph = found.document.graph
    again = next(state for name, state in graph.items() if state.kind == "structure.group" and name != "G")
    assert dict(again.inputs) == {"In": "A"} and again.graph == graph["G"].graph
    assert again.ui["clone"] == graph["G"].ui["clone"]


def test_live_groups_whose_nodes_are_elsewhere_may_have_no_end() -> None:
    live = ("published true", "file /jobs/a.nk")
    ended = (block("LiveGroup", *live, "name L1"), block("Input", "inputs 0", "name In"), block("Output", "name Out"),
             "end_group")  # fmt: skip
    around = (block("Group", "name G"), block("Input", "inputs 0", "name In"), block("LiveGroup", *live, "name L2"),
              block("Output", "name Out"), "end_group")  # fmt: skip
    found = imported(
        block("Constant", "inputs 0", "name C"), *ended, *around, block("LiveGroup", *live, "name L3"),
        block("Blur", "name B"),
    )  # fmt: skip
    graph = found.document.graph
    assert list(graph) == ["C", "L1", "G", "L3", "B"] and found.report.general == ()
    assert graph["L1"].graph is not None and set(graph["L1"].graph) == {"In", "Out"}
    inside = graph["G"].graph
    assert inside is not None and inside["L2"].kind == "structure.foreign" and inside["Out"].inputs["image"] == "L2"
    assert graph["B"].inputs["image"] == "L3" and "its nodes are in /jobs/a.nk" in notes(found, "L3")[0]


@pytest.mark.parametrize(
    ("knobs", "ocio", "working"),
    [
        (["OCIO_config aces_1.2", "workingSpaceLUT scene_linear"], "ocio://studio-config-v2.2.0_aces-v1.3_ocio-v2.4",
         "ACEScg"),
        (["OCIO_config fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1"],
         "ocio://cg-config-v2.2.0_aces-v1.3_ocio-v2.4", "ACEScg"),
        (["OCIO_config nuke-default", "workingSpaceLUT linear"], "", "Linear Rec.709 (sRGB)"),
        (["OCIO_config custom", "customOCIOConfigPath /not/there.ocio", "workingSpaceLUT odd"], "/not/there.ocio",
         "Linear Rec.709 (sRGB)"),
    ],
)  # fmt: skip
def test_the_colour_config_of_a_script(knobs: list[str], ocio: str, working: str) -> None:
    found = import_nuke("\n".join((block("Root", "colorManagement OCIO", *knobs), block("Read", "inputs 0"))))
    assert (found.document.project.ocio, found.document.project.working) == (ocio, working)
    assert bool(found.report.general) == (ocio != "")


def test_file_names_keep_what_their_tcl_says() -> None:
    names = {
        "[file dirname [value root.name]]/out/a.####.exr": "out/a.####.exr",
        "[file rootname [file tail [value root.name]]].%04d.exr": "comp_v003.%04d.exr",
        "[python {nuke.script_directory()}]/b.exr": "b.exr",
        '[getenv "JOB"]/b.exr': "${JOB}/b.exr",
        "[lindex [value x] 0]/b.exr": "[lindex [value x] 0]/b.exr",
    }
    for text, expected in names.items():
        escaped = text.replace("[", "\\[").replace('"', '\\"')
        found = import_nuke(
            block("Root", "name /jobs/sh010/comp_v003.nk") + "\n" + block("Read", "inputs 0", f'file "{escaped}"')
        )
        state = next(iter(found.document.graph.values()))
        assert state.values["file"] == expected
    found = import_nuke(
        block("Root", 'project_directory "\\[getenv JOB]/sh010"') + "\n" + block("Read", "inputs 0", "file p/a.exr")
    )
    assert found.document.graph["Read1"].values["file"] == "${JOB}/sh010/p/a.exr"


def test_a_node_that_is_damaged_does_not_stop_the_others() -> None:
    text = "Tracker4 {\n inputs 0\n tracks {{1 31 1} {{}} {{a}}}\n name T\n}\nBlur {\n size 3\n name B\n}\n"
    made = import_nuke(text)
    (notes,) = (line.notes for line in made.report.lines if line.path == "T")
    assert any(note.startswith("not all of it could be read: IndexError") for note in notes)
    assert made.document.graph["B"].kind == "filter.blur"


def test_a_plugin_that_cannot_convert_a_node_does_not_stop_the_others() -> None:
    from rimlight.engine import registry

    def fails(conversion: NukeConversion) -> None:
        raise RuntimeError("no licence")

    @node("test.nuke_fails", nuke=NukeClass("SuperGain", convert=fails))
    class Fails(Point):
        """A node whose counterpart cannot be read."""

        gain: float = param(default=1.0, doc="factor")

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x * self.gain

    try:
        found = imported(block("SuperGain", "inputs 0", "gain 4", "name S"), block("Blur", "size 3", "name B"))
    finally:
        registry.discard("test.nuke_fails")
    (notes,) = (line.notes for line in found.report.lines if line.path == "S")
    assert notes == ("not all of it could be read: RuntimeError: no licence",)
    assert found.document.graph["S"].values["gain"] == 4 and found.document.graph["B"].kind == "filter.blur"


def test_a_knob_that_a_plugin_cannot_read_does_not_stop_the_others() -> None:
    from rimlight.engine import registry

    @node("test.nuke_choices", nuke=NukeClass("HyperGain", choices={"mode": ("all", "none")}))  # type: ignore[dict-item]
    class Chosen(Point):
        """A node that declares choices as a list, where a mapping is expected."""

        mode: str = param(default="all", choices=("all", "none"), doc="what is lifted")
        lift: float = param(default=0.0, doc="added")

        def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
            return x + self.lift

    try:
        found = imported(
            block("HyperGain", "inputs 0", "mode none", "lift 2", "name H"), block("Blur", "size 3", "name B")
        )
    finally:
        registry.discard("test.nuke_choices")
    (notes,) = (line.notes for line in found.report.lines if line.path == "H")
    assert any(note.startswith("mode could not be read: AttributeError") for note in notes)
    assert found.document.graph["H"].values["lift"] == 2 and found.document.graph["B"].kind == "filter.blur"
