"""The chapters of the manual as files: where they are, their headings, and the anchors of these."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from ..errors import FileError


def manual_folder() -> Path:
    """The folder of the chapters that came with the product. Raises FileError where they were not installed."""
    try:
        return Path(str(files("rimlight.docs")))
    except ModuleNotFoundError:
        raise FileError("the chapters of the manual are not installed: install rimlight anew") from None


def slug(heading: str) -> str:
    """The anchor of a heading as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@cache
def headings() -> Mapping[str, Mapping[str, str]]:
    """The headings of each chapter by anchor, its title also by `""`; none where the manual is not there. Read once."""
    try:
        texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(manual_folder().glob("*.md"))}
    except (FileError, OSError):
        return {}
    told = {page: re.findall(r"^#+ +(.*)$", text, re.M) for page, text in texts.items()}
    return {page: {"": found[0], **{slug(h): h for h in found}} for page, found in told.items() if found}
