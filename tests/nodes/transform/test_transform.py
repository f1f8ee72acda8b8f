"""Transform, Reformat, CornerPin: closed forms, and rows that filter once."""

import pytest
import torch

from compare import assert_close
from pictures import layered, noise, picture, ramp
from rimlight.engine import NodeError, Project, Region
from rimlight.nodes.ops.resample import FILTERS
from stage import Stage, run, staged

FRAME = Region(0, 0, 16, 12)


def spot(x: int, y: int, value: float = 5.0) -> object:
    """One bright pixel at artist coordinates."""
    t = torch.zeros(4, 12, 16)
    t[:, 11 - y, x] = value
    return picture(t)


def found(image: object, x: int, y: int) -> float:
    return float(image.tensor("rgba", Region(x, 11 - y, x + 1, 12 - y))[0])  # type: ignore[attr-defined]


def test_translation_is_y_up_and_exact() -> None:
    out = run("Transform", spot(3, 4), translate=(5.0, 2.0))
    assert found(out, 8, 6) == 5.0
    assert float(out["rgba"].abs().sum()) == 20.0
    assert out.info.data == FRAME.shift(5, -2)


def test_rotation_is_counter_clockwise_about_the_middle() -> None:
    out = run("Transform", spot(11, 5), rotate=90.0)  # 3.5 right of the middle, half a pixel below it
    assert found(out, 8, 9) == pytest.approx(5.0)


def test_rotation_about_the_corner() -> None:
    out = run("Transform", spot(4, 0), rotate=90.0, center_from="corner", translate=(1.0, 0.0))
    assert found(out, 0, 4) == pytest.approx(5.0)


def test_an_inverted_transform_undoes_itself_exactly_in_a_row() -> None:
    values = {"rotate": 33.0, "scale": (1.3, 0.7), "translate": (2.5, -1.25), "skew_x": 0.2}
    stage = Stage().given("a", ramp()).add("T", "Transform", {"image": "a"}, **values)
    stage.add("U", "Transform", {"image": "T"}, invert_matrix=True, **values)
    there_and_back = stage.evaluate("U")
    assert torch.allclose(there_and_back.tensor("rgba", FRAME), ramp()["rgba"], atol=1e-4)


def test_rows_filter_once_also_through_dots_and_reformats() -> None:
    stage = Stage().given("a", ramp()).add("T", "Transform", {"image": "a"}, translate=(0.5, 0.0))
    stage.add("D", "Dot", {"image": "T"}).add("U", "Transform", {"image": "D"}, translate=(0.5, 0.0))
    assert torch.equal(stage.evaluate("U").tensor("rgba", Region(1, 0, 16, 12)), ramp()["rgba"][:, :, :-1])
    assert stage.vertex("U").base == ("a", 1)


def test_scaling_keeps_the_mean_and_negative_scale_mirrors() -> None:
    out = staged("Transform", ramp(), scale=(-1.0, 1.0)).evaluate("node")
    assert torch.allclose(out["rgba"], ramp()["rgba"].flip(2), atol=1e-5)
    half = staged("Transform", spot(8, 6), scale=(0.5, 0.5), filter="triangle").evaluate("node")
    assert float(half["rgba"][0].sum()) == pytest.approx(5.0 / 4, rel=0.05)


def test_black_or_repeated_outside() -> None:
    white = picture(torch.ones(4, 12, 16))
    black = run("Transform", white, translate=(4.0, 0.0))
    assert found(black, 1, 5) == 0.0
    repeated = run("Transform", white, translate=(4.0, 0.0), black_outside=False)
    assert found(repeated, 1, 5) == 1.0


def test_zero_scale_is_a_sentence() -> None:
    with pytest.raises(NodeError, match="neither may be 0"):
        staged("Transform", ramp(), scale=(0.0, 1.0)).evaluate("node")


def test_a_tile_is_the_crop_of_the_whole() -> None:
    stage = staged("Transform", layered(), rotate=17.0, scale=(1.4, 0.6), translate=(1.5, -2.0))
    whole = stage.evaluate("node")
    stage.evaluator.clear()
    tile = stage.evaluate("node", region=Region(3, 2, 11, 9))
    for name in whole.layers:
        assert torch.allclose(tile[name], whole.crop(tile.region)[name], atol=1e-6)


def test_the_proxy_moves_by_as_much() -> None:
    big = picture(torch.nn.functional.pad(torch.ones(4, 4, 4), (4, 8, 4, 4)))
    out = staged("Transform", big, translate=(4.0, 0.0)).evaluate("node", scale=0.5)
    assert out.tensor("rgba", Region(4, 2, 6, 4)).min() == 1.0


