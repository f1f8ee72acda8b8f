"""Pixels of imported nodes: what they give, by closed forms and by where things are."""

import math
from typing import Any

import pytest
import torch

from rimlight.engine import Image, Session, import_nuke
from rimlight.engine.script.script import Loaded

ROOT = 'Root {\n inputs 0\n format "64 48 0 0 64 48 1 small"\n}\n'
GREY = "Constant {\n inputs 0\n color {0.5 0.25 2 1}\n name C\n}\n"


def evaluated(text: str, node: str, frame: float = 1) -> Image:
    session = Session()
    session.adopt(Loaded(import_nuke(ROOT + text).document))
    image = session.evaluate(node, frame=frame)
    assert isinstance(image, Image)
    return image


def rgba(text: str, node: str, x: int, y: int, frame: float = 1) -> list[float]:
    """The value at a pixel, y up from the bottom left as in Nuke."""
    image = evaluated(text, node, frame)
    region = image.region
    row, column = 47 - y - region.y0, x - region.x0
    pixels = image["rgba"]
    if not (0 <= row < pixels.shape[1] and 0 <= column < pixels.shape[2]):
        return [0.0] * pixels.shape[0]
    values: list[float] = pixels[:, row, column].tolist()
    return values


def test_boxes_stand_where_they_stood() -> None:
    text = "Rectangle {\n inputs 0\n area {4 2 12 10}\n name R\n}\n"
    assert rgba(text, "R", 5, 3)[3] == 1 and rgba(text, "R", 5, 40)[3] == 0
    moved = text + "Transform {\n translate {20 30}\n center {32 24}\n filter Impulse\n name T\n}\n"
    assert rgba(moved, "T", 25, 33)[3] == 1 and rgba(moved, "T", 5, 3)[3] == 0
    crop = GREY + "Crop {\n box {0 0 64 10}\n name K\n}\n"
    assert rgba(crop, "K", 5, 3)[0] == 0.5 and rgba(crop, "K", 5, 30)[0] == 0


def test_file_names_keep_the_variables_of_the_environment() -> None:
    text = ROOT + 'Read {\n inputs 0\n file "\\[getenv JOB]/a_\\[getenv SHOT].####.exr"\n name R\n}\n'
    imported = import_nuke(text)
    assert imported.document.graph["R"].values["file"] == "${JOB}/a_${SHOT}.####.exr"
    assert not any("Tcl" in note for line in imported.report.lines for note in line.notes)


def test_a_turn_goes_the_same_way_round() -> None:
    text = "Rectangle {\n inputs 0\n area {40 22 60 26}\n name R\n}\n"
    text += "Transform {\n rotate 90\n center {32 24}\n filter Impulse\n name T\n}\n"
    assert rgba(text, "T", 32, 44)[3] == 1 and rgba(text, "T", 32, 4)[3] == 0


def test_grade_and_its_family_give_what_nuke_gives() -> None:
    text = GREY + "Grade {\n blackpoint 0.1\n white 2\n add 0.1\n gamma 2\n name G\n}\n"
    a = 2 / 0.9
    expected = [v**0.5 if v < 1 else 1 + (v - 1) / 2 for v in (a * (c - 0.1) + 0.1 for c in (0.5, 0.25, 2))]
    assert rgba(text, "G", 8, 8)[:3] == pytest.approx(expected, rel=1e-5)
    text = GREY + "Multiply {\n value 2\n name M\n}\n"
    text += "Invert {\n channels {-rgba.red rgba.green -rgba.blue}\n name I\n}\n"
    assert rgba(text, "I", 8, 8) == pytest.approx([1, 0.5, 4, 2])


def test_merges_take_a_over_b() -> None:
    text = GREY + "set C [stack 0]\nConstant {\n inputs 0\n color {0.1 0.2 0.3 0.5}\n name A\n}\npush $C\n"
    over = rgba(text + "Merge2 {\n inputs 2\n name M\n}\n", "M", 3, 3)
    assert over == pytest.approx([0.1 + 0.25, 0.2 + 0.125, 0.3 + 1, 1])
    minus = rgba(text + "Merge2 {\n inputs 2\n operation minus\n mix 0.5\n name M\n}\n", "M", 3, 3)
    assert minus[:3] == pytest.approx([(0.5 - 0.4) / 2, (0.25 - 0.05) / 2, (2 - 1.7) / 2])


