"""One look of the student per frame, whoever asks and whatever stands between."""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from calls import noted
from compare import assert_close
from models import tiny_student
from pictures import noise, picture
from rimlight.engine import (
    LIGHT_LAYERS,
    Cancelled,
    CancelToken,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    ModelStore,
    Need,
    Node,
    NodeError,
    Region,
    Session,
    decomposition,
    decomposition_needs,
    model_stamps,
    node,
    param,
    port,
    registry,
    student_key,
)
from rimlight.engine.inference.model import StudentModel
from rimlight.engine.inference.service import ModelPool
from rimlight.engine.plugins import load_plugins
from source import ROOT
from stage import Stage

FRAME = Region(0, 0, 60, 40)


@dataclasses.dataclass(frozen=True)
class Asks(Node):
    """A node as light nodes are: it makes layers from what the student saw."""

    roi = False
    image: Image = port("the picture")
    amount: float = param(default=1.0, doc="a parameter that the student does not see")

    def extra_key(self, ctx: Context) -> object:
        return student_key(ctx)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return decomposition_needs(ctx)

    def made(self) -> tuple[str, ...]:
        return ()

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        for name in self.made():
            info = info.with_layer(LIGHT_LAYERS[name])
        return info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & set(self.made())

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        found = decomposition(ctx).layers(*ctx.layers)
        return {name: x * self.amount for name, x in found.items()}


@node("test.takes_apart")
class TakesApart(Asks):
    """Makes albedo and shading."""

    def made(self) -> tuple[str, ...]:
        return "albedo", "shading", "specular", "residual"


@node("test.finds_surface")
class FindsSurface(Asks):
    """Makes normals."""

    def made(self) -> tuple[str, ...]:
        return ("normal",)


