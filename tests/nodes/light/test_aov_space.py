"""AovSpace, on the sample render whose camera moves: layers as renderers write them come to the camera and back."""

import functools
import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

import exrfiles
from pictures import picture
from rimlight.engine import Camera, Curve, Image, NodeError, Pose, Reader, Region, Session
from rimlight.engine.cli import run
from source import ROOT
from stage import Stage

PLATES = ROOT / "resources" / "plates"
FRAME = Region(0, 0, 160, 90)
VIEW = 34.0
X, Z = Curve.from_data([[1, -8, "linear"], [6, 8, "linear"]]), Curve.from_data([[1, 0, "linear"], [6, -6, "linear"]])
CAMERA = {"tilt": -11.0, "pan": 30.0, "roll": 4.0, "field_of_view": VIEW, "position": (X, 20.0, Z)}
"""The sample's own, but for a pan, a roll and a place that leave no axis where it was."""


def pose(frame: int) -> Pose:
    t = (frame - 1) / 5
    return Pose(30, -11, 4, (-8 + 16 * t, 20, -6 * t), VIEW)


@functools.cache
def layers(frame: int) -> dict[str, Tensor]:
    """Every fourth pixel of the sample's layers with positions, as the camera sees them."""
    whole = Reader().pixels(PLATES / f"tea.{frame:04d}.exr", ["rgba", "normal", "depth", "albedo"])
    found = {name: x[:, 2::4, 2::4].contiguous() for name, x in whole.items()}
    normal, depth = found["normal"][:3], found["depth"][:1]
    place = Camera.from_fov(FRAME.width, FRAME.height, VIEW).position(depth, FRAME)
    there = (normal != 0).any(0) & (depth[0] > 0)
    normal = torch.where(there, torch.nn.functional.normalize(normal, dim=0), 0.0)
    kept = {"rgba": found["rgba"], "albedo": found["albedo"][:3], "normal": normal, "depth": depth}
    return kept | {"position": torch.where(there, place, 0.0)}


def written(
    frame: int, world: bool = True, up: str = "y", flips: tuple[float, ...] = (1, 1, 1), encoded: bool = False,
    unit: float = 1.0,
) -> dict[str, Tensor]:  # fmt: skip
    """The layers as a renderer of some convention writes them."""
    found = layers(frame)
    there = (found["normal"] != 0).any(0)
    shot = pose(frame)
    turn = torch.tensor(shot.rotation, dtype=torch.float32)
    normal, place = found["normal"], found["position"]
    if world:
        normal = torch.einsum("ij,jhw->ihw", turn, normal)
        place = torch.einsum("ij,jhw->ihw", turn, place) + torch.tensor(shot.position).reshape(3, 1, 1).float()
        if up == "z":
            normal, place = (torch.stack((v[0], -v[2], v[1])) for v in (normal, place))
    flip = torch.tensor(flips, dtype=torch.float32).reshape(3, 1, 1)
    normal, place = normal * flip, place * flip / unit
    if encoded:
        normal = normal / 2 + 0.5
    return found | {"normal": torch.where(there, normal, 0.0), "position": torch.where(there, place, 0.0)}


def staged(made: dict[str, Tensor], **values: object) -> Stage:
    stage = Stage().given("a", picture(made, FRAME)).add("C", "light.camera", **CAMERA)
    return stage.add("S", "AovSpace", {"image": "a", "camera": "C"}, **values)


CONVENTIONS = [
    {},
    {"up": "z"},
    {"encoded": True},
    {"up": "z", "encoded": True, "flips": (1, 1, -1)},
    {"world": False, "flips": (1, 1, -1)},
    {"world": False, "encoded": True},
    {"world": False, "flips": (1, -1, -1), "encoded": True},
]


def parameters(how: dict[str, object]) -> dict[str, object]:
    flips = how.get("flips", (1, 1, 1))
    assert isinstance(flips, tuple)
    return {
        "given_in": "world" if how.get("world", True) else "camera", "up_axis": how.get("up", "y"),
        "encoding": "0 to 1" if how.get("encoded") else "-1 to 1",
        **{f"flip_{axis}": flip < 0 for axis, flip in zip("xyz", flips, strict=True)},
    }  # fmt: skip


