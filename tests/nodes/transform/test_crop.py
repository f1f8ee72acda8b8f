import pytest
import torch

from compare import assert_close
from pictures import FRAME, apart, hdr, inside, layered, overscan
from rimlight.engine import Expr, NodeError, Region, Session
from stage import run, staged

BOX = (2.0, 3.0, 11.0, 10.0)
PIXELS = Region(2, 2, 11, 9)  # the frame is 12 high, and artists count from below


def test_the_box_becomes_the_data_window_without_a_copy() -> None:
    a = layered()
    out = run("Crop", a, box=BOX)
    assert out.region == out.info.data == PIXELS and out.info.display == FRAME
    for name in a.layers:
        assert_close(out[name], a.tensor(name, PIXELS), 0)
        assert out[name].untyped_storage().data_ptr() == a[name].untyped_storage().data_ptr()


def test_by_default_it_crops_to_the_frame() -> None:
    assert run("Crop", overscan()).region == FRAME
    assert run("Crop", inside()).region == inside().region


def test_edges_are_repeated_over_the_frame() -> None:
    out = run("Crop", hdr(), box=BOX, black_outside=False)["rgba"]
    inner = hdr().tensor("rgba", PIXELS)
    expected = torch.nn.functional.pad(inner[None], (2, 5, 2, 3), mode="replicate")[0]
    assert_close(out, expected, 0)


def test_the_box_becomes_the_frame() -> None:
    out = run("Crop", hdr(), box=BOX, reformat=True)
    assert out.info.display == out.info.data == Region(0, 0, 9, 7)
    assert_close(out["rgba"], hdr().tensor("rgba", PIXELS), 0)


def test_reformat_and_repeated_edges_fill_what_the_picture_does_not() -> None:
    out = run("Crop", inside(), box=(0.0, 0.0, 16.0, 12.0), reformat=True, black_outside=False)
    assert out.info.data == FRAME
    d = inside().info.data
    expected = torch.nn.functional.pad(inside()["rgba"][None], (d.x0, 16 - d.x1, d.y0, 12 - d.y1), mode="replicate")[0]
    assert_close(out["rgba"], expected, 0)


def test_intersect_keeps_the_box_to_the_picture() -> None:
    out = run("Crop", inside(), box=(0.0, 0.0, 8.0, 12.0), intersect=True, reformat=True)
    assert out.info.display == Region(0, 0, 5, 7)


def test_the_origin_is_that_of_the_frame() -> None:
    out = run("Crop", apart(), box=(0.0, 8.0, 4.0, 12.0))
    assert out.region == Region(4, -3, 8, 1)


def test_a_proxy_crops_the_same_part() -> None:
    stage = staged("Crop", hdr(), box=(2.0, 2.0, 10.0, 8.0))
    assert stage.info("node", scale=0.5).data == Region(1, 2, 5, 5)


def test_a_box_without_pixels_cannot_become_the_frame() -> None:
    with pytest.raises(NodeError, match="the box has no pixels"):
        run("Crop", inside(), box=(0.0, 0.0, 2.0, 2.0), intersect=True, reformat=True)
    assert run("Crop", inside(), box=(0.0, 0.0, 2.0, 2.0)).info.data.is_empty


def test_the_sides_of_a_box_are_linked_by_their_names_and_by_the_old_ones() -> None:
    session = Session()
    session.add("Constant", name="C")
    session.add("Crop", "C", name="K", box=BOX)
    session.add("Crop", "C", name="L")
    for sides in ("xyrt", "xyzw", "0123"):
        links = [f"K.box[{side}]" if side.isdigit() else f"K.box.{side}" for side in sides]
        session.set("L", box=tuple(map(Expr, links)))
        assert session.info("L").data == Region(2, 1070, 11, 1077), "in a frame that is 1080 high"
