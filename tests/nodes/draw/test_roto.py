"""Roto: areas, edges, modes and animation in closed form."""

import math
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from calls import noted
from compare import assert_close, assert_same
from pictures import FRAME, hdr, inside, layered, picture, plate
from rimlight.engine import Image, ParameterError, Project, Region
from rimlight.nodes.ops import shape_matte
from stage import Stage, run, staged

SIZE = Project(format="80x60")
K = 0.5522847498


def circle(x: float, y: float, r: float, **more: Any) -> dict[str, Any]:
    places = ((r, 0.0), (0.0, r), (-r, 0.0), (0.0, -r))
    points = [
        {"at": [x + px, y + py], "in": [K * py, -K * px], "out": [-K * py, K * px]} for px, py in places
    ]  # fmt: skip
    return {"points": points, **more}


def box(x0: float, y0: float, x1: float, y1: float, **more: Any) -> dict[str, Any]:
    return {"points": [[x0, y0], [x1, y0], [x1, y1], [x0, y1]], **more}


def roto(*shapes: dict[str, Any], frame: float = 1, scale: float = 1.0, **values: Any) -> Tensor:
    """The alpha that a Roto without input draws, 60 rows of 80."""
    stage = staged("Roto", project=SIZE, shapes=list(shapes), **values)
    found: Tensor = stage.evaluate("node", frame, scale=scale)["rgba"][3]
    return found


def rows(*shapes: dict[str, Any], **values: Any) -> Tensor:
    """As `roto`, but the first row is the bottom one, as an artist counts."""
    return roto(*shapes, **values).flip(0)


def test_a_circle_has_its_area() -> None:
    assert float(roto(circle(40.3, 29.6, 20)).double().sum()) == pytest.approx(math.pi * 400, rel=4e-4)


def test_a_box_stands_where_the_artist_put_it_and_parts_of_pixels_count() -> None:
    found = rows(box(10.25, 20, 13, 22.5))
    assert found[20, 9:14].tolist() == [0, 0.75, 1, 1, 0] and found[22, 9:14].tolist() == [0, 0.375, 0.5, 0.5, 0]
    assert float(found.sum()) == 2.75 * 2.5


def test_a_shift_by_a_part_of_a_pixel_shows() -> None:
    still, moved = rows(box(10, 10, 20, 20)), rows(box(10, 10, 20, 20, translate=[0.25, 0]))
    assert float(moved[15, 10]) == 0.75 and float(moved[15, 20]) == 0.25
    assert float(moved.sum()) == float(still.sum()) == 100


def test_feather_falls_steadily_and_keeps_the_inside_white() -> None:
    across = roto(circle(40, 30, 12, feather=10))[30, 40:].tolist()
    assert across[:11] == [1] * 11 and across[23:] == [0] * 17
    assert all(a >= b for a, b in pairwise(across))
    assert across[16] == pytest.approx(0.55, abs=0.02)  # 4.5 pixels out of 10
    steep = roto(circle(40, 30, 12, feather=10, falloff=2))[30, 40:]
    assert float(steep[16]) == pytest.approx(0.55**2, abs=0.03)


def test_feather_of_one_point_and_feather_inwards() -> None:
    shape = box(20, 20, 40, 40)
    shape["points"][1] = {"at": [40, 20], "feather": [10, 0]}
    shape["points"][2] = {"at": [40, 40], "feather": [10, 0]}
    found = rows(shape)
    assert float(found[30, 44]) == pytest.approx(0.55, abs=0.02) and float(found[30, 15]) == 0
    inwards = rows(circle(40, 30, 15, feather=-8))
    assert float(inwards[30, 56]) == 0 and float(inwards[30, 40]) == 1
    assert float(inwards[30, 51]) == pytest.approx(3.5 / 8, abs=0.02)


def with_feather(places: dict[str, Any], r: float, handles: float) -> dict[str, Any]:
    """A circle whose feather outline is a Bezier of its own, `r` further out, with handles as of another circle."""
    points = []
    for point, (px, py) in zip(places["points"], ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)), strict=True):
        k = K * handles
        own = {"feather": [r * px, r * py], "feather_in": [k * py, -k * px], "feather_out": [-k * py, k * px]}
        points.append({**point, **own})
    return {**places, "points": points}


