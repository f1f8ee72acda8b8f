"""Exposure, Multiply, Add, Gamma, Clamp, Invert, Saturation, ColorMatrix, Log2Lin at values computed by hand."""

import math

import pytest
import torch

from compare import assert_close, assert_same
from pictures import above_one, hdr, layered, picture
from rimlight.engine import NodeError, Project, Region
from stage import run, staged


def through(
    kind: str, pixels: list[tuple[float, ...]], project: Project | None = None, **values: object
) -> list[list[float]]:
    """A row of pixels through a node, pixel by pixel."""
    x = torch.tensor(pixels).t()[:, None].contiguous()
    stage = staged(kind, picture(x, display=Region(0, 0, len(pixels), 1)), project=project, **values)
    found: list[list[float]] = stage.evaluate("node")["rgba"][:, 0].t().tolist()
    return found


def test_a_stop_is_a_factor_of_two() -> None:
    found = through("Exposure", [(0.5, -1.0, 60.0, 0.25)], stops=(1, 3, -2))
    assert found == [[1.0, -8.0, 15.0, 0.25]]


def test_exposure_touches_light_only() -> None:
    image = layered()
    out = run("Exposure", image, stops=1, channels="all")
    assert_same({"rgba": out["rgba"][:3]}, {"rgba": image["rgba"][:3] * 2})
    assert torch.equal(out["rgba"][3], image["rgba"][3])
    assert torch.equal(out["diffuse"], image["diffuse"] * 2)
    assert torch.equal(out["depth"], image["depth"]) and torch.equal(out["normal"], image["normal"])


def test_multiply_and_add() -> None:
    assert through("Multiply", [(0.5, -1.0, 60.0, 0.5)], value=(2, 3, 0.5, 9)) == [[1.0, -3.0, 30.0, 0.5]]
    assert through("Add", [(0.5, -1.0, 60.0, 0.5)], value=(2, 3, 0.5, 9)) == [[2.5, 2.0, 60.5, 0.5]]
    assert through("Add", [(0.5, -1.0, 60.0, 0.5)], value=1, channels="rgba")[0][3] == 1.5


def test_gamma_is_a_power_of_what_is_positive() -> None:
    found = through("Gamma", [(0.25, -0.25, 16.0), (0.0, 1.0, -3.0)], value=2)
    assert found[0] == pytest.approx([0.5, -0.25, 4.0], abs=1e-6)
    assert found[1] == pytest.approx([0.0, 1.0, -3.0], abs=1e-6)
    assert through("Gamma", [(0.5, 2.0, -1.0)], value=0) == [[0.0, math.inf, 0.0]]


def test_gamma_is_undone_by_its_inverse() -> None:
    there = run("Gamma", hdr(), value=2.2)
    assert_close(run("Gamma", there, value=1 / 2.2)["rgba"], hdr()["rgba"], threshold=1e-5, relative=1e-5)


def test_clamp_limits_or_replaces() -> None:
    row = [(-1.0, 0.5, 3.0)]
    assert through("Clamp", row) == [[0.0, 0.5, 1.0]]
    assert through("Clamp", row, maximum_enable=False) == [[0.0, 0.5, 3.0]]
    assert through("Clamp", row, minimum_enable=False, maximum=2) == [[-1.0, 0.5, 2.0]]
    replaced = {"min_clamp_to_enable": True, "min_clamp_to": 7, "max_clamp_to_enable": True, "max_clamp_to": 9}
    assert through("Clamp", row, **replaced) == [[7.0, 0.5, 9.0]]
    assert staged("Clamp", hdr(), minimum_enable=False, maximum_enable=False).vertex("node").alias is not None


def test_invert_comes_back() -> None:
    assert through("Invert", [(0.25, -1.0, 3.0, 0.5)]) == [[0.75, 2.0, -2.0, 0.5]]
    once = run("Invert", above_one(), channels="rgba")
    assert_close(run("Invert", once, channels="rgba")["rgba"], above_one()["rgba"], threshold=1e-5)


def test_saturation_goes_by_the_working_space() -> None:
    """The Y row of ACEScg (AP1 primaries, ACES white)."""
    red = [(1.0, 0.0, 0.0)]
    assert through("Saturation", red, saturation=0)[0] == pytest.approx([0.2722287] * 3, abs=1e-6)
    linear = Project(format="16x12", working="Linear Rec.709 (sRGB)")
    assert through("Saturation", red, linear, saturation=0)[0] == pytest.approx([0.2126] * 3, abs=1e-4)
    assert through("Saturation", red, saturation=0, luminance="rec709")[0] == pytest.approx([0.2126] * 3, abs=1e-6)
    assert through("Saturation", [(1.0, 3.0, -2.0)], saturation=0, luminance="max") == [[3.0] * 3]


def test_saturation_moves_away_from_grey() -> None:
    found = through("Saturation", [(2.0, 0.5, -1.0)], saturation=2, luminance="average")[0]
    assert found == pytest.approx([3.5, 0.5, -2.5], abs=1e-6)


def test_color_matrix_multiplies_a_column() -> None:
    found = through("ColorMatrix", [(1.0, 10.0, 100.0)], matrix=(1, 2, 3, 0, 1, 0, -1, 0, 0.5))
    assert found == [[321.0, 10.0, 49.0]]


def test_color_matrix_and_its_inverse() -> None:
    rows = (0.7, 0.2, 0.1, -0.1, 1.2, -0.1, 0.05, 0.15, 0.8)
    there = run("ColorMatrix", hdr(), matrix=rows)
    back = run("ColorMatrix", there, matrix=rows, invert=True)
    assert_close(back["rgba"], hdr()["rgba"], threshold=1e-5, relative=1e-5)
    with pytest.raises(NodeError, match="no inverse"):
        run("ColorMatrix", hdr(), matrix=(1, 0, 0, 1, 0, 0, 0, 0, 1), invert=True)


def test_film_log() -> None:
    """Code 685 is white, 95 black, and 300 codes above white are ten times the light (0.002 * 300 / 0.6 = 1)."""
    offset = 10 ** ((95 - 685) * 0.002 / 0.6)
    found = through("Log2Lin", [(95 / 1023, 685 / 1023, 985 / 1023)])[0]
    assert found == pytest.approx([0, 1, (10 - offset) / (1 - offset)], abs=1e-4)


def test_film_log_comes_back_for_every_value() -> None:
    there = run("Log2Lin", hdr(), operation="lin2log")
    back = run("Log2Lin", there)
    assert_close(back["rgba"], hdr()["rgba"], threshold=2e-5, relative=2e-5)
    with pytest.raises(NodeError, match="not below"):
        run("Log2Lin", hdr(), black=700)