@pytest.mark.parametrize("how", CONVENTIONS)
@pytest.mark.parametrize("frame", [1, 4])
def test_layers_come_to_the_camera(how: dict[str, object], frame: int) -> None:
    truth, made = layers(frame), written(frame, **how)  # type: ignore[arg-type]
    found = staged(made, **parameters(how)).evaluate("S", frame)
    torch.testing.assert_close(found.tensor("normal"), truth["normal"], rtol=0, atol=2e-5)
    torch.testing.assert_close(found.tensor("position"), truth["position"], rtol=0, atol=2e-3)
    assert torch.equal(found.tensor("rgba"), truth["rgba"])


def test_the_floor_lies_still_in_the_world() -> None:
    """What is level in the set has one normal and one height there, whatever the camera does."""
    heights = []
    for frame in (1, 6):
        world = staged(layers(frame), given_in="camera", wanted_in="world", up_axis="z").evaluate("S", frame)
        back = staged(dict(world.layers), up_axis="z").evaluate("S", frame)
        torch.testing.assert_close(back.tensor("normal"), layers(frame)["normal"], rtol=0, atol=2e-5)
        torch.testing.assert_close(back.tensor("position"), layers(frame)["position"], rtol=0, atol=5e-3)
        # The table, by the turn that the sample was really made with.
        level = torch.tensor(Pose(0, -11, 0).rotation, dtype=torch.float32) @ layers(frame)["normal"].flatten(1)
        flat = (level[1] > 0.998).reshape(90, 160)
        own = staged(layers(frame), given_in="camera", wanted_in="world")
        own.set("C", pan=0.0, roll=0.0, position=(X, 0.0, Z))
        heights.append(float(own.evaluate("S", frame).tensor("position")[1][flat].median()))
    assert heights[0] == pytest.approx(heights[1], abs=0.3)


def test_units_and_names_of_layers() -> None:
    made = written(2, unit=100.0)
    named = {("N" if k == "normal" else "P" if k == "position" else k): v for k, v in made.items()}
    stage = staged(named, normal_layer="N", position_layer="P", cm_per_unit=100.0)
    found = stage.evaluate("S", 2)
    torch.testing.assert_close(found.tensor("position") * 100, layers(2)["position"], rtol=0, atol=5e-3)
    assert found.info.layer("normal").kind.name == "NORMAL" and torch.equal(found.tensor("N"), made["normal"])
    stage.set("S", position_layer="")
    assert stage.evaluate("S", 2).info.names == (*named, "normal")


def test_relight_shows_the_same_by_layers_of_the_world() -> None:
    made, truth = written(3, up="z", encoded=True), layers(3)
    pictures: list[Image] = []
    for image, space in ((made, True), (truth, False), (made, False)):
        stage = staged(image, up_axis="z", encoding="0 to 1")
        stage.add("L", "light.point", position=(60, 60, -60), exposure=1)
        stage.add("R", "Relight", {"image": "S" if space else "a", "rig": "L"}, field_of_view=VIEW)
        pictures.append(stage.evaluate("R", 3))
    seen, wanted, wrong = (p.tensor("rgba")[:3] for p in pictures)
    scale = wanted.mean()
    assert float((seen - wanted).abs().mean() / scale) < 1e-3
    assert float((wrong - wanted).abs().mean() / scale) > 0.3


def test_what_is_missing_is_a_sentence() -> None:
    stage = Stage().given("a", picture(written(1), FRAME)).add("S", "AovSpace", {"image": "a"})
    assert torch.equal(stage.evaluate("S").tensor("normal"), written(1)["normal"])  # as if it stood still
    vertex = stage.vertex("S")
    assert [sentence[:31] for sentence in vertex.node.warnings(vertex.ctx)] == ["wire the shot's camera to 'came"]
    stage.set("S", given_in="camera", flip_z=True)
    assert float(stage.evaluate("S").tensor("position")[2].max()) > 0  # turned round without any camera
    stage.set("S", normal_layer="N")
    with pytest.raises(NodeError, match="the image has no layer 'N', it has rgba"):
        stage.evaluate("S")
    stage = (
        Stage()
        .given("a", picture({"rgba": torch.rand(4, 4, 4)}, Region(0, 0, 4, 4)))
        .add("S", "AovSpace", {"image": "a"})
    )
    with pytest.raises(NodeError, match="the image has neither normals nor positions, it has rgba"):
        stage.evaluate("S")


def saved(folder: Path, made: dict[str, Tensor], frame: int) -> Path:
    size = {"displayWindow": exrfiles.box(0, 0, 160, 90), "dataWindow": exrfiles.box(0, 0, 160, 90)}
    channels = {c: made["rgba"][i] for i, c in enumerate("RGBA")}
    channels |= {f"albedo.{c}": made["albedo"][i] for i, c in enumerate("RGB")}
    for name in ("normal", "position"):
        if name in made:
            channels |= {f"{name}.{c}": made[name][i] for i, c in enumerate("XYZ")}
    if "depth" in made:
        channels["depth.Z"] = made["depth"][0]
    path = folder / f"render.{frame:04d}.exr"
    exrfiles.write(path, [(size, {c: x.float().numpy() for c, x in channels.items()})])
    return path


