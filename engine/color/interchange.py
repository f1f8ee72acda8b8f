"""Where ACES2065-1 is in a colour config: the space by which its primaries are known to all others."""

from typing import Any

from .pyocio import ocio

ROLE = "aces_interchange"
AP0 = ("lin_ap0_scene", "lin_ap0", "ACES2065-1", "aces", ROLE)
"""What it is called; the last is the role that says it."""


def aces_space(config: Any, builtin: str) -> str:
    """The name of ACES2065-1 in an OCIO config: by its role, by name, or found by the library's comparison of linear
    spaces with those of the built-in config `builtin`. Empty where none of these tells.
    """
    for name in (ROLE, *AP0):
        if (space := config.getColorSpace(name)) is not None:
            return str(space.getName())
    try:
        known = ocio().Config.CreateFromBuiltinConfig(builtin)
        return str(ocio().Config.IdentifyBuiltinColorSpace(config, known, "ACES2065-1"))
    except ocio().Exception:
        return ""
