from pathlib import Path

import pytest
import torch

from compare import assert_close
from pictures import layered
from rimlight.engine import NodeError, Region
from rimlight.nodes.image.text import Text
from stage import run, scaled, staged

VALUES = {"format": "120x60", "position": (10.0, 15.0), "size": 30.0}


def test_letters_stand_on_their_position() -> None:
    out = run("Text", message="HH", **VALUES)["rgba"]
    ink = torch.nonzero(out[3] > 0.5)
    assert ink[:, 0].max() == 60 - 15 - 1  # the lowest row of a letter without a tail
    assert 10 <= ink[:, 1].min() <= 15
    assert_close(out[0], out[3], 0)


def test_right_is_left_of_the_position() -> None:
    out = run("Text", message="HH", **(VALUES | {"align": "right", "position": (110.0, 15.0)}))["rgba"]
    assert torch.nonzero(out[3] > 0.5)[:, 1].max() < 110


def test_what_is_in_braces_is_filled_in() -> None:
    stage = staged("Text", layered(), message="{frame} {frame:4} {shot} {unknown}")
    vertex = stage.vertex("node", 12)
    assert vertex.node.text(vertex.ctx) == "12 0012 A010 {unknown}"
    assert stage.vertex("node", 12).key != stage.vertex("node", 13).key


def test_no_message_draws_nothing() -> None:
    assert not run("Text", format="20x10")["rgba"].any()
    assert run("Text", format="20x10").region == Region(0, 0, 20, 10)


def test_a_proxy_shows_the_same_text() -> None:
    whole, half = run("Text", message="Rim", **VALUES), run("Text", message="Rim", scale=0.5, **VALUES)
    assert_close(half["rgba"], scaled(whole, 0.5)["rgba"], 0.1, allowed=0.05, hard=0.6)


def test_a_font_that_is_not_there_is_named() -> None:
    with pytest.raises(NodeError, match=r"the font file .*lost\.ttf does not exist"):
        run("Text", message="a", font="lost.ttf")


def test_a_replaced_font_file_changes_the_key(tmp_path: Path) -> None:
    font = tmp_path / "a.ttf"
    keys = []
    for content in (b"one", b"other"):
        font.write_bytes(content)
        keys.append(staged("Text", message="a", font=str(font)).vertex("node").key)
    assert keys[0] != keys[1]
    assert Text(font=str(font)).font == str(font)
