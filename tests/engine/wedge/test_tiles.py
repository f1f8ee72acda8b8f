"""The pictures of a wedge: which there are, and that each is that of the script with its values."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import shots
from rimlight.engine import (
    Cancelled,
    CancelToken,
    Curve,
    Expr,
    GraphError,
    NodeEvent,
    ParameterError,
    Region,
    RimlightError,
    Session,
    Settings,
)

GAINS = (1.0, 2.0, -4.0)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Of 64x36 pixels, so that tiles of 64 are as large."""
    return Session.open(shots.shot(tmp_path, frame=Region(0, 0, 64, 36)))


def test_tiles_are_the_script_with_their_values(session: Session) -> None:
    session.set("Warm", black_clamp=False)
    before = session.document
    made = session.wedge("Out", {"Warm.multiply": GAINS, "Soft.size": (0, 4)}, 2, size=64)
    assert (made.rows, made.columns, made.size, made.frame) == (2, 3, (64, 36), 2)
    assert [(t.row, t.column) for t in made.tiles] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert not made.failed and not made.warnings and session.document is before
    for tile in made.tiles:
        own = session.fork()
        own.set("Warm", multiply=tile.values["Warm.multiply"])
        own.set("Soft", size=tile.values["Soft.size"])
        assert tile.image is not None and torch.equal(tile.image["rgba"], own.evaluate("Out", 2)["rgba"])
    assert float(made.tiles[2].image["rgba"].min()) < -1  # nothing is clamped


def test_what_is_alike_is_computed_once(session: Session) -> None:
    done: Counter[str] = Counter()

    def watch(event: NodeEvent) -> None:
        done[event.path] += event.state == "done"

    session.set("Warm", mask_channel="depth.Z")  # no point node, so that it is told apart from what follows
    session.add("Blur", "Plate", name="First", size=5)
    session.connect("Warm", "image", "First")
    session.wedge("Soft", {"Soft.size": (1, 2, 3, 4, 5)}, watch=watch)
    assert done["Plate"] == 1 and done["First"] == 1 and done["Soft"] == 5
    done.clear()
    session.evaluator.clear()
    session.wedge("Soft", {"First.size": (1, 2), "Soft.size": (1, 2, 3)}, watch=watch)
    assert done["Plate"] == 1 and done["First"] == 2 and done["Soft"] == 6


def test_what_is_alike_is_kept_however_little_memory_there_is(tmp_path: Path) -> None:
    session = Session(replace(Settings.from_environment(), host_bytes=100_000))  # pictures of 36,864 bytes
    session.set_project(format="64x36")
    session.add("Noise", name="Plate")
    session.add("Blur", "Plate", name="First", size=5)
    session.add("Grade", "First", name="Up")
    session.add("Blur", "Up", name="Last", size=3)
    done: Counter[str] = Counter()

    def watch(event: NodeEvent) -> None:
        done[event.path] += event.state == "done"

    session.wedge("Last", {"Up.multiply": (1, 2, 3, 4, 5)}, watch=watch)
    assert done["First"] == 1 and done["Last"] == 5


def test_one_parameter_fills_rows(session: Session) -> None:
    def shape(count: int, columns: int = 0) -> tuple[int, int]:
        made = session.wedge("Out", {"Soft.mix": [i / count for i in range(count)]}, size=32, columns=columns)
        return made.rows, made.columns

    assert [shape(n) for n in (1, 4, 5, 9, 10)] == [(1, 1), (1, 4), (2, 3), (3, 3), (3, 4)]
    assert shape(5, 1) == (5, 1) and shape(3, 8) == (1, 3)


def test_a_third_parameter_goes_on_below(session: Session) -> None:
    made = session.wedge("Out", {"Soft.mix": (0, 1), "Warm.mix": (0, 1), "Warm.gamma": (1, 2, 3)}, size=32)
    assert (made.rows, made.columns) == (6, 2)
    last = made.tiles[-1]
    assert (last.row, last.column) == (5, 1) and list(last.values.values()) == [1, 1, (3, 3, 3, 3)]


def test_what_the_script_has_is_marked(session: Session) -> None:
    session.set("Soft", mix=Expr("frame / 4"))
    made = session.wedge("Out", {"Soft.mix": (0.5, 1, Expr("frame / 4")), "Warm.white": ((1.2, 1, 0.8, 1), 3)}, 2)
    assert [t.present["Soft.mix"] for t in made.tiles] == [True, False, True] * 2  # 0.5 at frame 2
    assert [t.present["Warm.white"] for t in made.tiles] == [True] * 3 + [False] * 3
    session.set("Soft", mix=0.5)
    made = session.wedge("Out", {"Soft.mix": (0.5, 1)})
    assert [t.present["Soft.mix"] for t in made.tiles] == [True, False]


@pytest.mark.parametrize("moving", [Curve.of((1, 0.0), (3, 1.0)), Expr("frame / 4")])
def test_animation_that_is_left_out_is_told(session: Session, moving: object) -> None:
    session.insert_after("Warm", "Blur", name="Inner", size=3)
    session.set("Inner", mix=moving)
    session.group("Inner", name="Fold")
    session.promote("Fold", "Inner.mix", "amount")
    made = session.wedge("Out", {"Fold.amount": (0, 1)})
    assert made.warnings == [
        "Fold.amount is animated or linked in the script; these pictures have the values in its place"
    ]
    assert not torch.equal(made.tiles[0].image["rgba"], made.tiles[1].image["rgba"])


