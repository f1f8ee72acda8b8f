"""Batches on a device that is not the CPU: nothing is left behind, nothing waits, and the numbers are the same."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from elsewhere import PLACE, Elsewhere
from rimlight.training import batches as batches_module
from rimlight.training import corruptions, data
from rimlight.training.augment import Augmentation, draw_recording, record
from rimlight.training.batch import Batch
from rimlight.training.batches import drawn, load_batches
from rimlight.training.data import DataConfig, Supplies
from rimlight.training.photographs import ShadowPair
from rimlight.training.stage.capture import Plan, take
from rimlight.training.stage.primitives import random_primitives
from rimlight.training.stage.view import View
from rimlight.training.unlit import UnlitWindows
from tiny_stage import write_views

ALWAYS = Augmentation(**dict.fromkeys((f.name for f in fields(Augmentation)), 1.0) | {"clean": 0.0})
NOT_THE_SAME_BY_ROUNDING = {"noise": 0.0, "exposure": 0.0, "response": 0.0}
"""Noise is drawn on the device, and JPEG turns roundings over."""


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_views(tmp_path_factory.mktemp("views"), train=3, test=0)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """A device that is not there, where noise is drawn."""
    monkeypatch.setattr(corruptions, "generator_on", lambda device, seed: torch.Generator().manual_seed(seed))
    with Elsewhere() as mode:
        yield mode


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[ShadowPair]:
    """The photographs that were made, in place of those of assets."""
    made: list[ShadowPair] = []

    class Made:
        def __init__(self, *_: object) -> None: ...

        def behind(self, size: int, rng: np.random.Generator) -> Tensor:
            return torch.from_numpy(rng.random((3, size, size), np.float32))

        def pairs(self, size: int, seed: int) -> Iterator[ShadowPair]:
            for pair in shadow_pairs():
                made.append(pair)
                yield pair

    monkeypatch.setattr(data, "Photographs", Made)
    monkeypatch.setattr(data, "read_environments", lambda *_: [])
    return made


def config(views: Path, **changes: Any) -> DataConfig:
    plain = DataConfig((str(views),), size=32, pairs=3, lightings=2, pool=2, workers=0, reuse=3)
    return replace(plain, **changes)


def here(batch: Batch) -> dict[str, Tensor]:
    return {name: value.cpu() for name, value in vars(batch).items()}


def some_batches(config: DataConfig, device: torch.device, count: int) -> list[dict[str, Tensor]]:
    batches = on(config, 3, device)
    return [here(next(batches)) for _ in range(count)]


def on(config: DataConfig, seed: int, device: torch.device) -> Iterator[Batch]:
    """Batches as they are made on devices that are not the CPU, by this process alone."""
    supplies = iter(Supplies(config, seed, unlit=True))
    return drawn(config, supplies, np.random.default_rng([seed, 0, 1]), UnlitWindows(config, device))


def shadow_pairs() -> Iterator[ShadowPair]:
    rng = torch.Generator().manual_seed(0)
    while True:
        truth, matte = torch.rand(3, 32, 32, generator=rng) + 0.1, torch.rand(1, 32, 32, generator=rng)
        gain = 1 - 0.7 * matte.expand(3, -1, -1)
        yield ShadowPair(truth * gain, truth, gain, matte, "shadow", "made up")


def assert_same(found: list[dict[str, Tensor]], expected: list[dict[str, Tensor]]) -> None:
    for one, other in zip(found, expected, strict=True):
        for name, value in other.items():
            size = float(value.float().abs().max())
            torch.testing.assert_close(one[name], value, rtol=1e-3, atol=1e-4 * max(size, 1e-3), msg=name)


def test_batches_made_elsewhere_are_those_of_the_cpu(views: Path, elsewhere: Elsewhere) -> None:
    wanted = config(views, augmentation=Augmentation(**NOT_THE_SAME_BY_ROUNDING))
    assert_same(some_batches(wanted, PLACE, 4), some_batches(wanted, torch.device("cpu"), 4))


def test_batches_elsewhere_of_windows_that_workers_made_are_those_of_the_cpu(
    views: Path, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "ahead", lambda made: made)  # the device that is not there is one thread's
    wanted = config(views, augmentation=Augmentation(**NOT_THE_SAME_BY_ROUNDING))
    batches = load_batches(replace(wanted, workers=1), 3, PLACE)
    found = [next(batches) for _ in range(4)]
    assert all(value.device == PLACE for batch in found for value in vars(batch).values())
    assert_same([here(batch) for batch in found], some_batches(wanted, torch.device("cpu"), 4))


def test_a_batch_asks_nothing_back_and_takes_few_operations_more_for_more_pairs(
    views: Path, elsewhere: Elsewhere, made: list[ShadowPair]
) -> None:
    counts = []
    for pairs in (8, 28):
        wanted = config(views, pairs=pairs, photographs=0.6, assets=str(views), reuse=1e9, augmentation=ALWAYS)
        batches = on(wanted, 0, PLACE)
        next(batches)  # makes the windows that all others are drawn from
        elsewhere.asked_back.clear()
        before = elsewhere.count
        batch = next(batches)
        counts.append(elsewhere.count - before)
        assert elsewhere.asked_back == []
        assert len(batch.picture) == 2 * pairs and not batch.known.all()
        assert all(value.device == PLACE for value in vars(batch).values())
        assert all(value.cpu().float().isfinite().all() for value in vars(batch).values())
    # Photographs are mirrored and noise is drawn one by one; all else is done for all, some windows at a time.
    assert counts[1] - counts[0] < 20 * 25, counts


def test_photographs_are_kept_where_the_batches_are(views: Path, elsewhere: Elsewhere, made: list[ShadowPair]) -> None:
    wanted = config(views, photographs=0.5, assets=str(views), pool=4, reuse=8.0)
    batches = on(wanted, 0, PLACE)
    shown = sum(int((~next(batches).known).sum()) // 2 for _ in range(30))
    assert 0 < len(made) < shown  # each is drawn again
    shares = [len(supply.shadowed) for supply, _ in zip(Supplies(wanted, 0), range(20), strict=False)]
    assert sum(shares) == 10  # of three pairs one is a photograph, on average


def test_what_cameras_do_is_the_same_for_a_seed_elsewhere(elsewhere: Elsewhere) -> None:
    pictures = torch.rand(4, 3, 40, 56).to(PLACE)

    def recorded(seed: int) -> Tensor:
        rng = np.random.default_rng(seed)
        return record(pictures, [draw_recording(rng, ALWAYS) for _ in range(4)]).cpu()

    first, again, other = recorded(1), recorded(1), recorded(2)
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_a_view_of_primitives_is_taken_elsewhere(elsewhere: Elsewhere) -> None:
    def taken(device: torch.device) -> View:
        scene, fov = random_primitives(np.random.default_rng(5))
        return take(scene, Plan(24, 20, fov, samples=2, directions=16, keys=2, key_rays=2, bounce=2), 5, {}, device)

    there, plain = taken(PLACE), taken(torch.device("cpu"))
    for name in ("albedo", "normal", "depth", "roughness", "f0", "surface", "bits", "key_visibility", "indirect"):
        value = getattr(there, name)
        assert value.device == PLACE, name
        assert torch.equal(value.cpu(), getattr(plain, name)), name


@pytest.mark.gpu
def test_batches_of_a_gpu_are_those_of_the_cpu(views: Path) -> None:
    wanted = config(views, augmentation=Augmentation(**NOT_THE_SAME_BY_ROUNDING))
    assert_same(some_batches(wanted, torch.device("cuda"), 4), some_batches(wanted, torch.device("cpu"), 4))


@pytest.mark.gpu
def test_a_gpu_makes_whole_batches_that_are_the_same_for_a_seed(views: Path) -> None:
    wanted = config(views, augmentation=ALWAYS)
    first, again = (some_batches(wanted, torch.device("cuda"), 3) for _ in range(2))
    assert all(value.float().isfinite().all() for batch in first for value in batch.values())
    assert_same(first, again)
