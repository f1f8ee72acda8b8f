"""Windows that are lit together are lit as each of them is alone."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from elsewhere import PLACE, Elsewhere
from rimlight.training.crops import Pair, joined_pairs, light_view
from rimlight.training.data import DataConfig, one_light
from rimlight.training.stage.lighting import Lighting, sample_lighting
from rimlight.training.stage.relit import LightStage, Lit
from rimlight.training.stage.together import Windows, light_together
from rimlight.training.stage.view import View
from rimlight.training.stage.window import windowed
from rimlight.training.unlit import UnlitWindows, pairs_of
from tiny_stage import tiny_view

SIZE = 32
PARTS = {"beauty": (0, 3), "shading": (3, 6), "specular": (6, 9), "shadow": (9, 10)}


@pytest.fixture(scope="module")
def photographs() -> list[Tensor]:
    return [torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(n)) + 0.1 for n in range(2)]


@pytest.fixture(scope="module")
def scenes(photographs: list[Tensor]) -> list[tuple[View, list[Lighting]]]:
    """Windows of other views and scales, each under surroundings, keys, one light alone and photographs behind."""
    rng = np.random.default_rng(11)
    found = []
    for seed, place in ((1, (0, 0, 48)), (2, (4, 6, 36)), (3, (10, 2, 30))):
        window = windowed(tiny_view(seed), place, SIZE)
        lightings = [one_light(rng), *(sample_lighting(rng, (), photographs) for _ in range(5))]
        found.append((window, lightings))
    return found


def together(windows: Sequence[Windows]) -> Windows:
    return Windows(**{f.name: torch.stack([getattr(w, f.name) for w in windows]) for f in fields(Windows)})


def assert_lit_alike(found: Tensor, lit: Lit, window: View) -> None:
    """On surfaces all, elsewhere what is seen. Surroundings are turned before they are blurred, and not after it: that
    moves a highlight by a fraction of their pixels.
    """
    there = (window.surface > 0.02).expand(3, -1, -1)
    for name, (begin, end) in PARTS.items():
        value, where = getattr(lit, name), there[: end - begin]
        where = torch.ones_like(where) if name == "beauty" else where
        gap = (found[begin:end] - value).abs()[where]
        assert float(gap.mean()) < 0.002 * float(value[where].mean()), name
        assert float(gap.max()) < 0.03 * float(value[where].max()), name


def test_windows_lit_together_are_lit_as_each_alone(
    scenes: list[tuple[View, list[Lighting]]], photographs: list[Tensor]
) -> None:
    many = together([Windows.of(window, lightings, photographs) for window, lightings in scenes])
    found = light_together(many).unflatten(0, (len(scenes), -1))
    kinds = set()
    for lit_here, (window, lightings) in zip(found, scenes, strict=True):
        stage = LightStage(window)
        for picture, lighting in zip(lit_here, lightings, strict=True):
            lit = stage.light(lighting)
            kinds.add((len(lit.rig), lighting.environment is None, lighting.background is not None))
            assert_lit_alike(picture, lit, window)
    assert len(kinds) >= 5  # nothing was left untried


def test_a_share_next_to_one_is_not_taken_for_none(scenes: list[tuple[View, list[Lighting]]]) -> None:
    window, lightings = scenes[0]
    full = replace(window, bits=torch.full_like(window.bits, 1.0039))
    assert int(Windows.of(full, lightings[:1]).seen.min()) == 255


def test_a_batch_is_that_of_windows_lit_before(
    scenes: list[tuple[View, list[Lighting]]], photographs: list[Tensor]
) -> None:
    kept = together([Windows.of(window, lightings, photographs) for window, lightings in scenes])
    drawn = [(0, 1, 0, 0), (2, 3, 5, 1), (1, 2, 4, 0)]
    found = pairs_of(kept, torch.tensor(drawn))
    lit = [light_view(window, lightings) for window, lightings in scenes]
    wanted = joined_pairs([Pair(lit[w], (a, b), bool(mirrored)) for w, a, b, mirrored in drawn])
    surface = wanted.surface > 0.02
    for name, value in vars(wanted).items():
        other = getattr(found, name)
        assert other.shape == value.shape and other.dtype == value.dtype, name
        if value.ndim == 4 and value.shape[-1] == SIZE and name not in ("clean", "picture"):
            value, other = value * surface, other * surface
        size = float(value.float().abs().max())
        torch.testing.assert_close(other, value, rtol=0.01, atol=0.004 * max(size, 1e-3), msg=name)


def test_all_pairs_are_lit_without_asking_back(scenes: list[tuple[View, list[Lighting]]]) -> None:
    config = DataConfig(size=SIZE, pairs=4, pool=3, reuse=2.0)
    with Elsewhere() as mode:
        shelf, rng = UnlitWindows(config, PLACE), np.random.default_rng(0)
        for window, lightings in scenes:
            assert shelf.hungry()
            shelf.add(Windows.of(window, lightings), rng)
        assert not shelf.hungry()
        mode.asked_back.clear()
        batch = shelf.pairs(3, rng)
        assert mode.asked_back == [] and len(batch.fov) == 6 and batch.clean.device == PLACE
        assert shelf.hungry()  # four of six have been drawn: two windows are due
        assert bool(batch.clean.cpu().isfinite().all())


@pytest.mark.gpu
def test_a_gpu_lights_what_it_has_recorded_as_the_cpu_does(scenes: list[tuple[View, list[Lighting]]]) -> None:
    config = DataConfig(size=SIZE, pairs=4, pool=3, reuse=1e9)
    shelves = [UnlitWindows(config, torch.device(name)) for name in ("cpu", "cuda")]
    draws = [np.random.default_rng(4) for _ in shelves]
    for window, lightings in scenes:
        for shelf, rng in zip(shelves, draws, strict=True):
            shelf.add(Windows.of(window, lightings), rng)
    for _ in range(3):
        here, there = (shelf.pairs(4, rng) for shelf, rng in zip(shelves, draws, strict=True))
        for name, value in vars(here).items():
            size = float(value.float().abs().max())
            other = getattr(there, name).cpu()
            torch.testing.assert_close(other, value, rtol=0.01, atol=0.004 * max(size, 1e-3), msg=name)
