"""Rigs on wires: merged, edited, switched, written, read, shown."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

import exrfiles
import usdfiles
from compare import assert_close
from pictures import hdr
from rimlight.engine import (
    EnvironmentLight,
    GraphError,
    NodeError,
    Rig,
    RimlightError,
    Session,
    Tier,
    light_level,
    load_rig,
    save_rig,
)
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
    with pytest.raises(RimlightError, match=r"the folder .*cannot be made"):
        session.render(out, "1")
    session.set(out, file=str(tmp_path / "a.rig"))
    with pytest.raises(RimlightError, match=r"a\.rig was written by .* already; use #### for the frame number"):
        session.render(out, "1-2")


def test_a_session_names_node_and_light_apart() -> None:
    session = Session()
    key = session.add("PointLight", name="Lamp", light_name="key")
    assert key == "Lamp"
    assert session.evaluate(key).names == ("key",)


def chain(session: Session) -> str:
    """A sun that goes round, a spot that brightens, and even surroundings."""
    sun = session.add("DirectionalLight", light_name="sun", angle=2, kelvin=4300)
    session.express(sun, azimuth="10 * frame")
    spot = session.add("SpotLight", sun, light_name="spot", position=(30, 40, -100), cone=50)
    session.express(spot, exposure="frame / 4")
    return session.add("EnvironmentLight", spot, light_name="sky", exposure=-2, color=(0.5, 0.7, 0.9))


def test_usd_is_written_and_read_by_the_same_nodes(tmp_path: Path) -> None:
    pytest.importorskip("pxr", reason="USD files need usd-core")
    session = Session()
    lights = chain(session)
    out = session.add("WriteRig", lights, file=str(tmp_path / "a.####.usda"))
    assert [r.path for r in session.render(out, "1-2").results] == [str(tmp_path / f"a.000{n}.usda") for n in (1, 2)]
    back = session.add("ReadRig", file=str(tmp_path / "a.####.usda"))
    for frame in (1, 2):
        close(session.evaluate(back, frame), session.evaluate(lights, frame))


def close(a: Rig, b: Rig) -> None:
    assert a.names == b.names == ("sun", "spot", "sky")
    for one, other in zip(a, b, strict=True):
        assert torch.allclose(light_level(one), light_level(other), rtol=1e-5)
        for name in ("direction", "position", "kelvin", "angle", "cone", "exposure"):
            if hasattr(one, name):
                there = torch.as_tensor(getattr(other, name), dtype=torch.float64)
                assert getattr(one, name) == pytest.approx(there.tolist(), abs=2e-6), name


def test_one_usd_file_holds_a_range(tmp_path: Path) -> None:
    pytest.importorskip("pxr", reason="USD files need usd-core")
    session = Session()
    lights = chain(session)
    out = session.add("WriteRig", lights, file=str(tmp_path / "a.usda"), frame_range="1-4")
    # Whichever frames are rendered, in however many parts: the file is the same, and is written once.
    report = session.render(out, "2-3")
    assert [(r.path, r.error) for r in report.results] == [(str(tmp_path / "a.usda"), "")]
    first = (tmp_path / "a.usda").read_bytes()
    session.render(out, "4")
    assert (tmp_path / "a.usda").read_bytes() == first
    back = session.add("ReadRig", file=str(tmp_path / "a.usda"))
    for frame in (1, 2, 4):
        close(session.evaluate(back, frame), session.evaluate(lights, frame))
    # A still file has one key for all frames.
    session.set(out, frame_range="")
    session.render(out, "1")
    assert session.info(back, 1) == session.info(back, 3)
    assert session.info(back, 1) != session.info(lights, 3)


def test_ranges_are_for_usd_without_a_number(tmp_path: Path) -> None:
    session = Session()
    lights = chain(session)
    for file in ("a.rig", "a.####.usda"):
        out = session.add("WriteRig", lights, file=str(tmp_path / file), frame_range="1-4")
        with pytest.raises(RimlightError, match="holds one frame; USD without #### in its name holds many"):
            session.render(out, "1")
    out = session.add("WriteRig", lights, file=str(tmp_path / "a.usda"), frame_range="1-x")
    with pytest.raises(RimlightError, match="'1-x' is no frame range"):
        session.render(out, "1")
    out = session.add("WriteRig", lights, file=str(tmp_path / "a.usdz"))
    with pytest.raises(RimlightError, match=r"rigs are written to files of type \.rig, \.usd, \.usda, \.usdc"):
        session.render(out, "1")


@pytest.mark.parametrize("ending", [".rig", ".usda"])
def test_a_rig_of_a_package_names_what_is_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """And no file of this machine's cache, which another machine of a farm has not."""
    pytest.importorskip("pxr", reason="packages are made by usd-core")
    from pxr import UsdUtils

    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "here" / name)
    picture = torch.rand(3, 8, 16, generator=torch.Generator().manual_seed(5))
    save_rig(Rig((EnvironmentLight(name="sky", pixels=picture),)), tmp_path / "a.usda")
    assert UsdUtils.CreateNewUsdzPackage(str(tmp_path / "a.usda"), str(tmp_path / "a.usdz"))
    session = Session()
    read = session.add("ReadRig", file=str(tmp_path / "a.usdz"))
    target = tmp_path / f"b{ending}"
    session.render(session.add("WriteRig", read, file=str(target)), "1")
    assert "a.usdz[a.sky.exr]" in target.read_text() and str(tmp_path / "here") not in target.read_text()
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "there" / name)
    session = Session()
    again = session.add("ReadRig", file=str(target))
    panorama = session.add("EnvironmentFromRig", again, height=8)
    found = session.evaluate(panorama)["rgba"]
    assert_close(found, picture.half().float(), threshold=2e-3)
    out = session.add("WriteRig", again, file=str(tmp_path / "c.rig"))
    assert set(session.files(out).read) == {str(target), str(tmp_path / "a.usdz")}


