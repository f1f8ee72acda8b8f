"""Which kinds of nodes are lights and flags, and which of their parameters say what."""

from rimlight.engine import NodeState, Rig

from .values import spec_of

RIG_SOCKET = "rig"
STANDING = ("light.point", "light.spot", "light.area")
"""Kinds that stand somewhere; `light.directional` is at infinity, the others are all around."""
SPACE_KIND = "light.rig_space"
FLAG_KIND = "light.flag"
AROUND = ("light.environment", "light.gaussians", "light.harmonics")
SIZES = {
    "light.directional": "angle", "light.point": "size", "light.spot": "size", "light.area": "width",
    FLAG_KIND: "width",
}  # fmt: skip
"""The parameter that is the diameter of a light or flag, in degrees or centimetres."""


def name_parameter(kind: str) -> str:
    """The parameter that is the name of a light or flag."""
    return "flag_name" if kind == FLAG_KIND else "light_name"


def is_light(state: NodeState) -> bool:
    """Whether a node makes one light of its own that can be edited."""
    return state.cls is not None and state.cls.result is Rig and spec_of(state, "light_name") is not None
