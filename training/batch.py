"""What a step of training looks at."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import LightGuess


@dataclass(frozen=True, eq=False)
class Batch:
    """Pictures `2i` and `2i + 1` are the same crop under two lights, in the working size.

    picture : `[n, 3, h, w]` as a camera saw it, clean : as it is. gain : `[n, 3]`, by which the camera scaled each
    channel. matte, surface, depth (cm), roughness, f0, shadow : `[n, 1, h, w]`. albedo, normal, shading, specular :
    `[n, 3, h, w]`. light : what lit it. fov : `[n]`, degrees that the crop is wide. one_light : `[n]` bool, whether it
    is lit by one key light and nothing else. known : `[n]` bool, whether layers and light are known. Of photographs
    they are not: surface is 0, shading is relative to that of the other one of the pair, and `ratio` `[n, 1, h, w]` is
    1 where this ratio and the shadow hold.
    """

    picture: Tensor
    clean: Tensor
    gain: Tensor
    matte: Tensor
    surface: Tensor
    albedo: Tensor
    normal: Tensor
    depth: Tensor
    roughness: Tensor
    f0: Tensor
    shading: Tensor
    specular: Tensor
    shadow: Tensor
    direction: Tensor
    key: Tensor
    angle: Tensor
    environment: Tensor
    fov: Tensor
    one_light: Tensor
    known: Tensor
    ratio: Tensor

    @property
    def light(self) -> LightGuess:
        """What lit the pictures, before cameras."""
        return LightGuess(self.direction, self.key, self.angle, self.environment)

    def to(self, device: torch.device) -> Self:
        """The batch on a device, which is not waited for."""
        return type(self)(**{f.name: getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)})

    @classmethod
    def joined(cls, parts: "Sequence[Batch]") -> "Batch":
        """Several batches one after the other."""
        return cls(**{f.name: torch.cat([getattr(p, f.name) for p in parts]) for f in fields(cls)})

    def half(self) -> "Batch":
        """The truth at half the size, where the student's maps are; `picture` and `clean` too."""
        weight = self.surface
        names = ("albedo", "normal", "depth", "roughness", "f0", "shading", "specular", "shadow")
        layers = torch.cat([getattr(self, n) for n in names], 1)
        small = F.avg_pool2d(weight, 2)
        sizes = [getattr(self, n).shape[1] for n in names]
        means = torch.split(F.avg_pool2d(layers * weight, 2) / small.clamp_min(1e-4), sizes, 1)
        values = {f.name: getattr(self, f.name) for f in fields(self)} | dict(zip(names, means, strict=True))
        values["normal"] = F.normalize(values["normal"], dim=1)
        photograph = ~self.known[:, None, None, None]  # there is no surface, so the means above are of nothing
        for name in ("shading", "shadow"):
            values[name] = torch.where(photograph, F.avg_pool2d(getattr(self, name), 2), values[name])
        for name in ("picture", "clean", "matte", "ratio"):
            values[name] = F.avg_pool2d(values[name], 2)
        return Batch(**values | {"surface": small})
