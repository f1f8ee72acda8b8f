"""`rimlight docs`."""

import re
from pathlib import Path

import pytest

from commandline import Run, one_sentence
from rimlight.engine import registry


def named(row: str) -> list[str]:
    """The parameters of a row: one, or from the first to the last of those that differ by a number."""
    first, *last = re.findall(r"`([^`]+)`", row.split("|")[1])
    if not last:
        return [first]
    ends = [int(re.search(r"\d+", name)[0]) for name in (first, *last)]  # type: ignore[index]
    return [re.sub(r"\d+", str(number), first, count=1) for number in range(ends[0], ends[1] + 1)]


def test_docs_of_every_node(rimlight: Run, tmp_path: Path) -> None:
    assert rimlight("nodes").code == 0
    for cls in registry:
        page = rimlight("docs", cls.kind)
        assert page.code == 0 and page.out.startswith(f"# {cls.label}\n")
        rows = [line for line in page.out.splitlines() if line.startswith("| `")]
        inputs, rest = rows[: len(cls.ports)], rows[len(cls.ports) :]
        parameters, buttons = rest[: len(rest) - len(cls.solves)], rest[len(rest) - len(cls.solves) :]
        for table, bars in ((inputs, 4), (parameters, 5), (buttons, 3)):
            assert {row.replace("\\|", "").count("|") for row in table} <= {bars}
        told = [name for row in parameters for name in named(row)]
        families = [f"{family.name}_..." for family in cls.families]
        assert sorted(told) == sorted([*(spec.name for spec in cls.specs), *families])
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


@pytest.mark.parametrize("option", ["--nuke", "--all"])
def test_a_page_that_may_not_be_replaced_is_told_with_the_reason(option: str, rimlight: Run, tmp_path: Path) -> None:
    page = tmp_path / "color.grade.md"
    page.touch(0o444)
    done = rimlight("docs", option, page if option == "--nuke" else tmp_path)
    assert done.code == 1 and one_sentence(done.err) and "it is read-only" in done.err
    assert page.read_bytes() == b""


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Merge2", ", perhaps Merge"),
        ("dirblur", ", perhaps MotionBlur"),
        ("colorcorect", ", perhaps ColorCorrect or"),
        ("color.grad", ", perhaps color.grade or"),
        ("ScanlineRender", ""),
        ("foo", ""),
    ],
)
def test_what_is_meant_by_an_unknown_kind(name: str, hint: str, rimlight: Run) -> None:
    """Names of Nuke's classes, and what is alike whatever its case; nothing is far-fetched."""
    done = rimlight("docs", name)
    assert done.code != 0 and f"there is no node kind '{name}'{hint}" in done.err
    assert hint or "perhaps" not in done.err
