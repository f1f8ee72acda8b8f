"""Whether what a node's page leads on to is there: other nodes, chapters of the manual and their headings."""

from collections.abc import Mapping, Sequence

from ..kinds import registry
from .headings import headings


def dead_ends(see: Sequence[str]) -> list[str]:
    """Those of `see` that lead nowhere: kinds that no loaded plugin has, chapters and headings that there are not.

    Chapters are passed over where the manual is not installed.
    """
    known = headings()
    return [name for name in see if not (registry.get(name) if "." in name else not known or _is_in(known, name))]


def _is_in(known: Mapping[str, Mapping[str, str]], name: str) -> bool:
    page, _, heading = name.partition("#")
    return heading in known.get(page, {})
