import torch

from compare import assert_close
from pictures import FRAME, layered, overscan, picture, plate
from rimlight.engine import Image, Project, Region
from stage import run


def flat(value: float, frame: Region = FRAME) -> Image:
    return picture(torch.full((4, frame.height, frame.width), float(value)), frame)


def test_pictures_lie_in_rows_from_the_top_left() -> None:
    out = run("ContactSheet", flat(1), image2=flat(2), image3=flat(3), project=Project(format="32x24"))["rgba"][0]
    for (y, x), value in {(5, 5): 1, (5, 20): 2, (18, 5): 3, (18, 20): 0}.items():
        assert float(out[y, x]) == value


def test_the_order_can_be_turned() -> None:
    values = {"row_order": "bottom first", "column_order": "right first", "format": "32x24", "rows": 2, "columns": 2}
    out = run("ContactSheet", flat(1), image2=flat(2), image3=flat(3), **values)["rgba"][0]
    for (y, x), value in {(18, 20): 1, (18, 5): 2, (5, 20): 3, (5, 5): 0}.items():
        assert float(out[y, x]) == value


def test_the_gap_is_black() -> None:
    out = run("ContactSheet", flat(1), image2=flat(1), rows=1, columns=2, gap=2, format="38x16")["rgba"][0]
    assert out[:, :2].abs().sum() == out[:, 18:20].abs().sum() == out[:, -2:].abs().sum() == 0
    assert float(out[8, 10]) == float(out[8, 30]) == 1


def test_a_picture_of_the_cells_size_is_copied() -> None:
    x = plate(Region(0, 0, 16, 12))
    out = run("ContactSheet", picture(x), image2=flat(0), rows=1, columns=2, format="32x12")
    assert_close(out["rgba"][:, :, :16], x, 0)


def test_pictures_keep_their_shape_and_only_their_frame_is_shown() -> None:
    tall = flat(1, Region(0, 0, 4, 12))
    out = run("ContactSheet", tall, format="24x12")["rgba"][0]
    assert out[:, :10].sum() == 0 and bool((out[:, 10:14] == 1).all())
    wide = run("ContactSheet", overscan(), format="16x12")
    assert_close(wide["rgba"], overscan().tensor("rgba", Region(0, 0, 16, 12)), 0)


def test_layers_of_all_inputs_are_there() -> None:
    out = run("ContactSheet", flat(1), image2=layered(), rows=1, columns=2, format="32x12")
    assert not out["depth"][:, :, :16].any() and bool(out["depth"][:, 3:9, 16:].all())
