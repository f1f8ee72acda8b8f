"""Rigs on wires: merged, edited, switched, written, read, shown."""

import json
from pathlib import Path

import pytest

import exrfiles
from pictures import hdr
from rimlight.engine import GraphError, NodeError, Rig, RimlightError, Session, load_rig
from stage import Stage


def lights(*names: str) -> Stage:
    """A chain of point lights of these names and exposures 1, 2, 3 ..., ending in `lights`, and a sun, `sun`."""
    stage = Stage().add("sun", "light.directional", light_name="sun")
    last = ""
    for number, name in enumerate(names, 1):
        made = "lights" if number == len(names) else f"L{number}"
        stage.add(made, "light.point", {"rig": last} if last else {}, light_name=name, exposure=number)
        last = made
    return stage


def edited(**values: object) -> Rig:
    stage = lights("key", "rim_left", "rim_right").add("R", "light.rig", {"rig": "lights", "rig2": "sun"}, **values)
    found = stage.evaluate("R")
    assert found.names == stage.info("R").names
    return found


def test_rigs_are_merged_in_order_and_in_one_unit() -> None:
    assert edited().names == ("key", "rim_left", "rim_right", "sun")
    stage = lights("key").add("R", "light.rig", {"rig": "lights"})
    assert stage.vertex("R").alias == ("lights", 1)
    assert Stage().add("R", "light.rig").evaluate("R") == Rig()


def test_lights_are_kept_put_on_and_off_and_renamed_by_pattern() -> None:
    assert edited(keep="rim_* sun").names == ("rim_left", "rim_right", "sun")
    assert edited(solo="rim_*, sun").active().names == ("rim_left", "rim_right", "sun")
    assert edited(mute="key").active().names == ("rim_left", "rim_right", "sun")
    assert [x.exposure for x in edited(exposure=0.5, change="rim_*")] == [1, 2.5, 3.5, 0]
    renamed = edited(rename="rim_*=edge key=main", solo="key")
    assert renamed.names == ("main", "edge", "edge_2", "sun")
    assert renamed.active().names == ("main",)


def test_a_pattern_that_finds_nothing_is_a_warning_and_a_bad_rename_an_error() -> None:
    stage = lights("key").add("R", "light.rig", {"rig": "lights"}, solo="kye", rename="fill=sky")
    vertex = stage.vertex("R")
    assert vertex.node.warnings(vertex.ctx) == [
        "no light is called 'fill', there are key",
        "no light is called 'kye', there are key",
    ]
    with pytest.raises(NodeError, match="rename 'key': expected old=new, such as key=sun"):
        edited(rename="key")


def test_switch_and_dot_pass_rigs_on() -> None:
    stage = lights("key", "fill").add("S", "Switch", {"image": "lights", "image2": "sun"})
    stage.add("D", "Dot", {"image": "S"})
    assert stage.evaluate("D").names == ("key", "fill")
    assert stage.set("S", which=1).evaluate("D").names == ("sun",)
    stage.add("more", "light.point", {"rig": "D"}, light_name="more")
    assert stage.evaluate("more").names == ("sun", "more")


def test_wires_of_the_wrong_type_are_refused() -> None:
    stage = lights("key").given("plate", hdr()).add("D", "Dot", {"image": "lights"})
    with pytest.raises(GraphError, match="lights puts out a rig, but input 'image' of Blur1 takes an image"):
        stage.add("Blur1", "Blur", {"image": "lights"})
    with pytest.raises(GraphError, match="D puts out a rig, but input 'image' of Blur1 takes an image"):
        stage.add("Blur1", "Blur", {"image": "D"})
    stage.given("plate", hdr())
    stage.add("E", "Dot").add("R", "light.rig", {"rig": "E"})
    with pytest.raises(GraphError, match="Blur2 puts out an image, which E would pass on to input 'rig' of R"):
        stage.add("Blur2", "Blur").add("E", "Dot").graph.connect("E", "image", "Blur2")


