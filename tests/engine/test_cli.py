"""The command line as a whole: damaged scripts, output that does not arrive, faults, help."""

import importlib.metadata
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from commandline import Run, one_sentence
from rimlight.engine import registry


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


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("render",), "Missing argument 'SCRIPT'"),
        (("render", "shot.rim", "1-3"), "unexpected extra argument"),
        (("nodes", "--nodez"), "No such option: --nodez"),
        (("rendr", "shot.rim"), "No such command 'rendr'"),
    ],
)
def test_wrong_arguments_are_a_document_too(arguments: tuple[str, ...], told: str, rimlight: Run) -> None:
    done = rimlight(*arguments, "--json")
    assert done.code == 2 and told in done.data["error"] and set(done.data) == {"error"}
    assert one_sentence(done.err) and done.data["error"] in done.err
    assert rimlight(*arguments).out == ""


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

    monkeypatch.setattr("rimlight.engine.render.render.wanted_frames", fault)
    done = rimlight("render", shot)
    assert done.code == 1 and one_sentence(done.err) and "ZeroDivisionError: oops" in done.err


def test_version_help_and_unknown_commands(rimlight: Run) -> None:
    assert rimlight("--version") == (0, f"rimlight {importlib.metadata.version('rimlight')}\n", "")
    assert "render" in rimlight("--help").out
    assert "--continue-on-error" in rimlight("render", "-h").out
    done = rimlight("rendr")
    assert done.code == 2 and one_sentence(done.err) and "rendr" in done.err


def test_help_tells_each_command_whole_and_names_values_alike(rimlight: Run) -> None:
    told = rimlight("--help").out
    listed = told.partition("Commands:")[2]
    assert "..." not in listed and "Exit codes: 0 done" in " ".join(listed.split())
    commands = [line.split()[0] for line in listed.partition("Exit codes")[0].splitlines() if line.strip()]
    assert {"render", "check", "files", "info", "import"} <= set(commands)
    for command in commands:
        text = rimlight(command, "--help").out
        assert "<list[str]>" not in text and "<int range>" not in text, command
        assert "--frames" not in text or "-f, --frames RANGE" in text, command


def test_shells_complete(rimlight: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.completion._get_shell_name", lambda: "bash")
    for before in ((), ("--verbose",)):
        done = rimlight(*before, "--show-completion")
        assert done.code == 0 and "complete -o default -F _rimlight_completion rimlight" in done.out and not done.err
    monkeypatch.setenv("_RIMLIGHT_COMPLETE", "complete_bash")
    for words, answer in (("rimlight re", "render"), ("rimlight render --co", "--continue-on-error")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
        assert rimlight() == (0, f"{answer}\n", "")


def test_when_the_built_in_nodes_do_not_load(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {k: replace(p, error="ImportError: no libGL") for k, p in registry.plugins.items() if p.name == "builtin"}
    monkeypatch.setattr(registry, "plugins", {**registry.plugins, **failed})
    for command in (["render", shot], ["check", shot], ["info", shot], ["nodes"], ["docs", "Grade"], ["new", "a.rim"]):
        done = rimlight(*command)
        assert done.code == 1 and done.out == "", command
        assert done.err == "rimlight: Rimlight's own nodes cannot be loaded: ImportError: no libGL\n"
    done = rimlight("nodes", "--plugins")
    assert done.code == 1 and "no libGL" in done.out


def test_a_short_option_may_have_an_equals_sign(rimlight: Run, shot: Path) -> None:
    done = rimlight("render", shot, "-f=-2", "-n=Out", "-s=Plate.before=hold")
    assert done.code == 0 and (shot.parent / "out" / "soft.-002.exr").is_file(), done.err
