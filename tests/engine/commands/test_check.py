"""`rimlight check`: it finds before a render what would stop it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commandline import Run, one_sentence


def test_check_is_content_with_a_good_script(rimlight: Run, shot: Path) -> None:
    done = rimlight("check", shot)
    assert (done.code, done.out, done.err) == (0, f"{shot} is fine\n", "")
    assert rimlight("check", shot, "--json").data == {"warnings": [], "problems": []}
    assert not (shot.parent / "out").exists()


def edited(shot: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    data = json.loads(shot.read_text())
    change(data["nodes"])
    shot.write_text(json.dumps(data))
    return shot


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda n: n["Plate"]["values"].update(file="gone.####.exr"), ["Plate", "gone"]),
        (lambda n: n["Soft"].update(inputs={}), ["Soft", "not connected"]),
        (lambda n: n["Soft"].update(kind="filter.unheard"), ["Soft", "filter.unheard", "not installed"]),
        (lambda n: n["Out"]["values"].update(channels="albedo"), ["Out", "albedo", "rgba"]),
        (lambda n: n["Out"]["values"].update(file="out/soft.####.xyz"), ["Out", ".xyz"]),
        (lambda n: n["Out"]["values"].update(file="out/soft.exr"), ["Out at frame 2", "would replace", "frame 1"]),
        (lambda n: n["Out"]["values"].update(file="/dev/null/a/soft.####.exr"), ["Out", "no folder: /dev/null"]),
        (lambda n: n["Out"]["values"].update(file=f"out/{'x' * 250}.####.exr"), ["Out", "more than the 255 bytes"]),
        (lambda n: n["Out"]["values"].update(compression="lzw"), ["Out", "no compression 'lzw'"]),
        (lambda n: n["Out"]["values"].update(depth="uint8"), ["Out", "cannot have the depth uint8"]),
        (lambda n: n["Out"]["values"].update(layer_options="rgba"), ["Out", "layer options 'rgba'"]),
        (lambda n: n["Out"]["values"].update(colorspace="nowhere"), ["Out", "colour space 'nowhere'"]),
        (lambda n: n["Look"]["values"].update(depth="half"), ["Look", "PNG has no depth half"]),
        (lambda n: n["Out"]["values"].update(file="$RIM_UNSET/a.####.exr"), ["Out", "RIM_UNSET is not set"]),
        (lambda n: n["Soft"]["values"].update(size="wide"), ["Soft", "size"]),
        (lambda n: n["Soft"]["values"].update(mix={"expr": "Gone.mix"}), ["Soft", "Gone"]),
        (lambda n: [n.pop("Out"), n.pop("Look")], ["no Write node"]),
    ],
)
def test_check_finds_what_is_wrong(
    change: Callable[[dict[str, Any]], object], words: list[str], rimlight: Run, shot: Path
) -> None:
    edited(shot, change)
    done = rimlight("check", shot)
    assert done.code == 1
    assert any(all(word in line for word in words) for line in done.out.splitlines()), done.out
    report = rimlight("check", shot, "--json")
    assert report.code == 1
    assert any(all(word in s for word in words) for s in report.data["problems"] + report.data["warnings"])


def test_a_render_never_replaces_what_it_is_made_of(rimlight: Run, shot: Path) -> None:
    plate = shot.with_name("plate.0001.exr")
    before = plate.read_bytes()
    (shot.parent / "link").symlink_to(shot.parent)
    for command in ("check", "render"):
        done = rimlight(command, shot, "-n", "Out", "--set", "Out.file=link/plate.####.exr")
        assert done.code == 1 and "plate.0001.exr is what Plate reads, which would be lost" in done.out + done.err
    assert plate.read_bytes() == before
    assert rimlight("render", shot, "-n", "Look", "-f", "1", "-s", "Look.file=plate.####.png").code == 0


def test_check_looks_at_every_frame(rimlight: Run, shot: Path) -> None:
    shot.with_name("plate.0002.exr").unlink()
    done = rimlight("check", shot)
    assert done.code == 1 and "Plate at frame 2" in done.out
    assert rimlight("check", shot, "--frames", "1,3").code == 0


def test_check_tells_once_what_is_wrong_at_many_frames(rimlight: Run, shot: Path) -> None:
    edited(shot, lambda nodes: nodes["Plate"]["values"].update(range="1-40", after="error"))
    line = (
        f"Plate at frame 4: {shot.with_name('plate.####.exr')}: frame 4 has no file; the frames on disk are 1-3"
        " (and at 5-40)"
    )
    done = rimlight("check", shot, "-f", "1-40")
    assert (done.code, done.out.splitlines()) == (1, [line])
    assert rimlight("check", shot, "-f", "1-40", "--json").data["problems"] == [line]
    warned = rimlight("check", shot, "-f", "2-40", "-s", "Plate.range=1-3", "-s", "Plate.after=hold").out
    assert warned.splitlines()[0] == "warning: Plate: frame 4 is outside 1-3, plate.0003.exr is held (and at 5-40)"


def test_check_is_about_the_render_that_its_options_are_of(rimlight: Run, shot: Path) -> None:
    edited(shot, lambda nodes: nodes["Look"]["values"].update(file="out/soft.####.xyz"))
    assert rimlight("check", shot).code == 1
    assert rimlight("check", shot, "--nodes", "Out").code == 0
    assert rimlight("check", shot, "--set", "Look.file=out/soft.####.png").code == 0
    done = rimlight("check", shot, "-n", "Out", "-s", "Plate.file=gone.####.exr", "--json")
    assert done.code == 1 and all("gone" in sentence for sentence in done.data["problems"])
    for wrong in (["--nodes", "Soft"], ["--set", "Soft.size=wide"]):
        done = rimlight("check", shot, *wrong)
        assert done.code == 2 and one_sentence(done.err) and wrong[0] in done.err


def test_frames_that_stand_in_are_told_and_stop_nothing(rimlight: Run, shot: Path) -> None:
    sentence = "Plate: frame 4 is outside 1-3, plate.0003.exr is held"
    done = rimlight("check", shot, "-f", "3-4")
    assert (done.code, done.out) == (0, f"warning: {sentence}\n{shot} is fine\n")
    assert rimlight("check", shot, "-f", "3-4", "--json").data == {"warnings": [sentence], "problems": []}
    done = rimlight("render", shot, "-f", "3-5", "--json")
    assert done.code == 0
    assert [r["warnings"] for r in done.data["written"] if r["frame"] == 3] == [[], []]
    held = [r["warnings"] for r in done.data["written"] if r["frame"] == 4]
    assert sorted(held) == [[], [sentence]]  # once, although two Write nodes show it


def test_a_long_look_tells_how_far_it_has_come(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rimlight.engine.commands.progress._EVERY", 0.0)
    done = rimlight("check", shot)
    assert done.out == f"{shot} is fine\n"
    assert done.err.splitlines() == [f"checking: frame {n}, {n} of 3" for n in (1, 2, 3)]
    done = rimlight("files", shot, "--frames", "3,1")
    assert done.err.splitlines() == ["listing: frame 3, 1 of 2", "listing: frame 1, 2 of 2"]
    assert rimlight("check", shot, "--json").err == ""