def test_the_feather_outline_may_have_handles_of_its_own() -> None:
    soft = roto(with_feather(circle(40, 30, 12), 10, 22))
    # Circles of all radii from 12 to 22, each with as much of the coverage.
    assert float(soft.double().sum()) == pytest.approx(math.pi * (22**3 - 12**3) / 30, rel=2e-3)
    assert_close(soft, roto(circle(40, 30, 12, feather=10)), threshold=0.02)
    flat = rows(with_feather(circle(40, 30, 12), 10, 0))
    assert float(flat[30, 57]) == pytest.approx(float(soft.flip(0)[30, 57]), abs=0.03), (
        "at the points it reaches as far"
    )
    diagonal = 30 + round(17 * math.sin(math.pi / 4))
    assert float(flat[diagonal, diagonal + 10]) == 0 < float(soft.flip(0)[diagonal, diagonal + 10]), "corners between"


def test_half_way_to_a_key_with_feather_handles_is_half_way() -> None:
    shape = with_feather(circle(40, 30, 12), 10, 0)
    turned = [{name: p[name] for name in ("at", "in", "out", "feather")} for p in shape["points"]]
    keys = [
        {"frame": 1, "interp": "linear", "points": turned},
        {"frame": 3, "interp": "linear", "points": shape["points"]},
    ]
    ends = [rows({"keys": keys}, frame=frame).double().sum() for frame in (1, 2, 3)]
    assert ends[0] > ends[1] > ends[2]


@pytest.mark.parametrize(
    ("mode", "both", "first", "second"),
    [("union", 1, 1, 1), ("subtract", 0, 1, 0), ("intersect", 1, 0, 0), ("difference", 0, 1, 1)],
)
def test_modes(mode: str, both: float, first: float, second: float) -> None:
    found = rows(box(10, 10, 30, 30), box(20, 10, 40, 30, mode=mode))
    assert (found[20, 25], found[20, 15], found[20, 35], found[50, 70]) == (both, first, second, 0)
    half = rows(box(10, 10, 30, 30), box(20, 10, 40, 30, mode=mode, opacity=0.5))
    assert float(half[20, 25]) == (1 + both) / 2 if mode != "intersect" else 0.5


def test_only_the_shapes_before_are_cut() -> None:
    found = rows(box(10, 10, 30, 30), box(10, 10, 20, 30, mode="subtract"), box(12, 10, 14, 30))
    assert found[20, 9:16].tolist() == [0, 0, 0, 1, 1, 0, 0]


def test_hidden_and_unfinished_shapes_draw_nothing() -> None:
    shapes = [box(0, 0, 9, 9, visible=False), {"points": [[5, 5]]}, {"name": "new"}, {"points": [[1, 1], [9, 9]]}]
    assert not roto(*shapes).any()
    assert not roto(box(10, 10, 20, 20), {"mode": "intersect"}).any()


def test_an_open_shape_is_a_line() -> None:
    found = rows({"closed": False, "width": 4, "points": [[10, 20], [50, 20]]})
    assert found[16:25, 30].tolist() == [0, 0, 1, 1, 1, 1, 0, 0, 0]
    assert float(found.sum()) == pytest.approx(4 * 40 + math.pi * 4, rel=0.02)
    curved = rows({"closed": False, "width": 2, "points": [{"at": [10, 10], "out": [0, 40]}, [50, 10]]})
    assert not curved[10, 25:40].any()  # nothing closes it


def test_a_shape_turns_and_grows_about_its_center() -> None:
    turned = rows(box(40, 30, 60, 32, rotate=90, center=[40, 30]))
    assert_close(turned, rows(box(38, 30, 40, 50)), threshold=1e-6)
    grown = rows(box(30, 20, 40, 30, scale=[2, 0.5], center=[30, 20]))
    assert_close(grown, rows(box(30, 20, 50, 25)), threshold=1e-6)


def moving(interp: str = "linear") -> dict[str, Any]:
    places = ((1, box(10, 10, 20, 20)), (11, box(30, 30, 40, 40)))
    return {"keys": [{"frame": frame, "interp": interp, "points": shape["points"]} for frame, shape in places]}


def test_half_way_in_time_is_half_way_in_place() -> None:
    assert torch.equal(rows(moving(), frame=6), rows(box(20, 20, 30, 30)))
    assert torch.equal(rows(moving(), frame=1.5), rows(box(11, 11, 21, 21)))
    assert torch.equal(rows(moving("constant"), frame=10), rows(box(10, 10, 20, 20)))
    assert torch.equal(rows(moving(), frame=99), rows(box(30, 30, 40, 40)))


