"""The student: one compact network from a picture to its light.

The picture is divided by its own level before anything is looked at, and what has the unit of light is multiplied by it
afterwards, so that `f(k * picture) = k * f(picture)` whatever the weights are. Everything below happens at the working
size; `detail` carries texture from the full plate.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..light.values import unit
from .blocks import CONTRAST, STEEPEST, Block, bounded, quieten
from .codes import Gather, LightCode, LightGuess, LightHead, Listen
from .detail import light_of
from .refiner import Refiner

STRIDE = 32
"""The network pads pictures to a multiple of this."""
_MAPS = {
    "dark": 1, "hue": 2, "share": 3, "normal": 3, "depth": 1, "roughness": 1, "f0": 1, "shadow": 1, "error": 1,
    "trust": 1,
}  # fmt: skip


@dataclass(frozen=True)
class StudentConfig:
    """Sizes of the network.

    widths : channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture. encoder, decoder : residual blocks at each.
    code : numbers of the illumination code. queries : places the code looks at. refiner : channels of the relighting
    part at 1/4 and 1/8.
    """

    widths: tuple[int, ...] = (32, 64, 96, 160, 224)
    encoder: tuple[int, ...] = (1, 2, 2, 2, 1)
    decoder: tuple[int, ...] = (1, 2, 2, 1)
    code: int = 128
    queries: int = 4
    refiner: tuple[int, int] = (48, 64)


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the student sees in pictures, batched, at half the size of its input.

    level : `[b, 1, 1, 1]`, the brightness the picture was divided by.
    shading : `[b, 3, h, w]`, irradiance / pi, above 0. share : `[b, 3, h, w]`, 0 to 1, of the picture's light that is
    specular. normal : `[b, 3, h, w]`, unit. depth : `[b, 1, h, w]`, relative, above 0. roughness, f0, shadow :
    `[b, 1, h, w]`, 0 to 1. error : `[b, 1, h, w]`, expected error of the shading in nepers, above 0.
    code : `[b, 128]`, the illumination, without its strength. light : as an editable rig. features : what the
    relighting part reads, at 1/8 and 1/4 of the picture.
    """

    level: Tensor
    shading: Tensor
    share: Tensor
    normal: Tensor
    depth: Tensor
    roughness: Tensor
    f0: Tensor
    shadow: Tensor
    error: Tensor
    code: Tensor
    light: LightGuess
    features: tuple[Tensor, Tensor] = field(repr=False)


