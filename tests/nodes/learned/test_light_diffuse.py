"""Hard light made soft."""

import pytest
import torch
from torch import Tensor

from compare import assert_close
from lit_scenes import FRAME, brighter, normals, plate, scene, sky, sun
from pictures import noise, picture
from rimlight.engine import DirectionalLight, Image, registry
from stage import Stage, run
from truth import discs, psnr

KEY = sun(-55, 30, 0.5)
SHADOW = discs(FRAME, 1.0, ((78, 12, 8),))


def soft(image: Image, size: float, **values: object) -> Tensor:
    out: Tensor = run("LightDiffuse", image, size=size, **values)["rgba"]
    return out


@pytest.mark.parametrize("size", [30.0, 90.0, 180.0])
def test_with_true_layers_it_is_the_wider_light(size: float) -> None:
    assert isinstance(KEY, DirectionalLight)
    image, wanted = scene(KEY, sky(-1)), scene(KEY.with_(angle=size), sky(-1))["rgba"][:3]
    out = soft(image, size)[:3]
    out, before = (x * wanted.mean() / x.mean() for x in (out, image["rgba"][:3]))
    assert psnr(out, wanted) > psnr(before, wanted) + (3 if size < 60 else 8)


def test_contrast_falls_with_the_size_and_exposure_stays() -> None:
    for image in (scene(KEY, sky(-1)), plate(KEY, sky(-1))):
        outs = [soft(image, size)[:3] for size in (0.0, 20.0, 60.0, 120.0, 180.0)]
        assert torch.equal(outs[0], image["rgba"][:3])
        means = [float(x.clamp_min(0).sqrt().mean()) for x in outs]
        assert max(means) / min(means) < 1.03
    image = scene(KEY, sky(-1))
    contrast = [
        float((soft(image, s)[:3] / image["albedo"]).mean(0).log2().std()) for s in (0.0, 20.0, 60.0, 120.0, 180.0)
    ]
    assert contrast == sorted(contrast, reverse=True) and contrast[-1] < 0.7 * contrast[0]


def test_what_shines_and_a_dark_background_stay_and_folds_give_way() -> None:
    lit = scene(KEY, sky(-1))
    bright, dark = torch.arange(96) < 24, torch.arange(96) >= 72
    unlike = torch.where(bright, 12.0, torch.where(dark, 0.05, 1.0))
    folds = (0.3 * torch.sin(torch.arange(64.0) * 1.2)).exp()[:, None]

    def with_light(factor: Tensor) -> Image:
        layers = {"rgba": lit["rgba"].clone(), "shading": lit["shading"] * factor}
        layers["rgba"][:3] *= factor
        return picture({**lit.layers, **layers}, FRAME)

    image = with_light(unlike)
    for size in (60.0, 180.0):
        out = soft(image, size)[:3] / image["rgba"][:3]
        plain = soft(lit, size)[:3] / lit["rgba"][:3]
        change = (out / plain).mean(0).log2()
        sides = [float(change[:, where].mean()) for where in (bright, dark, ~bright & ~dark)]
        assert max(sides) - min(sides) < 0.35
    ripples = (soft(with_light(folds), 180.0) / soft(lit, 180.0))[:3].mean((0, 2)).log2()
    assert float(ripples[8:-8].std()) < 0.75 * float(folds[8:-8].log2().std())


def test_a_shade_that_no_light_explains_gives_way_the_more_the_larger_the_scrim_is() -> None:
    lit = scene(KEY, sky(-1))
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(96.0), indexing="ij")
    shade = (-((rows - 32) ** 2 + (columns - 48) ** 2) / (2 * 9**2)).exp()  # a third of the frame wide
    factor = (-1.5 * shade).exp2()
    layers = {"rgba": lit["rgba"].clone(), "shading": lit["shading"] * factor}
    layers["rgba"][:3] *= factor
    image, core, beside = picture({**lit.layers, **layers}, FRAME), shade > 0.9, (shade > 0.02) & (shade < 0.1)

    def depth(size: float, **values: object) -> float:
        """Stops that are left of the shade."""
        change = (soft(image, size, **values) / soft(lit, size, **values))[:3].mean(0).log2()
        return float(change[beside].mean() - change[core].mean())

    depths = [depth(size) for size in (20.0, 60.0, 120.0, 180.0)]
    assert depths == sorted(depths, reverse=True) and depths[0] > 1.0 and depths[-1] < 0.55 * depths[0]
    assert depth(180.0, extent=1 / 12) > depths[-1] + 0.3
    assert depth(180.0, step=0.3) > depths[-1] + 0.2
    assert depth(180.0, flatten=0.0) > 1.1