@pytest.mark.parametrize(
    ("resize", "width"),
    [("width", 32.0), ("height", 21.33), ("fit", 21.33), ("fill", 32.0), ("none", 16.0), ("distort", 32.0)],
)
def test_reformat_fits_the_picture(resize: str, width: float) -> None:
    stage = staged("Reformat", picture(torch.ones(4, 12, 16)), format="32x16", resize=resize, preserve_bbox=True)
    info = stage.info("node")
    assert info.display == Region(0, 0, 32, 16)
    assert info.data.width == pytest.approx(width, abs=1.01)


def test_reformat_takes_the_pixel_aspect_into_account() -> None:
    wide = picture(torch.ones(4, 12, 8), display=Region(0, 0, 8, 12), pixel_aspect=2.0)
    out = run("Reformat", wide, format="16x12", resize="fit")
    assert out.info.pixel_aspect == 1.0
    assert torch.allclose(out["rgba"], torch.ones(4, 12, 16))


def test_reformat_to_the_project_is_its_default() -> None:
    stage = Stage(Project(format="8x6")).given("a", ramp()).add("R", "Reformat", {"image": "a"})
    assert stage.info("R").display == Region(0, 0, 8, 6)


def test_a_quarter_turn_is_a_copy() -> None:
    out = run("Reformat", ramp(), type="size", width=12, height=16, turn=True, resize="none")
    assert torch.equal(out["rgba"], ramp()["rgba"].rot90(-1, (1, 2)))


def test_corner_pin_moves_its_corners() -> None:
    square = picture(torch.ones(4, 12, 16))
    corners = {"from2": (16.0, 0.0), "from3": (16.0, 12.0), "from4": (0.0, 12.0)}
    out = run("CornerPin", square, to1=(4.0, 3.0), to2=(12.0, 3.0), to3=(12.0, 9.0), to4=(4.0, 9.0), **corners)
    assert found(out, 8, 6) == pytest.approx(1.0)
    assert float(out.tensor("rgba", FRAME)[0].sum()) == pytest.approx(48, rel=0.02)
    with pytest.raises(NodeError, match=r"node at frame 1: "):
        run("CornerPin", square, to1=(0.0, 0.0), to2=(0.0, 0.0), to3=(0.0, 0.0), to4=(0.0, 0.0), **corners)


def test_st_map_of_its_own_centres_changes_nothing() -> None:
    y, x = torch.meshgrid(torch.arange(12) + 0.5, torch.arange(16) + 0.5, indexing="ij")
    uv = picture(torch.stack((x / 16, 1 - y / 12, 0 * x, 0 * x)))
    assert torch.allclose(run("STMap", image=ramp(), field=uv)["rgba"], ramp()["rgba"], atol=1e-5)


def test_st_map_without_a_number_is_black() -> None:
    uv = picture(torch.full((4, 12, 16), float("nan")))
    assert float(run("STMap", image=ramp(), field=uv)["rgba"].abs().sum()) == 0.0


def test_i_distort_pushes_along_its_vectors() -> None:
    push = picture(torch.tensor([3.0, -2.0, 0.0, 0.0])[:, None, None].expand(4, 12, 16).contiguous())
    out = run("IDistort", image=spot(4, 6), field=push)
    assert found(out, 7, 4) == pytest.approx(5.0)


def test_ids_are_never_mixed_and_depth_never_rings() -> None:
    ids = torch.zeros(3, 12, 16)
    ids[:, :, 8:] = 1e9
    out = run("Transform", picture({"rgba": torch.ones(4, 12, 16), "crypto00": ids}), rotate=20.0)
    assert set(out["crypto00"].unique().tolist()) <= {0.0, 1e9} or out.info.layer("crypto00").kind != "data"


@pytest.mark.parametrize("name", ["impulse", "box", "lanczos6"])
def test_a_tile_of_depth_and_normals_equals_the_crop_whatever_the_filter(name: str) -> None:
    values = {"filter": name, "scale": (0.44, 0.22), "center": (8.0, 6.0)}
    large = layered(Region(-24, -20, 40, 36))
    whole = staged("Transform", large, **values).evaluate("node")
    for region in (Region(4, 5, 5, 6), Region(8, 3, 10, 4)):
        tile = staged("Transform", large, **values).evaluate("node", region=region)
        for layer in tile.layers:
            assert_close(tile[layer], whole.tensor(layer, region), threshold=2e-6, relative=1e-5)


@pytest.mark.parametrize("filter", sorted(set(FILTERS) - {"mitchell", "parzen", "notch"}))
def test_a_move_by_whole_pixels_changes_no_pixel(filter: str) -> None:
    """But for the filters that soften wherever they stand."""
    x = noise(3, FRAME)
    x[:, 5, 6] = torch.inf
    moved = run("Transform", picture(x), translate=(3.0, -2.0), filter=filter)
    assert torch.equal(moved.tensor("rgba", FRAME)[:, 2:, 3:], x[:, :-2, :-3])
