"""Batches: what is said of a crop is true of it."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from rimlight.engine import FileError, Surface, rig_of_guess, shade
from rimlight.training.augment import Augmentation, draw_recording
from rimlight.training.batch import Batch
from rimlight.training.batches import load_batches
from rimlight.training.crops import LitView, Pair, joined_pairs, light_view, seen_by
from rimlight.training.data import DataConfig, find_views, one_light
from rimlight.training.photo_pairs import photo_pairs
from rimlight.training.photographs import ShadowPair
from rimlight.training.stage.lighting import sample_lighting
from tiny_stage import tiny_view, write_views


@pytest.fixture(scope="module")
def lit() -> LitView:
    rng = np.random.default_rng(3)
    return light_view(tiny_view(1), [sample_lighting(rng), one_light(rng), one_light(rng)])


def pair_of(lit: LitView, chosen: tuple[int, int], flip: bool = False) -> Batch:
    return joined_pairs([Pair(lit, chosen, flip)])


def test_the_picture_is_its_layers_put_together(lit: LitView) -> None:
    batch = pair_of(lit, (0, 1))
    there = batch.surface > 0.999
    total = batch.albedo * batch.shading + batch.specular
    torch.testing.assert_close(total[there.expand_as(total)], batch.clean[there.expand_as(total)], rtol=1e-3, atol=1e-4)
    assert torch.equal(batch.picture, batch.clean) and torch.equal(batch.gain, torch.ones(2, 3))
    assert batch.one_light.tolist() == [False, True]


def test_a_pair_shows_one_view_under_two_lights(lit: LitView) -> None:
    batch = pair_of(lit, (0, 1))
    for name in ("albedo", "normal", "depth", "matte", "surface", "fov"):
        first, second = getattr(batch, name)
        assert torch.equal(first, second), name
    assert not torch.equal(batch.clean[0], batch.clean[1])


@pytest.mark.parametrize("flip", [False, True])
def test_the_light_of_a_pair_is_the_one_that_lit_it(lit: LitView, flip: bool) -> None:
    batch = pair_of(lit, (1, 2), flip)
    for i in range(2):
        surface = Surface.of(batch.normal[i], f0=0.0)
        (key, _) = shade(surface, rig_of_guess(batch.light, i))
        lit_there = (batch.shadow[i] > 0.999) & (batch.surface[i] > 0.999)
        error = (key.shading - batch.shading[i]).abs() * lit_there
        assert float(error.max()) < 0.03 * float(batch.shading[i].max())
        assert int(lit_there.sum()) > 50


def test_halves_are_means_over_the_surface(lit: LitView) -> None:
    batch = pair_of(lit, (0, 1))
    half = batch.half()
    assert half.albedo.shape == (2, 3, 24, 24)
    torch.testing.assert_close(half.normal.norm(dim=1)[half.surface[:, 0] > 0.99], torch.tensor(1.0).expand(
        int((half.surface[:, 0] > 0.99).sum())))  # fmt: skip
    inside = (batch.surface > 0.999).all(0)[0]
    block = inside.unfold(0, 2, 2).unfold(1, 2, 2).all(-1).all(-1).nonzero()[0]
    y, x = (2 * block).tolist()
    torch.testing.assert_close(
        half.albedo[0, :, block[0], block[1]], batch.albedo[0, :, y : y + 2, x : x + 2].mean((1, 2))
    )


def test_only_the_input_goes_through_a_camera(lit: LitView) -> None:
    rng, how = np.random.default_rng(0), Augmentation(clean=0, balance=1.0)
    plain = pair_of(lit, (0, 1))
    batch = seen_by(plain, [draw_recording(rng, how) for _ in range(2)])
    assert not torch.equal(batch.picture, batch.clean)
    for name in ("clean", "shading", "albedo", "key"):
        assert torch.equal(getattr(batch, name), getattr(plain, name)), name
    assert (batch.gain - 1).abs().max() > 0.01


def test_pairs_together_are_what_each_is_alone(lit: LitView) -> None:
    pairs = [Pair(lit, (0, 1)), Pair(lit, (2, 0), flip=True), Pair(lit, (1, 2))]
    together = joined_pairs(pairs)
    alone = Batch.joined([joined_pairs([pair]) for pair in pairs])
    for name, value in vars(together).items():
        torch.testing.assert_close(value, getattr(alone, name), rtol=1e-5, atol=1e-6)


def test_batches_are_the_same_for_a_seed(tmp_path: Path) -> None:
    views = write_views(tmp_path, train=2, test=0)
    config = DataConfig((str(views),), size=32, pairs=2, lightings=2, pool=2, workers=0)
    first, again, other = (next(load_batches(config, seed)) for seed in (0, 0, 1))
    assert isinstance(first, Batch) and first.picture.shape == (4, 3, 32, 32)
    assert torch.equal(first.picture, again.picture) and not torch.equal(first.picture, other.picture)


def test_a_folder_without_views_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no views of the split 'train': render some first"):
        find_views((tmp_path,), "train")
    views = write_views(tmp_path, train=1, test=1)
    assert len(find_views((views,), "train")) == len(find_views((views,), "test", ["primitives"])) == 1
    with pytest.raises(FileError, match="of the domains heads"):
        find_views((views,), "train", ["heads"])


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_view_is_left_out_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], workers: int
) -> None:
    views = write_views(tmp_path, train=2, test=0)
    damaged = views / "train-primitives-00000001.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:5000])
    config = DataConfig((str(views),), size=16, pairs=1, lightings=2, pool=8, reuse=0.25, workers=workers)
    batches = load_batches(config, 0)
    assert all(isinstance(next(batches), Batch) for _ in range(8))  # the folder is looked at again meanwhile
    (told,) = caplog.messages
    assert re.search(r"train-primitives-00000001\.safetensors cannot be read as a view: .*; it is left out", told)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("workers", [0, 1])
def test_what_ends_batches_is_told_in_a_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], workers: int
) -> None:
    for name in ("a", "b"):
        (tmp_path / f"train-primitives-{name}.safetensors").write_bytes(b"nothing")
    config = DataConfig((str(tmp_path),), size=16, workers=workers)
    with pytest.raises(FileError, match=r"^none of 2 views can be read: .* cannot be read as a view"):
        next(load_batches(config, 0))
    with pytest.raises(FileError, match=r"^the folder of assets .*nowhere does not exist"):
        next(load_batches(replace(config, assets=str(tmp_path / "nowhere")), 0))
    assert "Traceback" not in capfd.readouterr().err


def test_a_photograph_and_its_shadow_are_a_pair_of_which_the_change_of_light_is_known() -> None:
    g = torch.Generator().manual_seed(0)
    truth, matte = torch.rand(3, 32, 32, generator=g) + 0.1, torch.zeros(1, 32, 32)
    matte[:, 8:20] = 1
    gain = 1 - 0.7 * matte.expand(3, -1, -1)
    pair = ShadowPair(truth * gain, truth, gain, matte, "shadow", "made up")
    batch = photo_pairs([pair])
    assert torch.equal(seen_by(batch, [None, None]).gain, torch.ones(2, 3))
    assert not batch.known.any() and float(batch.surface.sum()) == 0
    torch.testing.assert_close(batch.clean[1] / batch.clean[0], batch.shading[1] / batch.shading[0])
    assert torch.equal(batch.shadow[1], 1 - matte) and torch.equal(batch.shadow[0], torch.ones_like(matte))
    half = batch.half()
    torch.testing.assert_close(half.shading[1], gain[:, ::2, ::2])
    assert torch.equal(half.ratio, torch.ones(2, 1, 16, 16))


def test_subjects_are_small_and_whole_in_wide_windows(tmp_path: Path) -> None:
    write_views(tmp_path, 3)
    config = DataConfig((str(tmp_path),), size=48, pairs=3, lightings=2, pool=3, workers=0, repaint=0, enamel=0)
    shares = {}
    for small in (0.0, 1.0):
        batches = load_batches(replace(config, small=small), 4)
        drawn = Batch.joined([next(batches) for _ in range(4)])
        shares[small] = drawn.matte.mean()
        if small:
            assert float((drawn.surface - drawn.matte).max()) < 1e-3
            edges = torch.cat((drawn.matte[..., 0, :], drawn.matte[..., 0], drawn.matte[..., -1]), -1)
            assert float(edges.mean()) < float(drawn.matte.mean())
    assert 0.015 <= float(shares[1.0]) < 0.8 * float(shares[0.0])


def done_by(program: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, program], check=False, capture_output=True, text=True, timeout=200)


def test_workers_end_with_a_program_that_still_holds_their_batches(tmp_path: Path) -> None:
    views = write_views(tmp_path, 1)
    program = tmp_path / "program.py"
    program.write_text(
        "from rimlight.training.batches import load_batches\n"
        "from rimlight.training.data import DataConfig\n"
        "if __name__ == '__main__':\n"
        f"    config = DataConfig(({str(views)!r},), size=32, pairs=2, lightings=2, pool=2, workers=1)\n"
        "    batches = load_batches(config, 0)\n"
        "    print(next(batches).picture.shape[0])\n"
    )
    done = done_by(program)
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr


def test_a_worker_ends_in_peace_while_its_threads_still_hand_over_batches(tmp_path: Path) -> None:
    """Python ends threads that want to run on by unwinding them, through functions of torch that do not allow it."""
    program = tmp_path / "program.py"
    program.write_text(
        "import threading\n"
        "from multiprocessing.reduction import ForkingPickler\n"
        "import torch\n"
        "from rimlight.training.batches import _loaded\n"
        "class Numbers:\n"
        "    damaged = {}\n"
        "    def hand_over(self):\n"
        "        while True:\n"
        "            ForkingPickler.dumps(torch.rand(64, 64))\n"
        "    def __iter__(self):\n"
        "        for _ in range(3):\n"
        "            threading.Thread(target=self.hand_over, daemon=True).start()\n"
        "        yield from range(1, 10**9)\n"
        "if __name__ == '__main__':\n"
        "    numbers = _loaded(Numbers(), 1, pin=False)\n"
        "    print(next(numbers))\n"
        "    numbers.close()\n"
    )
    done = done_by(program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
