"""The node reference in `docs/nodes` is that of the declarations; `make docs` writes it anew."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from rimlight.engine import cli, manual_page, registry
from rimlight.engine.manual.pages import nuke_table
from rimlight.engine.plugins import load_plugins

PAGES = Path(__file__).parent.parent / "docs" / "nodes"

load_plugins()
KINDS = [cls for cls in registry if cls.__module__.startswith("rimlight.nodes.")]


@pytest.mark.parametrize("cls", KINDS, ids=lambda cls: str(cls.kind))
def test_the_page_is_that_of_the_declaration(cls: type) -> None:
    written = PAGES / f"{cls.kind}.md"  # type: ignore[attr-defined]
    assert written.is_file(), "run make docs"
    assert written.read_text(encoding="utf-8") == manual_page(cls), "run make docs"


def test_no_page_is_left_of_a_node_that_is_gone() -> None:
    kinds = {cls.kind for cls in KINDS}
    assert {p.stem for p in PAGES.glob("*.md")} - {"README"} <= kinds


def test_the_table_of_nukes_nodes_is_that_of_the_declarations() -> None:
    written = (PAGES.parent / "nuke_nodes.md").read_text(encoding="utf-8")
    assert written == nuke_table("Made from the declarations of the nodes by `make docs`."), "run make docs"
    rows = [line for line in written.splitlines() if line.startswith("| ")][1:]
    names = [name.strip() for row in rows for name in row.split("|")[1].split(",")]
    assert len(names) > 110 and len(set(names)) == len(names)


@pytest.mark.parametrize("cls", KINDS, ids=lambda cls: str(cls.kind))
def test_a_page_leads_on(cls: Any) -> None:
    """To other nodes that there are and to chapters and headings that there are; chapters are tried in the book."""
    assert cls.see, "name nodes alike, or a chapter: @node(..., see=...)"
    assert cls.kind not in cls.see and len(set(cls.see)) == len(cls.see)
    assert {kind for kind in cls.see if "." in kind} <= {other.kind for other in KINDS}
    page = manual_page(cls)
    assert "## See also" in page


def test_samples_are_named_where_their_nodes_are() -> None:
    assert "In the samples: `face`." in manual_page(registry.find("face.fit"))
    assert "samples" not in manual_page(registry.find("color.log2lin"))


def test_examples_of_the_gallery_are_named_where_their_nodes_are() -> None:
    page = manual_page(registry.find("light.cast_shadow"))
    assert "Before and after: [A shadow on the plate's ground](../gallery.md#a-shadow-on-the-plates-ground)." in page
    gallery = (PAGES.parent / "gallery.md").read_text(encoding="utf-8")
    named = [line for cls in KINDS for line in re.findall(r"\[([^]]*)\]\(\.\./gallery\.md#", manual_page(cls))]
    assert sorted(named) == sorted(re.findall(r"^## (.*)$", gallery, re.M))


def test_parameters_that_differ_by_a_number_alone_share_a_row() -> None:
    page = manual_page(registry.find("transform.tracker"))
    assert "| `track1` to `track8` |" in page and "`track5`" not in page
    mixer = manual_page(registry.find("light.mixer"))
    assert "| `lights1` | " in mixer and "| `lights2` to `lights8` | lights of slot 2 to 8 |" in mixer
    lobes = manual_page(registry.find("light.gaussians"))
    assert all(f"| `sharpness{n}` | how narrow lobe {n} is" in lobes for n in (1, 2, 3, 4)), (
        "two are no row of their own"
    )
    assert "| `f0` | " in manual_page(registry.find("light.relight"))
    assert "`rimlight:patch_1` to `rimlight:patch_24`." in manual_page(registry.find("color.color_chart"))


@pytest.mark.parametrize("page", ["farm.md", "farm/render.yaml", "command_line.md", "tracking.md", "nuke.md"])
def test_options_in_the_manual_are_those_of_the_commands(page: str) -> None:
    text = (PAGES.parent / page).read_text(encoding="utf-8")
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - {"--array", "--mem", "--signal", "--job-name"}
    used = {name for name in used if not name.startswith("--cpus")}
    known = {"--version", "--help", "--verbose", "--install-completion", "--show-completion"}
    for command in app_commands():
        known |= command
    assert used and used <= known, f"unknown: {used - known}"


def app_commands() -> list[set[str]]:
    root: Any = typer.main.get_command(cli.app)
    return [{o for p in command.params for o in p.opts} for command in root.commands.values()]
