"""Flow against motion that is known."""

import itertools

import cv2
import pytest
import torch
from torch import Tensor

from compare import assert_close
from moving import Moving
from rimlight.nodes.ops.flow import Motion, chained, compressed, followed, motions_between, on_the_way, settled, still

MOVES = {
    "shift": Moving(velocity=(5.3, -2.8)),
    "turn": Moving(spin=2.5),
    "zoom": Moving(growth=1.04, velocity=(-1.4, 0.7)),
    "disc": Moving(velocity=(2.2, 1.1), disc=(-4.5, 2.5), radius=35),
}


def error(found: Tensor, true: Tensor, where: Tensor) -> float:
    """Mean end-point error in pixels."""
    return float(torch.hypot(*(found - true))[where].mean())


@pytest.mark.parametrize("name", MOVES)
def test_it_finds_the_motion(name: str) -> None:
    move = MOVES[name]
    found = motions_between(move.albedo(0), move.albedo(1))[0]
    true, seen = move.motion(0, 1), move.seen(0, 1)
    assert error(found.vectors, true, seen) < (0.7 if name == "disc" else 0.3)
    assert error(found.vectors, true, found.valid[0] > 0.5) < 0.35


@pytest.mark.parametrize("name", MOVES)
def test_light_that_changes_changes_little(name: str) -> None:
    move = MOVES[name]
    a, b = move.albedo(0) * move.lamp(0.3), move.albedo(1) * move.lamp(0.5) * 1.7
    found = motions_between(a, b)[0]
    assert error(found.vectors, move.motion(0, 1), found.valid[0] > 0.5) < 0.4
    assert float(found.valid[0][move.seen(0, 1)].mean()) > 0.9


def test_what_is_covered_or_leaves_is_not_valid() -> None:
    move = Moving(velocity=(-6, 0), disc=(9, 0), radius=30)
    found = motions_between(move.albedo(0), move.albedo(1))[0]
    seen = move.seen(0, 1)
    assert float(found.valid[0][~seen].mean()) < 0.35
    assert float(found.valid[0][seen].mean()) > 0.9
    assert float(found.valid[0, :, :5].max()) == 0  # the left edge moves out of the frame


@pytest.mark.parametrize("velocity", [(40.0, 0.0), (-60.0, 12.0), (8.0, 45.0)])
def test_a_whip_pan_is_followed(velocity: tuple[float, float]) -> None:
    """A third of the frame from one frame to the next."""
    move = Moving(velocity=velocity)
    found = motions_between(move.albedo(0), move.albedo(1))[0]
    seen = move.seen(0, 1)
    assert float(found.valid[0][seen].mean()) > 0.9 and float(found.valid[0][~seen].mean()) < 0.1
    assert error(found.vectors, move.motion(0, 1), found.valid[0] > 0.5) < 0.3


@pytest.mark.parametrize("seed", range(2, 6))
def test_nothing_is_valid_across_a_cut(seed: int) -> None:
    """Even walls agree wherever one goes; the lower half of both shots is one."""
    before, after = (Moving(seed=s).albedo(0) for s in (1, seed))
    for shot, level in ((before, 0.3), (after, 0.5)):
        shot[:, 72:] = level * shot[:, 72:].mean(0) ** 0.02
    there, back = motions_between(before, after)
    assert float(there.valid.mean()) < 0.02 and float(back.valid.mean()) < 0.02


def test_there_is_no_frame_half_way_across_a_cut() -> None:
    before, after = Moving(seed=1).albedo(0), Moving(seed=5).albedo(0)
    there, back = motions_between(before, after)
    assert not bool(there.valid.any()) and not bool(there.vectors.any())
    assert torch.equal(on_the_way(before, after, there, back, 0.3), before)
    assert torch.equal(on_the_way(before, after, there, back, 0.6), after)


def test_exposure_is_nothing_to_it() -> None:
    move = MOVES["disc"]
    a, b = move.albedo(0), move.albedo(1)
    found, brighter = motions_between(a, b)[0], motions_between(a * 64, b * 2**-6)[0]
    assert torch.equal(found.vectors, brighter.vectors)
    other = motions_between(a * 3.3, b * 0.7)[0]
    assert error(other.vectors, found.vectors, found.valid[0] > 0.5) < 0.02


def test_both_ways_are_those_of_each() -> None:
    move = MOVES["disc"]
    a, b = move.albedo(0), move.albedo(1)
    there, back = motions_between(a, b)
    assert torch.equal(there.vectors, motions_between(a, b)[0].vectors)
    assert torch.equal(back.vectors, motions_between(b, a)[0].vectors)
    assert torch.equal(back.valid, motions_between(b, a)[0].valid)


def test_the_other_picture_is_brought_to_the_place_of_the_one() -> None:
    move = MOVES["shift"]
    a, b = move.albedo(0), move.albedo(1)
    found = motions_between(a, b)[0]
    sure = (found.valid > 0.9).expand_as(a)
    assert float((followed(b, found.vectors) - a)[sure].abs().mean()) < 0.1 * float((b - a)[sure].abs().mean())


def test_following_is_sub_pixel_and_still_is_exact(device: torch.device) -> None:
    x = torch.linspace(-3, 9, 40, device=device).expand(2, 30, 40)
    vectors = torch.stack((torch.full((30, 40), 1.25), torch.full((30, 40), -2.0))).to(device)
    step = 12 / 39
    inner = (slice(None), slice(None), slice(3, -4))
    assert_close(followed(x, vectors, "linear")[inner], (x + 1.25 * step)[inner], threshold=1e-4)
    assert_close(followed(x, vectors)[inner], (x + 1.25 * step)[inner], threshold=0.1 * step)
    assert torch.equal(followed(x, torch.zeros_like(vectors)), x)
    assert bool(torch.isfinite(followed(x, vectors * torch.nan)).all())


