"""The command line: what it writes, what it says, and how it ends."""

import importlib.metadata
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

import shots
import toy_nodes
from rimlight.engine import registry
from rimlight.engine.cli import run
from rimlight.engine.script import load_script


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def rimlight(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process."""

    def call(*arguments: object) -> Done:
        code = run([str(a) for a in arguments])
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return call


@pytest.fixture
def toys() -> Iterator[None]:
    with toy_nodes.use():
        yield


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    return shots.shot(tmp_path)


def broken(shot: Path, *frames: int) -> Path:
    """The shot with the plates of some frames damaged."""
    for frame in frames:
        shot.with_name(f"plate.{frame:04d}.exr").write_bytes(b"no picture")
    return shot


def one_sentence(text: str) -> bool:
    return text.startswith("rimlight: ") and text.count("\n") == 1 and "Traceback" not in text


# -- render ----------------------------------------------------------------------------------------------------------


def test_render_writes_every_frame_of_every_write_node(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot)
    assert done.code == 0, done.err
    out = shot.parent / "out"
    assert sorted(p.name for p in out.iterdir()) == [f"soft.{f:04d}.{e}" for f in (1, 2, 3) for e in ("exr", "png")]
    assert "6 of 6 written" in done.out and "Soft" in done.out
    lines = done.err.splitlines()
    assert len(lines) == 6 and lines[0].startswith("[1/6] Out frame 1: ")
    assert "\x1b" not in done.out + done.err


def test_frames_and_nodes_are_chosen(rimlight: Run, shot: Path) -> None:
    assert rimlight("render", shot, "--frames", "1-3x2", "-n", "Out").code == 0
    assert sorted(p.name for p in (shot.parent / "out").iterdir()) == ["soft.0001.exr", "soft.0003.exr"]
    assert rimlight("render", shot, "-f", "2", "--nodes", "Look,Out").code == 0
    assert sorted(p.suffix for p in (shot.parent / "out").glob("*.0002.*")) == [".exr", ".png"]


def test_json_is_alone_on_standard_output(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot, "--json", "-f", "1,2", "-n", "Out")
    assert done.code == 0
    assert [(r["node"], r["frame"]) for r in done.data["written"]] == [("Out", 1.0), ("Out", 2.0)]
    assert Path(done.data["written"][0]["path"]).is_file()
    assert done.data["failed"] == [] and done.data["error"] == ""
    assert {"Plate", "Warm", "Soft", "Out"} <= done.data["node_seconds"].keys()
    assert done.err == ""


def test_what_a_node_prints_does_not_mix_with_json(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grade = registry.find("Grade")
    compute = grade.compute

    def talkative(self: Any, ctx: Any) -> Any:
        print("hello")  # noqa: T201
        return compute(self, ctx)

    monkeypatch.setattr(grade, "compute", talkative)
    done = rimlight("render", shot, "--json", "-f", "1", "-n", "Out")
    assert done.data["error"] == "" and "hello" in done.err


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
    from rimlight.engine import Session
    from rimlight.engine.commands.options import apply_settings

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


def test_some_frames_failed(rimlight: Run, shot: Path) -> None:
    broken(shot, 2)
    done = rimlight("render", shot, "--continue-on-error")
    assert done.code == 3
    assert "4 of 6 written" in done.out
    assert sum(line.startswith("failed: ") and "plate.0002.exr" in line for line in done.out.splitlines()) == 2
    assert "FAILED Plate at frame 2" in done.err
    report = rimlight("render", shot, "--continue-on-error", "--json")
    assert report.code == 3
    assert [(r["node"], r["frame"]) for r in report.data["failed"]] == [("Out", 2.0), ("Look", 2.0)]
    assert all("plate.0002.exr" in r["error"] for r in report.data["failed"])
    assert len(report.data["written"]) == 4


def test_the_first_failure_stops_the_render(rimlight: Run, shot: Path) -> None:
    broken(shot, 2)
    done = rimlight("render", shot, "-n", "Out")
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("rimlight: Plate at frame 2: ")
    assert [p.name for p in (shot.parent / "out").iterdir()] == ["soft.0001.exr"]
    report = rimlight("render", shot, "-n", "Out", "--json")
    assert report.code == 1
    assert report.data["error"].startswith("Plate at frame 2: ")
    assert [r["frame"] for r in report.data["written"]] == [1.0]
    assert [r["frame"] for r in report.data["failed"]] == [2.0]


@pytest.mark.parametrize(
    "text",
    [None, b"", b"{", b"[1, 2]", b'{"rimlight": 99, "nodes": {}}', b"\xff\xfe\x00", b'{"rimlight": 1, "nodes": 3}'],
)
@pytest.mark.parametrize("command", ["render", "check", "info"])
def test_a_missing_or_damaged_script_is_one_sentence(
    command: str, text: bytes | None, rimlight: Run, tmp_path: Path
) -> None:
    script = tmp_path / "shot.rim"
    if text is not None:
        script.write_bytes(text)
    done = rimlight(command, script)
    assert done.code == 1 and done.out == ""
    assert one_sentence(done.err) and "shot.rim" in done.err
    report = rimlight(command, script, "--json")
    assert report.code == 1 and "shot.rim" in report.data["error"]


def test_a_script_without_a_write_node(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot, "-s", "Out.disable=true", "-s", "Look.disable=true")
    assert done.code == 1 and "nothing to render" in done.err
    done = rimlight("render", shot, "-s", "Out.disable=true", "-n", "Out")
    assert done.code == 2 and "Out is disabled" in done.err


def test_proxy_halves_the_picture(rimlight: Run, shot: Path) -> None:
    assert rimlight("render", shot, "--proxy", 2, "-f", 1, "-n", "Out").code == 0
    assert shots.pixels(shot.parent / "out/soft.0001.exr").shape == (4, 9, 16)


def test_drafts_are_refused_unless_allowed(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot, "--tier", "draft", "-f", 1)
    assert done.code == 1 and "drafts are not written" in done.err
    done = rimlight("render", shot, "--tier", "draft", "-f", 1, "-n", "Out", "-s", "Out.allow_draft=true")
    assert done.code == 0, done.err


def test_frames_that_would_replace_each_other_are_refused(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot, "-n", "Out", "-s", "Out.file=out/one.exr", "--continue-on-error")
    assert done.code == 3 and "1 of 3 written" in done.out and "use ####" in done.err
    done = rimlight("render", shot, "-f", "1", "-s", "Look.file=out/soft.####.exr")
    assert done.code == 1 and "was written by Out at frame 1 already; give them different files" in done.err


def test_check_keys_agrees_on_the_sample_script(rimlight: Run, tmp_path: Path) -> None:
    demo = Path(__file__).parents[2] / "resources" / "scripts" / "demo.rim"
    settings = [f"{name}.file={tmp_path}/{name}.####{end}" for name, end in (("Picture", ".exr"), ("Preview", ".png"))]
    options = [word for setting in settings for word in ("--set", setting)]
    done = rimlight("render", demo, "--check-keys", "--frames", "1", "--proxy", "8", *options)
    assert done.code == 0, done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Picture.0001.exr", "Preview.0001.png"]


@pytest.mark.usefixtures("toys")
def test_check_keys_finds_a_node_that_depends_on_something_else(rimlight: Run, shot: Path) -> None:
    from rimlight.engine import Session

    session = Session.open(shot)
    session.insert_after("Warm", "toy.sneaky", name="Sly")
    session.save()
    done = rimlight("render", shot, "--check-keys", "-f", "1", "--json")
    assert done.code == 1
    assert "Sly at frame 1" in done.data["error"] and "does not declare" in done.data["error"]
    assert not (shot.parent / "out").exists()


def test_output_that_does_not_arrive_is_a_sentence(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk under the report fails the render, under the log it does not."""
    full = open("/dev/full", "w")  # noqa: SIM115
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", full)
        done = rimlight("render", shot, "-n", "Out", "--json")
    assert done.code == 1 and done.err == "rimlight: standard output takes no more: No space left on device\n"
    with monkeypatch.context() as patched:
        patched.setattr("sys.stderr", full)
        done = rimlight("render", shot, "-n", "Out", "--json")
        assert (done.code, len(done.data["written"])) == (0, 3)
        assert rimlight("render", shot, "-n", "Soft").code == 2
        done = rimlight("render", shot, "-n", "Out")
    assert done.code == 0 and "3 of 3 written" in done.out
    with suppress(OSError):
        full.close()


def test_memory_that_does_not_suffice_is_a_sentence(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise MemoryError

    monkeypatch.setattr("rimlight.engine.session.Session.load", fail)
    done = rimlight("render", shot)
    assert done.code == 1 and one_sentence(done.err) and "not enough memory" in done.err


def test_what_nobody_expected_is_a_sentence_too(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*args: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("rimlight.engine.render.wanted_frames", fault)
    done = rimlight("render", shot)
    assert done.code == 1 and one_sentence(done.err) and "ZeroDivisionError: oops" in done.err


# -- the other commands ----------------------------------------------------------------------------------------------


def test_info_of_a_picture_a_sequence_and_a_script(rimlight: Run, shot: Path) -> None:
    done = rimlight("info", shot.parent / "plate.0001.exr")
    assert done.code == 0 and "data window: 0, 0, 32, 18" in done.out and "rgba: R,G,B,A color" in done.out
    data = rimlight("info", shot.parent / "plate.0001.exr", "--json").data
    assert data["display window"] == [0, 0, 32, 18] and "rgba" in data["layers"]
    data = rimlight("info", shot.parent / "plate.####.exr", "--json").data
    assert data["frames"] == "1-3" and data["display window"] == [0, 0, 32, 18]
    data = rimlight("info", shot, "--json").data
    assert data["nodes"]["Soft"] == "filter.blur" and data["frames"] == [1, 3] and data["warnings"] == []
    assert "nodes:" in rimlight("info", shot).out


def test_info_of_what_cannot_be_read(rimlight: Run, shot: Path) -> None:
    broken(shot, 1)
    for name in ("plate.0001.exr", "nope.exr", "nope.####.exr", "."):
        done = rimlight("info", shot.parent / name)
        assert done.code == 1 and done.out == "" and one_sentence(done.err), name
        report = rimlight("info", shot.parent / name, "--json")
        assert report.code == 1 and report.data["error"], name


def test_nodes_lists_every_kind(rimlight: Run) -> None:
    done = rimlight("nodes")
    assert done.code == 0
    assert all(cls.kind in done.out and cls.label in done.out for cls in registry)
    found = {entry["kind"]: entry for entry in rimlight("nodes", "--json").data}
    assert found.keys() == {cls.kind for cls in registry}
    for entry in found.values():
        assert entry["label"] and entry["menu"] and entry["doc"]
        assert all({"name", "doc", "optional", "many"} <= port.keys() for port in entry["ports"])
        assert all({"name", "type", "size", "default", "doc"} <= p.keys() for p in entry["parameters"])
    mix = next(p for p in found["filter.blur"]["parameters"] if p["name"] == "mix")
    assert mix["type"] == "float" and mix["default"] == 1.0 and mix["hard"] == [0, 1]
    assert [p["name"] for p in found["merge.merge"]["ports"]][:2] == ["B", "A"]


def test_nodes_reports_on_plugins(rimlight: Run) -> None:
    assert "builtin" in rimlight("nodes", "--plugins").out
    report = rimlight("nodes", "--plugins", "--json").data
    assert next(p for p in report if p["name"] == "builtin")["error"] == ""


def test_docs_of_every_node(rimlight: Run, tmp_path: Path) -> None:
    assert rimlight("nodes").code == 0
    for cls in registry:
        page = rimlight("docs", cls.kind)
        assert page.code == 0 and page.out.startswith(f"# {cls.label}\n")
        rows = [line for line in page.out.splitlines() if line.startswith("| `")]
        told = len(cls.ports), len(cls.specs) + len(cls.families), len(cls.solves)
        assert len(rows) == sum(told)
        inputs, rest = rows[: told[0]], rows[told[0] :]
        for table, bars in ((inputs, 4), (rest[: told[1]], 5), (rest[told[1] :], 3)):
            assert {row.replace("\\|", "").count("|") for row in table} <= {bars}
    assert rimlight("docs", "grade").out.startswith("# Grade\n")
    assert rimlight("docs", "--all", tmp_path / "pages").code == 0
    pages = {p.name for p in (tmp_path / "pages").iterdir()}
    assert pages == {f"{cls.kind}.md" for cls in registry} | {"README.md"}
    index = (tmp_path / "pages" / "README.md").read_text()
    assert all(f"({name})" in index for name in pages - {"README.md"})


@pytest.mark.parametrize(("arguments", "word"), [([], "--all"), (["Grad"], "perhaps Grade")])
def test_docs_of_nothing_and_of_no_node(arguments: list[str], word: str, rimlight: Run) -> None:
    done = rimlight("docs", *arguments)
    assert done.code == 2 and one_sentence(done.err) and word in done.err


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


def test_new_makes_scripts_and_replaces_none(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = shot.parent / "fresh.rim"
    assert rimlight("new", script, "--format", "640x360", "--frames", "1001-1010", "--fps", "25").code == 0
    project = load_script(script).document.project
    assert (project.format, project.frames, project.fps) == ("640x360", (1001, 1010), 25.0)
    text = script.read_bytes()
    done = rimlight("new", script)
    assert done.code == 1 and "exists" in done.err and one_sentence(done.err) and script.read_bytes() == text
    assert rimlight("new", script, "--force").code == 0
    assert load_script(script).document.project.frames == (1, 100)


def test_new_over_a_sequence_renders(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shot.parent)
    folder = shot.parent / "comp"
    folder.mkdir()
    assert rimlight("new", "comp/plate.rim", "--read", "plate.####.exr").code == 0
    assert load_script(folder / "plate.rim").document.project.frames == (1, 3)
    assert rimlight("render", "comp/plate.rim", "-f", "2").code == 0
    written = shots.pixels(folder / "render" / "plate.0002.exr")
    assert torch.allclose(written, shots.pixels(shot.parent / "plate.0002.exr"), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "arguments", [["a.txt"], ["a.rim", "--frames", "10"], ["a.rim", "--frames", "9-1"], ["a.rim", "--format", "wide"]]
)
def test_new_with_wrong_arguments(arguments: list[str], rimlight: Run, tmp_path: Path) -> None:
    done = rimlight("new", tmp_path / arguments[0], *arguments[1:])
    assert done.code == 2 and one_sentence(done.err) and not list(tmp_path.iterdir())


def test_gui_without_the_desktop_is_one_sentence(rimlight: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "rimlight.app.main", None)
    done = rimlight("gui")
    assert done.code == 1 and one_sentence(done.err) and "rimlight[gui]" in done.err


def test_version_help_and_unknown_commands(rimlight: Run) -> None:
    assert rimlight("--version") == (0, f"rimlight {importlib.metadata.version('rimlight')}\n", "")
    assert "render" in rimlight("--help").out
    assert "--continue-on-error" in rimlight("render", "-h").out
    done = rimlight("rendr")
    assert done.code == 2 and one_sentence(done.err) and "rendr" in done.err


def test_when_the_built_in_nodes_do_not_load(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    failed = {k: replace(p, error="ImportError: no libGL") for k, p in registry.plugins.items() if p.name == "builtin"}
    monkeypatch.setattr(registry, "plugins", {**registry.plugins, **failed})
    for command in (["render", shot], ["check", shot], ["info", shot], ["nodes"], ["docs", "Grade"], ["new", "a.rim"]):
        done = rimlight(*command)
        assert done.code == 1 and done.out == "", command
        assert done.err == "rimlight: Rimlight's own nodes cannot be loaded: ImportError: no libGL\n"
    done = rimlight("nodes", "--plugins")
    assert done.code == 1 and "no libGL" in done.out