def test_a_cg_rig_is_seen_by_its_camera(tmp_path: Path) -> None:
    """A dome with a picture, tilted by the camera, a light with a warning, and a sublayer that changes."""
    pytest.importorskip("pxr", reason="USD files need usd-core")
    size = {"displayWindow": exrfiles.box(0, 0, 64, 32), "dataWindow": exrfiles.box(0, 0, 64, 32)}
    spot = np.zeros((32, 64), np.float32)
    spot[16, 32] = 50.0  # the middle of the picture: +z
    exrfiles.write(tmp_path / "sky.exr", [(size, dict.fromkeys("RGB", spot))])
    usdfiles.stage(tmp_path / "lights.usda", usdfiles.prim("DistantLight", "sun", "float inputs:angle = 3"))
    body = "\n".join((
        usdfiles.prim("DomeLight", "sky", "asset inputs:texture:file = @./sky.exr@"),
        usdfiles.prim("Camera", "cam", matrix=usdfiles.turn_x(-40) @ usdfiles.turn_y(180)),
        usdfiles.prim("Camera", "other"),
        usdfiles.prim("PortalLight", "door"),
    ))  # fmt: skip
    usdfiles.stage(tmp_path / "a.usda", body, more="subLayers = [@./lights.usda@]")
    session = Session()
    back = session.add("ReadRig", file=str(tmp_path / "a.usda"), camera="cam")
    assert session.info(back).names == ("sun", "sky")
    vertex = session.evaluator.survey(session.graph, session.project, [back], 1.0, 1.0, Tier.FINAL)[back, 1.0]
    assert list(vertex.node.warnings(vertex.ctx)) == [
        f"{tmp_path}/a.usda: /door is left out: a PortalLight is no light that is known here"
    ]
    sky = session.evaluate(back).light("sky")
    assert isinstance(sky, EnvironmentLight) and sky.pixels is not None
    # The camera looks to +z and 40 degrees down: the spot is straight ahead of a level camera, so 40 degrees up.
    row, column = divmod(int(sky.pixels[0].argmax()), 64)
    assert (row, column) == pytest.approx((32 * (50 / 180), 32), abs=1)
    usdfiles.stage(tmp_path / "lights.usda", usdfiles.prim("DistantLight", "sun", "float inputs:angle = 5"))
    assert session.evaluate(back).light("sun").angle == 5  # type: ignore[attr-defined]
    session.set(back, camera="")
    with pytest.raises(NodeError, match="has 2 cameras: say which by its name"):
        session.info(back)
    session.set(back, camera="/")
    (tmp_path / "sky.exr").unlink()
    session.evaluator.forget_errors()
    with pytest.raises(NodeError, match=r"sky\.exr"):
        session.evaluate(back)


def test_a_plate_is_lit_by_a_usd_rig(tmp_path: Path) -> None:
    """Relight with the sun of a CG scene: Lambert's ball under so many lux from the camera's upper left, by hand."""
    pytest.importorskip("pxr", reason="USD files need usd-core")
    lux, camera = 5.0, usdfiles.turn_y(30)
    sun = usdfiles.turn_x(-35) @ usdfiles.turn_y(-20)
    body = usdfiles.prim(
        "DistantLight", "sun",
        f"float inputs:intensity = {lux}\nfloat inputs:angle = 0\ncolor3f inputs:color = (1, 0.5, 0.25)", matrix=sun,
    ) + usdfiles.prim("Camera", "cam", matrix=camera)  # fmt: skip
    usdfiles.stage(tmp_path / "a.usda", body.replace("}def", "}\ndef"))
    x, y = torch.meshgrid(torch.linspace(-1, 1, 33), torch.linspace(1, -1, 33), indexing="xy")
    inside = (x * x + y * y < 0.98).float()
    normal = torch.stack((x, y, (1 - x * x - y * y).clamp_min(0).sqrt())) * inside
    albedo = torch.full((3, 33, 33), 0.5) * inside
    channels = {name: albedo[0].numpy() for name in ("R", "G", "B", "albedo.R", "albedo.G", "albedo.B")}
    channels |= {f"normal.{c}": normal[i].numpy() for i, c in enumerate("XYZ")}
    size = {"displayWindow": exrfiles.box(0, 0, 33, 33), "dataWindow": exrfiles.box(0, 0, 33, 33)}
    exrfiles.write(tmp_path / "ball.exr", [(size, channels)])
    session = Session()
    session.set_project(working="Linear Rec.709 (sRGB)")
    ball = session.add("Read", file=str(tmp_path / "ball.exr"))
    rig = session.add("ReadRig", file=str(tmp_path / "a.usda"))
    relit = session.add("Relight", ball, rig, layers="input", shadows=False, f0=0.0)
    lit = session.evaluate(relit).tensor("rgba")[:3]
    towards = torch.tensor((sun @ np.linalg.inv(camera))[2, :3], dtype=torch.float32)
    lambert = torch.einsum("i,ihw->hw", towards, normal).clamp_min(0) * lux / math.pi * 0.5
    expected = torch.tensor([1.0, 0.5, 0.25])[:, None, None] * lambert * inside
    assert expected.max() > 0.5
    assert (lit * inside - expected).abs().max() < 2e-5
