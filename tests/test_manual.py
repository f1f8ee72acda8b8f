"""The node reference in `docs/nodes` is that of the declarations; `make docs` writes it anew."""

from pathlib import Path

import pytest

from rimlight.engine import manual_page, registry
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
