import pytest
import torch

from compare import assert_close
from pictures import hdr, picture
from rimlight.engine import NodeError, Region
from stage import run
from truth import SCENE, discs, grain, in_shadow, patches, psnr, soft_light

TWO = ((45.0, 50.0, 28.0), (120.0, 70.0, 22.0))


def shadowed(albedo: torch.Tensor, visibility: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"rgba": in_shadow(albedo, visibility), "shadow": visibility}


def drawn(visibility: torch.Tensor) -> torch.Tensor:
    """A matte with a hard edge, as alpha, white in the shadow."""
    return torch.cat((visibility.expand(3, -1, -1), (visibility < 0.5).float()))


@pytest.mark.parametrize(("penumbra", "least"), [(2.0, 0.97), (12.0, 0.93)])
def test_shadows_on_one_ground_are_found(penumbra: float, least: float) -> None:
    v = discs(SCENE, penumbra, TWO)
    found = run("ShadowMatte", picture(in_shadow(grain(), v), SCENE))["shadow"]
    assert float(found.min()) >= 0 and float(found.max()) <= 1
    assert float((found - v).abs().mean()) < 0.02
    dark, truth = found < 0.5, v < 0.5
    assert float((dark & truth).sum()) / float((dark | truth).sum()) > least


def test_shadows_under_uneven_light_are_found_by_their_surroundings() -> None:
    v = discs(SCENE, 2.0, TWO)
    scene = picture(in_shadow(grain() * soft_light(), v), SCENE)
    local = run("ShadowMatte", scene, method="local", window=80)["shadow"] < 0.5
    assert float((local & (v < 0.5)).sum()) / float((local | (v < 0.5)).sum()) > 0.94


def test_paint_of_another_colour_is_no_shadow() -> None:
    paint = torch.where(discs(SCENE, 2.0, TWO[:1]) < 0.5, torch.tensor([0.3, 0.02, 0.02])[:, None, None], grain())
    assert float(run("ShadowMatte", picture(paint, SCENE))["shadow"].min()) > 0.9
    assert float(run("ShadowMatte", picture(paint, SCENE), color=0)["shadow"].min()) < 0.1


def test_small_shadows_are_left_out() -> None:
    v = discs(SCENE, 1.0, ((40.0, 40.0, 25.0), (120.0, 80.0, 4.0)))
    scene = picture(in_shadow(torch.full_like(grain(), 0.4), v), SCENE)
    assert float(run("ShadowMatte", scene, refine=0)["shadow"][0, 80, 120]) == 1
    assert float(run("ShadowMatte", scene, refine=0, smallest=3)["shadow"][0, 80, 120]) < 0.1


def test_the_matte_knows_no_exposure() -> None:
    scene = in_shadow(grain(), discs(SCENE, 6.0, TWO))
    for method in ("global", "local"):
        one, two = (run("ShadowMatte", picture(scene * k, SCENE), method=method)["shadow"] for k in (1.0, 23.7))
        assert_close(two, one, threshold=1e-3)


@pytest.mark.parametrize(
    ("ground", "match", "least"),
    [(grain, "edge", 18), (grain, "mean", 30), (grain, "deviation", 30), (patches, "edge", 20), (patches, "mean", 10)],
)
@pytest.mark.parametrize("penumbra", [2.0, 12.0])
def test_shadows_with_a_known_matte_go(ground: object, match: str, least: float, penumbra: float) -> None:
    """`least` : decibels won over the picture as it is."""
    albedo = ground()  # type: ignore[operator]
    v = discs(SCENE, penumbra, TWO)
    scene = picture(shadowed(albedo, v), SCENE)
    found = run("ShadowRemoveClassic", scene, match=match)["rgba"]
    assert psnr(found, albedo) - psnr(scene["rgba"], albedo) > least


def test_shadows_found_go() -> None:
    v = discs(SCENE, 6.0, TWO)
    scene = run("ShadowMatte", picture(in_shadow(grain(), v), SCENE))
    found = run("ShadowRemoveClassic", scene)["rgba"]
    assert psnr(found, grain()) - psnr(scene["rgba"], grain()) > 12


