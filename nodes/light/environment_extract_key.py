from collections.abc import Sequence
from typing import Any, ClassVar

from rimlight.engine import (
    ComputeContext,
    Context,
    DirectionalLight,
    EnvironmentLight,
    Image,
    Need,
    Node,
    Region,
    Rig,
    extract_key,
    node,
    param,
    port,
)  # fmt: skip

from .base import described, given, is_name, with_more
from .pictures import wired_needs, wired_picture
from .working import working_space


@node(
    "light.environment_extract_key",
    see="light.environment_remove_key light.environment light#surroundings",
    label="EnvironmentExtractKey",
)
class EnvironmentExtractKey(Node):
    """Takes the key light, such as the sun, out of surroundings: a directional light, and an environment of the rest.

    Of the brightest spot it takes what is brighter than the ring around it. The two lights together have the energy of
    the picture, but the key casts a shadow with an edge and can be turned and weighted on its own. To see the rest, use
    EnvironmentRemoveKey.
    """

    result: ClassVar[type] = Rig
    mutes: ClassVar[bool] = True

    rig: Rig = port("lights to which these are added", optional=True)
    image: Image = port("lat-long picture of the surroundings")
    radius: float = param(
        default=8.0, hard=(0.1, 60), soft=(1, 30), unit="deg", place="top",
        doc="radius of the spot that is looked for; its soft edge reaches twice as far",
    )  # fmt: skip
    key_name: str = param(default="key", doc="name of the key light; letters, digits and _", place="top")
    rest: bool = param(default=True, doc="add an environment light of the rest", place="top")
    rest_name: str = param(default="environment", doc="name of the environment light of the rest")

    def info(self, ctx: Context) -> Any:
        if self.disable:
            return Rig()
        for name in ("key_name", "rest_name"):
            value = getattr(self, name)
            self.require(
                is_name(value),
                f"{name} '{value}': layers are named after it, so use letters, digits and _, not starting with a digit",
            )
        ctx.info("image")
        key = DirectionalLight(name=self.key_name)
        return self._added(described(ctx), key, EnvironmentLight(name=self.rest_name))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return () if self.disable else wired_needs(ctx, "image")

    def compute(self, ctx: ComputeContext) -> Any:
        if self.disable:
            return Rig()
        picture = wired_picture(ctx, "image")
        key, rest = extract_key(picture, self.radius, working_space(ctx))
        around = EnvironmentLight(name=self.rest_name, pixels=rest)
        return self._added(given(ctx), key.with_(name=self.key_name), around)

    def _added(self, rig: Rig, key: DirectionalLight, around: EnvironmentLight) -> Rig:
        made = Rig((key, around) if self.rest else (key,))
        return with_more(rig, made)
