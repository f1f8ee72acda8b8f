import pytest
import torch

from compare import assert_close
from pictures import hdr, picture, plate
from rimlight.engine import Image, Region
from stage import run, staged
from truth import SCENE, grain, patches, scale_error, soft_light

METHODS = ("guided", "smooth", "color", "multi_scale")


def closed(parts: Image, plate_: torch.Tensor) -> None:
    """The ledger: what the layers say is the picture."""
    said = parts["albedo"] * parts["shading"] + parts["specular"] + parts["residual"]
    assert_close(said, plate_, threshold=1e-5, relative=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("more", [{}, {"tint": 0.7, "highlight": 0.5}])
def test_the_ledger_closes_on_any_light(method: str, more: dict[str, float]) -> None:
    parts = run("RetinexIntrinsics", hdr(), method=method, size=4, **more)
    closed(parts, hdr()["rgba"][:3])
    assert float(parts["albedo"].min()) >= 0 and float(parts["shading"].min()) >= 0


@pytest.mark.parametrize("method", METHODS)
def test_the_shading_takes_the_exposure_and_the_albedo_none(method: str) -> None:
    scene = patches() * soft_light()
    one = run("RetinexIntrinsics", picture(scene, SCENE), method=method, size=12, tint=0.3, highlight=0.3)
    two = run("RetinexIntrinsics", picture(scene * 37.3, SCENE), method=method, size=12, tint=0.3, highlight=0.3)
    assert_close(two["albedo"], one["albedo"], threshold=1e-5, relative=1e-4)
    for name in ("shading", "specular"):
        assert_close(two[name], one[name] * 37.3, threshold=1e-4, relative=1e-4)


def test_color_tells_paint_from_light() -> None:
    parts = run("RetinexIntrinsics", picture(patches() * soft_light(), SCENE), method="color")
    assert scale_error(parts["albedo"], patches()) < 0.03
    assert scale_error(parts["shading"][:1], soft_light()) < 0.03


@pytest.mark.parametrize(("method", "most"), [("guided", 0.08), ("smooth", 0.08), ("multi_scale", 0.18)])
def test_light_over_fine_texture_is_found(method: str, most: float) -> None:
    """A third of it is wrong when the picture itself is taken for the albedo, or the shading for even."""
    scene = grain() * soft_light()
    assert scale_error(scene, grain()) > 0.29 and scale_error(torch.ones_like(soft_light()), soft_light()) > 0.29
    parts = run("RetinexIntrinsics", picture(scene, SCENE), method=method)
    assert scale_error(parts["albedo"], grain()) < most
    assert scale_error(parts["shading"][:1], soft_light()) < most


@pytest.mark.parametrize("method", METHODS)
def test_the_white_of_the_albedo_is_the_level(method: str) -> None:
    scene = picture(patches() * soft_light(), SCENE)
    area = torch.zeros(4, 120, 160)
    area[3, 30:90, 40:120] = 1
    found = run("RetinexIntrinsics", scene, area=picture(area, SCENE), method=method, level=0.6)["albedo"].amax(0)
    assert float(found[30:90, 40:120].quantile(0.99)) == pytest.approx(0.6, rel=1e-3)


def test_a_grey_card_reads_the_level_wherever_it_is() -> None:
    card = picture(torch.full((3, 24, 32), 7.0), Region(0, 0, 32, 24))
    for method in ("guided", "multi_scale", "smooth"):
        parts = run("RetinexIntrinsics", card, method=method, size=6, normalize="local", level=0.5)
        assert_close(parts["albedo"], torch.full((3, 24, 32), 0.5), threshold=1e-4)
        assert_close(parts["shading"], torch.full((3, 24, 32), 14.0), threshold=1e-3)


def test_only_the_local_rule_works_in_tiles() -> None:
    region = Region(40, 30, 60, 50)
    scene = picture(patches() * soft_light(), SCENE)
    for method in ("guided", "multi_scale"):
        stage = staged("RetinexIntrinsics", scene, method=method, size=6, normalize="local")
        tile, whole = stage.evaluate("node", region=region), stage.evaluate("node")
        assert_close(tile["shading"], whole.tensor("shading", region), threshold=1e-5)
    assert staged("RetinexIntrinsics", scene, normalize="local").vertex("node").node.roi
    for values in ({}, {"method": "smooth", "normalize": "local"}, {"method": "color", "normalize": "local"}):
        assert not staged("RetinexIntrinsics", scene, **values).vertex("node").node.roi


def test_a_white_spot_goes_to_the_specular_layer() -> None:
    scene = torch.tensor([0.5, 0.3, 0.2])[:, None, None].repeat(1, 40, 40)
    scene[:, 18:21, 18:21] += 3.0
    parts = run("RetinexIntrinsics", picture(scene, Region(0, 0, 40, 40)), size=10, highlight=1)
    expected = torch.zeros(3, 40, 40)
    expected[:, 18:21, 18:21] = 3.0
    assert_close(parts["specular"], expected, threshold=1e-4)


def test_a_colored_light_is_found_when_asked_for() -> None:
    colored = grain() * soft_light() * torch.tensor([1.0, 0.6, 0.3])[:, None, None]
    parts = run("RetinexIntrinsics", picture(colored, SCENE), tint=1)
    ratio = parts["shading"].mean((1, 2))
    expected = colored.mean((1, 2))
    torch.testing.assert_close(ratio / ratio[0], expected / expected[0], rtol=0.02, atol=0)


def test_no_light_is_no_shading() -> None:
    dark = -plate(Region(0, 0, 16, 12)).abs()
    for method in METHODS:
        parts = run("RetinexIntrinsics", picture(dark), method=method, size=4)
        assert float(parts["albedo"].abs().max()) == 0
        assert torch.equal(parts["residual"], dark[:3])


def test_what_is_no_number_stays_in_the_residual() -> None:
    scene = grain()
    scene[:, 60, 80] = torch.nan
    parts = run("RetinexIntrinsics", picture(scene, SCENE))
    assert bool(torch.isnan(parts["residual"][:, 60, 80]).all()) and int(torch.isnan(parts["residual"]).sum()) == 3
    assert bool(torch.isfinite(parts["albedo"]).all()) and bool(torch.isfinite(parts["shading"]).all())
