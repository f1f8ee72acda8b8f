"""Padding by the edge rules, views, arrays."""

import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rimlight.engine import RGBA, Image, ImageInfo, Region

FRAME = Region(0, 0, 8, 6)


def image(data: Region = FRAME) -> Image:
    x = torch.arange(4.0 * data.area).reshape(4, data.height, data.width) + 1
    return Image(ImageInfo(FRAME, data, (RGBA,)), data, {"rgba": x})


def pixel(picture: Image, x: int, y: int, edges: str) -> float:
    """By definition: the nearest pixel on the sides that repeat, zero beyond the others."""
    d = picture.info.data
    left, top, right, bottom = picture.info.repeats(edges)  # type: ignore[arg-type]
    gone = (x < d.x0 and not left) or (x >= d.x1 and not right) or (y < d.y0 and not top) or (y >= d.y1 and not bottom)
    if gone:
        return 0.0
    column, row = min(max(x, d.x0), d.x1 - 1) - d.x0, min(max(y, d.y0), d.y1 - 1) - d.y0
    return float(picture["rgba"][0, row, column])


def slow(picture: Image, region: Region, edges: str) -> Tensor:
    return torch.tensor(
        [[pixel(picture, x, y, edges) for x in range(region.x0, region.x1)] for y in range(region.y0, region.y1)]
    )


corners = st.integers(-9, 17)


@given(
    corners,
    corners,
    st.integers(1, 12),
    st.integers(1, 12),
    st.sampled_from(["auto", "repeat", "black"]),
    st.booleans(),
)
def test_padding_follows_its_rule(x: int, y: int, width: int, height: int, edges: str, inside: bool) -> None:
    picture = image(Region(2, 0, 8, 4) if inside else FRAME)
    region = Region(x, y, x + width, y + height)
    assert torch.equal(picture.tensor("rgba", region, edges)[0], slow(picture, region, edges))  # type: ignore[arg-type]


def test_auto_repeats_at_the_frame_and_is_black_inside_it() -> None:
    assert image(Region(2, 0, 8, 4)).info.repeats("auto") == (False, True, True, False)
    assert image(Region(-3, -3, 20, 20)).info.repeats("auto") == (True,) * 4


def test_mirror_reflects_about_the_edge() -> None:
    row = image().tensor("rgba", Region(-3, 0, 0, 1), "mirror")[0, 0]
    assert row.tolist() == [3.0, 2.0, 1.0]
    far = image().tensor("rgba", Region(-20, 0, -17, 1), "mirror")[0, 0]
    assert far.tolist() == [4.0, 3.0, 2.0]


def test_cutting_is_a_view() -> None:
    picture = image()
    part = picture.crop(Region(2, 1, 5, 4))
    assert part["rgba"].untyped_storage().data_ptr() == picture["rgba"].untyped_storage().data_ptr()
    assert part.region == Region(2, 1, 5, 4)


def test_arrays_are_over_the_frame_with_channels_last() -> None:
    array = image(Region(2, 0, 8, 4)).numpy()
    assert array.shape == (6, 8, 4)
    assert array[0, 0].tolist() == [0, 0, 0, 0]
    assert array[0, 2, 0] == 1.0


def test_empty_data_is_black() -> None:
    empty = Image(ImageInfo(FRAME, Region(0, 0, 0, 0), (RGBA,)), Region(0, 0, 0, 0), {"rgba": torch.zeros(4, 0, 0)})
    assert empty.tensor("rgba", FRAME, "repeat").abs().sum() == 0


def test_descriptions_travel_between_processes() -> None:
    info = image().info.with_(metadata={"a": 1}, frames=(1, 5))
    assert pickle.loads(pickle.dumps(info)) == info  # noqa: S301
    with pytest.raises(KeyError):
        info.layer("albedo")
