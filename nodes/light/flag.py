from collections.abc import Sequence
from typing import Any, ClassVar, Literal, cast

from rimlight.engine import (
    Color,
    ComputeContext,
    Context,
    Image,
    Need,
    Node,
    Region,
    Rig,
    Vec3,
    node,
    param,
    port,
)  # fmt: skip
from rimlight.engine import Flag as FlagValue

from .base import aimed, described, given, with_more
from .pictures import PictureFile, wired_needs, wired_picture

_SEE = "light.directional light.area light.rig light.atmosphere light#flags recipes#light-shaped-by-flags"


@node("light.flag", see=_SEE, label="Flag", reads=("frame",))
class Flag(Node):
    """Puts a card into the light of a rig: a flag that blocks it, a net that takes a share, a gel that colours it, or a
    picture with holes such as leaves or a window.

    It stands in camera space, in the picture or out of it, and is not seen. Shadows of its edge are sharp next to it
    and softer farther behind it, by the size of the light. It is for all lights of the rig, those that are added after
    it too, or for those that `lights` names. As an `opening` it is a hole in a wall without end.

    Of lights from all around, each surface loses what comes from where it sees the card. A card takes light from both
    sides, whatever the `shadow` of a light says, and has no shadow and no light of its own.
    """

    result: ClassVar[type] = Rig
    mutes: ClassVar[bool] = True

    rig: Rig = port("lights that it stands in", optional=True)
    picture: Image = port("picture over the card: clear where it is white", optional=True)
    flag_name: str = param(default="flag", doc="name of the flag, for Rig to take it out by", place="top")
    enabled: bool = param(default=True, doc="whether it takes light", place="top")
    lights: str = param(
        default="", role="lights", doc="lights that it stands in, by patterns such as `key rim_*`; empty: all",
        place="top",
    )  # fmt: skip
    shape: str = param(default="rectangle", choices=("rectangle", "ellipse"), doc="shape of the card", place="top")
    opening: bool = param(
        default=False, doc="turn it inside out: a hole of this shape in a wall without end", place="top"
    )
    position: Vec3 = param(
        default=(50.0, 50.0, -100.0), soft=(-500, 500), unit="cm",
        doc="where its middle stands: x right, y up, z towards the camera, which is at 0, 0, 0",
    )  # fmt: skip
    target: Vec3 = param(
        default=(0.0, 0.0, -200.0), soft=(-500, 500), unit="cm", doc="the point that its front looks at"
    )
    roll: float = param(
        default=0.0, soft=(-180, 180), unit="deg", doc="turns it counter-clockwise, seen from behind it to its target"
    )
    width: float = param(default=50.0, hard=(0.001, None), soft=(1, 300), unit="cm", doc="width of the card")
    height: float = param(default=50.0, hard=(0.001, None), soft=(1, 300), unit="cm", doc="height of the card")
    transmission: Color = param(
        default=(0.0, 0.0, 0.0), hard=(0, 1), soft=(0, 1), role="color",
        doc="share of the light that it lets through: 0 is a flag, 0.5 a net that takes a stop, a colour is a gel",
    )  # fmt: skip
    softness: float = param(
        default=0.0, hard=(0, None), soft=(0, 50), unit="cm",
        doc="how wide its own edge is, where it is frayed; lights with a size have soft shadows without",
    )  # fmt: skip
    picture_file: str = param(
        default="", role="file",
        doc="picture over the card, when none is wired: clear where it is white, as `transmission` says where black",
    )  # fmt: skip
    colorspace: str = param(
        default="", role="colorspace", doc="colour space of the file; empty goes by the file and the config's rules"
    )

    def info(self, ctx: Context) -> Any:
        return Rig() if self.disable else with_more(described(ctx), Rig((), 1.0, (self._flag(ctx),)))

    def compute(self, ctx: ComputeContext) -> Any:
        if self.disable:
            return Rig()
        flag, file = self._flag(ctx), self._file(ctx)
        if ctx.connected("picture"):
            flag = flag.with_(picture=wired_picture(ctx, "picture"))
        elif file is not None:
            flag = flag.with_(picture=file.load(ctx))
        return with_more(given(ctx), Rig((), 1.0, (flag,)))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return wired_needs(ctx, "picture")

    def frame_key(self, ctx: Context) -> object:
        return None

    def extra_key(self, ctx: Context) -> object:
        file = self._file(ctx)
        return None if file is None else file.key(ctx)

    def _file(self, ctx: Context) -> PictureFile | None:
        return None if ctx.connected("picture") else PictureFile.of(ctx, self.picture_file, self.colorspace, ctx.frame)

    def _flag(self, ctx: Context) -> FlagValue:
        """The flag without its picture."""
        file = self._file(ctx)
        return FlagValue(
            name=self.flag_name or "flag", enabled=self.enabled, lights=self.lights,
            shape=cast(Literal["rectangle", "ellipse"], self.shape), position=self.position,
            aim=aimed(self, self.position, self.target, "flag"), roll=self.roll, width=self.width, height=self.height,
            transmission=self.transmission, softness=self.softness, opening=self.opening,
            picture_file="" if file is None else file.path,
        )  # fmt: skip
