"""Photometric profiles that lights carry, from files."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rimlight.engine import ComputeContext, Context, Light, StandingLight, full_path, load_profile, param, unpacked

from .base import LightNode


@dataclass(frozen=True)
class Profiled(LightNode):
    """A node that makes a light that may shine by a profile."""

    sections: ClassVar[Mapping[str, str]] = {"Profile": "profile_file profile_level profile_scale"}

    profile_file: str = param(
        default="", role="file", doc="IES or EULUMDAT file (.ies, .ldt): the light shines as this lamp was measured"
    )
    profile_level: str = param(
        default="brightest", choices=("brightest", "power", "candela"),
        doc="what exposure stands for: brightest: light in the brightest direction; power: all light together, as of "
        "a light to all sides; candela: stops over the lamp as it was measured, where a pixel value of 1 is a nit",
    )  # fmt: skip
    profile_scale: float = param(
        default=1.0, soft=(0.2, 2),
        doc="spreads the profile about its axis: 2 doubles every angle; below zero it is turned to shine backwards",
    )  # fmt: skip

    def profile(self, ctx: Context) -> dict[str, Any]:
        """What the profile is, as arguments of a light, without what is in the file."""
        path = self._profile_path(ctx)
        if not path:
            return {}
        self.require(self.profile_scale != 0, "profile_scale = 0 leaves nothing of the profile, expected 1 or so")
        return {"profile_file": path, "profile_level": self.profile_level, "profile_scale": self.profile_scale}

    def finished(self, light: Light, ctx: ComputeContext) -> Light:
        if not isinstance(light, StandingLight) or not light.profile_file:
            return light
        return light.with_(profile=load_profile(Path(light.profile_file)))

    def extra_key(self, ctx: Context) -> object:
        path = self._profile_path(ctx)
        return profile_key(path) if path else None

    def _profile_path(self, ctx: Context) -> str:
        return full_path(self.profile_file, ctx.project.folder) if self.profile_file else ""


def profile_key(path: str) -> object:
    """What identifies the present content of a profile's file. Raises FileError when it cannot be read."""
    load_profile(Path(path))
    status = os.stat(unpacked(path))
    return path, status.st_mtime_ns, status.st_size
