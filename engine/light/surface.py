"""What light falls on: the light layers of a picture as one value."""

from dataclasses import dataclass
from typing import Any, Literal, Self

import torch
from torch import Tensor

from ..errors import RimlightError
from .values import unit

DIELECTRIC_F0 = 0.04


@dataclass(frozen=True)
class Model:
    """How surfaces reflect.

    diffuse : `lambert`, or `burley`, which is darker or lighter towards grazing angles by roughness.
    compensate : give back the light that bounces more than once between microfacets (Kulla and Conty 2017).
    conserve : let the diffuse part have only what the specular part leaves, as a material's base colour means it.
        Without it, shading is exactly irradiance / pi, as the albedo of renderers' layers and of decomposed plates
        means it.
    """

    diffuse: Literal["lambert", "burley"] = "lambert"
    compensate: bool = True
    conserve: bool = False


@dataclass(frozen=True, eq=False)
class Surface:
    """The surface seen in each pixel; all of it may be a band of rows of a picture.

    normal : `[3, h, w]` unit, camera space. view : `[3, h, w]` unit, from the surface to the camera.
    roughness : `[1, h, w]`, 0 to 1, perceptual: GGX's alpha is its square. f0 : `[3, h, w]`, reflectance seen from
    the front.
    position : `[3, h, w]`, scene units, camera space; lights with a position need it.
    """

    normal: Tensor
    view: Tensor
    roughness: Tensor
    f0: Tensor
    position: Tensor | None = None
    model: Model = Model()

    @classmethod
    def of(
        cls,
        normal: Tensor,
        *,
        view: Tensor | None = None,
        position: Tensor | None = None,
        roughness: Tensor | float = 0.5,
        f0: Tensor | float = DIELECTRIC_F0,
        model: Model | None = None,
    ) -> Self:
        """A surface from the layers there are.

        normal, view, position : `[3, h, w]`. roughness : `[1, h, w]` or a number. f0 : `[1 or 3, h, w]` or a number.
        Normals and views are scaled to unit length. Without a view it is that to the camera at the origin where
        positions are known, else straight ahead (0, 0, 1), as through a long lens. Numbers and single-channel layers
        are spread.
        """
        h, w = normal.shape[-2:]
        if view is None:
            view = -position if position is not None else normal.new_tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1)
        return cls(
            normal=unit(normal),
            view=unit(view).expand(3, h, w),
            roughness=_plane(roughness, normal).expand(1, h, w),
            f0=_plane(f0, normal).expand(3, h, w),
            position=position,
            model=model or Model(),
        )

    def located(self, what: str) -> Tensor:
        """The position `[3, h, w]`. Raises RimlightError with a sentence naming `what` needs it where there is none."""
        if self.position is None:
            raise RimlightError(f"{what} needs positions: give a position layer, or depth and a camera")
        return self.position

    def some(self, pixels: Tensor) -> Self:
        """The surfaces of some pixels, by their numbers `[n]`, as pictures `[C, 1, n]`."""
        names = ("normal", "view", "roughness", "f0", "position")
        layers = {name: getattr(self, name) for name in names}
        return self.with_(
            **{n: x.flatten(1).index_select(1, pixels)[:, None] for n, x in layers.items() if x is not None}
        )

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields replaced."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return type(self)(**(fields | changes))


def _plane(value: Tensor | float, like: Tensor) -> Tensor:
    return value if isinstance(value, Tensor) else torch.full((1, 1, 1), value, dtype=like.dtype, device=like.device)


def from_metallic(base_color: Tensor, metallic: Tensor) -> tuple[Tensor, Tensor]:
    """Albedo and f0, both `[3, h, w]`, of the base colour and metallic `[1, h, w]` that material libraries have.

    As Burley (2012) has it: what is no metal mirrors 4 % from the front, and metals have no albedo.
    """
    return base_color * (1 - metallic), DIELECTRIC_F0 + (base_color - DIELECTRIC_F0) * metallic
