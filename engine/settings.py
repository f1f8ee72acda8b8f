"""Settings of a project (saved in its script) and of the machine (from the environment), passed in, never global."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from .errors import FileError, ScriptError
from .io.sequence import MAX_DIGITS, MAX_FRAMES
from .memory import usable_memory
from .paths import full_path
from .region import Format, parse_format

GIB = 1 << 30


@dataclass(frozen=True)
class Project:
    """What a script says about the whole picture.

    format : size of sources that have none of their own. frames : first and last frame. fps : frames per second.
    ocio : colour config, empty for the built-in ACES config, a path, or `env` for the OCIO environment variable.
    working : working space, `ACEScg` or `Linear Rec.709 (sRGB)`, or any scene-linear space of the config.
    folder : where relative paths start, normally the folder of the script; not saved.
    """

    format: str = "HD"
    frames: tuple[int, int] = (1, 100)
    fps: float = 24.0
    ocio: str = ""
    working: str = "ACEScg"
    display: str = ""
    view: str = ""
    folder: str = ""

    @property
    def size(self) -> Format:
        """The format with its width, height and pixel aspect."""
        return parse_format(self.format)

    @property
    def frame_range(self) -> range:
        """Every frame from the first to the last; none where the last comes before the first."""
        first, last = self.frames
        return range(first, last + 1)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of what a script sets: all but the folder, which is where it lies."""
        return tuple(f.name for f in fields(cls) if f.name != "folder")

    def to_data(self) -> dict[str, Any]:
        """What differs from the defaults, as plain data."""
        out: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name != "folder" and value != f.default:
                out[f.name] = list(value) if isinstance(value, tuple) else value
        return out

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Project":
        """Read plain data. Unknown names are ignored (a newer version wrote them); a wrong value is a ScriptError."""
        values = {name: value for name, value in data.items() if name in cls.names()}
        try:
            if "frames" in values:
                values["frames"] = _first_and_last(values["frames"])
            if "fps" in values:
                values["fps"] = _rate(values["fps"])
            for name in ("format", "ocio", "working", "display", "view"):
                if not isinstance(values.get(name, ""), str):
                    raise ValueError(f"{name} must be text")
            parse_format(values.get("format", "HD"))
        except (TypeError, ValueError) as error:
            raise ScriptError(f"project settings: {error}") from None
        return replace(cls(), **values)


def _rate(value: Any) -> float:
    try:
        rate = float(value)
    except (TypeError, ValueError, OverflowError):
        rate = 0.0
    if not 0 < rate < 1e4:
        raise ValueError(f"fps is {value!r:.60}, expected a number above 0 and below 10000")
    return rate


def _first_and_last(value: Any) -> tuple[int, int]:
    try:
        if isinstance(value, str):
            raise ValueError
        first, last = (int(v) for v in value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"frames is {value!r:.60}, expected the first and the last, such as 1,100") from None
    if max(abs(first), abs(last)) >= 10**MAX_DIGITS or last - first >= MAX_FRAMES:
        limits = f"at most {MAX_FRAMES} frames, with numbers of at most {MAX_DIGITS} digits"
        raise ValueError(f"frames is {value!r:.60}, expected {limits}")
    return first, last


def _bytes_from_env(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    try:
        size = int(float(text) * GIB) if text else default
    except (ValueError, OverflowError):
        size = -1
    if size < 0:
        raise ScriptError(f"{name}={text}: expected a number of GiB, 0 or more")
    return size


def _folder_from_env(name: str) -> str:
    text = os.environ.get(name, "")
    try:
        return full_path(text) if text else ""
    except FileError as error:
        raise ScriptError(f"{name}: {error}") from None


@dataclass(frozen=True)
class Settings:
    """What the machine gives. Byte budgets of the cache per tier; `RIMLIGHT_CACHE_GB`, `RIMLIGHT_DEVICE_CACHE_GB`,
    `RIMLIGHT_DISK_CACHE_GB` and `RIMLIGHT_CACHE_DIR` override the defaults.

    model_path : folders with models, as `RIMLIGHT_MODEL_PATH` names them. model_bytes : weights that are kept although
    nobody uses them at the moment, `RIMLIGHT_MODEL_GB`.

    band_bytes : how much memory one evaluation may need before it is cut into bands of rows.
    stall : seconds without any progress after which a headless render is given up.
    """

    device: str = "cpu"
    host_bytes: int = 4 * GIB
    device_bytes: int = 0
    disk_bytes: int = 10 * GIB
    disk_folder: str = ""
    band_bytes: int = 8 * GIB
    stall: float = 600.0
    model_path: str = ""
    model_bytes: int = 4 * GIB

    @classmethod
    def from_environment(cls) -> "Settings":
        """Defaults for this machine: a quarter of the usable memory for the host cache, a third for one evaluation."""
        total = usable_memory()
        return cls(
            host_bytes=_bytes_from_env("RIMLIGHT_CACHE_GB", min(total // 4, 32 * GIB)),
            device_bytes=_bytes_from_env("RIMLIGHT_DEVICE_CACHE_GB", 0),
            disk_bytes=_bytes_from_env("RIMLIGHT_DISK_CACHE_GB", 10 * GIB),
            disk_folder=_folder_from_env("RIMLIGHT_CACHE_DIR"),
            band_bytes=max(GIB // 4, total // 3),
            model_path=os.environ.get("RIMLIGHT_MODEL_PATH", ""),
            model_bytes=_bytes_from_env("RIMLIGHT_MODEL_GB", min(total // 8, 8 * GIB)),
        )
