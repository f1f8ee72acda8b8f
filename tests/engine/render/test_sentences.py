import pytest

from rimlight.engine.render.sentences import Repeats, told_once


def test_the_same_word_for_word_is_told_once_without_frames() -> None:
    assert told_once({1: ["A: no file is chosen"], 2: ["A: no file is chosen"]}) == ["A: no file is chosen"]
    assert told_once({}) == told_once({1: []}) == []


@pytest.mark.parametrize("offset", [0, -1000, 7])
@pytest.mark.parametrize("name", ["/shots/a-10/plate.####.exr", "plate-{0}.exr"])
def test_numbers_that_move_with_the_frame_are_alike(offset: int, name: str) -> None:
    def sentence(frame: int) -> str:
        number = frame + offset
        return f"Read1 at frame {frame}: {name.format(number)}: frame {number} has no file; on disk are 3-1000"

    frames = [1003, 1004, 1005, 1010]
    assert told_once({f: [sentence(f)] for f in frames}) == [f"{sentence(1003)} (and at 1004-1005, 1010)"]


def test_other_numbers_and_words_stay_apart_and_in_order() -> None:
    damaged = [f"Read1 at frame {f}: {left} of its 6 blocks are missing" for f, left in ((4, 3), (5, 3), (6, 2))]
    found = told_once({4: [damaged[0], "Read2 at frame 4: gone"], 5: [damaged[1]], 6: [damaged[2]]})
    assert found == [f"{damaged[0]} (and at 5)", "Read2 at frame 4: gone", damaged[2]]


def test_many_frames_that_are_no_range_are_counted() -> None:
    frames = [n * n for n in range(1, 31)]
    (line,) = told_once({f: [f"frame {f} is wrong"] for f in frames})
    assert line.startswith("frame 1 is wrong (and at 4, 9, 16, ") and line.endswith(" more)")


def test_sentences_of_a_kind_are_told_when_they_come_first_and_at_the_end() -> None:
    repeats = Repeats()
    told = []
    for frame in (1, 2, 3, 5):
        said = [f"Read1: frame {frame} is outside 7-9, a.0007.exr is held", f"layer 'a1' has {frame * frame} values"]
        said += [f"layer 'a2' has {frame} values"] if frame > 1 else []
        told += [(frame, sentence) for sentence in repeats.first("Write1", frame, said)]
    told += [(5, sentence) for sentence in repeats.first("Write2", 5, ["Read2: a", "Read1: a"])]
    told += [(6, sentence) for sentence in repeats.first("Write2", 6, ["Read1: a"])]
    assert told == [
        (1, "Read1: frame 1 is outside 7-9, a.0007.exr is held"), (1, "layer 'a1' has 1 values"),
        (2, "layer 'a2' has 2 values"), (5, "Read2: a"), (5, "Read1: a"),
    ]  # fmt: skip
    assert repeats.again() == [
        "Write1 frame 1: Read1: frame 1 is outside 7-9, a.0007.exr is held (and at 2-3, 5)",
        "Write1 frame 1: layer 'a1' has 1 values (and the like at 2-3, 5)",
        "Write1 frame 2: layer 'a2' has 2 values (and at 3, 5)",
        "Write2 frame 5: Read1: a (and at 6)",
    ]
