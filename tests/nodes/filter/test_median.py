import pytest
import torch

from compare import assert_close
from pictures import hdr, impulse, ramp
from stage import run, staged


def test_it_is_the_middle_of_the_square() -> None:
    x = torch.nn.functional.pad(hdr()["rgba"][None], (2, 2, 2, 2), mode="replicate")[0]
    windows = x.unfold(1, 5, 1).unfold(2, 5, 1).reshape(4, 12, 16, 25)
    assert torch.equal(run("Median", hdr(), size=5)["rgba"], windows.median(-1).values)


def test_a_lone_pixel_goes_and_a_ramp_stays() -> None:
    assert float(run("Median", impulse())["rgba"].abs().max()) == 0
    assert_close(run("Median", ramp())["rgba"][:, 1:-1, 1:-1], ramp()["rgba"][:, 1:-1, 1:-1], threshold=1e-6)


def test_between_two_sizes_it_blends() -> None:
    three, five = run("Median", hdr(), size=3)["rgba"], run("Median", hdr(), size=5)["rgba"]
    assert_close(run("Median", hdr(), size=3.5)["rgba"], torch.lerp(three, five, 0.25), threshold=1e-5)


@pytest.mark.parametrize("size", [0.0, 0.4, 1.0])
def test_one_pixel_is_no_node(size: float) -> None:
    assert staged("Median", ramp(), size=size).vertex("node").alias is not None
