"""The manual in one page: everything is in it, every link leads somewhere in it, nothing comes from elsewhere."""

import re
from pathlib import Path

import pytest

from rimlight.engine import cli, manual_page, registry
from rimlight.engine.errors import FileError
from rimlight.engine.manual.book import chapter_names, write_book
from rimlight.engine.manual.headings import headings, slug
from rimlight.engine.plugins import load_plugins
from source import ROOT

DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    load_plugins()
    path = tmp_path_factory.mktemp("book") / "manual.html"
    write_book(path, DOCS)
    return path.read_text(encoding="utf-8")


def test_every_chapter_is_listed_and_in_it(book: str) -> None:
    names = chapter_names(DOCS)
    assert set(names) == {path.stem for path in DOCS.glob("*.md")} - {"README"}
    for name in names:
        assert f'<h1 id="{name}">' in book
    for cls in registry:
        if not cls.__module__.startswith("rimlight.nodes."):
            continue
        assert f'<h1 id="nodes/{cls.kind}">' in book


def test_every_link_in_it_leads_somewhere_in_it(book: str) -> None:
    anchors = re.findall(r'id="([^"]+)"', book)
    assert len(anchors) == len(set(anchors)), "two headings of a chapter are the same"
    inside = set(re.findall(r'href="#([^"$]+)"', book))
    assert len(inside) > 250
    assert inside - set(anchors) == set()


def test_it_needs_nothing_from_elsewhere(book: str) -> None:
    assert set(re.findall(r'<(?:img|script|link|iframe)\b[^>]*?(?:src|href)="([a-z]+):', book)) == {"data"}
    assert not re.findall(r'<(?:img|script|link)\b[^>]*?(?:src|href)="(?!data:)', book)
    assert book.count("<img") >= 40


def test_a_picture_that_is_shown_again_is_embedded_once(book: str) -> None:
    embedded = re.findall(r'<img src="(data:[^"]+)"[^>]* id="([^"]+)"', book)
    assert len({data for data, _ in embedded}) == len(embedded) >= 40
    again = re.findall(r'<img [^>]*data-like="([^"]+)"', book)
    assert again and set(again) <= {name for _, name in embedded}
    assert len(embedded) + len(again) == book.count("<img ")


def test_it_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "folder" / "manual.html"
    assert cli.run(["docs", "--html", str(target)]) == 0
    first = target.stat()
    assert first.st_size > 1_000_000
    assert cli.run(["docs", "--html", str(target)]) == 0
    assert target.stat().st_mtime_ns == first.st_mtime_ns, "the same book is not made again"
    target.write_text("something else", encoding="utf-8")
    assert cli.run(["docs", "--html", str(target)]) == 0
    assert target.stat().st_size == first.st_size
    capsys.readouterr()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert cli.run(["docs", "--html", str(tmp_path / "file" / "manual.html")]) == 1
    assert "the manual cannot be written: " in capsys.readouterr().err
    locked = tmp_path / "locked.html"
    locked.touch(0o444)
    assert cli.run(["docs", "--html", str(locked)]) == 1
    assert "locked.html: the manual cannot be written: it is read-only" in capsys.readouterr().err


def test_what_a_chapter_lacks_is_told(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("[One](one.md)", encoding="utf-8")
    with pytest.raises(FileError, match=r"one\.md: the chapter cannot be read"):
        write_book(tmp_path / "manual.html", tmp_path)


def test_a_picture_that_is_gone_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("[One](one.md)", encoding="utf-8")
    (tmp_path / "one.md").write_text("# One\n\n![a lamp](images/gone.png)\n\nAnd on.\n", encoding="utf-8")
    write_book(tmp_path / "manual.html", tmp_path)
    book = (tmp_path / "manual.html").read_text(encoding="utf-8")
    assert '<img src="data:," alt="a lamp"' in book and "<p>And on.</p>" in book


def test_anchors_are_those_of_the_source() -> None:
    assert slug("What is safe") == "what-is-safe" and slug("In `uv`, here & now") == "in-uv-here--now"


def test_headings_are_found_by_their_anchors() -> None:
    assert headings()["recipes"]["an-hdri-of-brackets"] == "An HDRI of brackets"
    assert headings()["light"][""] == "Light"
    assert "[An HDRI of brackets](../recipes.md#an-hdri-of-brackets)" in manual_page(registry.find("merge.hdr_merge"))