for _cls in (TakesApart, FindsSurface):
    registry.discard(_cls.kind)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the student was asked, in order."""
    asked = noted(monkeypatch, (StudentModel, "examine"), (StudentModel, "decompose"))
    for cls in (TakesApart, FindsSurface):
        registry.add(cls)
    yield asked
    for cls in (TakesApart, FindsSurface):
        registry.discard(cls.kind)


def stage(folder: Path | None, image: Image | None = None) -> Stage:
    made = Stage(host_bytes=1 << 28)
    folders = () if folder is None else (folder,)
    made.evaluator.services["models"] = ModelStore(folders=folders, pool=ModelPool())  # type: ignore[index]
    return made.given("plate", image or picture(noise(3, FRAME).clamp_min(0), FRAME, FRAME))


def test_the_ledger_closes(tmp_path: Path, looks: list[str]) -> None:
    tiny_student(tmp_path)
    s = stage(tmp_path).add("apart", "test.takes_apart", {"image": "plate"})
    out = s.evaluate("apart")
    total = out["albedo"] * out["shading"] + out["specular"] + out["residual"]
    assert_close(total, out["rgba"], threshold=1e-5, relative=1e-5)


def test_kinds_of_nodes_share_one_look(tmp_path: Path, looks: list[str]) -> None:
    tiny_student(tmp_path)
    s = stage(tmp_path)
    s.add("apart", "test.takes_apart", {"image": "plate"})
    s.add("note", "AddLayer", {"image": "apart"}, layer="mine", channels="R G B")
    s.add("surface", "test.finds_surface", {"image": "note"})  # behind nodes that leave the picture alone
    s.evaluate("surface", layers=("normal", "albedo"))
    s.set("apart", amount=2.0)
    s.set("surface", amount=3.0)
    s.evaluate("surface")
    assert looks == ["examine", "decompose"]


def test_it_stops_within_taking_apart_once_nobody_wants_it(
    tmp_path: Path, looks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_student(tmp_path)
    s = stage(tmp_path).add("apart", "test.takes_apart", {"image": "plate"})
    token, real, ended = CancelToken(), StudentModel.decompose, list[str]()

    def turned(*args: Any, **more: Any) -> Any:
        token.cancel()  # as by a knob before the node, once the layers are being made
        made = real(*args, **more)
        ended.append("decompose")
        return made

    monkeypatch.setattr(StudentModel, "decompose", turned)
    with pytest.raises(Cancelled):
        s.evaluate("apart", token=token)
    assert ended == []


def test_what_alters_the_picture_asks_for_another_look(tmp_path: Path, looks: list[str]) -> None:
    tiny_student(tmp_path)
    s = stage(tmp_path).add("brighter", "Multiply", {"image": "plate"}, value=(2.0, 2.0, 2.0, 2.0))
    s.add("apart", "test.takes_apart", {"image": "plate"}).add("again", "test.takes_apart", {"image": "brighter"})
    one, two = s.evaluate("apart"), s.evaluate("again")
    assert looks == ["examine", "decompose"] * 2
    assert_close(two["shading"], 2 * one["shading"], threshold=1e-4, relative=1e-3)
    assert_close(two["albedo"], one["albedo"], threshold=1e-4, relative=1e-3)


def test_a_region_is_the_same_as_in_the_whole(tmp_path: Path, looks: list[str]) -> None:
    tiny_student(tmp_path)
    s = stage(tmp_path).add("apart", "test.takes_apart", {"image": "plate"})
    region = Region(10, 5, 40, 30)
    part = s.evaluate("apart", region=region)
    whole = s.evaluate("apart")
    rows, columns = FRAME.slices_of(region)
    assert torch.equal(part.tensor("albedo", region), whole["albedo"][:, rows, columns])
    assert looks == ["examine", "decompose"]


def test_what_is_squeezed_is_seen_as_it_is_shown(looks: list[str]) -> None:
    session = Session()
    session.add("Read", name="Portrait", file=str(ROOT / "resources" / "plates" / "collins.exr"))
    plate = session.evaluate("Portrait")["rgba"][:3]
    height, width = plate.shape[1], plate.shape[2] // 2
    squeezed = torch.nn.functional.interpolate(plate[None], (height, width), mode="area")[0]

    def normals(x: Tensor, aspect: float) -> Tensor:
        frame = Region(0, 0, x.shape[2], x.shape[1])
        made = picture(x, frame, frame)
        image = Image(made.info.with_(pixel_aspect=aspect), made.region, {"rgba": x})
        s = stage(ROOT / "resources" / "models", image).add("surface", "test.finds_surface", {"image": "plate"})
        found = s.evaluate("surface", layers=("normal",))["normal"]
        return torch.nn.functional.interpolate(found[None], (height, width), mode="area")[0]

    def degrees(a: Tensor, b: Tensor) -> float:
        return float(torch.nn.functional.cosine_similarity(a, b, 0).clamp(-1, 1).acos().rad2deg().mean())

    true = normals(plate, 1.0)
    assert degrees(normals(squeezed, 2.0), true) < 1.5
    assert degrees(normals(squeezed, 1.0), true) > 3.0


@pytest.mark.parametrize("worst", [float("nan"), float("inf")])
def test_a_broken_pixel_of_a_squeezed_plate_is_a_black_one(worst: float, looks: list[str], tmp_path: Path) -> None:
    found = []
    for value in (worst, 0.0):
        x = noise(3, FRAME).clamp_min(0)
        x[:, 20, 30] = value
        made = picture(x, FRAME, FRAME)
        image = Image(made.info.with_(pixel_aspect=2.0), made.region, {"rgba": x})
        s = stage(tiny_student(tmp_path / str(value), loud=20).parent, image)
        s.add("surface", "test.finds_surface", {"image": "plate"})
        found.append(s.evaluate("surface", layers=("normal",))["normal"])
    assert_close(found[0], found[1])


def test_without_a_student_it_is_said(looks: list[str]) -> None:
    s = stage(None).add("apart", "test.takes_apart", {"image": "plate"})
    with pytest.raises(NodeError, match="apart at frame 1: no student is installed"):
        s.evaluate("apart")


def test_a_picture_without_colours_is_said(tmp_path: Path, looks: list[str]) -> None:
    tiny_student(tmp_path)
    grey = picture({"rgba": noise(4, FRAME)}, FRAME, FRAME)
    s = stage(tmp_path, grey).add("less", "RemoveLayer", {"image": "plate"}, channels="rgba.B")
    s.add("apart", "test.takes_apart", {"image": "less"})
    with pytest.raises(NodeError, match="input 'image' has no layer 'rgba' with R, G and B"):
        s.evaluate("apart", layers=("albedo",))


def test_the_node_in_the_manual_works_and_signs_its_picture(
    tmp_path: Path, looks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_student(tmp_path)
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    example = next(text for text in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "mine.flat" in text)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "flat.py").write_text(example, encoding="utf-8")
    monkeypatch.setenv("RIMLIGHT_PLUGIN_PATH", str(tmp_path / "plugins"))
    load_plugins()
    try:
        out = stage(tmp_path).add("flat", "mine.flat", {"image": "plate"}).evaluate("flat")
    finally:
        registry.discard("mine.flat")
    assert out["rgba"].shape == (3, FRAME.height, FRAME.width)
    assert len(model_stamps(out.info.metadata)) == 1
