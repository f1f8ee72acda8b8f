"""Preferences of the user and the other small files in the folder of the user's settings.

The folder is `RIMLIGHT_CONFIG` where that is set, else where the system keeps settings. Files are read once, before the
window opens, and written in the background.
"""

import json
import logging
import math
import os
import typing
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

from rimlight.engine import FileError, from_json, read_regular, write_safely

log = logging.getLogger(__name__)

FOLDER_VARIABLE = "RIMLIGHT_CONFIG"
FILE = "preferences.json"
_MAX_BYTES = 16 << 20


def config_folder() -> Path:
    """Where the user's settings are."""
    given = os.environ.get(FOLDER_VARIABLE, "")
    return Path(given) if given else platformdirs.user_config_path("rimlight")


def read_json(path: Path, tell: Callable[[str], object] | None = None) -> Mapping[str, Any]:
    """A JSON object from a file; empty, and logged, when it is not there or damaged: settings never stop a start.

    tell : is given a sentence as well when the file cannot be used.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        reason = error.strerror or error if isinstance(error, OSError) else f"it is damaged: {error}"
        log.warning("%s: ignored, cannot be read: %s", path, reason)
        if tell is not None:
            tell(f"{path} is not used, {reason}")
        return {}


def _read(path: Path) -> Mapping[str, Any]:
    """Raises OSError, and ValueError for what is no JSON object."""
    data = from_json(read_regular(path, _MAX_BYTES))
    if not isinstance(data, dict):
        raise ValueError(f"found a {type(data).__name__}, expected an object in braces")
    return data


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write a JSON object, as `write_safely` does. A damaged file, which somebody may have written by hand, is kept
    beside it under its name and `.damaged`. Raises FileError.
    """
    text = json.dumps(data, indent=2, sort_keys=True) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _read(path)
        except ValueError:
            path.replace(path.with_name(f"{path.name}.damaged"))
        except OSError:
            pass  # it is not there
        write_safely(path, text.encode())
    except OSError as error:
        raise FileError(f"{path}: settings cannot be written: {error.strerror or error}") from error


def preference(
    default: Any, label: str, doc: str, low: float | None = None, high: float | None = None, section: str = "General"
) -> Any:
    """Declare a preference, from which the file and the panel come. low, high : the range of a number.

    section : under which heading it stands.
    """
    return field(default=default, metadata={"label": label, "doc": doc, "range": (low, high), "section": section})


@dataclass(frozen=True)
class Preferences:
    """What the user prefers. A new object for every change."""

    autosave_idle: float = preference(5.0, "Autosave when idle", "seconds after the last edit", 1, 600, section="Files")
    autosave_forced: float = preference(
        30.0, "Autosave at least", "seconds after the first unsaved edit", 5, 3600, section="Files"
    )
    recent_count: int = preference(12, "Recent scripts", "how many are remembered", 0, 50, section="Files")
    draft_milliseconds: float = preference(
        150.0,
        "Draft time",
        "milliseconds for a first picture; less comes sooner and coarser; from the next start",
        20,
        2000,
        section="Viewer",
    )
    viewer_opengl: bool = preference(
        True, "Viewer on the graphics card", "else the processor draws; from the next start", section="Viewer"
    )
    font_scale: float = preference(1.0, "Text size", "times the size of the system's font", 0.7, 2.0, section="Window")
    merge_first_is_b: bool = preference(
        True, "Merge: first selected is B", "else the first selected becomes A", section="Nodes"
    )
    properties_count: int = preference(
        10, "Open properties", "how many nodes show theirs at once; from the next start", 1, 50, section="Nodes"
    )
    properties_new: bool = preference(
        True, "New nodes open their properties", "and a new Read asks for its file", section="Nodes"
    )
    properties_follow: bool = preference(
        False, "Properties follow the selection", "else Enter or a double-click opens", section="Nodes"
    )

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Preferences":
        """Read plain data; what is unknown or wrong is logged and left at its default, numbers are brought in range."""
        values: dict[str, Any] = {}
        types = typing.get_type_hints(cls)
        for f in fields(cls):
            if f.name not in data:
                continue
            value, kind = data[f.name], types[f.name]
            number = kind in (int, float) and isinstance(value, (int, float)) and not isinstance(value, bool)
            number = number and not math.isnan(value)
            if not (number or isinstance(value, kind)):
                log.warning("preference %s: ignored, found %r, expected a %s", f.name, value, kind.__name__)
                continue
            low, high = f.metadata["range"]
            if number:
                value = kind(min(max(value, value if low is None else low), value if high is None else high))
            values[f.name] = value
        return cls(**values)

    @classmethod
    def load(cls, folder: Path, tell: Callable[[str], object] | None = None) -> "Preferences":
        """Read them from their file. tell : is given a sentence where that is damaged."""
        return cls.from_data(read_json(folder / FILE, tell))

    def save(self, folder: Path) -> None:
        """Write what differs from the defaults; what the file has of a later version stays. Raises FileError."""
        defaults = asdict(Preferences())
        others = {k: v for k, v in read_json(folder / FILE).items() if k not in defaults}
        write_json(folder / FILE, others | {k: v for k, v in asdict(self).items() if v != defaults[k]})