def test_frames_with_the_same_shapes_share_one_result() -> None:
    stage = staged("Roto", project=SIZE, shapes=[moving()])
    key = {frame: stage.vertex("node", frame).key for frame in (0, 1, 6, 11, 12, 50)}
    assert key[0] == key[1] and key[11] == key[12] == key[50] and len(set(key.values())) == 3
    shapes = stage.graph["node"].value("shapes").to_data()
    shapes[0]["keys"].append({"frame": 100, "points": box(0, 0, 5, 5)["points"]})
    stage.set("node", shapes=shapes)
    assert stage.vertex("node", 6).key == key[6] and stage.vertex("node", 50).key != key[50]


def test_a_tile_equals_the_crop() -> None:
    shapes = [circle(30, 30, 20, feather=9), box(20, 5, 60, 40, mode="difference", rotate=12, opacity=0.6)]
    shapes += [{"closed": False, "width": 3, "feather": 2, "points": [[1, 1], {"at": [60, 50], "in": [-30, 0]}]}]
    stage = staged("Roto", project=SIZE, shapes=shapes)
    whole = stage.evaluate("node")
    for region in (Region(0, 0, 33, 17), Region(31, 20, 32, 21), Region(47, 11, 80, 60)):
        stage.evaluator.clear()
        assert_close(stage.evaluate("node", region=region)["rgba"], whole.tensor("rgba", region), threshold=2e-6)


def test_half_size_is_the_whole_made_smaller() -> None:
    shapes = [circle(38, 30, 20), circle(36, 30, 8, mode="subtract"), box(5, 5, 30, 25, rotate=30)]
    soft, line = circle(38, 30, 15, feather=8), {"closed": False, "width": 6, "points": [[3, 4], [70, 50]]}
    for drawn, threshold in ((shapes, 0.02), ([soft], 0.01), ([line], 0.06)):
        smaller = torch.nn.functional.avg_pool2d(roto(*drawn)[None], 2)
        assert_close(roto(*drawn, scale=0.5)[None], smaller, threshold=threshold, hard=0.06, allowed=0.005)


def test_it_is_drawn_over_what_is_there_or_in_its_place() -> None:
    shape, alpha = box(4, 2, 10, 8, opacity=0.5), plate(FRAME)[3]
    part = torch.zeros(12, 16)
    part[4:10, 4:10] = 0.5
    over = run("Roto", hdr(), shapes=[shape])["rgba"]
    assert_close(over[3], alpha + (1 - alpha) * part, threshold=1e-6)
    assert torch.equal(over[:3], plate(FRAME)[:3])
    assert torch.equal(run("Roto", hdr(), shapes=[shape], replace=True)["rgba"][3], part)
    outside = run("Roto", hdr(), shapes=[shape], replace=True, invert=True, opacity=0.25)["rgba"][3]
    assert torch.equal(outside, (1 - part) / 4)


def test_premultiply_multiplies_colour_by_what_is_drawn() -> None:
    y = run("Roto", hdr(), shapes=[box(4, 2, 10, 8)], replace=True, premultiply=True, opacity=0.5)["rgba"]
    assert torch.equal(y[:3], plate(FRAME)[:3] * y[3])


def test_mask_and_mix_hold_it_back() -> None:
    values: dict[str, Any] = {"shapes": [circle(8, 6, 4, feather=2)], "premultiply": True}
    full = run("Roto", hdr(), **values)["rgba"]
    assert_close(run("Roto", hdr(), mix=0.25, **values)["rgba"], torch.lerp(plate(FRAME), full, 0.25), threshold=2e-6)
    black = picture(torch.zeros(4, 12, 16))
    assert_same(run("Roto", hdr(), mask=black, **values), hdr())


def test_other_channels_and_new_layers_can_be_drawn_into() -> None:
    shape = box(4, 2, 10, 8)
    out = run("Roto", layered(), shapes=[shape], output="head diffuse.G")
    assert out.info.names == ("rgba", "diffuse", "normal", "depth", "head")
    assert float(out["head"].sum()) == 36 and float(out["diffuse"][1, 5, 5]) == 1
    assert torch.equal(out["diffuse"][0], layered()["diffuse"][0]) and torch.equal(out["rgba"], layered()["rgba"])
    white = run("Roto", shapes=[shape], output="rgba")["rgba"]
    assert bool((white == white[3]).all())
    alone = run("Roto", shapes=[shape], output="head.A")
    assert alone.info.names == ("rgba", "head") and float(alone["head"].sum()) == 36 and not alone["rgba"].any()