def test_shadows_drawn_with_a_hard_edge_go() -> None:
    v = discs(SCENE, 4.0, TWO)
    scene = picture(in_shadow(patches(), v), SCENE)
    found = run("ShadowRemoveClassic", scene, matte=picture(drawn(v), SCENE), feather=4)["rgba"]
    assert psnr(found, patches()) - psnr(scene["rgba"], patches()) > 12


def test_every_shadow_has_its_own_light() -> None:
    one, two = discs(SCENE, 3.0, TWO[:1]), discs(SCENE, 3.0, TWO[1:])
    scene = in_shadow(in_shadow(patches(), one, (0.1, 0.1, 0.1)), two, (0.5, 0.55, 0.6))
    found = run("ShadowRemoveClassic", picture({"rgba": scene, "shadow": one * two}, SCENE))["rgba"]
    assert psnr(found, patches()) > 40


def test_outside_not_a_bit_changes_and_texture_stays_inside() -> None:
    v = discs(SCENE, 6.0, TWO[:1])
    scene = picture(shadowed(grain(), v), SCENE)
    found = run("ShadowRemoveClassic", scene)["rgba"]
    outside, inside = v[0] == 1, v[0] == 0
    assert torch.equal(found[:, outside], scene["rgba"][:, outside])
    a, b = found[1, inside], grain()[1, inside]
    assert float(torch.corrcoef(torch.stack((a, b)))[0, 1]) > 0.9999
    assert float(a.std() / b.std()) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("match", ["edge", "mean", "deviation"])
def test_removal_scales_with_the_exposure(match: str) -> None:
    v = discs(SCENE, 6.0, TWO)
    one = run("ShadowRemoveClassic", picture(shadowed(patches(), v), SCENE), match=match)["rgba"]
    two = run("ShadowRemoveClassic", picture(shadowed(patches() * 51.7, v), SCENE), match=match)["rgba"]
    assert_close(two, one * 51.7, threshold=1e-3, relative=1e-4)


def test_mask_and_mix_hold_the_removal_back() -> None:
    v = discs(SCENE, 6.0, TWO)
    scene = picture(shadowed(grain(), v), SCENE)
    full, half = (run("ShadowRemoveClassic", scene, mix=m)["rgba"] for m in (1.0, 0.5))
    assert_close(half, (full + scene["rgba"]) / 2, threshold=1e-6)
    left = torch.zeros(4, 120, 160)
    left[3, :, :80] = 1
    masked = run("ShadowRemoveClassic", scene, mask=picture(left, SCENE))["rgba"]
    assert torch.equal(masked[:, :, 80:], scene["rgba"][:, :, 80:]) and torch.equal(masked[:, :, :80], full[:, :, :80])


def test_bright_and_negative_light_lives_in_a_shadow() -> None:
    v = discs(SCENE, 2.0, TWO[:1])
    light = grain().clone()
    light[:, 50, 45], light[:, 52, 45] = 900.0, -0.2
    found = run("ShadowRemoveClassic", picture(shadowed(light, v), SCENE))["rgba"]
    torch.testing.assert_close(found[:, 50, 45], light[:, 50, 45], rtol=0.1, atol=0)
    torch.testing.assert_close(found[:, 52, 45], light[:, 52, 45], rtol=0.1, atol=0)


def test_all_shadow_and_no_shadow_leave_the_picture() -> None:
    for value in (0.0, 1.0):
        scene = picture({"rgba": grain(), "shadow": torch.full_like(grain()[:1], value)}, SCENE)
        assert torch.equal(run("ShadowRemoveClassic", scene)["rgba"], grain())


def test_no_matte_is_a_sentence() -> None:
    with pytest.raises(NodeError, match="no layer 'shadow': draw a matte, or put a ShadowMatte before it"):
        run("ShadowRemoveClassic", hdr())


def test_a_tile_is_a_piece_of_the_whole() -> None:
    v, region = discs(SCENE, 6.0, TWO), Region(30, 20, 70, 60)
    scene = picture(shadowed(patches(), v), SCENE)
    for kind in ("ShadowMatte", "ShadowRemoveClassic"):
        whole, tile = run(kind, scene), run(kind, scene, region=region)
        for name in tile.layers:
            assert torch.equal(tile.tensor(name, region), whole.tensor(name, region))
