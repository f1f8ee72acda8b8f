from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    Color,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    LayerKind,
    Need,
    Node,
    Region,
    fits,
    light_of,
    node,
    param,
    port,
    weighed,
    without_names,
)  # fmt: skip

from ..ops.color import gain_of

_SLOTS = 8
_White = (1.0, 1.0, 1.0)
_BLACK = (0.0, 0.0, 0.0)


@node("light.mixer", see="light.relight light.recombine recipes#light-groups-of-a-render", label="LightMixer")
class LightMixer(Node):
    """Makes single lights of a lit picture brighter, darker or of another colour, without lighting it again.

    Works on light groups, the layers `light_<name>` or `light_<name>_diffuse` and `light_<name>_specular` that Relight
    and renderers put out: they are weighted, and the main layer changes by as much as they do. Each slot names lights
    by patterns, such as `key` or `rim_*`; of several slots that name a light the last one has it. `solo` and `mute`
    take such patterns too.
    """

    point: ClassVar[bool] = True

    image: Image = port("picture with light groups")
    solo: str = param(
        default="", role="lights", doc="lights that are seen alone, without anything else in the picture", place="top"
    )
    mute: str = param(default="", role="lights", doc="lights that are put out, also of those of solo", place="top")
    lights1: str = param(
        default="*", role="lights", doc="lights of slot 1, by patterns such as `key rim_*`", place="top"
    )
    exposure1: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="exposure of these lights", place="top")
    color1: Color = param(default=_White, role="color", doc="colour that these lights are multiplied with", place="top")
    lights2: str = param(default="", role="lights", doc="lights of slot 2")
    exposure2: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="exposure of these lights")
    color2: Color = param(default=_White, role="color", doc="colour that these lights are multiplied with")
    lights3: str = param(default="", role="lights", doc="lights of slot 3")
    exposure3: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="exposure of these lights")
    color3: Color = param(default=_White, role="color", doc="colour that these lights are multiplied with")
    lights4: str = param(default="", role="lights", doc="lights of slot 4")
    exposure4: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="exposure of these lights")
    color4: Color = param(default=_White, role="color", doc="colour that these lights are multiplied with")
    lights5: str = param(default="", role="lights", doc="lights of slot 5")
    exposure5: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="exposure of these lights")
    color5: Color = param(default=_White, role="color", doc="colour that these lights are multiplied with")
    lights6: str = param(default="", role="lights", doc="lights of slot 6")
    exposure6: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="exposure of these lights")
    color6: Color = param(default=_White, role="color", doc="colour that these lights are multiplied with")
    lights7: str = param(default="", role="lights", doc="lights of slot 7")
    exposure7: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="exposure of these lights")
    color7: Color = param(default=_White, role="color", doc="colour that these lights are multiplied with")
    lights8: str = param(default="", role="lights", doc="lights of slot 8")
    exposure8: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="exposure of these lights")
    color8: Color = param(default=_White, role="color", doc="colour that these lights are multiplied with")

    def identity(self, ctx: Context) -> str | None:
        return "image" if not self.solo and not self._weighted(ctx.info("image")) else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        made = set(self._weighted(ctx.info("image"))) | {MAIN}
        return frozenset(layers) & made

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info = ctx.info("image")
        groups = self._summed(info) if MAIN in layers else ()
        return (Need("image", region, tuple(dict.fromkeys((*layers, *groups)))),)

    def warnings(self, ctx: Context) -> Sequence[str]:
        names = sorted({light for layer in ctx.info("image").names if (light := light_of(layer))})
        texts = (self.solo, self.mute, *(lights for lights, _ in self._slots()))
        there = ", ".join(names) or "none"
        return [f"no light group is called '{p}', there are {there}" for p in without_names(texts, names)]

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image, info = ctx.image("image"), ctx.info("image")
        weights = {name: torch.tensor(w, device=ctx.device)[:, None, None] for name, w in self._weighted(info).items()}
        out = {n: weighed(image.tensor(n, ctx.region), weights[n]) for n in ctx.layers if n in weights}
        if MAIN in ctx.layers:
            out[MAIN] = self._picture(ctx, image, weights)
        return out

    def _picture(self, ctx: ComputeContext, image: Image, weights: Mapping[str, Tensor]) -> Tensor:
        plate, layer = image.tensor(MAIN, ctx.region), ctx.output.layer(MAIN)
        if layer.rgb is None:
            return plate
        total = plate[list(layer.rgb)]
        lights, known = torch.zeros_like(total), torch.ones_like(total, dtype=torch.bool)
        for name in self._summed(image.info):
            x = image.tensor(name, ctx.region)
            lights = lights + (weighed(x, weights[name]) if name in weights else x)
            if not self.solo:
                total = total + x * (weights[name] - 1)
                known &= torch.isfinite(x)
        out = plate.clone()
        # Nobody knows what else there is where a light is infinite.
        out[list(layer.rgb)] = lights if self.solo else torch.where(known, total, lights)
        return out

    def _summed(self, info: ImageInfo) -> tuple[str, ...]:
        """The group layers that the main layer is made from: the solo ones, or all that change."""
        if not self.solo:
            return tuple(self._weighted(info))
        return tuple(name for name in _groups(info) if fits(light_of(name), self.solo))

    def _weighted(self, info: ImageInfo) -> dict[str, tuple[float, ...]]:
        """The group layers that change, with their weights of red, green and blue."""
        found = {}
        for name in _groups(info):
            weight = next((weight for lights, weight in self._slots() if fits(light_of(name), lights)), _White)
            if weight != _White:
                found[name] = weight
        return found

    def _slots(self) -> list[tuple[str, tuple[float, ...]]]:
        slots: list[tuple[str, tuple[float, ...]]] = [(self.mute, _BLACK)]
        for number in range(_SLOTS, 0, -1):
            stops, color = getattr(self, f"exposure{number}"), getattr(self, f"color{number}")
            slots.append((getattr(self, f"lights{number}"), tuple(gain_of(stops) * c for c in color)))
        return slots


def _groups(info: ImageInfo) -> list[str]:
    return [
        layer.name
        for layer in info.layers
        if layer.kind is LayerKind.COLOR and len(layer.channels) == 3 and light_of(layer.name)
    ]
