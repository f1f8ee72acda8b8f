"""Cutting into tiles and putting together, with functions whose results are known in place of networks."""

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from compare import assert_close
from rimlight.engine import Cancelled, Region, RimlightError
from rimlight.engine.inference.declaration import Tiling
from rimlight.engine.inference.tiles import SMALLEST, fitting_size, padded, reach, run_in_tiles, tiles

FRAME = Region(-7, 5, 143, 102)


def positions(region: Region) -> Tensor:
    """A function of the place alone `[1, h, w]`, not linear."""
    y, x = torch.meshgrid(torch.arange(region.y0, region.y1), torch.arange(region.x0, region.x1), indexing="ij")
    return ((x * 0.37).sin() + (y * 0.23).cos() * x)[None]


def exact(region: Region) -> Mapping[str, Tensor]:
    return {"out": positions(region)}


TILINGS = [
    Tiling(halo=5, blend=0), Tiling(halo=5, blend=8), Tiling(halo=3, blend=7, multiple=8), Tiling(halo=0, blend=0),
    Tiling(halo=6, blend=4, multiple=4, size=48, fixed=True),
]  # fmt: skip


@pytest.mark.parametrize("tiling", TILINGS, ids=str)
@pytest.mark.parametrize("region", [FRAME, Region(20, 30, 21, 31), Region(90, 60, 143, 102), Region(-7, 44, 143, 47)])
def test_what_depends_on_the_place_alone_comes_back(tiling: Tiling, region: Region) -> None:
    size = fitting_size(tiling, 1, 0, 32) if tiling.fixed else 32
    made = run_in_tiles(exact, padded(FRAME, tiling), tiling, size, region)
    assert_close(made["out"], positions(region), threshold=1e-4)


@pytest.mark.parametrize("tiling", TILINGS, ids=str)
def test_a_region_is_the_same_bits_as_in_the_whole(tiling: Tiling) -> None:
    size = fitting_size(tiling, 1, 0, 32) if tiling.fixed else 32
    region, frame = Region(17, 20, 88, 71), padded(FRAME, tiling)

    def unsure(seen: Region) -> Mapping[str, Tensor]:
        """What a network gives whose results depend on the tile, as where the halo does not hold all they depend on."""
        return {"out": positions(seen) + seen.x0 * 0.1 + seen.height}

    whole = run_in_tiles(unsure, frame, tiling, size, FRAME)["out"]
    part = run_in_tiles(unsure, frame, tiling, size, region)["out"]
    rows, columns = FRAME.slices_of(region)
    assert torch.equal(part, whole[:, rows, columns])


def test_neighbours_that_disagree_are_mixed_smoothly() -> None:
    tiling = Tiling(halo=4, blend=16)

    def step(seen: Region) -> Mapping[str, Tensor]:
        return {"out": torch.full((1, seen.height, seen.width), 0.0 if seen.x0 == 0 else 1.0)}

    row = run_in_tiles(step, Region(0, 0, 96, 10), tiling, 48, Region(0, 0, 96, 10))["out"][0, 5]
    assert torch.equal(row[:40], torch.zeros(40)) and torch.equal(row[56:], torch.ones(40))
    slopes = row.diff()
    assert bool((slopes >= 0).all()) and float(slopes.max()) < 0.1
    assert float(row[47] + row[48]) == pytest.approx(1)


@pytest.mark.parametrize("tiling", TILINGS, ids=str)
def test_tiles_cover_the_frame_and_see_their_surroundings(tiling: Tiling) -> None:
    size = fitting_size(tiling, 1, 0, 32) if tiling.fixed else 32
    frame = padded(FRAME, tiling)
    assert frame.width % tiling.multiple == 0 and frame.contains(FRAME)
    parts = tiles(frame, tiling, size, frame)
    assert sum(tile.core.area for tile in parts) == frame.area
    for tile in parts:
        assert tile.used.contains(tile.core) and tile.seen.contains(tile.used)
        assert tile.used.expand(tiling.halo).intersect(frame) == tile.seen.intersect(frame).intersect(
            tile.used.expand(tiling.halo)
        )
        assert (tile.seen.x0 - frame.x0) % tiling.multiple == 0 and tile.seen.width % tiling.multiple == 0
        if tiling.fixed:
            assert (tile.seen.width, tile.seen.height) == (tiling.size, tiling.size)
        else:
            assert frame.contains(tile.seen)


