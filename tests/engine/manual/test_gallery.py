"""The gallery: every node of light has an example that renders, and the pages show what was rendered."""

import json
from pathlib import Path

import pytest

from rimlight.engine import FileError, registry
from rimlight.engine.cli import run
from rimlight.engine.commands.gallery import about
from rimlight.engine.manual.gallery import Example, read_examples, render_example
from rimlight.engine.manual.gallery_page import settings_of
from rimlight.engine.plugins import load_plugins

load_plugins()
WITHOUT = {"learned.inference": "runs models from elsewhere, and none ships"}
LIGHT = sorted(
    cls.kind for cls in registry if cls.kind.startswith("learned.") or cls.kind == "light.relight"
)  # fmt: skip
EXAMPLES = read_examples()


@pytest.mark.parametrize("kind", LIGHT)
def test_every_light_node_has_an_example(kind: str) -> None:
    shown = {example.node for example in EXAMPLES}
    assert (kind in shown) != (kind in WITHOUT)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_it_renders_before_and_after(example: Example, tmp_path: Path) -> None:
    shown = render_example(example, tmp_path, scale=1 / 8)
    assert shown.error == ""
    before, after = (tmp_path / name for name in (shown.before, shown.after))
    assert before.is_file() and after.is_file()
    assert before.read_bytes() != after.read_bytes()


def test_values_of_examples_are_known_to_their_nodes() -> None:
    for example in EXAMPLES:
        for name, node in example.graph.items():
            known = {spec.name for spec in registry.find(node["kind"]).specs}
            assert set(node.get("values", {})) <= known, f"{example.title}: {name}"
        assert {example.before, example.after} <= set(example.graph) or example.script


def test_of_what_is_drawn_only_the_number_is_told() -> None:
    drawn = [{"brush": "paint", "points": [[1, 2]]}, {"points": [[3, 4], [5, 6]]}]
    assert settings_of({"strokes": drawn, "size": 2.5, "at": [1.0, 2]}) == [
        ("strokes", "2"), ("size", "2.5"), ("at", "1 2"),
    ]  # fmt: skip


def test_the_page_and_the_chapter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--only", "learned.declip", "--proxy", "8"]
    assert run(["gallery", str(tmp_path), *arguments]) == 0, capsys.readouterr().err
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Declip" in page and "http" not in page.replace("http-equiv", "")
    for name in (tmp_path / "images").iterdir():
        assert f'src="images/{name.name}"' in page
    assert run(["gallery", str(tmp_path), *arguments, "--manual"]) == 0, capsys.readouterr().err
    chapter = (tmp_path / "gallery.md").read_text(encoding="utf-8")
    for name in (tmp_path / "images" / "gallery").iterdir():
        assert f"](images/gallery/{name.name})" in chapter
    assert "nodes/learned.declip.md" in chapter


@pytest.mark.parametrize("word", ["learned.light_sources", "LightSources", "night to dusk"])
def test_examples_are_chosen_by_kind_name_or_title(word: str) -> None:
    assert any(word.lower() in about(example) for example in read_examples())


def test_an_example_that_fails_is_told_and_the_others_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"node": "learned.declip", "title": "Good", "caption": "It works.", "picture": "room.exr"}
    bad = good | {"title": "Bad", "picture": "none.exr"}
    path = tmp_path / "gallery.json"
    path.write_text(json.dumps({"examples": [good, bad]}), encoding="utf-8")
    monkeypatch.setattr("rimlight.engine.manual.gallery.read_examples", lambda: read_examples(path))
    assert run(["gallery", str(tmp_path / "out"), "--proxy", "8"]) == 3
    assert "none.exr" in capsys.readouterr().err
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert page.count("<img") == 2 and "there is no such file" in page


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "cannot be read"),
        ("[]", "a list of examples"),
        ('{"examples": [{"node": "a"}]}', "example 1"),
        ('{"examples": [{"node": "a", "title": "", "caption": "", "lamp": 1}]}', "'lamp' is not known"),
    ],
)
def test_a_damaged_declaration_is_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "gallery.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=sentence):
        read_examples(path)


def test_wrong_arguments_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gallery", str(tmp_path), "--only", "nothing of that name"]) == 2
    assert "no example is about" in capsys.readouterr().err
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run(["gallery", str(tmp_path / "file")]) == 1
    assert "cannot be made" in capsys.readouterr().err
