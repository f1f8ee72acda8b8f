"""Whether what a node's page leads on to is there: other nodes, chapters of the manual and their headings."""

from collections.abc import Sequence

from ..errors import FileError
from ..kinds import registry
from .book import manual_folder, slug


def dead_ends(see: Sequence[str]) -> list[str]:
    """Those of `see` that lead nowhere: kinds that no loaded plugin has, chapters and headings that there are not.

    Chapters are passed over where the manual is not installed.
    """
    return [name for name in see if not (registry.get(name) if "." in name else _is_in_manual(name))]


def _is_in_manual(name: str) -> bool:
    page, _, heading = name.partition("#")
    try:
        folder = manual_folder()
    except FileError:
        return True
    path = folder / f"{page}.md"
    if not path.is_file():
        return False
    lines = path.read_text(encoding="utf-8").splitlines()
    return not heading or heading in {slug(line.lstrip("#")) for line in lines if line.startswith("#")}