def session_of(path: Path) -> tuple[Session, str]:
    session = Session()
    session.set_project(frames=(3, 3))
    read = session.add("Read", file=str(path))
    camera = session.add("Camera", **CAMERA)
    space = session.add("AovSpace", read)
    session.connect(space, "camera", camera)
    return session, space


@pytest.mark.parametrize("how", CONVENTIONS)
@pytest.mark.parametrize("places", [True, False])
def test_detect_finds_how_layers_are_written(tmp_path: Path, how: dict[str, object], places: bool) -> None:
    made = written(3, **how)  # type: ignore[arg-type]
    if not places:
        del made["position"]
    session, space = session_of(saved(tmp_path, made, 3))
    session.solve(space, "detect", "3")
    for name, value in parameters(how).items():
        assert session.value(space, name) == value, name
    assert session.value(space, "wanted_in") == "camera"


def test_detect_says_what_it_lacks(tmp_path: Path) -> None:
    made = written(3)
    session, space = session_of(saved(tmp_path, {k: v for k, v in made.items() if k not in ("position", "depth")}, 3))
    with pytest.raises(NodeError, match="there is neither position nor depth to compare the normals with"):
        session.solve(space, "detect", "3")
    session, space = session_of(saved(tmp_path, made, 3))
    session.set("Camera1", pan=80.0)
    with pytest.raises(NodeError, match="the positions lie beside their pixels in every space"):
        session.solve(space, "detect", "3")
    noise = torch.randn(3, FRAME.height, FRAME.width, generator=torch.Generator().manual_seed(1))
    session, space = session_of(saved(tmp_path, made | {"normal": noise}, 3))
    with pytest.raises(NodeError, match="the normals fit the surfaces in no space"):
        session.solve(space, "detect", "3")


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, ("the normals are turned by 3", "the positions lie beside the pixels")),
        ({"world": False, "flips": (1, 1, -1)}, ("the normals are turned by 180", "the positions lie beside")),
        ({"world": False, "encoded": True}, ("the normals lie between 0 and 1",)),
        ({"world": False}, ()),
    ],
)
def test_check_warns_of_layers_that_are_not_the_cameras(
    tmp_path: Path, how: dict[str, object], expected: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    session, space = session_of(saved(tmp_path, written(3, **how), 3))  # type: ignore[arg-type]
    relight = session.add("Relight", "Read1", field_of_view=VIEW)
    session.connect(relight, "rig", session.add("PointLight"))
    session.add("Write", relight, file=str(tmp_path / "out.####.exr"))
    session.save(tmp_path / "shot.rim")
    assert run(["check", str(tmp_path / "shot.rim"), "--json"]) == 0
    warnings = json.loads(capsys.readouterr().out)["warnings"]
    assert len(warnings) == len(expected) and all("AovSpace" in sentence for sentence in warnings)
    for words, sentence in zip(expected, sorted(warnings, key=lambda s: "positions" in s), strict=True):
        assert words in sentence and sentence.startswith("Relight1")
    # Through AovSpace nothing is left to say.
    session.connect(relight, "image", space)
    session.set(space, **parameters(how))
    session.save(tmp_path / "shot.rim")
    assert run(["check", str(tmp_path / "shot.rim"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["warnings"] == []


@pytest.mark.parametrize("view", [20.0, 50.0, 90.0])
def test_positions_of_another_lens_name_the_lens(
    tmp_path: Path, view: float, capsys: pytest.CaptureFixture[str]
) -> None:
    session, _ = session_of(saved(tmp_path, written(3, world=False), 3))
    relight = session.add("Relight", "Read1", field_of_view=view)
    session.connect(relight, "rig", session.add("PointLight"))
    session.add("Write", relight, file=str(tmp_path / "out.####.exr"))
    session.save(tmp_path / "shot.rim")
    assert run(["check", str(tmp_path / "shot.rim"), "--json"]) == 0
    said = [x for x in json.loads(capsys.readouterr().out)["warnings"] if "positions" in x]
    assert len(said) == 1 and "as through another lens: with a field_of_view of 34 they lie there" in said[0]
    assert "AovSpace" not in said[0]
