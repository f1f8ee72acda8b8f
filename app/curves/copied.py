"""Keys on the clipboard, which go from one panel of keys to the other, and to other windows."""

import json
from collections.abc import Sequence
from typing import Any

from PySide6.QtGui import QGuiApplication

from rimlight.engine import Curve, Key, from_json

from .drawn_tracks import Pose

_KEYS = "rimlight_keys"
"""Names keys in the text on the clipboard."""


def copy_keys(tracks: Sequence[Sequence[Key]]) -> None:
    """Put keys on the clipboard, track by track."""
    # As text: data of another sort is an object of Python's, which the clipboard outlives.
    QGuiApplication.clipboard().setText(json.dumps({_KEYS: [_to_data(keys) for keys in tracks]}))


def copied_keys() -> list[tuple[Key, ...]]:
    """The keys on the clipboard, track by track; none where something else is there."""
    try:
        return [_from_data(track) for track in from_json(QGuiApplication.clipboard().text())[_KEYS]]
    except (ValueError, TypeError, KeyError):
        return []


def _to_data(keys: Sequence[Key]) -> Any:
    data = Curve(tuple(keys)).to_data()
    return {"keys": data, "poses": [key.points for key in keys if isinstance(key, Pose)]}


def _from_data(data: Any) -> tuple[Key, ...]:
    keys, poses = Curve.from_data(data["keys"]).keys, data["poses"]
    if not poses:
        return keys
    return tuple(Pose(key.frame, 0.0, key.interp, points=points) for key, points in zip(keys, poses, strict=True))


def points_in(keys: Sequence[Key]) -> int | None:
    """How many points a shape has whose keys these are; None for those of a number."""
    return len(keys[0].points) if isinstance(keys[0], Pose) else None
