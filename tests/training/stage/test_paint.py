"""Repainted views: other surfaces on the same shapes, within what surfaces are."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from rimlight.training.data import DataConfig, Supplies
from rimlight.training.stage import View
from rimlight.training.stage.lighting import sample_lighting
from rimlight.training.stage.mapped import evened, mapped
from rimlight.training.stage.paint import enamelled, repainted
from rimlight.training.stage.relit import LightStage
from rimlight.training.stage.window import windowed
from tiny_stage import tiny_view, write_views

SIZE = 64
PAINTED = ("albedo", "roughness", "f0")
SKIN = (0.42, 0.24, 0.16)


@pytest.fixture(scope="module")
def view() -> View:
    return windowed(tiny_view(5, size=96), (8, 8, 80), SIZE)


@pytest.fixture(scope="module")
def head(view: View) -> View:
    """A disc of skin with a pair of eyes in a frame of cloth, as far as its layers tell."""
    rows, columns = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    radius = (rows - 32.0).hypot(columns - 32.0)[None]
    skin, eyes = radius < 18, (rows[None] - 26).abs() + ((columns[None] - 32).abs() - 7).abs() < 3
    freckles = 1 + 0.1 * torch.sin(columns * 1.3 + rows * 0.7)
    albedo = torch.where(skin, torch.tensor(SKIN).reshape(3, 1, 1) * freckles, 0.2)
    albedo = torch.where(eyes, 0.6, albedo)
    return replace(
        view, albedo=albedo, roughness=torch.where(eyes, 0.12, torch.where(skin, 0.5, 0.8)).float(),
        f0=torch.full_like(albedo, 0.03), matte=(radius < 28).float(), surface=torch.ones_like(view.surface),
        about={"domain": "heads"},
    )  # fmt: skip


def pattern(seed: int = 0) -> Tensor:
    return evened(torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(seed)) + 0.05)


def painted(view: View, seed: int) -> View:
    return repainted(view, np.random.default_rng(seed), pattern)


def hues(color: Tensor) -> Tensor:
    """Red and blue beside green, in logarithms `[2, n]`, of colours `[3, n]`."""
    log = color.log()
    return log[[0, 2]] - log[1]


def test_shapes_and_light_stay(view: View) -> None:
    other = painted(view, 1)
    for field in fields(View):
        if field.name not in PAINTED:
            assert getattr(other, field.name) is getattr(view, field.name), field.name
    assert all(getattr(other, name).shape == getattr(view, name).shape for name in PAINTED)


@pytest.mark.parametrize("seed", range(24))
def test_surfaces_are_of_real_matter(view: View, seed: int) -> None:
    other, there = painted(view, seed), view.surface[0] > 0
    dielectric = there & (view.f0.amax(0) <= 0.08)
    albedo, f0 = other.albedo[:, dielectric], other.f0[:, dielectric]
    assert float(albedo.min()) > 0.0099 and float(albedo.max()) < 0.9001
    assert float(f0.min()) > 0.0199 and float(f0.max()) < 0.0801
    assert float(other.roughness[:, there].min()) >= 20 / 255 - 1e-6 and float(other.roughness.max()) <= 1
    for name in PAINTED:
        assert not getattr(other, name)[:, ~there].any(), name


def test_seeds_tell_all(view: View) -> None:
    first, again, other = (painted(view, seed) for seed in (3, 3, 4))
    for name in PAINTED:
        assert torch.equal(getattr(first, name), getattr(again, name)), name
        assert not torch.equal(getattr(first, name), getattr(other, name)), name


def test_metals_stay_metals(view: View) -> None:
    """Half of the picture is of gold: its albedo stays, its reflectance stays that of a metal and becomes another."""
    gold = torch.zeros(1, SIZE, SIZE, dtype=torch.bool)
    gold[..., : SIZE // 2] = True
    f0 = torch.where(gold, torch.tensor([0.9, 0.6, 0.1]).reshape(3, 1, 1), 0.04)
    whole = torch.ones_like(view.surface)
    half = replace(view, f0=f0, albedo=torch.where(gold, 0.0, view.albedo.clamp_min(0.05)), surface=whole)
    for seed in range(12):
        other = painted(half, seed)
        assert float(other.albedo[gold.expand(3, -1, -1)].abs().max()) == 0
        assert float(other.f0.amax(0)[gold[0]].min()) >= 0.2 and float(other.f0.max()) <= 0.95
        assert float(other.f0[2][gold[0]].mean()) < 0.25  # it stays coloured
        assert float((other.f0 - half.f0)[gold.expand(3, -1, -1)].abs().mean()) > 0.001
        assert not torch.equal(other.albedo[..., SIZE // 2 :], half.albedo[..., SIZE // 2 :])


def test_metal_that_is_enamelled_is_paint_of_its_colour(view: View) -> None:
    gold = torch.tensor([0.9, 0.6, 0.2]).reshape(3, 1, 1)
    metal = (torch.arange(SIZE) < SIZE // 2).expand(1, SIZE, SIZE)
    f0 = torch.where(metal, gold, torch.full_like(gold, 0.04))
    other = enamelled(replace(view, albedo=torch.where(metal, 0.0, view.albedo), f0=f0))
    inside = metal[0].clone()
    inside[:, SIZE // 2 - 2 :] = False
    inside &= view.surface[0] > 0
    assert torch.equal(other.albedo[:, inside], gold[:, 0].expand(-1, int(inside.sum())))
    assert float(other.f0.max()) < 0.2
    beside = ~metal[0]
    beside[:, : SIZE // 2 + 2] = False
    torch.testing.assert_close(other.albedo[:, beside], view.albedo[:, beside])
    assert torch.equal(other.roughness, view.roughness)


def test_a_pixel_at_the_edge_of_a_metal_keeps_its_share(view: View) -> None:
    """Columns of steel, of grey, and between them one of a half each: painted it is half of what grey became."""
    share = torch.ones(1, SIZE, SIZE)
    share[..., : SIZE // 2], share[..., SIZE // 2] = 0, 0.5
    flat = replace(
        view, albedo=(0.3 * share).expand(3, -1, -1), f0=0.6 - 0.56 * share, matte=torch.zeros_like(view.matte),
        surface=torch.ones_like(view.surface),
    )  # fmt: skip
    for seed in range(8):
        other = repainted(flat, np.random.default_rng(seed)).albedo.mean((0, 1))
        assert float(other[SIZE // 2]) == pytest.approx(0.5 * float(other[SIZE // 2 + 1]), rel=0.35), seed


def test_skin_stays_skin_mostly(head: View) -> None:
    """Over many paints nine of ten have the hue of skin, and they are of many tones; eyes stay as they are."""
    skin = (head.roughness[0] == 0.5) & (head.albedo[0] != 0.6)
    eyes = head.roughness[0] == 0.12
    views = [painted(head, seed) for seed in range(120)]
    wrong = [(hues(v.albedo[:, skin]) - hues(torch.tensor(SKIN)[:, None])).abs().amax() > 0.25 for v in views]
    assert 2 <= sum(map(bool, wrong)) <= 30
    tones = torch.stack([v.albedo[1, skin].mean() for v in views]).log()
    assert float(tones.std()) > 0.25
    same = [bool((v.albedo[:, eyes] - 0.6).abs().max() < 1e-4) for v in views]
    assert sum(same) > 105


def test_clothes_and_surroundings_of_heads_get_any_colour(head: View) -> None:
    cloth = (head.roughness[0] == 0.8) & (head.matte[0] == 1)
    around = head.matte[0] == 0
    for where in (cloth, around):
        means = torch.stack([hues(painted(head, seed).albedo[:, where]).mean(1) for seed in range(40)])
        assert float(means.std(0).min()) > 0.12


def test_a_shape_is_of_many_colours(view: View) -> None:
    """A pixel is of other albedo in every paint: its deviation is about two in three. Metals are left out."""
    there = (view.surface[0] > 0.999) & (view.f0.amax(0) < 0.08)
    logs = torch.stack([painted(view, seed).albedo[:, there].log() for seed in range(30)])
    assert 0.5 < float(logs.std(0).mean()) < 1.2


def test_subject_and_surroundings_do_not_mix(head: View) -> None:
    """Paint of the surroundings does not change with what the subject's albedo is, one pixel off its outline."""
    other = replace(head, albedo=torch.where(head.matte > 0, head.albedo * 0.5, head.albedo))
    apart = head.matte[0] == 0
    for seed in range(6):
        a, b = painted(head, seed), painted(other, seed)
        torch.testing.assert_close(a.albedo[:, apart], b.albedo[:, apart])


