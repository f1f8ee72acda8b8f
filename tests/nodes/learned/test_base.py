"""What all nodes that ask the student share: where light layers come from, one look per frame, the ledger."""

import math
from typing import Any

import pytest
import torch

from compare import assert_close
from models import tiny_student
from pictures import matte, noise, picture
from rimlight.engine import LIGHT_LAYERS, Image, Layer, ModelStore, NodeError, Region, StudentModel, Tier
from rimlight.engine.inference.service import ModelPool
from stage import Stage

FRAME = Region(0, 0, 60, 40)
KIND = "learned.intrinsics"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The sizes at which the student looked, in order."""
    sizes: list[Any] = []
    real = StudentModel.examine

    def counted(self: StudentModel, *args: Any) -> Any:
        seen = real(self, *args)
        sizes.append(tuple(seen.small.shape[-2:]))
        return seen

    monkeypatch.setattr(StudentModel, "examine", counted)
    return sizes


def lit(seed: int = 3, frame: Region = FRAME) -> Image:
    return picture(noise(3, frame, seed), frame, frame)


def with_layers(**layers: torch.Tensor) -> Image:
    return picture({"rgba": noise(3, FRAME), **layers}, FRAME, FRAME)


def test_one_look_serves_all_and_drafts_are_looked_at_smaller(looks: list[Any]) -> None:
    s = Stage(host_bytes=1 << 28).given("plate", lit(frame=Region(0, 0, 256, 128)))
    for name in ("one", "two"):
        s.add(name, KIND, {"image": "plate"}, layers="estimate", working_size=64)
    s.add("three", KIND, {"image": "two"}, layers="estimate", working_size=64, mix=0.5)
    for name in ("one", "two", "three"):
        s.evaluate(name)
    assert looks == [(64, 128)]
    s.evaluate("one", tier=Tier.DRAFT)
    assert looks == [(64, 128), (32, 64)]


def test_layers_of_the_picture_are_taken_as_they_are(looks: list[Any]) -> None:
    albedo, normal = noise(3, FRAME, 7).abs(), torch.nn.functional.normalize(noise(3, FRAME, 8), dim=0)
    given = with_layers(albedo=albedo, normal=normal)
    out = Stage().given("a", given).add("node", KIND, {"image": "a"}).evaluate("node")
    assert torch.equal(out["albedo"], albedo) and torch.equal(out["normal"], normal)
    whole = out["albedo"] * out["shading"] + out["specular"] + out["residual"]
    assert_close(whole, given["rgba"], threshold=1e-5)
    assert len(looks) == 1
    other = Stage().given("a", given).add("node", KIND, {"image": "a"}, layers="estimate").evaluate("node")
    assert not torch.equal(other["albedo"], albedo)


def test_with_all_layers_there_nobody_looks(looks: list[Any]) -> None:
    s = Stage().given("a", lit()).add("apart", KIND, {"image": "a"})
    once = s.evaluate("apart")
    again = s.add("node", KIND, {"image": "apart"}, layers="input").evaluate("node")
    assert len(looks) == 1
    for name, x in once.layers.items():
        assert_close(again[name], x, threshold=1e-6, relative=1e-5)


def test_a_layer_that_is_lacking_is_named_when_none_may_be_estimated() -> None:
    s = Stage().given("a", with_layers(albedo=noise(3, FRAME))).add("node", KIND, {"image": "a"}, layers="input")
    with pytest.raises(NodeError, match="layers is 'input', but input 'image' has no layer 'specular'"):
        s.evaluate("node")


def test_the_picture_names_the_student(tmp_path: Any) -> None:
    path = tiny_student(tmp_path, "other")
    s = Stage().given("a", lit()).add("node", KIND, {"image": "a"}, student=str(path))
    assert "rimlight:model:other" in s.info("node").metadata
    key = s.vertex("node").key
    assert s.set("node", student="").vertex("node").key != key
    assert "rimlight:model:student" in s.info("node").metadata


def test_without_a_student_there_is_a_sentence(tmp_path: Any) -> None:
    s = Stage().given("a", lit()).add("node", KIND, {"image": "a"})
    s.evaluator.services["models"] = ModelStore(folders=(tmp_path,), pool=ModelPool())  # type: ignore[index]
    with pytest.raises(NodeError, match="no student is installed"):
        s.evaluate("node")


def test_a_matte_changes_what_is_seen_and_a_wrong_channel_is_a_sentence() -> None:
    s = Stage().given("a", lit()).given("m", picture(matte(FRAME).expand(4, -1, -1).clone(), FRAME, FRAME))
    plain = s.add("node", KIND, {"image": "a"}).evaluate("node")
    s.graph = s.graph.connect("node", "matte", "m")
    assert not torch.equal(s.evaluate("node")["shading"], plain["shading"])
    with pytest.raises(NodeError, match="input 'matte' has no channel 'hair'"):
        s.set("node", matte_channel="hair").evaluate("node")


def test_a_picture_without_color_is_refused() -> None:
    s = Stage().given("a", picture({"depth": noise(1, FRAME)}, FRAME, FRAME)).add("node", KIND, {"image": "a"})
    with pytest.raises(NodeError, match="no layer 'rgba' with R, G and B"):
        s.evaluate("node")


HOLED = {
    "albedo": math.nan, "shading": math.inf, "specular": -math.inf, "normal": math.nan, "shadow": math.nan,
    "confidence": math.nan, "depth": math.inf,
}  # fmt: skip
KINDS = {
    "Delight": "", "LightDiffuse": "", "LightMatch": "background", "LightTransfer": "reference", "LightSources": "",
    "LightScribble": "brighten", "ShadowEdit": "", "SkyRemove": "",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_holes_in_rendered_layers_do_not_spread(kind: str) -> None:
    """Renderers write infinity and no numbers here and there."""
    frame = Region(0, 0, 24, 16)
    layers = {"rgba": torch.cat((noise(3, frame).abs(), matte(frame)))}
    for at, (name, bad) in enumerate(HOLED.items()):
        layers[name] = torch.ones(len(LIGHT_LAYERS[name].channels), 16, 24)
        layers[name][:, 5, 2 * at : 2 * at + 2] = bad
    s = Stage().given("a", picture(layers, frame, frame))
    wired = {"image": "a"} | ({KINDS[kind]: "a"} if KINDS[kind] else {})
    out = s.add("node", kind, wired).evaluate("node", layers=("rgba",))
    assert isinstance(out, Image)
    assert bool(torch.isfinite(out["rgba"]).all())


def test_a_hole_in_a_matte_covers_nothing_and_a_matte_beyond_one_is_one() -> None:
    plate, odd, plain = lit(), torch.zeros(4, 40, 60), torch.zeros(4, 40, 60)
    plain[:, 10:30, 20:40] = 1
    for bad, meant in ((math.nan, 0.0), (math.inf, 1.0), (3.0, 1.0), (-3.0, 0.0)):
        odd[:], odd[:, 12:14, 22:24] = plain, bad
        plain[:, 12:14, 22:24] = meant
        s = Stage().given("a", plate).given("odd", picture(odd, FRAME, FRAME))
        s.given("plain", picture(plain, FRAME, FRAME))
        outs = [
            s.add(f"to_{name}", KIND, {"image": "a", "matte": name}, working_size=32).evaluate(f"to_{name}")
            for name in ("odd", "plain")
        ]
        for name in ("albedo", "normal", "confidence"):
            assert torch.equal(outs[0][name], outs[1][name])


def test_a_grey_layer_counts_for_three_colours_and_two_channels_are_a_sentence() -> None:
    grey = noise(1, FRAME, 7).abs() + 0.1
    outs = []
    for shading in (grey, grey.expand(3, -1, -1)):
        plain = with_layers(albedo=noise(3, FRAME, 8).abs(), shading=grey)
        layers = (plain.info.layers[0], plain.info.layers[1], Layer("shading", tuple("RGB"[: len(shading)])))
        held = Image(plain.info.with_(layers=layers), FRAME, {**plain.layers, "shading": shading})
        s = Stage().given("a", held).add("node", "Delight", {"image": "a"}, color=0.5)
        outs.append(s.evaluate("node"))
    assert torch.equal(outs[0]["rgba"], outs[1]["rgba"]) and not torch.equal(outs[0]["rgba"], held["rgba"])
    assert_close(outs[0]["shading"], outs[1]["shading"].mean(0, keepdim=True), threshold=1e-5)
    layers = (*layers[:2], Layer("shading", ("R", "G")))
    two = Image(held.info.with_(layers=layers), FRAME, {**held.layers, "shading": grey.expand(2, -1, -1)})
    with pytest.raises(NodeError, match="'shading' of input 'image' has the channels R, G, expected R, G, B"):
        Stage().given("a", two).add("node", "Delight", {"image": "a"}).evaluate("node")
