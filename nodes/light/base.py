"""What nodes share whose wires carry rigs, and cameras.

As a description, before any pixel is looked at, a rig has its final lights by name, kind and switches. What is measured
from a picture or read from an image file comes with the value.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from rimlight.engine import (
    NEUTRAL_KELVIN,
    Color,
    ComputeContext,
    Context,
    Light,
    Node,
    Pose,
    Rig,
    RimlightError,
    Vec3,
    merge_rigs,
    param,
    port,
)  # fmt: skip

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def is_name(text: str) -> bool:
    """Whether a light, and so layers, may be called this."""
    return _NAME.match(text) is not None


def described(ctx: Context, socket: str = "rig") -> Rig:
    """The description of the rig at an input; an empty rig where nothing is wired."""
    return _rig(ctx.about(socket), socket) if ctx.connected(socket) else Rig()


def given(ctx: ComputeContext, socket: str = "rig") -> Rig:
    """The rig at an input, whole; an empty rig where nothing is wired."""
    return _rig(ctx.value(socket), socket) if ctx.connected(socket) else Rig()


def pose_of(ctx: Context, frame: float | None = None) -> Pose:
    """The pose that is wired to `camera`, by default of the first frame that is read."""
    found = ctx.about("camera", frame)
    if not isinstance(found, Pose):
        raise RimlightError(f"input 'camera' takes a camera, what is wired to it puts out {type(found).__name__}")
    return found


def aimed(node: Node, position: Vec3, target: Vec3, what: str = "light") -> Vec3:
    """From a place towards another. Raises RimlightError where they are the same."""
    (x, y, z), (tx, ty, tz) = position, target
    aim = (tx - x, ty - y, tz - z)
    node.require(any(aim), f"target = {target} is where the {what} stands, so it looks nowhere")
    return aim


def with_more(rig: Rig, more: Rig) -> Rig:
    """A rig and more lights or flags, in its unit; in that of the others where it has none."""
    return merge_rigs((rig, more)) if rig.lights or rig.flags else more


def _rig(found: Any, socket: str) -> Rig:
    if not isinstance(found, Rig):
        raise RimlightError(f"input '{socket}' takes a rig, what is wired to it puts out {type(found).__name__}")
    return found


@dataclass(frozen=True)
class LightNode(Node):
    """A node that makes one light and adds it to those that come in."""

    result: ClassVar[type] = Rig
    mutes: ClassVar[bool] = True

    rig: Rig = port("lights to which this one is added", optional=True)
    light_name: str = param(
        default="", doc="name of the light and of its layers; letters, digits and _; empty: its kind", place="top"
    )
    enabled: bool = param(default=True, doc="whether the light shines", place="top")
    solo: bool = param(default=False, doc="only this light shines, with others that are solo", place="top")
    exposure: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="brightness; each stop doubles it")
    color: Color = param(
        default=(1.0, 1.0, 1.0), role="color", doc="colour of the light, times that of the temperature"
    )
    kelvin: float = param(
        default=NEUTRAL_KELVIN, hard=(1000, 25000), soft=(2000, 12000), unit="K",
        doc="colour temperature: lower is warmer, 6504 is white in the picture",
    )  # fmt: skip
    tint: float = param(
        default=0.0, hard=(-100, 100), soft=(-30, 30), doc="above zero the light is greener, below more magenta"
    )
    diffuse: float = param(
        default=1.0,
        soft=(0, 2),
        doc="how much of the light surfaces scatter: 0 leaves only its highlights",
        place="bottom",
    )
    specular: float = param(
        default=1.0, soft=(0, 2), doc="how much of the light shows in highlights: 0 leaves none", place="bottom"
    )
    shadow: float = param(
        default=1.0,
        soft=(0, 1),
        doc="how much of the light shadows take away: 0 lets it through everything",
        place="bottom",
    )
    measured: bool = param(
        default=False, place="bottom",
        doc="the exposure was measured, in a picture or on the set: a Relight of a plate takes it as it is, not "
        "relative to the plate's own light",
    )  # fmt: skip
    link_channel: str = param(
        default="", role="link", place="bottom",
        doc="what the light falls on: a channel of the picture that it lights, such as `matte.hero`; empty: everything",
    )  # fmt: skip
    invert_link: bool = param(default=False, doc="fall on everything but that", place="bottom")

    def light(self, ctx: Context) -> Light:
        """The light without pictures; `common` has what all lights share."""
        raise RimlightError(f"{self.label} does not say what light it is")

    def finished(self, light: Light, ctx: ComputeContext) -> Light:
        """The light with its pictures."""
        return light

    def common(self, kind: str) -> dict[str, Any]:
        """What all lights share, as arguments of a light. Raises RimlightError for a name that layers cannot have."""
        name = self.light_name or kind
        self.require(
            is_name(name),
            f"light_name '{name}': layers are named after it, so use letters, digits and _, not starting with a digit",
        )
        shared = ("enabled", "solo", "exposure", "color", "kelvin", "tint", "diffuse", "specular", "shadow",
                  "measured", "link_channel", "invert_link")  # fmt: skip
        return {"name": name} | {field: getattr(self, field) for field in shared}

    def info(self, ctx: Context) -> Any:
        return Rig() if self.disable else _added(described(ctx), self.light(ctx))

    def compute(self, ctx: ComputeContext) -> Any:
        return Rig() if self.disable else _added(given(ctx), self.finished(self.light(ctx), ctx))


def _added(rig: Rig, light: Light) -> Rig:
    """The rig with one more light, whose position is in centimetres."""
    return with_more(rig, Rig((light,), 1.0))
