"""Stages with lights."""

from typing import Any

from rimlight.engine import Rig
from stage import Stage


def rig_of(kind: str, frame: float = 1, **values: Any) -> Rig:
    """What a light node puts out."""
    found = Stage().add("L", kind, **values).evaluate("L", frame)
    assert isinstance(found, Rig)
    return found
