import torch

from compare import assert_close
from stage import run, scaled

COLORS = {f"color{i}": (float(i), 0.0, 0.0, 1.0) for i in range(4)}


def test_four_colours_around_the_middle() -> None:
    out = run("CheckerBoard", format="8x8", box_size=2, center_line_width=0, **COLORS)["rgba"][0]
    assert out[:4, :4].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [3, 3, 2, 2], [3, 3, 2, 2]]
    assert torch.equal(out[:4, :4], out[4:, 4:])


def test_boxes_count_from_the_middle() -> None:
    out = run("CheckerBoard", format="6x6", box_size=2, center_line_width=0, **COLORS)["rgba"][0]
    assert out[3].tolist() == [0, 1, 1, 0, 0, 1]


def test_lines() -> None:
    middle = run("CheckerBoard", format="8x8", center_line_width=2, center_line_color=(9.0, 0.0, 0.0, 1.0))
    assert int((middle["rgba"][0] == 9).sum()) == 8 * 2 * 2 - 4
    values = {"box_size": 4, "line_width": 2, "line_color": (7.0, 0.0, 0.0, 1.0), "center_line_width": 0}
    lines = run("CheckerBoard", format="8x8", **values)["rgba"][0]
    assert (lines[1] == 7).tolist() == [True, False, False, True, True, False, False, True]


def test_a_proxy_shows_the_same_boxes() -> None:
    values = {"format": "64x64", "box_size": 16, "center_line_width": 0}
    whole, half = run("CheckerBoard", **values), run("CheckerBoard", scale=0.5, **values)
    assert_close(half["rgba"], scaled(whole, 0.5)["rgba"], 1e-6)