@pytest.mark.parametrize("tiling", TILINGS, ids=str)
def test_what_tiles_see_is_within_reach(tiling: Tiling) -> None:
    size = fitting_size(tiling, 1, 0, 32) if tiling.fixed else 32
    region, frame = Region(60, 50, 61, 52), padded(FRAME, tiling)
    allowed = reach(FRAME, tiling, size, region)
    for smaller in (size,) if tiling.fixed else (size, size // 2, size // 4 * 2):
        for tile in tiles(frame, tiling, max(8, smaller), region):
            assert allowed.contains(tile.seen.intersect(FRAME))


def test_the_size_follows_memory() -> None:
    assert fitting_size(Tiling(size=100, multiple=8), 1, 1, 512) == 96
    assert fitting_size(Tiling(halo=8, blend=0), 100, 100 * 300**2, 512) == 300 - 16
    assert fitting_size(Tiling(halo=8, blend=0), 100, 100 * 3000**2, 512) == 512
    assert fitting_size(Tiling(halo=8, blend=0), 1 << 20, 1, 512) == SMALLEST
    assert fitting_size(Tiling(halo=8, blend=0, multiple=48), 1 << 20, 1, 512) == 96
    assert fitting_size(Tiling(size=64, halo=8, blend=0, fixed=True), 1, 1, 512) == 48


class Short:
    """Memory for so many pixels."""

    def __init__(self, pixels: int, error: Exception) -> None:
        self.pixels = pixels
        self.error = error
        self.asked: list[int] = []

    def __call__(self, seen: Region) -> Mapping[str, Tensor]:
        self.asked.append(seen.area)
        if seen.area > self.pixels:
            raise self.error
        return {"out": positions(seen)}


ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:116] DefaultCPUAllocator: can't allocate memory: you tried ..."),
    MemoryError(),
    RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to allocate memory for requested buffer"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_when_memory_runs_out_tiles_get_smaller(error: Exception) -> None:
    frame, told = Region(0, 0, 300, 300), []
    run = Short(120 * 120, error)
    made = run_in_tiles(run, frame, Tiling(halo=4, blend=4), 300, frame, shrunk=told.append)
    assert_close(made["out"], positions(frame), threshold=1e-3)
    assert told == [150, 75]


def test_memory_for_nothing_is_a_sentence() -> None:
    frame = Region(0, 0, 300, 300)
    with pytest.raises(RimlightError, match="ran out of memory with tiles of 64 pixels; use a proxy scale"):
        run_in_tiles(Short(10, ERRORS[1]), frame, Tiling(halo=4, blend=4), 300, frame)
    with pytest.raises(torch.OutOfMemoryError):  # the evaluator empties its cache and tries again
        run_in_tiles(Short(10, ERRORS[0]), frame, Tiling(halo=4, blend=4), 300, frame)


def test_another_error_is_not_taken_for_a_lack_of_memory() -> None:
    frame = Region(0, 0, 300, 300)
    run = Short(10, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="mat1"):
        run_in_tiles(run, frame, Tiling(), 300, frame)
    assert len(run.asked) == 1


def test_work_stops_between_tiles() -> None:
    frame, seen = Region(0, 0, 256, 256), []

    def progress(fraction: float) -> None:
        seen.append(fraction)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        run_in_tiles(exact, frame, Tiling(halo=4, blend=4), 64, frame, progress)
    assert seen == [0, 1 / 16, 2 / 16]
