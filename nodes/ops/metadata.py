"""Reading, writing and choosing metadata as people type it."""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from rimlight.engine import fits, from_json


def matches(name: str, patterns: str) -> bool:
    """Whether a name fits one of the patterns, separated by spaces or commas; `*` stands for anything, `exr/*` for a
    group. Empty patterns fit everything."""
    return not patterns.replace(",", " ").strip() or fits(name, patterns)


def value_of(text: str) -> Any:
    """The value of a text: a number, a list of numbers `[1, 2]`, `true`, or text, with or without quotes."""
    try:
        value = from_json(text)
    except ValueError:
        return text
    if isinstance(value, list) and value and all(isinstance(v, (int, float)) for v in value):
        return tuple(value)
    return value if isinstance(value, (bool, int, float, str)) else text


def text_of(value: Any) -> str:
    """A value as `value_of` reads it."""
    if isinstance(value, (tuple, list)):
        return json.dumps(list(value))
    if isinstance(value, str):
        return value if isinstance(value_of(value), str) and value_of(value) == value else json.dumps(value)
    return json.dumps(value) if isinstance(value, (bool, int, float)) else str(value)


def check_edits(text: object) -> str:
    """Lines `name = value` and `-pattern`, tidied. Raises ValueError naming the line that cannot be read."""
    if not isinstance(text, str):
        raise ValueError("expected lines such as 'shot = A010' or '-exr/*'")
    lines = [line.strip() for line in text.splitlines()]
    for line in lines:
        name, equals, _ = line.partition("=")
        if line and not (line.startswith("-") and len(line) > 1) and not (equals and name.strip()):
            raise ValueError(f"'{line}' is no edit: expected 'name = value' or '-name'")
    return "\n".join(line for line in lines if line)


def edited(metadata: Mapping[str, Any], edits: str) -> dict[str, Any]:
    """The metadata after checked edits, one after the other."""
    out = dict(metadata)
    for line in edits.splitlines():
        if line.startswith("-"):
            out = {name: value for name, value in out.items() if not fnmatchcase(name, line[1:].strip())}
        else:
            name, _, value = line.partition("=")
            out[name.strip()] = value_of(value.strip())
    return out
