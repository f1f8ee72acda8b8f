"""`--set` and the other options of commands that render."""

from pathlib import Path

import pytest
import torch

import shots
from commandline import Run, one_sentence
from rimlight.engine import Session
from rimlight.engine.commands.options import apply_settings


@pytest.mark.parametrize(
    ("setting", "node", "parameter", "expected"),
    [
        ("Soft.mix=0.5", "Soft", "mix", 0.5),
        ("Warm.white=1,2,3,1", "Warm", "white", (1.0, 2.0, 3.0, 1.0)),
        ("Warm.white=[1, 2, 3, 1]", "Warm", "white", (1.0, 2.0, 3.0, 1.0)),
        ("Warm.white=2", "Warm", "white", (2.0, 2.0, 2.0, 2.0)),
        ("Warm.disable=true", "Warm", "disable", True),
        ("Warm.disable=1", "Warm", "disable", True),
        ("Out.file=a=b.####.exr", "Out", "file", "a=b.####.exr"),
        ("Warm.channels=1", "Warm", "channels", "1"),
        ("Soft.mix=expr:frame / 4", "Soft", "mix", 0.5),
        ('Soft.mix={"keys": [[0, 0, "linear"], [4, 1, "linear"]]}', "Soft", "mix", 0.5),
        ("Fold.Inner.mix=0.25", "Fold/Inner", "mix", 0.25),
        ("Fold.amount=0.75", "Fold/Inner", "mix", 0.75),
    ],
)
def test_set_reaches_every_kind_of_parameter(
    setting: str, node: str, parameter: str, expected: object, shot: Path
) -> None:
    session = Session.open(shot)
    session.insert_after("Warm", "Blur", name="Inner", size=3)
    session.group("Inner", name="Fold")
    session.promote("Fold", "Inner.mix", "amount")
    apply_settings(session, [setting])
    assert session.value(node, parameter, frame=2) == expected


def test_set_changes_the_picture_and_the_project_but_not_the_script(rimlight: Run, shot: Path) -> None:
    before = shot.read_bytes()
    settings = ("--set", "Soft.size=0", "-s", "Warm.disable=true", "--set", "project.frames=2,2", "-n", "Out")
    assert rimlight("render", shot, *settings).code == 0
    assert [p.name for p in (shot.parent / "out").iterdir()] == ["soft.0002.exr"]
    written, plate = (shots.pixels(shot.parent / p) for p in ("out/soft.0002.exr", "plate.0002.exr"))
    assert torch.allclose(written, plate, rtol=1e-5, atol=1e-6)
    assert shot.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "Warm=1"], ["--set Warm=1", "Node.param=value"]),
        (["--set", "Nope.size=1"], ["no node 'Nope'", "Plate"]),
        (["--set", "Soft.sze=1"], ["no parameter 'sze'", "size"]),
        (["--set", "Soft.size=wide"], ["Soft.size=wide", "expected"]),
        (["--set", "Soft.mix=2"], ["mix", "0 to 1"]),
        (["--set", "Soft.mix=expr:1 +"], ["Soft.mix=expr:1 +"]),
        (["--set", "Out.file=expr:frame"], ["no expression"]),
        (["--set", "project.fmt=HD"], ["no setting 'fmt'", "format"]),
        (["--set", "project.format=wide"], ["project.format=wide"]),
        (["--set", "project.frames=1-3"], ["frames is '1-3', expected the first and the last, such as 1,100"]),
        (["--set", "project.frames=1,99999999999"], ["expected at most 10000000 frames"]),
        (["--set", "project.frames=1,1e400"], ["project.frames"]),
        (["--set", "project.frames=12"], ["frames is 12, expected the first and the last"]),
        (["--frames", "1-x"], ["--frames", "1-x"]),
        (["--frames", "1-10x0"], ["--frames", "step"]),
        (["--nodes", "Soft"], ["--nodes", "Soft (Blur) writes no files", "Out, Look"]),
        (["--nodes", "Nope"], ["--nodes", "'Nope'"]),
        (["--tier", "best"], ["--tier", "draft, student, final"]),
        (["--device", "toaster"], ["--device", "toaster"]),
        (["--proxy", "0"], ["--proxy"]),
        (["--frmes", "1"], ["--frmes", "rimlight render --help"]),
    ],
)
def test_wrong_arguments_are_one_sentence_and_write_nothing(
    arguments: list[str], words: list[str], rimlight: Run, shot: Path
) -> None:
    done = rimlight("render", shot, *arguments)
    assert done.code == 2
    assert one_sentence(done.err), done.err
    assert all(word in done.err for word in words), done.err
    assert done.out == "" and not (shot.parent / "out").exists()
