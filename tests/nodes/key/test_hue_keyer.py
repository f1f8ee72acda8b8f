import torch

from compare import assert_close
from pictures import picture
from rimlight.engine import Curve
from stage import run

GREEN = Curve.of((0.0, 0.0), (1.0, 0.0), (2.0, 1.0), (3.0, 0.0), (6.0, 0.0), extend="loop")
LINES = Curve.of(*((k.frame, k.value) for k in GREEN.keys), interp="linear", extend="loop")


def patches(*colors: tuple[float, float, float]) -> torch.Tensor:
    return torch.tensor(colors).T[:, None, :].expand(3, 12, -1).repeat_interleave(4, 2).contiguous()


def test_the_curve_says_which_hues_are_in() -> None:
    x = patches((0.0, 4.0, 0.0), (1.0, 0.0, 0.0), (1.0, 2.0, 0.0), (0.0, 0.5, 0.25))
    y = run("HueKeyer", picture(x), amount=LINES, sat_thrsh=Curve.of((0.0, 0.0), (6.0, 0.0)))["rgba"][3, 0, ::4]
    # Green; red; half way from yellow (1) to green: hue 1.5; hue 2.5, half way to cyan.
    assert_close(y, torch.tensor([1.0, 0.0, 0.5, 0.5]), threshold=1e-5)


def test_exposure_does_not_matter_and_greys_fade_out() -> None:
    x = patches((0.2, 0.4, 0.2), (0.49, 0.5, 0.49), (0.5, 0.5, 0.5), (0.3, 0.31, 0.3))
    flat = Curve.of((0.0, 0.25), (6.0, 0.25))
    one = run("HueKeyer", picture(x), amount=LINES, sat_thrsh=flat)["rgba"][3]
    many = run("HueKeyer", picture(x * 64), amount=LINES, sat_thrsh=flat)["rgba"][3]
    assert_close(one, many, threshold=1e-5)
    # Saturations are 1/2, 1/50, 0 and 1/31 of the largest channel.
    assert_close(one[0, ::4], torch.tensor([1.0, 0.02 / 0.25, 0.0, 1 / 31 / 0.25]), threshold=1e-4)


def test_it_is_black_until_a_hue_is_chosen() -> None:
    x = patches((0.2, 0.4, 0.2), (1.0, 0.5, 0.49), (0.5, 0.5, 0.5), (0.3, 0.31, 9.0))
    assert float(run("HueKeyer", picture(x))["rgba"][3].abs().max()) == 0
    assert float(run("HueKeyer", picture(x), invert=True)["rgba"][3].min()) == 1