def test_a_parameter_that_changes_nothing_is_told(session: Session) -> None:
    session.add("Blur", "Warm", name="Beside")
    made = session.wedge("Out", {"Beside.size": (1, 2), "Soft.mix": (0, 1)}, 3)
    assert made.warnings == ["Beside.size makes no difference to Out at frame 3"]
    session.set("Soft", mix=0)
    assert "Soft.size makes no difference" in session.wedge("Out", {"Soft.size": (1, 2)}).warnings[0]
    assert not session.wedge("Out", {"Soft.mix": (1, 1)}).warnings


def test_a_tile_that_fails_leaves_the_others(session: Session, tmp_path: Path) -> None:
    names = ("plate.####.exr", "none.exr")
    made = session.wedge("Out", {"Plate.file": names, "Soft.size": (1, 2)})
    assert [bool(t.error) for t in made.tiles] == [False, True, False, True] and len(made.failed) == 2
    assert "Plate at frame 1" in made.failed[0].error and "none.exr" in made.failed[0].error
    assert made.failed[0].image is None and not made.warnings
    with pytest.raises(RimlightError, match=r"no picture could be made; with Plate.file none.exr: Plate at frame 1"):
        session.wedge("Out", {"Plate.file": names[1:]})


def test_pictures_one_by_one(session: Session, tmp_path: Path) -> None:
    made = session.wedge("Out", {"Soft.size": (0, 4)}, size=32, each=tmp_path / "each")
    assert [Path(t.path).name for t in made.tiles] == ["1_Soft.size=0.exr", "2_Soft.size=4.exr"]
    own = session.fork()
    own.set("Soft", size=4)
    written = shots.pixels(Path(made.tiles[1].path))
    assert written.shape == (4, 36, 64) and torch.allclose(written, own.evaluate("Out")["rgba"], rtol=1e-3, atol=1e-4)
    read = Session()
    metadata = read.info(read.add("Read", file=made.tiles[1].path)).metadata
    assert metadata["wedge:Soft.size"] == "4" and metadata["rimlight:tier"] == "final"


def test_without_a_sheet_no_picture_stays_in_memory(session: Session, tmp_path: Path) -> None:
    seen = []
    vary = {"Soft.size": (0, 4)}
    made = session.wedge("Out", vary, each=tmp_path, sheet=False, done=lambda tile: seen.append(tile.image))
    assert seen == [None, None] and not made.failed and all(Path(t.path).is_file() for t in made.tiles)
    with pytest.raises(ParameterError, match="made without a sheet"):
        made.save(tmp_path / "sheet.png")
    with pytest.raises(ParameterError, match="without a sheet needs a folder"):
        session.wedge("Out", vary, sheet=False)


def test_a_picture_that_cannot_be_written_is_told_by_its_name(session: Session, tmp_path: Path) -> None:
    (tmp_path / "2_Soft.size=4.exr").mkdir()
    made = session.wedge("Out", {"Soft.size": (0, 4)}, each=tmp_path)
    assert [t.error for t in made.tiles] == ["", f"{tmp_path}/2_Soft.size=4.exr could not be written: it is a folder"]


def test_text_that_no_file_name_and_no_line_can_hold(session: Session, tmp_path: Path) -> None:
    session.add("Text", "Soft", name="Words", message="a")
    made = session.wedge("Words", {"Words.message": ('say "hi"\nto / all', "b")}, each=tmp_path / "each")
    assert not made.failed and Path(made.tiles[0].path).name == "1_Words.message=say-hi-to-all.exr"
    read = Session()
    assert read.info(read.add("Read", file=made.tiles[0].path)).metadata["wedge:Words.message"] == 'say "hi" to / all'


def test_a_picture_inside_a_group_and_a_proxy(session: Session) -> None:
    session.insert_after("Warm", "Blur", name="Inner", size=3)
    session.group("Inner", name="Fold")
    made = session.wedge("Fold/Inner", {"Fold.Inner.size": (0, 8)}, size=64, scale=0.5)
    assert made.size == (32, 18) and not made.failed
    assert made.tiles[0].image["rgba"].shape == (4, 18, 32)
    assert torch.equal(made.tiles[0].image["rgba"], session.evaluate("Warm", scale=0.5)["rgba"])


def test_pixels_that_are_not_square_are_shown_as_they_look(session: Session) -> None:
    session.add("Reformat", "Soft", name="Squeezed", format="32x36@2", resize="distort")
    made = session.wedge("Squeezed", {"Soft.size": (0, 8)}, size=64)
    assert made.size == (64, 36) and made.tiles[0].image.info.pixel_aspect == 1


def test_wrong_wedges_are_refused(session: Session) -> None:
    session.add("light.point", name="Lamp")
    with pytest.raises(GraphError, match="Nope"):
        session.wedge("Nope", {"Soft.size": (1,)})
    with pytest.raises(RimlightError, match="Lamp puts out a rig, which is no picture"):
        session.wedge("Lamp", {"Soft.size": (1,)})
    with pytest.raises(ParameterError, match="needs a parameter"):
        session.wedge("Out", {})
    with pytest.raises(ParameterError, match="given twice"):
        session.wedge("Out", {"Soft.size": (1,), " Soft.size": (2,)})
    with pytest.raises(ParameterError, match="40 x 40 values are 1600 pictures, expected at most 1000"):
        session.wedge("Out", {"Soft.size": range(40), "Warm.multiply": range(40)})
    with pytest.raises(ParameterError, match="tiles of 8 pixels"):
        session.wedge("Out", {"Soft.size": (1,)}, size=8)


def test_it_can_be_stopped_between_tiles(session: Session) -> None:
    token = CancelToken()
    done = []

    def tile(made: object) -> None:
        done.append(made)
        token.cancel()

    with pytest.raises(Cancelled):
        session.wedge("Out", {"Soft.size": (1, 2, 3)}, token=token, done=tile)
    assert len(done) == 1