def test_expressions_and_shuffles_send_channels() -> None:
    text = GREY + (
        'Expression {\n temp_name0 k\n temp_expr0 frame*2\n expr0 "r > 0.4 ? k : 0"\n'
        ' channel1 {rgba.green rgba.blue}\n expr1 "b + x - 0.5"\n name E\n}\n'
        'Shuffle2 {\n mappings "4 rgba.blue 0 2 rgba.red 0 0 rgba.green 0 1 rgba.green 0 1 rgba.red 0 0 rgba.blue 0 2 '
        'white -1 -1 rgba.alpha 0 3"\n name S\n}\n'
    )
    assert rgba(text, "E", 7, 3, frame=5) == pytest.approx([10, 8.5, 8.5, 1])
    assert rgba(text, "S", 7, 3, frame=5) == pytest.approx([8.5, 8.5, 10, 1])
    text = GREY + 'Expression {\n channel0 {rgba.red rgba.beauty}\n expr0 "r * 2"\n name E\n}\n'
    assert rgba(text, "E", 7, 3) == pytest.approx([1, 0.25, 2, 1])


def test_curves_move_over_frames() -> None:
    text = GREY + "Multiply {\n channels rgb\n value {{curve L x1 0 x11 1}}\n name M\n}\n"
    assert [rgba(text, "M", 1, 1, frame)[0] for frame in (1, 6, 11, 20)] == pytest.approx([0, 0.25, 0.5, 0.5])


def test_roto_shapes_are_where_they_were_drawn() -> None:
    def bits(number: float) -> str:
        return f"x{torch.tensor(number, dtype=torch.float32).view(torch.int32).item():08x}"

    def shape(points: list[tuple[float, float]]) -> str:
        corners = "".join(f"{{0 0}} {{{bits(x)} {bits(y)}}} {{0 0}} " for x, y in points)
        curve = f"{{cc {{f 8192}} {{px {bits(1.0)} {corners}}}}}"
        return f"{{curvegroup S 512 bezier {{{curve} idem}} {{tx {bits(1.0)} 0 0}} {{a}}}}"

    text = (
        "Roto {\n inputs 0\n output alpha\n curves {{{v x3f99999a} {f 0} {n {layer Root {f 0} {t 0 0} {a} "
        + shape([(8, 4), (24, 4), (24, 12), (8, 12)])
        + "}}}}\n name R\n}\n"
    )
    assert rgba(text, "R", 10, 6)[-1] == 1 and rgba(text, "R", 10, 20)[-1] == 0 and rgba(text, "R", 30, 6)[-1] == 0


def test_masks_and_alpha_mattes_limit_effects() -> None:
    text = (
        "Rectangle {\n inputs 0\n output alpha\n area {0 0 32 48}\n name K\n}\n"
        + GREY
        + "Multiply {\n inputs 1+1\n channels rgb\n value 0\n maskChannelInput rgba.alpha\n name M\n}\n"
    )
    assert rgba(text, "M", 5, 5)[0] == 0 and rgba(text, "M", 50, 5)[0] == 0.5


@pytest.mark.parametrize(
    ("cls", "knobs", "scale"),
    [("Blur", "size 9", 9), ("Defocus", "defocus 4", 4)],
)
def test_blurs_are_as_wide(cls: str, knobs: str, scale: float) -> None:
    dot = "Rectangle {\n inputs 0\n area {31 23 33 25}\n name P\n}\n"
    values: Any = import_nuke(ROOT + dot + f"{cls} {{\n {knobs}\n name B\n}}\n").document.graph["B"].values
    assert values["size"] == (scale, scale)


def test_times_are_shifted_and_turned() -> None:
    text = GREY + "Multiply {\n channels rgb\n value {{frame}}\n name M\n}\nset M [stack 0]\n"
    offset = text + "TimeOffset {\n time_offset 3\n name T\n}\n"
    assert rgba(offset, "T", 1, 1, 10)[0] == pytest.approx(3.5)
    hold = text + "FrameHold {\n first_frame 4\n name T\n}\n"
    assert rgba(hold, "T", 1, 1, 10)[0] == pytest.approx(2)
    warp = text + "TimeWarp {\n lookup {{curve L x1 20 x20 1}}\n name T\n}\n"
    assert rgba(warp, "T", 1, 1, 1)[0] == pytest.approx(10)
    ranged = text + "Retime {\n input.first 1\n input.last 10\n output.first 1\n output.last 19\n name T\n}\n"
    assert rgba(ranged, "T", 1, 1, 19)[0] == pytest.approx(5) and math.isclose(rgba(ranged, "T", 1, 1, 9)[0], 2.5)
