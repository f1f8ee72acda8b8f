"""Names chosen by patterns as people type them, `key rim_*`, with spaces or commas between."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase


def fits(name: str, text: str) -> bool:
    """Whether a name fits any of the patterns in a text; none does where it has none."""
    return any(fnmatchcase(name, pattern) for pattern in text.replace(",", " ").split())


def without_names(texts: Iterable[str], names: Sequence[str]) -> list[str]:
    """Those of the patterns in some texts that none of the names fits, sorted, but for `*`."""
    patterns = {pattern for text in texts for pattern in text.replace(",", " ").split()} - {"*"}
    return sorted(pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in names))
