"""View files: exact round trips, and one sentence for whatever is wrong with one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from rimlight.engine import FileError
from rimlight.training.stage import FORMAT, View
from rimlight.training.stage.capture import Plan, take
from rimlight.training.stage.primitives import random_primitives
from rimlight.training.stage.view import pack_bits, unpack_bits

SMALL = Plan(22, 14, samples=2, directions=16, keys=2, key_rays=2, bounce=2)


@pytest.fixture(scope="module")
def view() -> View:
    scene, _ = random_primitives(np.random.default_rng(4))
    return take(scene, SMALL, 4, {"domain": "primitives", "subject": "some", "split": "train", "seed": "4"})


def test_bits_are_packed_as_numpy_does() -> None:
    seen = torch.rand(5, 3, 21, generator=torch.Generator().manual_seed(1)) > 0.5
    packed = pack_bits(seen)
    assert np.array_equal(packed.numpy(), np.packbits(seen.numpy(), axis=-1))
    assert torch.equal(unpack_bits(packed, 21).bool(), seen)


def test_visibility_of_some_pixels_is_that_of_the_picture(view: View) -> None:
    every = view.visibility().flatten(1)
    some = torch.tensor([0, 3, 21, 22, 22 * 14 - 1])
    assert torch.equal(view.visible_at(some), every[:, some])
    assert torch.equal(view.visible_at(torch.arange(22 * 14)), every)


def test_a_view_survives_its_file(view: View, tmp_path: Path) -> None:
    view.save(tmp_path / "a.safetensors")
    once = View.load(tmp_path / "a.safetensors")
    once.save(tmp_path / "b.safetensors")
    twice = View.load(tmp_path / "b.safetensors")
    assert once.about == {"format": FORMAT, **view.about}
    for name in ("albedo", "normal", "depth", "roughness", "f0", "matte", "surface", "indirect"):
        first, second = getattr(once, name), getattr(twice, name)
        assert first.dtype == torch.float32 and torch.equal(first, second), name
        assert torch.allclose(first, getattr(view, name), atol=3e-3, rtol=2e-3), name
    for name in ("bits", "directions", "weights", "key_directions", "key_angles", "key_visibility"):
        assert torch.equal(getattr(once, name), getattr(view, name)), name
    assert once.fov == pytest.approx(view.fov) and once.visibility().shape == (16, 14, 22)
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["a.safetensors", "b.safetensors"]


def test_positions_are_where_depth_says(view: View) -> None:
    x, y, z = view.position[:, 3, 5]
    depth = float(view.depth[0, 3, 5])
    assert float(z) == pytest.approx(-depth)
    tan = np.tan(np.radians(view.fov) / 2)
    assert float(x) == pytest.approx(((5.5 / 22) * 2 - 1) * tan * depth, rel=1e-4)
    assert float(y) == pytest.approx((1 - (3.5 / 14) * 2) * tan * 14 / 22 * depth, rel=1e-4)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.pop("normal"), "lacks the tensor 'normal'"),
        (lambda t: t.update(depth=t["depth"].half()), "'depth' is torch.float16, expected torch.float32"),
        (
            lambda t: t.update(matte=t["matte"][:, :, :-1].contiguous()),
            r"'matte' is \[1, 14, 21\], expected \[14, 22\]",
        ),
    ],
)
def test_a_wrong_file_gets_a_sentence(view: View, tmp_path: Path, change: object, sentence: str) -> None:
    path = tmp_path / "v.safetensors"
    view.save(path)
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, {"format": FORMAT})
    with pytest.raises(FileError, match=sentence):
        View.load(path)


def test_what_is_no_view_gets_a_sentence(view: View, tmp_path: Path) -> None:
    path = tmp_path / "v.safetensors"
    with pytest.raises(FileError, match="cannot be read as a view"):
        View.load(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(FileError, match="cannot be read as a view"):
        View.load(path)
    save_file({"albedo": torch.zeros(1)}, path, {"format": "7"})
    with pytest.raises(FileError, match='no view of format 1: its header says "7"'):
        View.load(path)
    with pytest.raises(FileError, match="could not be written"):
        view.save(tmp_path / "missing" / "v.safetensors")