def test_scripts_from_before_let_folds_give_way_alone() -> None:
    old = registry.find("learned.light_diffuse").upgrades[1]({"size": 90.0})
    assert old == {"size": 90.0, "flatten": 0.7, "extent": 1 / 12, "step": 1.0}


def test_edges_of_cast_shadows_widen() -> None:
    image = scene(KEY, sky(-1), shadow=SHADOW)
    wall = (normals()[1][0] == 0) & (torch.arange(64)[:, None] < 30) & (torch.arange(96) > 66)

    def slope(out: Tensor) -> float:
        light = (out[:3] / image["albedo"]).mean(0)
        step = (light[:, 1:] - light[:, :-1]).abs()[wall[:, 1:] & wall[:, :-1]]
        return float(step.max() / light[wall].mean())

    slopes = [slope(x) for x in (image["rgba"], *(soft(image, s) for s in (20.0, 60.0, 120.0)))]
    assert slopes == sorted(slopes, reverse=True) and slopes[-1] < 0.5 * slopes[0]
    kept = slope(soft(image, 60.0, shadows=0.0, flatten=0.0))
    assert kept > slopes[2] + 0.1 * slopes[0]


def test_highlights_become_wider_and_lower_and_keep_their_energy() -> None:
    image = scene(KEY, sky(-1))
    spot = torch.zeros(3, 64, 96)
    spot[:, 20:23, 40:43] = 30.0
    glossy = picture({**image.layers, "rgba": image["rgba"] + torch.cat((spot, spot[:1] * 0)), "specular": spot}, FRAME)
    plain = soft(image, 60.0, specular=0.0)[:3]
    out = soft(glossy, 60.0)[:3]
    extra = out - plain * (out.sum() - spot.sum()) / plain.sum()
    assert float(out.max()) < 0.7 * float(glossy["rgba"][:3].max())
    assert float(extra.sum() / spot.sum()) == pytest.approx(1, abs=0.1)
    sharp = soft(glossy, 60.0, specular=0.0)[:3]
    assert float(sharp.max()) > 1.4 * float(out.max())


def test_light_from_other_surfaces_does_not_glow_where_a_shadow_opens() -> None:
    image = scene(KEY, sky(-4), shadow=SHADOW)
    core = (SHADOW[0] < 0.01) & (normals()[1][0] == 0)
    red = torch.zeros(3, 64, 96)
    red[0, core] = 0.5 * float(image["rgba"][0].mean())
    more = torch.cat((red, torch.zeros(1, 64, 96)))[: image["rgba"].shape[0]]
    bounced = picture({**image.layers, "rgba": image["rgba"] + more, "residual": red}, FRAME)
    added = soft(bounced, 120.0)[0] - soft(image, 120.0)[0]
    assert float(added[core].mean()) == pytest.approx(float(red[0, core].mean()), rel=0.2)


def test_it_grows_with_the_exposure() -> None:
    for image in (scene(KEY, sky(-1), shadow=SHADOW), plate(KEY, sky(-1))):
        assert_close(soft(brighter(image, 9.1), 60)[:3], soft(image, 60)[:3] * 9.1, threshold=1e-5, relative=1e-4)


def test_negative_and_bright_light_survive() -> None:
    image = picture(torch.cat((noise(3, FRAME), torch.full((1, 64, 96), 0.5))), FRAME)
    out = soft(image, 90)
    assert float(out[:3].min()) < 0 and float(out[:3].max()) > 10 and torch.equal(out[3], image["rgba"][3])


def test_a_mask_holds_it_back_and_regions_agree() -> None:
    image, cover = plate(KEY, sky(-1)), torch.zeros(4, 64, 96)
    cover[..., 48:] = 1
    out = soft(image, 90, mask=picture(cover, FRAME))
    assert torch.equal(out[..., :48], image["rgba"][..., :48]) and not torch.equal(out, image["rgba"])
    s = Stage().given("a", image).add("D", "LightDiffuse", {"image": "a"})
    half = s.evaluate("D", scale=0.5)["rgba"]
    small = torch.nn.functional.avg_pool2d(s.evaluate("D")["rgba"][None], 2)[0]
    assert float((half - small)[:3].abs().mean() / small[:3].mean()) < 0.15
