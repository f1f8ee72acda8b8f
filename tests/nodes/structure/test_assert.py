import pytest

from compare import assert_same
from pictures import empty, hdr, layered, not_finite, tiny
from rimlight.engine import NodeError
from stage import run, staged


def test_a_good_picture_passes_without_a_copy() -> None:
    a = layered()
    out = run("Assert", a, layers="normal depth", format="16x12", limits=True, minimum=-10, maximum=100)
    assert_same(out, a)
    assert out["rgba"].untyped_storage().data_ptr() == a["rgba"].untyped_storage().data_ptr()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"layers": "rgba albedo"}, "layer 'albedo' is missing, there are rgba"),
        ({"format": "HD"}, "the frame is 16x12, expected 1920x1080"),
        ({"limits": True, "maximum": 1}, r"layer 'rgba' goes from -[\d.]+ to [\d.]+, allowed is 0 to 1"),
        ({"format": "HD", "message": "wrong plate"}, r"wrong plate \(the frame is 16x12"),
    ],
)
def test_what_is_wrong_is_said(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(NodeError, match=sentence):
        run("Assert", hdr(), **values)


def test_pixels_that_are_not_finite_are_counted() -> None:
    with pytest.raises(NodeError, match="layer 'rgba' has 3 pixels that are not finite"):
        run("Assert", not_finite())
    assert_same(run("Assert", not_finite(), finite=False), not_finite())


def test_it_follows_the_proxy() -> None:
    assert staged("Assert", hdr(), format="16x12").info("node", scale=0.5).display.width == 8


def test_no_pixels_are_no_mistake() -> None:
    assert run("Assert", empty(), limits=True).info.data.is_empty
    assert_same(run("Assert", tiny()), tiny())
