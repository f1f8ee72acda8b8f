"""Paint: what each brush makes of pixels, where it touches them, and what stays."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import rimlight.nodes.draw.paint as paint_module
from calls import noted
from compare import assert_close
from pictures import inside, not_finite, picture, plate
from rimlight.engine import Curve, Image, ParameterError, Region, registry
from rimlight.nodes.ops.matrices import affine_matrix
from rimlight.nodes.ops.paint_strokes import PaintStrokes
from stage import Stage, staged

FRAME = Region(0, 0, 96, 64)
GREY = torch.full((4, 64, 96), 0.25)
LINE = [[20, 32], [60, 32, 0.5], [70, 40]]
"""Pressure falls towards the end."""
FOUR = [
    {"points": LINE, "size": 20, "color": [4, 1, 0.5]},
    {"brush": "dodge", "stops": 2, "points": [[30, 20], [30, 50]], "size": 14, "hardness": 0},
    {"brush": "clone", "offset": [25.5, -8], "points": [[50, 50], [80, 50]], "size": 16, "opacity": 0.7},
    {"brush": "erase", "points": [[40, 0], [40, 63]], "size": 8, "hardness": 1},
]

AREA = [
    {"points": LINE, "size": 20, "color": [4, 1, 0.5]},
    {"brush": "blur", "blur_size": 6, "points": [[15, 30], [75, 34]], "size": 18, "hardness": 0},
    {"brush": "smear", "points": [[20, 20], [50, 40], [60, 20, 0.5]], "size": 16},
    {"brush": "sharpen", "blur_size": 3, "points": [[60, 10], [60, 60]], "size": 20, "opacity": 0.6},
    {"brush": "clone", "offset": [25.5, -8], "points": [[50, 50], [80, 50]], "size": 16, "opacity": 0.7},
    {"brush": "smear", "points": [[85, 62], [50, 30]], "size": 24, "hardness": 1, "opacity": 0.7},
    {"brush": "blur", "blur_size": 14, "points": [[0, 0], [30, 30]], "size": 30},
]
"""Strokes that look beyond the pixels they change, over one another."""

MOVED = [
    {**one, "rotate": 20 * i - 30, "scale": [1 + 0.1 * i, 1.2 - 0.1 * i], "translate": [3 * i, -i], "center": [40, 30]}
    for i, one in enumerate(AREA)
]
RAMP = {"keys": [[1, 0, "linear"], [11, 20, "linear"]]}
"""Twice the frames since the first."""


def stage(*strokes: dict[str, Any], image: Image | None = None, **values: Any) -> Stage:
    return staged("Paint", image or picture(GREY, FRAME), strokes=list(strokes), **values)


def painted(*strokes: dict[str, Any], frame: float = 1, **values: Any) -> Tensor:
    """The main layer, rows from the bottom as an artist counts."""
    found: Tensor = stage(*strokes, **values).evaluate("node", frame)["rgba"]
    return found.flip(1)


def dot(x: float, y: float, **more: Any) -> dict[str, Any]:
    return {"points": [[x, y]], "size": 10, "hardness": 1, **more}


def test_paint_lays_its_colour_over_and_leaves_alpha_and_the_rest() -> None:
    found = painted(dot(30.5, 20.5, color=[4, -1, 0.5]))
    assert found[:, 20, 30].tolist() == [4, -1, 0.5, 0.25]
    assert found[:3, 20, 40].tolist() == [0.25] * 3
    assert bool((found[3] == 0.25).all())
    assert float(painted(dot(30.5, 20.5), channels="rgba")[3, 20, 30]) == 1


def test_dodge_multiplies_so_that_texture_and_bright_light_survive() -> None:
    image = picture(plate(FRAME), FRAME)
    before = image["rgba"].flip(1)
    for stops in (1.5, -1.5):
        found = painted(dot(30.5, 20.5, brush="dodge", stops=stops), image=image)
        assert_close(found[:3, 18:23, 28:33], before[:3, 18:23, 28:33] * 2**stops)
        assert torch.equal(found[3], before[3])


def test_clone_copies_the_input_from_its_offset_and_parts_of_pixels_are_linear() -> None:
    image = picture(plate(FRAME), FRAME)
    before = image["rgba"].flip(1)
    found = painted(dot(30.5, 20.5, brush="clone", offset=[12, 7]), image=image)
    assert_close(found[:3, 18:23, 28:33], before[:3, 25:30, 40:45])
    found = painted(dot(30.5, 20.5, brush="clone", offset=[12.5, 0]), image=image)
    assert_close(found[:3, 20, 30], (before[:3, 20, 42] + before[:3, 20, 43]) / 2)


def test_pressure_changes_the_size_the_opacity_both_or_nothing() -> None:
    pressed = {"points": [[20.5, 30.5], [40.5, 30.5, 0.5], [60.5, 30.5, 0.5]], "size": 20, "hardness": 1}
    for what, wide, share in (("size", False, 1), ("opacity", True, 0.5), ("both", False, 0.5), ("none", True, 1)):
        found = painted({**pressed, "pressure": what})[0]
        assert float(found[30, 50]) == pytest.approx(0.25 + 0.75 * share), what
        assert (float(found[37, 50]) > 0.25) is wide, what
        assert float(found[30, 20]) == 1
    faint = painted({**pressed, "brush": "smear", "pressure": "opacity", "points": [[20.5, 30.5, 0], [60.5, 30.5, 0]]})
    assert torch.equal(faint, GREY)


def test_erase_brings_the_input_back() -> None:
    found = painted({"points": LINE, "size": 20}, {"brush": "erase", "points": LINE, "size": 40, "hardness": 1})
    assert torch.equal(found, GREY)


def test_a_stroke_has_no_beads_and_may_cross_itself() -> None:
    once = painted({"points": [[10, 30], [80, 30]], "size": 12, "opacity": 0.5, "color": [1, 1, 1]})
    many = painted(
        {"points": [[x, 30] for x in (*range(10, 81), *range(80, 9, -1))], "size": 12, "opacity": 0.5}
    )  # fmt: skip
    assert_close(many, once)
    assert float(once[0, 30, 20:70].max() - once[0, 30, 20:70].min()) < 1e-6


@pytest.mark.parametrize("strokes", [FOUR, AREA, MOVED])
@pytest.mark.parametrize("box", [(0, 0, 30, 64), (30, 10, 70, 40), (70, 0, 96, 64)])
def test_a_tile_is_the_part_of_the_whole(strokes: list[dict[str, Any]], box: tuple[int, int, int, int]) -> None:
    image = picture(plate(FRAME), FRAME)
    whole = stage(*strokes, image=image).evaluate("node")["rgba"]
    tile = stage(*strokes, image=image).evaluate("node", region=Region(*box))["rgba"]
    assert_close(tile, whole[:, box[1] : box[3], box[0] : box[2]])


def test_tiles_of_one_session_do_not_mix_up_what_they_keep() -> None:
    image = picture(plate(FRAME), FRAME)
    whole = stage(*AREA, image=image).evaluate("node")["rgba"]
    kept = stage(*AREA[:4], image=image)
    kept.evaluate("node", region=Region(40, 20, 60, 40))
    kept.set("node", strokes=AREA)
    for box in ((40, 20, 60, 40), (20, 0, 60, 64)):
        tile = kept.evaluate("node", region=Region(*box))["rgba"]
        assert_close(tile, whole[:, box[1] : box[3], box[0] : box[2]])


def test_blur_and_sharpen_do_as_their_nodes_to_what_is_below() -> None:
    image = picture(plate(FRAME), FRAME)
    cover = dot(48, 32, size=200, blur_size=6)
    lay = {"points": LINE, "size": 20, "color": [4, 1, 0.5]}
    laid = staged("Paint", image, strokes=[lay]).evaluate("node")
    for brush, kind, values in (("blur", "Blur", {}), ("sharpen", "Sharpen", {"amount": 1.0})):
        found = stage(lay, {**cover, "brush": brush}, image=image).evaluate("node")["rgba"]
        whole = staged(kind, picture(laid["rgba"], FRAME), size=6.0, channels="rgb", **values).evaluate("node")["rgba"]
        assert_close(found, whole)
        half = stage(lay, {**cover, "brush": brush, "opacity": 0.5}, image=image).evaluate("node")["rgba"]
        assert_close(half, torch.lerp(laid["rgba"], whole, 0.5))


def test_smear_drags_what_is_below_along_as_far_as_the_brush_goes() -> None:
    spot = {"points": [[20.5, 32.5]], "size": 5, "hardness": 1, "color": [4, 2, 1]}
    way = {"brush": "smear", "points": [[20.5, 32.5], [30.5, 38.5], [50.5, 32.5]], "size": 30}
    found = painted(spot, way)
    assert_close(found[:3, 32, 50], torch.tensor([4.0, 2, 1]))
    assert float((found[0, 32, 18:24] - 0.25).abs().max()) < 1.0, "it is dragged away from where it was"
    half = painted(spot, {**way, "opacity": 0.5, "points": [[20.5, 32.5], [50.5, 32.5]], "hardness": 1, "size": 64})
    assert float(half[0, 32, 35]) > 3.9, "half of the way of a brush that covers it all the while"
    flat = painted({"brush": "smear", "points": LINE, "size": 20})
    assert_close(flat, GREY)
    dense = [[20.5 + i * 0.5, 32.5] for i in range(61)]
    sparse = painted(spot, {**way, "points": [[20.5, 32.5], [50.5, 32.5]]})
    assert_close(painted(spot, {**way, "points": dense}), sparse)


def test_blur_and_smear_leave_the_rest_and_bring_no_edge_in() -> None:
    image = picture(plate(FRAME), FRAME)
    before = image["rgba"].flip(1)
    for brush in ("blur", "sharpen", "smear"):
        found = painted({"brush": brush, "points": [[30, 30], [40, 30]], "size": 10}, image=image)
        assert torch.equal(found[:, :24], before[:, :24]) and torch.equal(found[:, 38:], before[:, 38:])
        flat = painted({"brush": brush, "points": [[-20, 5], [99, -3], [20, 80]], "size": 40, "blur_size": 20})
        assert_close(flat, GREY), "a flat plate stays so at its frame"


def test_clone_and_reveal_copy_from_other_frames_and_reveal_from_the_other_picture() -> None:
    across = torch.arange(96.0).expand(64, 96)

    def clip(times: float) -> Callable[[float], Image]:
        return lambda frame: picture(
            torch.stack((torch.full_like(across, frame * times), across, across, across)), FRAME
        )

    strokes = [
        dot(10.5, 10.5, brush="clone", time=2, offset=[4, 0]),
        dot(30.5, 10.5, brush="clone", time=7, time_mode="absolute"),
        dot(50.5, 10.5, brush="reveal"),
        dot(70.5, 10.5, brush="reveal", time=-1, offset=[5, 0], frames=[1, 4]),
    ]
    clips = Stage().given("one", clip(1)).given("other", clip(100))
    node = clips.add("node", "Paint", {"image": "one"}, strokes=strokes)
    bare = node.evaluate("node", 4)["rgba"].flip(1)
    assert [float(bare[0, 10, x]) for x in (10, 30, 50, 70, 90)] == [6, 7, 4, 4, 4]
    full = clips.add("node", "Paint", {"image": "one", "background": "other"}, strokes=strokes)
    for frame in (4, 5):
        found = full.evaluate("node", frame)["rgba"].flip(1)
        last = 100 * (frame - 1) if frame == 4 else frame
        assert [float(found[0, 10, x]) for x in (10, 30, 50, 70, 90)] == [frame + 2, 7, 100 * frame, last, frame]
    assert float(found[1, 10, 10]) == 14


def followed(moves: Callable[[float], Any], **values: Any) -> Stage:
    """A smooth picture that `moves`, which gives translate, rotate and scale at a frame, takes along, and a Paint with
    that for keys at frames 1 to 9; what is copied from two frames before lies over all of it.
    """
    frames = range(1, 10)

    def shown(frame: float) -> Image:
        translate, rotate, scale = moves(frame)
        v, u = torch.meshgrid(torch.arange(64.0), torch.arange(96.0), indexing="ij")
        at = torch.stack((u + 0.5, 63.5 - v, torch.ones_like(u))).double().reshape(3, -1)
        moved = affine_matrix(translate, rotate, (scale, scale), center=(48.0, 32.0))
        x, y, _ = (torch.linalg.inv(moved) @ at).reshape(3, 64, 96).float()
        waves = (torch.sin(x / 5) + torch.cos(y / 4), torch.sin(y / 6), torch.cos((x + y) / 7), torch.ones_like(x))
        return picture(torch.stack(waves), FRAME)

    found = {frame: moves(frame) for frame in frames}

    def keys(number: Callable[[Any], float]) -> Curve:
        return Curve.of(*((frame, number(found[frame])) for frame in frames), interp="linear")

    size = keys(lambda at: at[2])
    stroke = {"brush": "clone", "time": -2, "size": 24, "hardness": 1, "points": [[48, 32]]}
    return Stage().given("clip", shown).add(
        "node", "Paint", {"image": "clip"}, strokes=[stroke], center=(48.0, 32.0), rotate=keys(lambda at: at[1]),
        translate=(keys(lambda at: at[0][0]), keys(lambda at: at[0][1])), scale=(size, size), **values,
    )  # fmt: skip


def test_what_is_cloned_from_another_frame_is_the_same_spot_of_what_moves() -> None:
    def slides(frame: float) -> Any:
        return (3.0 * (frame - 1), -2.0 * (frame - 1)), 0.0, 1.0

    found, plain = followed(slides), followed(slides, follow_source=False)
    for frame in (3, 5):
        plate = found.evaluate("clip", frame)["rgba"]
        assert_close(found.evaluate("node", frame)["rgba"], plate)
        assert float((plain.evaluate("node", frame)["rgba"] - plate).abs().max()) > 0.5


def test_what_is_cloned_from_another_frame_is_turned_and_scaled_with_the_track() -> None:
    def turns(frame: float) -> Any:
        return (2.0 * frame, frame), 4.0 * frame, 1 + 0.03 * frame

    found, plain = followed(turns), followed(turns, follow_source=False)
    for scale, tolerance in ((1.0, 0.06), (0.5, 0.15)):  # of a range of 4: it was filtered once
        plate, one, other = (
            stage.evaluate(node, 5, scale=scale)["rgba"]
            for stage, node in ((found, "clip"), (found, "node"), (plain, "node"))
        )
        assert 0 < float((one - plate).abs().max()) < tolerance and float((other - plate).abs().max()) > 0.5
    half = found.evaluate("node", 5, region=Region(40, 20, 60, 40))["rgba"]
    assert torch.equal(half, found.evaluate("node", 5)["rgba"][:, 20:40, 40:60])


def test_scripts_from_before_copy_from_the_same_place_of_the_picture() -> None:
    upgrade = registry.find("draw.paint").upgrades[1]
    assert upgrade({"translate": [5, 0]}) == {"translate": [5, 0], "follow_source": False}


def test_a_proxy_shows_the_same_picture() -> None:
    smooth = torch.linspace(0.1, 2, 96).expand(4, 64, 96).contiguous()
    image = picture(smooth, FRAME)
    strokes = [{**s, "hardness": 0} for s in FOUR]
    full = stage(*strokes, image=image).evaluate("node")["rgba"]
    half = stage(*strokes, image=image).evaluate("node", scale=0.5)["rgba"]
    reduced = torch.nn.functional.avg_pool2d(full[None], 2)[0]
    assert float((half - reduced).abs().mean()) < 0.01 and float((half - reduced).abs().max()) < 0.4  # of a range of 4


def test_a_proxy_shows_strokes_where_the_node_moves_them() -> None:
    moves: dict[str, Any] = {"translate": (30, -8), "rotate": 90.0, "scale": (2, 2), "center": (20, 40)}
    line = {"points": [[20, 40], [24, 44]], "size": 6, "hardness": 0}
    full = stage(line, **moves).evaluate("node")["rgba"]
    half = stage(line, **moves).evaluate("node", scale=0.5)["rgba"]
    reduced = torch.nn.functional.avg_pool2d(full[None], 2)[0]
    assert float(full.max()) == 1 and float((half - reduced).abs().max()) < 0.05


def test_a_stroke_more_is_as_all_at_once() -> None:
    image = picture(plate(FRAME), FRAME)
    strokes = [FOUR[i % 4] | {"points": [[7 * i % 96, 5 * i % 64], [9 * i % 96, 30]]} for i in range(1, 12)]
    growing = stage(image=image)
    for count in (*range(1, 12), 5, 8):
        found = growing.set("node", strokes=strokes[:count]).evaluate("node")["rgba"]
        assert torch.equal(found, stage(*strokes[:count], image=image).evaluate("node")["rgba"])


def test_of_a_stroke_more_only_that_is_drawn_whatever_its_brush(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = noted(monkeypatch, (paint_module, "paint_stroke"), what=lambda stroke, *_: stroke.brush)
    growing = stage(*FOUR * 3, image=picture(plate(FRAME), FRAME))
    growing.evaluate("node")
    for count in range(2, 8):
        one = {**FOUR[count % 4], "size": count}
        growing.set("node", strokes=[*FOUR * 3, one]).evaluate("node")
        drawn.clear()
        growing.set("node", strokes=[*FOUR * 3, {**one, "points": [[40, 40], [60, 20]]}]).evaluate("node")
        assert drawn == [one.get("brush", "paint")]


def test_paint_grows_the_data_window_to_what_it_touches_inside_the_frame() -> None:
    image = inside()
    display = image.info.display
    ends = [[display.x0, display.y0 - 50], [display.x0, display.y1 + 50]]
    info = stage({"points": ends, "size": 4}, image=image).info("node")
    assert info.data.x0 == display.x0 and info.data.union(display) == display
    dodged = stage({"brush": "dodge", "points": ends, "size": 4}, image=image).info("node")
    assert dodged.data == image.info.data


def test_full_cover_replaces_what_is_not_a_number_and_nothing_spreads() -> None:
    image = not_finite()  # NaN in row 2, column 3 of 12 rows
    found = stage(dot(3.5, 9.5, size=2, color=[1, 2, 3]), image=image).evaluate("node")["rgba"]
    assert found[:3, 2, 3].tolist() == [1, 2, 3]
    after = stage(dot(12.5, 4.5, brush="clone", offset=[-3, 0], size=3), image=image).evaluate("node")["rgba"]
    assert bool(after[:3, 2, 3].isnan().all())
    assert int(after[0].isfinite().logical_not().sum()) <= 4 + int(image["rgba"][0].isfinite().logical_not().sum())


def test_strokes_live_at_their_frames_and_can_be_off() -> None:
    one, onwards, off = (
        dot(10.5, 10.5, frames=[3, 3]), dot(30.5, 10.5, frames=[5, None]), dot(50.5, 10.5, visible=False),
    )  # fmt: skip
    for frame, there in ((1, (0, 0, 0)), (3, (1, 0, 0)), (5, (0, 1, 0)), (9, (0, 1, 0))):
        found = painted(one, onwards, off, frame=frame)
        assert tuple(int(found[0, 10, x] == 1) for x in (10, 30, 50)) == there


def test_a_stroke_goes_where_its_keys_take_it() -> None:
    going = {
        **dot(30.5, 20.5, color=[4, 1, 0.5]),
        "translate": [RAMP, {"keys": [[1, 0, "linear"], [11, 10, "linear"]]}],
    }
    for frame, place in ((1, (30.5, 20.5)), (6, (40.5, 25.5)), (11, (50.5, 30.5)), (30, (50.5, 30.5))):
        assert torch.equal(painted(going, frame=frame), painted(dot(*place, color=[4, 1, 0.5])))
    faded = painted({**dot(30.5, 20.5), "opacity": {"keys": [[1, 0, "linear"], [5, 1, "linear"]]}}, frame=3)
    assert float(faded[0, 20, 30]) == pytest.approx(0.25 + 0.75 / 2)


def test_a_stroke_that_turns_and_grows_takes_its_brush_and_its_source_along() -> None:
    image = picture(plate(FRAME), FRAME)
    line = {"brush": "clone", "points": [[40, 30], [50, 30]], "size": 8, "hardness": 0.5, "offset": [10, 0]}
    turned = painted({**line, "rotate": 90, "scale": [2, 2], "center": [40, 30]}, image=image)
    by_hand = painted({**line, "points": [[40, 30], [40, 50]], "size": 16, "offset": [0, 20]}, image=image)
    assert_close(turned, by_hand)
    soft = {"brush": "blur", "points": [[40, 30]], "size": 30, "blur_size": 4}
    grown = painted({**soft, "scale": [1.5, 1.5], "center": [40, 30]}, image=image)
    assert_close(grown, painted({**soft, "size": 45, "blur_size": 6}, image=image))


def test_all_strokes_move_with_the_node_after_their_own_way() -> None:
    image = picture(plate(FRAME), FRAME)
    own = {"points": [[40, 30], [50, 34]], "size": 10, "rotate": 90, "center": [40, 30]}
    by_hand = {"points": [[45, 28], [37, 48]], "size": 20, "color": [1, 1, 1]}
    moved = painted(own, image=image, translate=(5, -2), scale=(2, 2), center=(40, 30))
    assert_close(moved, painted(by_hand, image=image))
    frames = stage(dot(20.5, 20.5), image=image, translate=(Curve.of((1, 0), (11, 20), interp="linear"), 0))
    for frame, x in ((1, 20), (6, 30), (11, 40)):
        found = frames.evaluate("node", frame)["rgba"].flip(1)
        assert found[:3, 20, x].tolist() == [1, 1, 1] and found[0, 20, x + 8] == image["rgba"].flip(1)[0, 20, x + 8]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"colour": 1}, "stroke 1 has 'colour', expected only name"),
        ({"name": "a", "brush": "smudge"}, "brush of stroke 'a' is 'smudge', expected one of paint, erase"),
        ({"name": 3}, "the name of stroke 1 is 3, expected text"),
        ({"visible": 1}, "visible of stroke 1 is 1, expected true or false"),
        ({"opacity": 2}, "opacity of stroke 1 is 2, expected 0 to 1"),
        ({"rotate": {"keys": []}}, "rotate of stroke 1: a curve"),
        ({"scale": 2}, "scale of stroke 1 is 2, expected 2 numbers"),
        ({"translate": [1e9, 0]}, "translate of stroke 1 is 1000000000, expected -10000000 to 10000000"),
        ({"time": {"keys": [[1, 2, "linear"]]}}, "time of stroke 1 is {'keys'"),
        ({"time_mode": "soon"}, "time_mode of stroke 1 is 'soon', expected one of relative, absolute"),
        ({"points": [[1]]}, r"point 1 of the points of stroke 1 is \[1\], expected \[x, y\] or"),
        ({"points": [[1, 2, 3]]}, "the pressure of point 1 of the points of stroke 1 is 3, expected 0 to 1"),
        ({"size": float("nan")}, "size of stroke 1 is nan, expected a number"),
        ({"frames": [5, 1]}, "expected the first frame before the last"),
        (7, "stroke 1 is 7, expected its brush and points"),
    ],
)
def test_wrong_data_is_told_in_a_sentence(data: Any, sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence):
        stage(data)


def test_data_goes_round() -> None:
    moved = {"translate": [{"keys": [[1, 0, "linear"], [9, 4, "smooth"]]}, 2], "rotate": 10, "points": LINE}
    faded = {"opacity": {"keys": [[1, 0, "smooth"], [9, 1, "smooth"]]}, "points": LINE}
    strokes = [FOUR[0] | {"name": "a", "visible": False, "frames": [None, 8]}, FOUR[2], moved, faded]
    value = PaintStrokes.parse(strokes)
    assert value.to_data() == strokes and PaintStrokes.parse(value.to_data()) == value
