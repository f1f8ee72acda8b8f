"""Light layers of pictures: the ledger, what strokes do to it, and that all of it scales."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from compare import assert_close
from pictures import matte, picture
from rimlight.engine import LEDGER_ERROR, Image, NodeError, Region, Session
from rimlight.engine.inference.folders import model_folders
from rimlight.engine.render.verification import verify_picture
from source import ROOT
from stage import Stage, staged

FRAME = Region(0, 0, 96, 64)
KIND = "learned.intrinsics"
LEDGER = ("albedo", "shading", "specular", "residual")
TEA = ROOT / "resources" / "plates" / "tea.0003.exr"


def whole(image: Image) -> Tensor:
    return image["albedo"] * image["shading"] + image["specular"] + image["residual"]


@pytest.fixture(scope="module")
def tea() -> Image:
    """A rendered plate, small, without its layers."""
    session = Session()
    found = session.evaluate(session.add("Read", file=str(TEA)), scale=0.2)
    return picture(found["rgba"][:3].clone(), found.region, found.region)


def floor() -> Image:
    """A floor of one paint and a red box, a hard shadow over half of the floor that was taken for paint."""
    albedo = torch.full((3, 64, 96), 0.5) * (
        1 + 0.2 * (torch.rand(1, 64, 96, generator=torch.Generator().manual_seed(5)) - 0.5)
    )
    albedo[:, 20:44, 10:30] = torch.tensor([0.6, 0.1, 0.1]).reshape(3, 1, 1)
    light = torch.ones(1, 64, 96)
    light[..., 60:] = 0.25
    plate = albedo * light
    ones = torch.ones_like(plate)
    return picture({"rgba": plate, "albedo": plate, "shading": ones, "specular": 0 * ones}, FRAME, FRAME)


def stroke(*spans: tuple[int, int, int, int]) -> Image:
    """Boxes x0, y0, x1, y1."""
    mask = torch.zeros(4, 64, 96)
    for x0, y0, x1, y1 in spans:
        mask[:, y0:y1, x0:x1] = 1
    return picture(mask, FRAME, FRAME)


def test_the_ledger_closes_on_a_rendered_plate_and_its_error_is_told(tea: Image) -> None:
    out = staged(KIND, tea).evaluate("node")
    assert_close(whole(out), tea["rgba"], threshold=1e-5)
    assert 0 <= out.info.metadata.get(LEDGER_ERROR, 0.0) < 0.2
    assert float(out["albedo"].max()) < 1.01 and float(out["confidence"].max()) <= 1
    assert torch.equal(out["rgba"], tea["rgba"])


def test_lamps_raise_the_error_that_is_told(tea: Image) -> None:
    plate = tea["rgba"].clone()
    plate[:, 10:16, 10:16] = 3000 * float(plate.mean())
    lit = Stage().given("a", picture(plate, tea.region, tea.region)).add("node", KIND, {"image": "a"})
    plain = Stage().given("a", tea).add("node", KIND, {"image": "a"})
    errors = [s.evaluate("node").info.metadata[LEDGER_ERROR] for s in (plain, lit)]
    assert errors[1] > 2 * errors[0] + 0.01


@pytest.mark.parametrize("factor", [0.01, 300.0])
def test_it_scales_with_the_exposure(tea: Image, factor: float) -> None:
    plain = staged(KIND, tea, precision="float").evaluate("node")
    brighter = picture(tea["rgba"] * factor, tea.region, tea.region)
    scaled = staged(KIND, brighter, precision="float").evaluate("node")
    assert_close(scaled["albedo"], plain["albedo"], threshold=1e-4, relative=1e-4)
    size = float(plain["shading"].abs().max())
    for name in ("shading", "specular", "residual"):
        assert_close(scaled[name] / factor, plain[name], threshold=1e-4 * size, relative=1e-4)


def test_a_tile_is_the_crop_of_the_whole(tea: Image) -> None:
    s = staged(KIND, tea)
    out, region = s.evaluate("node"), Region(30, 10, 50, 30)
    tile = staged(KIND, tea).evaluate("node", region=region)
    for name in LEDGER:
        assert_close(tile.tensor(name, region), out.tensor(name, region), threshold=1e-6)


def test_a_stroke_makes_the_paint_under_it_one_and_goes_no_further_than_edges() -> None:
    given = floor()
    out = staged(KIND, given, same_albedo=stroke((36, 30, 90, 34)), stroke_reach=120.0).evaluate("node")
    assert_close(whole(out), given["rgba"], threshold=1e-5)
    light, dark = out["albedo"][:, :, 40:58].mean(), out["albedo"][:, :, 62:].mean()
    assert float(given["albedo"][:, :, 62:].mean() / given["albedo"][:, :, 40:58].mean()) < 0.3
    assert 0.9 < float(dark / light) < 1.1
    under = out["albedo"][:, 31:33, 36:90]
    assert float(under[:, :, 26:].mean() / under[:, :, :22].mean()) == pytest.approx(1, abs=0.05)
    box = (slice(None), slice(22, 42), slice(12, 28))
    assert_close(out["albedo"][box], given["albedo"][box], threshold=0.02, relative=0.05)
    assert float(out["shading"][:, 5:60, 64:].mean()) < 0.5 * float(out["shading"][:, 5:60, 40:58].mean())


def test_two_strokes_are_two_paints() -> None:
    given = floor()
    out = staged(KIND, given, same_albedo=stroke((36, 30, 90, 34), (14, 26, 26, 30))).evaluate("node")
    red = out["albedo"][:, 26:30, 14:26].mean((1, 2))
    assert float(red[0] / red[1]) > 3


def test_a_stroke_keeps_texture() -> None:
    given = floor()
    out = staged(KIND, given, same_albedo=stroke((62, 4, 94, 60))).evaluate("node")
    before, after = (image["albedo"][0, 8:56, 66:90] for image in (given, out))
    assert float(after.std() / after.mean()) > 0.7 * float(before.std() / before.mean())


def test_strokes_say_where_the_key_light_arrives() -> None:
    given = floor()
    shadow = torch.full((1, 64, 96), 0.5)
    given = picture({**given.layers, "shadow": shadow}, FRAME, FRAME)
    plain = staged(KIND, given).evaluate("node")
    strokes = {"in_shadow": stroke((64, 10, 92, 50)), "lit": stroke((40, 10, 58, 50))}
    out = staged(KIND, given, **strokes).evaluate("node")
    assert float(out["shadow"][:, 20:40, 66:90].max()) < 0.1
    assert float(out["shadow"][:, 20:40, 42:56].min()) > 0.9
    assert_close(whole(out), given["rgba"], threshold=1e-5)
    ratio = out["shading"] / plain["shading"]
    assert float(ratio[:, 30, 75].mean()) < 0.95 < 1.05 < float(ratio[:, 30, 50].mean())


def test_an_empty_stroke_changes_nothing() -> None:
    plain, drawn = (staged(KIND, floor(), **more).evaluate("node") for more in ({}, {"same_albedo": stroke()}))
    for name, x in plain.layers.items():
        assert torch.equal(drawn[name], x)


def test_mask_and_mix_leave_the_ledger_closed(tea: Image) -> None:
    mask = picture(matte(tea.region).expand(4, -1, -1).clone(), tea.region, tea.region)
    out = staged(KIND, tea, mask=mask, mix=0.6).evaluate("node")
    assert_close(whole(out), tea["rgba"], threshold=1e-5)
    s = staged(KIND, tea, mix=0.0)
    assert s.vertex("node").alias == ("given_image", 1)


def test_positions_follow_from_the_depth(tea: Image) -> None:
    out = staged(KIND, tea, position=True, distance=250.0).evaluate("node")
    assert_close(-out["position"][2:], 250 * out["depth"], threshold=0.01, relative=1e-4)
    assert float(out["position"][0, :, 0].max()) < 0 < float(out["position"][0, :, -1].min())


def test_a_wrong_strokes_channel_is_a_sentence() -> None:
    with pytest.raises(NodeError, match="input 'lit' has no channel 'hair'"):
        staged(KIND, floor(), lit=stroke(), strokes_channel="hair").evaluate("node")


def test_a_written_picture_names_the_student(tmp_path: Path) -> None:
    session = Session()
    apart = session.add("Intrinsics", session.add("Read", file=str(TEA)), layers="estimate")
    session.add("Write", apart, file=str(tmp_path / "out.exr"), channels="all")
    assert not session.render(frames="1", scale=0.1).failed
    checks = {c.subject: c.outcome for c in verify_picture(tmp_path / "out.exr", model_folders())}
    assert checks["model student"] == "ok"