@pytest.mark.parametrize("seed", range(3))
def test_painted_surfaces_are_lit_as_others(view: View, seed: int) -> None:
    other = painted(view, seed)
    lighting = sample_lighting(np.random.default_rng(seed))
    lit, plain = LightStage(other).light(lighting), LightStage(view).light(lighting)
    inside = view.surface[0] > 0.9999
    expected = other.albedo * lit.shading + lit.specular
    torch.testing.assert_close(lit.beauty[:, inside], expected[:, inside], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(lit.shading, plain.shading)  # the diffuse light is of the shape alone
    assert bool(lit.beauty.isfinite().all()) and not torch.equal(lit.beauty, plain.beauty)


def test_nothing_to_paint(view: View) -> None:
    nothing = {f.name: torch.zeros_like(getattr(view, f.name)) for f in fields(View) if f.name in PAINTED}
    zeros = {name: torch.zeros_like(getattr(view, name)) for name in ("normal", "depth", "matte", "surface")}
    for domain in ("heads", "objects"):
        empty = replace(view, **nothing, **zeros, about={"domain": domain})
        for seed in range(20):
            other = painted(empty, seed)
            assert all(not getattr(other, name).any() for name in PAINTED)  # a NaN is no zero


def test_textures_are_asked_for_only_when_needed(view: View) -> None:
    asked = []

    def texture() -> Tensor:
        asked.append(1)
        return pattern()

    for seed in range(60):
        repainted(view, np.random.default_rng(seed), texture)
    assert 15 < len(asked) < 60  # about 0.3 for each of two parts


def test_textures_have_detail_and_no_shading() -> None:
    """A picture of noise under light that falls off by a factor of twenty and changes colour."""
    noise = torch.rand(3, 128, 128, generator=torch.Generator().manual_seed(2)) + 0.2
    falls = torch.exp(torch.linspace(0, -3, 128))[None, None] * torch.ones(3, 128, 1)
    falls = falls * torch.linspace(1, 0.3, 128)[None, :, None] ** torch.tensor([0.5, 1.0, 2.0]).reshape(3, 1, 1)
    texture = evened(noise * falls)
    assert float(texture.log().mean()) == pytest.approx(0, abs=0.02)
    patches = torch.nn.functional.avg_pool2d(texture.log(), 16)
    assert float(patches.abs().max()) < 0.15  # of 4 before
    alike = np.corrcoef(texture.log().flatten(), noise.log().flatten())[0, 1]
    assert alike > 0.9
    assert float(evened(noise * 100).sub(evened(noise)).abs().max()) < 1e-3


def test_textures_stick_to_surfaces(view: View) -> None:
    """A wall seen whole and a part of it seen by the same camera show the same texture at the same places."""
    wall = replace(
        tiny_view(5, size=96), normal=torch.tensor([0.3, 0.1, 0.95]).reshape(3, 1, 1).expand(3, 96, 96),
        depth=torch.full((1, 96, 96), 80.0), surface=torch.ones(1, 96, 96),
    )  # fmt: skip
    part = windowed(wall, (16, 24, 48), 48)
    for seed in range(4):
        whole, seen = (mapped(one, pattern(), np.random.default_rng(seed)) for one in (wall, part))
        torch.testing.assert_close(seen, whole[:, 16:64, 24:72], rtol=1e-2, atol=1e-2)
        assert float(whole.std()) > 0.1


def test_textures_fade_where_a_pixel_shows_much_of_them(view: View) -> None:
    """Nearly all pixels are at one distance, the last two columns fifty times as far away."""
    near = torch.arange(SIZE) < SIZE - 2
    facing = torch.tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1).expand(3, SIZE, SIZE)
    steps = replace(view, normal=facing, depth=torch.where(near, 20.0, 2000.0).expand(1, SIZE, SIZE))
    for seed in range(6):
        detail = mapped(steps, pattern(), np.random.default_rng(seed))
        assert float(detail[..., near].std()) > 0.1 and float(detail[..., ~near].std()) < 0.01


def test_a_share_of_windows_is_repainted(tmp_path: Path) -> None:
    """The same windows of the same view, with and without: only their paint differs."""
    folder = write_views(tmp_path, train=1, test=0)

    def layers(repaint: float) -> list[Tensor]:
        config = DataConfig((str(folder),), size=32, lightings=2, repaint=repaint)
        return [next(iter(Supplies(config, seed=seed))).window.layers for seed in range(24)]

    never, half, always = (layers(repaint) for repaint in (0.0, 0.5, 1.0))
    for plain, other in zip(never, always, strict=True):
        assert torch.equal(plain[4:8], other[4:8]) and not torch.equal(plain[1:4], other[1:4])
    same = sum(torch.equal(plain[1:4], other[1:4]) for plain, other in zip(never, half, strict=True))
    assert 5 <= same <= 19
