"""Directions in the frames of surfaces, by their components: what sampling a light spends its time with.

Components are tensors `[1, h, w]` or spread to it. The first axis leans to the camera, the third is the normal, so that
a view has no second component and is `(sine, 0, cosine)`.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from .brdf import Reflectance
from .ggx import masking
from .values import basis, cross, dot, unit

_LEAST_SINE = 1e-3
"""A view closer to the normal than this leans nowhere: any axis will do."""


class Vector(NamedTuple):
    """A vector by its components."""

    x: Tensor
    y: Tensor
    z: Tensor

    def dot(self, other: "Vector") -> Tensor:
        """The inner product `[1, h, w]`."""
        return torch.addcmul(torch.addcmul(self.x * other.x, self.y, other.y), self.z, other.z)


class Frame:
    """The frame of each pixel's surface."""

    def __init__(self, r: Reflectance) -> None:
        s = r.surface
        self.cosine = r.nv
        self.sine = (1 - r.nv * r.nv).clamp_min(0).sqrt()
        lean = s.view - s.normal * dot(s.normal, s.view)
        any_axis, _ = basis(s.normal)
        first = torch.where(dot(lean, lean) > _LEAST_SINE**2, unit(lean), any_axis)
        self.normal = s.normal
        self.any_axis = any_axis
        self.first = first
        self.second = cross(s.normal, first)

    def turn(self) -> tuple[Tensor, Tensor]:
        """Cosine and sine `[1, h, w]` of the angle from an axis that is steady where the view meets the normal to the
        first one, which leans to all sides there.
        """
        return dot(self.any_axis, self.first), -dot(self.any_axis, self.second)

    def into(self, vector: Tensor) -> Vector:
        """A vector `[3, h, w]` (or spread) of camera space in the frames."""
        return Vector(dot(vector, self.first), dot(vector, self.second), dot(vector, self.normal))

    def out(self, v: Vector) -> Tensor:
        """A vector in camera space, `[3, h, w]`."""
        return torch.addcmul(torch.addcmul(v.x * self.first, v.y, self.second), v.z, self.normal)


class Response(NamedTuple):
    """What a surface does with light from a direction, all `[1, h, w]` and before its colours.

    cosine : to the normal, 0 from behind. specular : `pi * D * visibility * cosine`. fresnel : the share that turns
    reflectance to that at grazing angles. density : per steradian, with which `Facets` gives the direction. square :
    squared cosine between view and half vector.
    """

    cosine: Tensor
    specular: Tensor
    fresnel: Tensor
    density: Tensor
    square: Tensor


class Facets:
    """GGX in the frames: what it reflects, and directions mirrored at the facets that the camera sees (Heitz 2018)."""

    def __init__(self, r: Reflectance, frame: Frame) -> None:
        self.frame = frame
        self.alpha = r.alpha
        self.a2 = r.alpha * r.alpha
        self.rest = 1 - self.a2
        self.to_view = torch.addcmul(self.a2, self.rest, frame.cosine * frame.cosine).sqrt()
        self.share = masking(frame.cosine, r.alpha) / (4 * frame.cosine)
        # The view as the facets see it once they are stretched to a hemisphere.
        x = r.alpha * frame.sine
        length = (x * x + frame.cosine * frame.cosine).clamp_min(1e-12).rsqrt()
        self.x, self.z = x * length, frame.cosine * length
        self.lean = 0.5 * (1 + self.z)

    def at(self, light: Vector) -> Response:
        """The response for unit vectors to the light."""
        x, z = light.x + self.frame.sine, light.z + self.frame.cosine
        flat, up = torch.addcmul(x * x, light.y, light.y), z * z
        return self._response(light.z, flat, up, flat + up)

    def sample(self, u: Tensor, turn: tuple[Tensor, Tensor] | None = None) -> tuple[Vector, Response]:
        """Directions for a point `u` `[2]` of the unit square, and the response there.

        turn : cosine and sine `[1, h, w]` of the angle by which the points are turned back about the normal.
        """
        r, phi = u[0].sqrt(), 2 * torch.pi * u[1]
        a, b = r * phi.cos(), r * phi.sin()
        if turn is not None:
            cosine, sine = turn
            a, b = a * cosine + b * sine, b * cosine - a * sine
        # The lower half of the disc is warped to what the hemisphere does not hide.
        whole = (1 - a * a).clamp_min(0)
        b = torch.lerp(whole.sqrt(), b, self.lean)
        c = (whole - b * b).clamp_min(0).sqrt()
        x = self.alpha * torch.addcmul(c * self.x, b, self.z, value=-1)
        y = self.alpha * a
        z = torch.addcmul(b * self.x, c, self.z).clamp_min(1e-6)
        flat, up = x * x + y * y, z * z
        twice = 2 * torch.addcmul(x * self.frame.sine, z, self.frame.cosine) / (flat + up)
        light = Vector(twice * x - self.frame.sine, twice * y, twice * z - self.frame.cosine)
        # The half vector, as long as light and view together.
        scale = twice * twice
        return light, self._response(light.z, flat * scale, up * scale, (flat + up) * scale)

    def _response(self, z: Tensor, flat: Tensor, up: Tensor, square: Tensor) -> Response:
        """The response where light stands at the cosine `z` and the half vector's squared length is `square`, of which
        `flat` lies in the surface and `up` along its normal. That keeps its digits near the peak of the highlight.
        """
        cosine = z.clamp_min(0)
        square = square.clamp_min(1e-12)
        facets = self.alpha * square / torch.addcmul(flat, up, self.a2)
        facets = facets * facets  # pi * D
        to_light = self.frame.cosine * torch.addcmul(self.a2, self.rest, cosine * cosine).sqrt()
        seen = 0.5 / torch.addcmul(to_light, cosine, self.to_view).clamp_min(1e-7)
        grazing = 1 - 0.5 * square.sqrt()
        fresnel = (grazing * grazing).square() * grazing
        return Response(cosine, facets * seen * cosine, fresnel, facets * self.share / torch.pi, 0.25 * square)