class Student(nn.Module):
    """Light layers, an illumination code and an editable light from scene-linear pictures; and the refinement of
    pictures that physics relit.
    """

    def __init__(self, config: StudentConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or StudentConfig()
        widths = config.widths
        self.stem = nn.Conv2d(4 * 5, widths[0], 3, padding=1)
        self.encoder = nn.ModuleList(
            nn.ModuleList(Block(w) for _ in range(n)) for w, n in zip(widths, config.encoder, strict=True)
        )
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, 2) for a, b in pairwise(widths))
        self.gather = Gather(widths[-1], config.queries, config.code)
        self.light = LightHead(config.code)
        self.code_of_light = LightCode(config.code)
        self.up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.decoder = nn.ModuleList(
            nn.ModuleList(Block(w, config.code) for _ in range(n))
            for w, n in zip(widths[:-1], config.decoder, strict=True)
        )
        self.head = nn.Conv2d(widths[0], sum(_MAPS.values()), 3, padding=1)
        self.listen = Listen(config.code)
        self.refiner = Refiner(widths[1], widths[2], config.refiner, config.code)
        quieten(self.head, 0.1)

    def forward(self, picture: Tensor, matte: Tensor | None = None, level: Tensor | None = None) -> Prediction:
        """Estimate everything.

        picture : `[b, 3, h, w]`, scene-linear, any size and exposure. matte : `[b, 1, h, w]`, 1 where the subject is;
        optional. level : `[b, 1, 1, 1]`, where a crop is to be looked at with the level of its whole frame.
        """
        level = picture_level(picture, matte) if level is None else level
        raw, (code, scale), features = self._looked(picture, matte, level)
        layers = _layers(raw)
        shading = layers.pop("shading")
        code, scale = self.listen(code, scale, layers["normal"], shading, torch.sigmoid(raw["trust"]))
        return Prediction(
            level=level, shading=shading * level, **layers, code=code, light=self.light(code, scale, level),
            features=features,
        )  # fmt: skip

    def _looked(
        self, picture: Tensor, matte: Tensor | None, level: Tensor
    ) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Maps as the head gives them, the code and its log strength as first gathered, and the features."""
        height, width = picture.shape[-2:]
        x = self.stem(F.pixel_unshuffle(_padded(_encoded(picture / level, matte)), 2))
        skips = []
        for depth, blocks in enumerate(self.encoder):
            if depth > 0:
                x = self.down[depth - 1](x)
            for block in cast(nn.ModuleList, blocks):
                x = block(x)
            skips.append(x)
        code, scale = self.gather(x)
        features = []
        for depth in reversed(range(len(self.decoder))):
            x = F.interpolate(self.up[depth](x), scale_factor=2, mode="nearest") + skips[depth]
            for block in cast(nn.ModuleList, self.decoder[depth]):
                x = block(x, code)
            features.append(x)
        maps = self.head(x)[..., : (height + 1) // 2, : (width + 1) // 2].float()
        raw = dict(zip(_MAPS, torch.split(maps, list(_MAPS.values()), 1), strict=True))
        return raw, (code, scale), (features[-3], features[-2])

    def relight(self, seen: Prediction, physics: Tensor, code: Tensor) -> Tensor:
        """What physics has missed: natural log-ratios `[b, 6, h, w]` at 1/4 of the picture, three by which the shaded
        diffuse light is to be multiplied and three for the specular light.

        physics : `[b, 14, h, w]` at 1/4 of the picture, from `physics_maps`. code : `[b, 128]` of the target light,
        from another picture or from `light_code`.
        """
        ratio: Tensor = self.refiner(seen.features[0], seen.features[1], _padded_to(physics, seen.features[1]), code)
        return ratio[..., : physics.shape[-2], : physics.shape[-1]].float()

    def light_code(self, light: LightGuess) -> Tensor:
        """The illumination code `[b, 128]` of a light that is known."""
        code: Tensor = self.code_of_light(light)
        return code


def picture_level(picture: Tensor, matte: Tensor | None = None) -> Tensor:
    """The brightness `[b, 1, 1, 1]` that pictures `[b, 3, h, w]` are looked at relative to.

    The power mean with exponent 1/2 over what is not black, and inside the matte where there is one. Unlike the
    mean it hardly sees a sun in the frame, unlike the geometric mean it is defined at zero, and it scales with the
    picture exactly.
    """
    light = light_of(picture).mean(1, keepdim=True)
    weight = (light > 0).to(light.dtype)
    if matte is not None:
        inside = weight * matte.clamp(0, 1)
        weight = torch.where(_total(inside) > 0, inside, weight)
    peak = light.amax((1, 2, 3), keepdim=True).clamp_min(torch.finfo(light.dtype).tiny)  # roots of tiny light
    count = _total(weight).clamp_min(1)
    level = (_total((light / peak).sqrt() * weight) / count).square() * peak
    return torch.where(level > 1e-30, level, torch.ones_like(level))


def _total(x: Tensor) -> Tensor:
    """The sum `[b, 1, 1, 1]` of maps `[b, 1, h, w]`, by rows: the same whatever the number of threads."""
    return x.sum(3, keepdim=True).sum((1, 2), keepdim=True)


def _encoded(picture: Tensor, matte: Tensor | None) -> Tensor:
    """What the network is fed `[b, 5, h, w]`: three of compressed light, the matte, and whether there is a matte."""
    light = torch.log1p(CONTRAST * torch.nan_to_num(picture, 0.0, 1e6, 0.0).clamp_min(0)) / 2
    plain = light.new_zeros(light[:, :1].shape)
    extra = (plain, plain) if matte is None else (matte.clamp(0, 1).to(light.dtype), plain + 1)
    return torch.cat((light, *extra), 1)


def _padded(x: Tensor) -> Tensor:
    height, width = x.shape[-2:]
    return F.pad(x, (0, -width % STRIDE, 0, -height % STRIDE), mode="replicate")


def _padded_to(x: Tensor, like: Tensor) -> Tensor:
    (height, width), (h, w) = like.shape[-2:], x.shape[-2:]
    return F.pad(x, (0, width - w, 0, height - h), mode="replicate")


def _layers(raw: dict[str, Tensor]) -> dict[str, Tensor]:
    """The layers of a `Prediction`, its shading relative to the level."""
    return {
        "shading": _shading(raw),
        "share": torch.sigmoid(raw["share"] - 3),
        "normal": _normal(raw),
        "depth": bounded(raw["depth"], 6.0).exp(),
        "roughness": torch.sigmoid(raw["roughness"]),
        "f0": torch.sigmoid(raw["f0"] - 3),
        "shadow": torch.sigmoid(raw["shadow"] + 1),
        "error": bounded(raw["error"] - 1, 5.0).exp(),
    }


def _shading(raw: dict[str, Tensor]) -> Tensor:
    """The shading `[b, 3, h, w]` relative to the level. The inverse shading 1 / (S + 1) as a sigmoid of `dark` is the
    shading as its exponential.
    """
    red, blue = bounded(raw["hue"], 3.0).chunk(2, 1)
    return (torch.cat((red, torch.zeros_like(red), blue), 1) - bounded(raw["dark"], STEEPEST)).exp()


def _normal(raw: dict[str, Tensor]) -> Tensor:
    x, y, z = raw["normal"].chunk(3, 1)
    return unit(torch.cat((x, y, z + 0.5), 1), 1)
