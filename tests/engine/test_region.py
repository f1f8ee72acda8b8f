import pytest
from hypothesis import given
from hypothesis import strategies as st

from rimlight.engine import EMPTY, FORMATS, Region, parse_format

numbers = st.integers(-50, 50)
regions = st.builds(Region, numbers, numbers, numbers, numbers)


@given(regions, regions)
def test_intersection_and_union_contain_as_they_should(a: Region, b: Region) -> None:
    both = a.intersect(b)
    assert a.contains(both) and b.contains(both)
    union = a.union(b)
    assert union.contains(a) and union.contains(b)


@given(regions)
def test_bands_cover_a_region_once(a: Region) -> None:
    bands = list(a.bands(7)) if not a.is_empty else []
    assert sum(b.area for b in bands) == a.area
    assert all(a.contains(b) for b in bands)


def test_slices_cut_the_inner_region() -> None:
    rows, columns = Region(-5, 10, 20, 40).slices_of(Region(0, 12, 4, 15))
    assert (rows, columns) == (slice(2, 5), slice(5, 9))


def test_scaling_rounds_outwards() -> None:
    assert Region(-3, 1, 5, 6).scaled(0.5) == Region(-2, 0, 3, 3)
    assert Region(0, 0, 1, 1).scaled(0.125) == Region(0, 0, 1, 1)


def test_artist_space_is_y_up_from_the_bottom_left() -> None:
    display = Region(0, 0, 1920, 1080)
    assert display.to_artist(0.5, 1079.5) == (0.5, 0.5)
    assert display.from_artist(*display.to_artist(123.25, 45.5)) == (123.25, 45.5)
    assert Region(10, 20, 30, 40).from_artist(0, 0) == (10, 40)


def test_a_point_lies_in_one_pixel() -> None:
    display = Region(10, 20, 30, 40)
    assert display.pixel(0.5, 0.5) == Region(10, 39, 11, 40)
    assert display.pixel(-0.5, 19.75) == Region(9, 20, 10, 21)


def test_what_is_outside_is_nearest_to_an_edge() -> None:
    data = Region(0, 0, 8, 6)
    assert data.nearest(Region(-2, 1, 3, 9)) == Region(0, 1, 3, 6)
    assert data.nearest(Region(20, 2, 30, 4)) == Region(7, 2, 8, 4)
    assert data.nearest(Region(-9, -9, -5, -5)) == Region(0, 0, 1, 1)


def test_empty_regions_do_not_count() -> None:
    assert EMPTY.union(Region(1, 1, 2, 2)) == Region(1, 1, 2, 2)
    assert Region(0, 0, 5, 5).intersect(Region(5, 0, 9, 9)).is_empty
    assert EMPTY.expand(10) == EMPTY


def test_formats_by_name_and_size() -> None:
    assert parse_format("HD") is FORMATS["HD"]
    anamorphic = parse_format("1828x1556@2")
    assert (anamorphic.width, anamorphic.height, anamorphic.pixel_aspect) == (1828, 1556, 2.0)
    for text, size in (("1x1", (1, 1)), ("65536x1", (65536, 1)), ("1x65536", (1, 65536))):
        assert (
            parse_format(text).width,
            parse_format(text).height,
        ) == size


@pytest.mark.parametrize("text", ["", "big", "10", "0x5", "5x-3", "1e3x4", "65537x1", "1x65537", "4x4@0", "4x4@nan"])
def test_what_is_no_format_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no format"):
        parse_format(text)


def test_a_format_without_end_is_told_in_a_few_words() -> None:
    with pytest.raises(ValueError, match="is no format") as told:
        parse_format("9" * 5000 + "x3")
    assert len(str(told.value)) < 200
