"""Key frames of light on a fixed camera: what lies between them is light that turns, not two pictures in one."""

import pytest

from lit_scenes import scene, sky, sun
from stage import run
from truth import psnr


@pytest.mark.parametrize("swing", [35, 50])
def test_a_key_that_turns_is_nearer_the_truth_than_a_dissolve(swing: float) -> None:
    first, last, true = (scene(sun(azimuth, 35), sky(-1)) for azimuth in (-swing, swing, 0))
    between = run("LightMix", first, A=last, a=0.5, by="code", refine=0.01, exposure=1.0)["rgba"][:3]
    dissolved = (first["rgba"][:3] + last["rgba"][:3]) / 2
    assert psnr(between, true["rgba"][:3]) > psnr(dissolved, true["rgba"][:3]) + 3
