"""Expressions per pixel: what the names stand for, what is read, and what is refused."""

import pytest
import torch

from compare import assert_close, assert_same
from pictures import FRAME, coordinates, hdr, layered, picture, plate
from rimlight.engine import NodeError, Region
from stage import run, staged


def test_channels_by_name() -> None:
    image = hdr()
    r, g, b, a = image["rgba"]
    out = run("Expression", image, red="g", green="r * a - b", blue="max(r, g, b)")["rgba"]
    assert_close(out, torch.stack((g, r * a - b, torch.maximum(torch.maximum(r, g), b), a)))


def test_position_is_the_pixel_centre_from_the_bottom_left() -> None:
    out = run("Expression", hdr(), red="x", green="y", blue="width * 100 + height")["rgba"]
    x, y = coordinates(FRAME)
    assert torch.equal(out[:3], torch.stack((x, 12 - y, torch.full_like(x, 1612))))


def test_position_does_not_change_with_the_proxy() -> None:
    values = {"red": "x", "green": "y", "blue": "width", "alpha": "height"}
    half = staged("Expression", picture(plate(FRAME)), **values).evaluate("node", scale=0.5)["rgba"]
    assert half.shape == (4, 6, 8)
    assert half[:, 5, 0].tolist() == [1.0, 1.0, 16.0, 12.0]


def test_position_starts_at_the_frame_not_at_the_pixels() -> None:
    data = Region(-3, -2, 19, 15)
    out = run("Expression", picture(plate(data), data=data), red="x", green="y")["rgba"]
    assert out[:2, 0, 0].tolist() == [-2.5, 13.5]


def test_other_layers_are_read() -> None:
    image = layered()
    out = run("Expression", image, red="depth.Z + diffuse.G", green="normal.X")
    assert_close(out["rgba"][0], image["depth"][0] + image["diffuse"][1])
    assert torch.equal(out["rgba"][1], image["normal"][0])


def test_layers_of_data_go_by_position() -> None:
    image = layered()
    out = run("Expression", image, channels="normal depth", red="-r", blue="b + g")
    x = image["normal"]
    assert_close(out["normal"], torch.stack((-x[0], x[1], x[2] + x[1])))
    assert torch.equal(out["depth"], -image["depth"])


def test_variables_build_on_each_other() -> None:
    out = run("Expression", hdr(), variables="k = r + g\nhalf = k / 2\n\n", red="half", green="1 if half > 0.5 else 0")
    half = (hdr()["rgba"][0] + hdr()["rgba"][1]) / 2
    assert_close(out["rgba"][0], half)
    assert torch.equal(out["rgba"][1], (half > 0.5).float())


def test_numbers_alone_fill_the_channel() -> None:
    assert torch.equal(run("Expression", hdr(), blue="1 / 4")["rgba"][2], torch.full((12, 16), 0.25))


def test_only_expressions_of_the_frame_vary_over_frames() -> None:
    moving, still = staged("Expression", hdr(), red="frame * r"), staged("Expression", hdr(), red="r * 2")
    assert moving.vertex("node", 1).key != moving.vertex("node", 2).key
    assert still.vertex("node", 1).key == still.vertex("node", 2).key
    assert_close(moving.evaluate("node", 3)["rgba"][0], hdr()["rgba"][0] * 3)


def test_empty_texts_pass_the_picture_through() -> None:
    assert_same(run("Expression", hdr(), red="  "), hdr())


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"red": "r +"}, "red: the expression cannot be read"),
        ({"red": "q * 2"}, "red: there is no 'q'"),
        ({"green": "missing.Z"}, "green: there is no 'missing.Z'"),
        ({"variables": "k r", "red": "r"}, "line 1 of the variables is 'k r', expected name = expression"),
        ({"variables": "k = later\nlater = 1", "red": "k"}, "variable k: there is no 'later'"),
        ({"red": "__import__('os')"}, "red: "),
    ],
)
def test_what_cannot_be_read_is_said(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(NodeError) as error:
        run("Expression", hdr(), **values)
    assert sentence in str(error.value)
