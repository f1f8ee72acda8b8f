"""Grade against its formula, computed by hand and by a scalar program."""

import math

import pytest
import torch

from compare import assert_close, assert_same
from pictures import FRAME, hdr, picture, plate
from rimlight.engine import Region
from stage import run, staged


def grade(values: list[float], **knobs: object) -> list[float]:
    """These values, as red of a row of pixels, through Grade."""
    x = torch.tensor(values).expand(3, 1, -1).contiguous()
    image = picture(x, display=Region(0, 0, len(values), 1))
    found: list[float] = run("Grade", image, **knobs)["rgba"][0, 0].tolist()
    return found


def test_defaults_clamp_black_and_nothing_else() -> None:
    assert grade([-2.0, -0.25, 0.0, 0.5, 1.0, 60.0]) == [0.0, 0.0, 0.0, 0.5, 1.0, 60.0]
    assert grade([-2.0, 0.5, 60.0], black_clamp=False) == [-2.0, 0.5, 60.0]
    assert grade([-2.0, 0.5, 60.0], white_clamp=True) == [0.0, 0.5, 1.0]


def test_levels() -> None:
    """A = 2 (0.9 - 0.1) / (0.8 - 0.2) = 8/3, B = 0.05 + 0.1 - 0.2 A."""
    knobs = {"blackpoint": 0.2, "whitepoint": 0.8, "black": 0.1, "white": 0.9, "multiply": 2, "add": 0.05}
    gain = 8 / 3
    offset = 0.15 - 0.2 * gain
    found = grade([0.0, 0.2, 0.5, 0.8, 4.0], black_clamp=False, **knobs)
    assert found == pytest.approx([gain * v + offset for v in (0, 0.2, 0.5, 0.8, 4)], abs=1e-6)
    assert found[1] == pytest.approx(0.15, abs=1e-6)
    assert found[3] == pytest.approx(1.75, abs=1e-6)


def test_equal_black_and_white_points_multiply_by_ten_thousand() -> None:
    assert grade([0.5, 0.5001], blackpoint=0.5, whitepoint=0.5, black_clamp=False) == pytest.approx([0, 1], abs=1e-3)


def test_gamma_is_a_power_below_one_and_a_line_above() -> None:
    found = grade([-0.5, 0.0, 0.25, 1.0, 3.0], gamma=2, black_clamp=False)
    assert found == pytest.approx([-0.5, 0, 0.5, 1, 2], abs=1e-6)
    power = grade([-0.5, 0.0, 0.25, 1.0, 4.0], gamma=2, black_clamp=False, gamma_mode="power")
    assert power == pytest.approx([-0.5, 0, 0.5, 1, 2], abs=1e-6)


def test_no_gamma_is_a_step() -> None:
    for gamma in (0.0, -1.0):
        assert grade([-1.0, 0.5, 1.0, 2.0], gamma=gamma, black_clamp=False) == [0.0, 0.0, 1.0, math.inf]
        assert grade([-1.0, 0.0, 0.5, 2.0], gamma=gamma, reverse=True) == [0.0, 0.0, 1.0, 1.0]


def test_clamps_come_before_gamma() -> None:
    """(0.25 * 8) is clamped to 1, whose gamma is 1; a clamp after gamma would leave sqrt(2) at 1 as well, but not 3."""
    assert grade([0.25], multiply=8, gamma=2, white_clamp=True) == [1.0]
    assert grade([-0.25], add=0.5, gamma=0.5) == pytest.approx([0.0625])
    assert grade([-1.0], add=0.5, gamma=0.5) == [0.0]


def test_reversed_clamps_come_last() -> None:
    """(0.5 - 1) / 1 is negative, and clamped; (3 - 1) is above 1, and clamped."""
    assert grade([0.5, 3.0], add=1, reverse=True, white_clamp=True) == [0.0, 1.0]
    assert grade([0.5, 3.0], add=1, reverse=True, black_clamp=False) == [-0.5, 2.0]


def test_nothing_to_divide_by_when_reversed() -> None:
    assert grade([0.75], multiply=0, add=0.25, reverse=True) == pytest.approx([0.5])


@pytest.mark.parametrize("mode", ["nuke", "power"])
def test_reverse_undoes_forward(mode: str) -> None:
    knobs = {
        "blackpoint": (0.02, 0.01, 0.0, 0), "whitepoint": (0.9, 1.2, 1.0, 1), "black": 0.05, "white": (1.1, 1, 0.9, 1),
        "multiply": 1.3, "add": (0.1, -0.05, 0.2, 0), "gamma": (1.2, 0.7, 2.2, 1), "black_clamp": False,
        "gamma_mode": mode,
    }  # fmt: skip
    image = picture(plate(FRAME))
    there = run("Grade", image, **knobs)
    back = run("Grade", there, reverse=True, **knobs)
    assert_close(back["rgba"], image["rgba"], threshold=1e-5, relative=1e-5)


def test_each_channel_has_its_own_values() -> None:
    x = torch.full((4, 12, 16), 0.5)
    found = run("Grade", picture(x), multiply=(1, 2, 3, 4), add=(0, 0, 0, 1), channels="rgba")["rgba"]
    assert found[:, 0, 0].tolist() == [0.5, 1.0, 1.5, 3.0]
    assert run("Grade", picture(x), multiply=(1, 2, 3, 4))["rgba"][:, 0, 0].tolist() == [0.5, 1.0, 1.5, 0.5]


def test_only_without_its_clamp_it_is_the_identity() -> None:
    assert staged("Grade", hdr()).vertex("node").alias is None
    assert staged("Grade", hdr(), black_clamp=False).vertex("node").alias is not None
    assert_same(run("Grade", hdr(), black_clamp=False), hdr())


def test_clamping_a_residual_is_warned_of() -> None:
    image = picture({"rgba": plate(FRAME), "residual": plate(FRAME)[:3]})

    def warned(**knobs: object) -> bool:
        vertex = staged("Grade", image, **knobs).vertex("node")
        return any("residual" in sentence for sentence in vertex.node.warnings(vertex.ctx))

    assert warned(channels="residual")
    assert not warned(channels="residual", black_clamp=False)
    assert not warned()
