import pytest
import torch

from compare import assert_close, assert_same
from pictures import apart, hdr, layered
from rimlight.engine import Region
from stage import run


def test_flip_and_flop() -> None:
    x = hdr()["rgba"]
    assert_close(run("Mirror", hdr(), flip=True)["rgba"], x.flip(1), 0)
    assert_close(run("Mirror", hdr(), flop=True)["rgba"], x.flip(2), 0)
    assert_close(run("Mirror", hdr(), flip=True, flop=True)["rgba"], x.flip(1, 2), 0)


def test_it_turns_about_the_middle_of_the_frame() -> None:
    assert apart().info.display == Region(4, -3, 20, 9) and apart().info.data == Region(-2, -5, 11, 4)
    out = run("Mirror", apart(), flop=True, flip=True)
    assert out.region == Region(13, 2, 26, 11)
    assert_close(out["rgba"], apart()["rgba"].flip(1, 2), 0)


@pytest.mark.parametrize("values", [{"flip": True}, {"flop": True}, {"flip": True, "flop": True}])
def test_twice_is_the_picture(values: dict[str, bool]) -> None:
    assert_same(run("Mirror", run("Mirror", layered(), **values), **values), layered())


def test_directions_turn_with_the_picture() -> None:
    normal = layered()["normal"]
    sign = torch.tensor([-1.0, 1.0, 1.0])[:, None, None]
    assert_close(run("Mirror", layered(), flop=True)["normal"], normal.flip(2) * sign, 0)
    assert_close(run("Mirror", layered(), flop=True, turn_vectors=False)["normal"], normal.flip(2), 0)
    assert_close(run("Mirror", layered(), flop=True)["depth"], layered()["depth"].flip(2), 0)
