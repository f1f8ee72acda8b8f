"""Shared by nodes that find the light of pictures which may show the sun."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from rimlight.engine import MAIN, Camera, ComputeContext, Context, FittedLight, Need, param, picture_level

from ..light.geometry import from_corner
from ..light.plate import plate_of
from ..ops.fir import finite
from ..ops.sun import Sun, sun_in
from .fitted import Fitting


@dataclass(frozen=True)
class Sunlit(Fitting):
    """A node that takes the sun for the key where a picture shows it."""

    sun: bool = param(default=True, doc="take the sun for the key where a picture shows it", place="top")
    field_of_view: float = param(
        default=40.0, hard=(0.01, 179), soft=(5, 120), unit="deg",
        doc="angle that the frame is wide, to tell where a sun in it stands",
    )  # fmt: skip

    def sun_needs(self, ctx: Context, *sockets: str) -> Sequence[Need]:
        """What `sunlit` takes of inputs beside their layers."""
        return [Need(socket, ctx.info(socket).data, (MAIN,)) for socket in sockets if self.sun]

    def sunlit(self, ctx: ComputeContext, socket: str = "image", brought: bool = False) -> FittedLight:
        """The light of an input, with the sun that it shows for the key, as bright at least as its pixels say.

        brought : as bright as the picture on the whole, see `FittedLight.gain`.
        """
        seen = self._sun(ctx, socket) if self.sun else None
        found = self.fitted(ctx, socket, None if seen is None else seen.direction)
        found = found.brought() if brought else found
        if seen is None:
            return found
        return replace(found, key=torch.maximum(found.key, seen.level.to(found.key)), confidence=seen.sure)

    def _sun(self, ctx: ComputeContext, socket: str) -> Sun | None:
        info = ctx.info(socket)
        if info.data.is_empty:
            return None
        plate = finite(plate_of(ctx, socket)).clamp_min(0)
        frame = info.display
        camera = Camera.from_fov(frame.width, frame.height, self.field_of_view, info.pixel_aspect)
        return sun_in(plate, picture_level(plate[None]), camera, from_corner(info, info.data))