def test_chains_reach_further() -> None:
    move = Moving(velocity=(3.1, -1.7), spin=1.0)
    pictures = [move.albedo(t) for t in range(3)]
    pair = [motions_between(a, b)[0] for a, b in itertools.pairwise(pictures)]
    two = chained(*pair)
    assert error(two.vectors, move.motion(0, 2), two.valid[0] > 0.5) < 0.35
    same = chained(still(pictures[0]), pair[0])
    assert torch.equal(same.vectors, pair[0].vectors)


def around_of(move: Moving, last: int) -> tuple[Motion, Tensor, Tensor]:
    """The motion from the first to the last frame, link by link, and what of both it is looked for in."""
    frames = [move.albedo(t) for t in range(last + 1)]
    motion = still(frames[0])
    for a, b in itertools.pairwise(frames):
        motion = chained(motion, motions_between(a, b)[0])
    return motion, compressed(frames[0]), compressed(frames[-1])


@pytest.mark.parametrize(("name", "share"), [("shift", 0.75), ("turn", 0.75), ("zoom", 1.0)])
def test_settled_chains_do_not_drift(name: str, share: float) -> None:
    move = MOVES[name]
    motion, a, b = around_of(move, 8)
    true, where = move.motion(0, 8), motion.valid[0] > 0.5
    found = settled(motion, a, b)
    assert torch.equal(found.valid, motion.valid)
    assert error(found.vectors, true, where) < share * error(motion.vectors, true, where)
    off = Motion(motion.vectors + 1.5, motion.valid)
    assert error(settled(off, a, b).vectors, true, where) < 0.5


def test_what_is_far_from_a_chain_is_another_thing() -> None:
    a, b = (compressed(MOVES["shift"].albedo(t)) for t in (0, 1))
    wrong = Motion(torch.full((2, *a.shape[1:]), 25.0), torch.ones_like(a))
    assert float((settled(wrong, a, b).vectors - 25).abs().max()) < 6
    none = Motion(wrong.vectors, torch.zeros_like(a))
    assert settled(none, a, b) is none, "nothing is looked for across a cut"


def test_settling_heeds_the_size_that_motion_is_looked_for_at() -> None:
    move = MOVES["zoom"]
    (one, other), true = (move.albedo(t) for t in (0, 3)), move.motion(0, 3)
    seen = move.seen(0, 3)
    off = Motion(true + 1.0, torch.ones_like(true[:1]))
    found = settled(off, compressed(one, 128), compressed(other, 128))
    assert error(found.vectors, true, seen) < 0.7


def test_large_pictures_are_estimated_small() -> None:
    move = Moving(height=288, width=384, velocity=(9.0, -5.0), disc=(-7.0, 4.0), radius=70)
    found = motions_between(move.albedo(0), move.albedo(1), work=192)[0]
    assert found.vectors.shape == (2, 288, 384)
    assert error(found.vectors, move.motion(0, 1), found.valid[0] > 0.5) < 0.8


@pytest.mark.parametrize("size", [(1, 1), (7, 100), (60, 5), (0, 4)])
def test_any_size_will_do(size: tuple[int, int]) -> None:
    x = torch.rand(3, *size)
    found = motions_between(x, x)[0]
    assert found.vectors.shape == (2, *size) and found.valid.shape == (1, *size)
    assert bool(torch.isfinite(found.vectors).all())


def test_black_and_nan_do_no_harm() -> None:
    black = torch.zeros(3, 64, 64)
    assert float(motions_between(black, black)[0].vectors.abs().max()) == 0
    x = torch.rand(3, 64, 64) - 0.2
    x[:, 3, 4] = torch.nan
    assert bool(torch.isfinite(motions_between(x, black)[0].vectors).all())


@pytest.mark.parametrize("size", [(1, 16), (12, 1), (1, 1), (2, 3)])
def test_rows_and_columns_of_noise_are_pictures_too(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(3)
    a, b = torch.rand(2, 3, *size, generator=generator)
    found = motions_between(a, b)[0]
    assert found.vectors.shape == (2, *size) and torch.isfinite(found.vectors).all()


@pytest.mark.parametrize("of", ["the largest numbers", "tails of blurs"])
def test_light_of_any_size_has_a_texture(of: str) -> None:
    # What is no number in the texture makes a shift that is none, at which the search would end the process.
    x = torch.rand(3, 12, 16, generator=torch.Generator().manual_seed(3))
    x = x * 3e38 if of == "the largest numbers" else torch.where(x > 0.9, x, 1e-42 * x)
    assert torch.isfinite(compressed(x)).all()
    found = motions_between(x, x.flip(2))[0]
    assert torch.isfinite(found.vectors).all()


def test_sizes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="expected one size"):
        motions_between(torch.zeros(3, 4, 4), torch.zeros(3, 4, 5))[0]


def test_threads_change_nothing(device: torch.device) -> None:
    move = MOVES["disc"]
    a, b = move.albedo(0).to(device), move.albedo(1).to(device)
    before = cv2.getNumThreads()
    found = []
    try:
        for threads in (1, 2, 5):
            cv2.setNumThreads(threads)
            found.append(motions_between(a, b)[0].vectors)
    finally:
        cv2.setNumThreads(before)
    assert torch.equal(found[0], found[1]) and torch.equal(found[0], found[2])