def test_a_rig_seen_as_text() -> None:
    stage = lights("key").add("V", "light.view_rig", {"rig": "lights"})
    vertex = stage.vertex("V")
    shown = json.loads(vertex.node.text(vertex.info))
    assert [light["name"] for light in shown["lights"]] == ["key"]
    assert stage.evaluate("V") == stage.evaluate("lights")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    session = Session()
    key = session.add("PointLight", light_name="key", position=(1, 2, 3))
    session.express(key, exposure="frame")
    both = session.add("DirectionalLight", key, light_name="sun")
    out = session.add("WriteRig", both, file=str(tmp_path / "new" / "a.####.rig"))
    report = session.render(out, "1-2")
    assert [r.path for r in report.results] == [str(tmp_path / "new" / f"a.000{n}.rig") for n in (1, 2)]
    assert load_rig(Path(report.results[1].path)) == session.evaluate(both, 2)
    back = session.add("ReadRig", file=str(tmp_path / "new" / "a.####.rig"))
    for frame in (1, 2):
        assert session.evaluate(back, frame) == session.info(back, frame) == session.evaluate(both, frame)


def test_a_rig_is_read_again_when_its_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.rig"
    path.write_text('{"rimlight_rig": 1, "lights": [{"kind": "point", "exposure": 1}]}')
    session = Session()
    back = session.add("ReadRig", file=str(path))
    assert session.evaluate(back).lights[0].exposure == 1
    path.write_text('{"rimlight_rig": 1, "lights": [{"kind": "point", "exposure": 12}]}')
    assert session.evaluate(back).lights[0].exposure == 12
    session.set(back, disable=True)
    assert session.evaluate(back) == Rig()


def test_pictures_travel_with_the_file(tmp_path: Path) -> None:
    size = {"displayWindow": exrfiles.box(0, 0, 6, 4), "dataWindow": exrfiles.box(0, 0, 6, 4)}
    exrfiles.write(tmp_path / "sky.exr", [(size, {c: exrfiles.ramp(1)[:4, :6] for c in "RGB"})])
    session = Session()
    sky = session.add("EnvironmentLight", file=str(tmp_path / "sky.exr"))
    session.render(session.add("WriteRig", sky, file=str(tmp_path / "a.rig")), "1")
    assert '"file": "sky.exr"' in (tmp_path / "a.rig").read_text()
    back = session.add("ReadRig", file=str(tmp_path / "a.rig"))
    assert session.evaluate(back) == session.evaluate(sky)
    assert session.info(back).lights[0].pixels is None
    (tmp_path / "sky.exr").unlink()
    session.evaluator.forget_errors()
    with pytest.raises(NodeError, match=r"sky\.exr"):
        session.evaluate(back)


@pytest.mark.parametrize(
    ("text", "found"),
    [("{}", "this is no rig"), ('{"rimlight_rig": 9}', "the rig has version 9"), ("rig", "a.rig")],
)
def test_a_damaged_rig_is_a_sentence(tmp_path: Path, text: str, found: str) -> None:
    (tmp_path / "a.rig").write_text(text)
    session = Session()
    back = session.add("ReadRig", file=str(tmp_path / "a.rig"))
    with pytest.raises(NodeError, match=found):
        session.info(back)
    session.set(back, file="")
    with pytest.raises(NodeError, match="no file is chosen"):
        session.info(back)


def test_what_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    session = Session()
    out = session.add("WriteRig", session.add("PointLight"), file=str(tmp_path / "a.json"))
    with pytest.raises(RimlightError, match=r"rigs are written to files of type \.rig"):
        session.render(out, "1")
    (tmp_path / "file").write_text("")
    session.set(out, file=str(tmp_path / "file" / "a.rig"))
    with pytest.raises(RimlightError, match="the folder cannot be made"):
        session.render(out, "1")
    session.set(out, file=str(tmp_path / "a.rig"))
    with pytest.raises(RimlightError, match=r"a\.rig was written by .* already; use #### for the frame number"):
        session.render(out, "1-2")


def test_a_session_names_node_and_light_apart() -> None:
    session = Session()
    key = session.add("PointLight", name="Lamp", light_name="key")
    assert key == "Lamp"
    assert session.evaluate(key).names == ("key",)
