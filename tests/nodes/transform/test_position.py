import torch

from compare import assert_close
from pictures import hdr, overscan
from rimlight.engine import Region
from stage import run, staged


def test_whole_pixels_are_copied_and_the_window_goes_along() -> None:
    x = overscan()
    y = run("Position", x, translate=(3, 2))
    assert y.info.display == x.info.display and y.region == Region(0, -4, 22, 13)
    assert torch.equal(y["rgba"], x["rgba"])


def test_it_is_a_transform_that_only_moves_and_is_filtered_once() -> None:
    moved = run("Position", hdr(), translate=(1.25, -2.5))["rgba"]
    assert_close(moved, run("Transform", hdr(), translate=(1.25, -2.5))["rgba"], threshold=1e-6)
    stage = staged("Position", hdr(), translate=(0.5, 0.5)).add(
        "back", "Position", {"image": "node"}, translate=(-0.5, -0.5)
    )
    back = stage.evaluate("back")
    assert_close(back.tensor("rgba", Region(0, 0, 16, 12)), hdr()["rgba"], threshold=1e-5)