def test_the_data_window_grows_to_the_shapes() -> None:
    def window(*shapes: dict[str, Any], **values: Any) -> Region:
        found: Region = staged("Roto", inside(), shapes=list(shapes), **values).info("node").data
        return found

    data = inside().info.data
    assert window(box(4, 4, 5, 5)) == data and window(box(1, 4, 5, 5)) == Region(1, 2, 13, 9)
    assert window(box(-50, 4, 50, 5)) == Region(0, 2, 16, 9)  # not beyond the frame
    assert window(box(4, 4, 5, 5), invert=True) == FRAME
    out: Image = run("Roto", inside(), shapes=[box(0, 0, 16, 12)])
    assert float(out["rgba"][3].min()) == 1 and not out["rgba"][:3, 0].any()


def test_nothing_to_draw_passes_the_picture() -> None:
    assert staged("Roto", hdr()).vertex("node").alias is not None
    assert staged("Roto", hdr(), shapes=[box(0, 0, 5, 5)], opacity=0).vertex("node").alias is not None
    assert staged("Roto", hdr(), shapes=[box(0, 0, 5, 5, visible=False)]).vertex("node").alias is not None
    assert staged("Roto", hdr(), shapes=[box(0, 0, 5, 5)]).vertex("node").alias is None
    assert staged("Roto", hdr(), output="head").vertex("node").alias is None  # the new layer stays


def test_a_wrong_shape_is_a_sentence() -> None:
    with pytest.raises(ParameterError, match=r"draw\.roto\.shapes = .*: point 2 of the points of shape 'a' is \[1\]"):
        Stage().add("node", "Roto", shapes=[{"name": "a", "points": [[0, 0], [1]]}])


def test_all_shapes_move_with_the_node_after_their_own_way() -> None:
    image = picture(torch.zeros(4, 12, 16), Region(0, 0, 16, 12))
    shape = {"points": [[2, 2], [6, 2], [6, 5], [2, 5]], "rotate": 90, "center": [4, 4]}
    moved = staged("Roto", image, shapes=[shape], translate=(3, 1), scale=(2, 2), center=(4, 4))
    by_hand = {"points": [[11, 1], [11, 9], [5, 9], [5, 1]]}
    assert_close(moved.evaluate("node")["rgba"], staged("Roto", image, shapes=[by_hand]).evaluate("node")["rgba"])
    line = {"points": [[2, 2], [6, 2]], "closed": False, "width": 1, "feather": 1}
    grown = staged("Roto", image, shapes=[line], scale=(2, 2)).evaluate("node")["rgba"]
    by_hand = {"points": [[4, 4], [12, 4]], "closed": False, "width": 2, "feather": 2}
    assert_close(grown, staged("Roto", image, shapes=[by_hand]).evaluate("node")["rgba"])


def test_a_proxy_shows_shapes_where_the_node_moves_them() -> None:
    moved = staged(
        "Roto", project=SIZE, shapes=[box(20, 40, 24, 44)], translate=(30, -8), rotate=90.0, scale=(2, 2),
        center=(20, 40),
    )  # fmt: skip
    full, half = (moved.evaluate("node", scale=scale)["rgba"][3:] for scale in (1.0, 0.5))
    assert float(full.sum()) == pytest.approx(64)
    assert_close(half, torch.nn.functional.avg_pool2d(full[None], 2)[0])


def test_of_several_shapes_only_the_edited_one_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = noted(monkeypatch, (shape_matte, "draw_shape"))
    shapes = [circle(30, 30, 20, feather=3), box(20, 5, 60, 40, mode="difference"), circle(50, 30, 9, mode="subtract")]
    stage = staged("Roto", project=SIZE, shapes=shapes)
    stage.evaluate("node")
    assert len(drawn) == 3
    shapes[1] = box(22, 5, 61, 40, mode="difference")
    edited = stage.set("node", shapes=shapes).evaluate("node")["rgba"]
    assert len(drawn) == 4
    assert_close(edited[3], roto(*shapes), threshold=0.0)
    stage.set("node", rotate=10.0).evaluate("node")
    assert len(drawn) == 10, "three anew, and three as all move"
