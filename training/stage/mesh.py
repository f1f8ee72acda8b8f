"""Triangle meshes with materials."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rimlight.engine import from_metallic

from .texture import Texture

Array = NDArray[np.float32]

_WHITEST = 0.95
"""No albedo is more: nothing known is whiter."""


@dataclass(frozen=True, eq=False)
class Material:
    """What a mesh is made of. Textures are looked up with its uv.

    color : base colour, ACEScg, multiplied with `picture`. roughness : multiplied with channel `rough_channel` of
    `rough`.
    metallic : multiplied with channel `metal_channel` of `metal`. bumps : tangent-space normals in 0..1, green up, of
    `relief` strength. opacity : where the surface is there at all. f0 : reflectance from the front of what is no metal.
    """

    color: tuple[float, float, float] = (0.5, 0.5, 0.5)
    picture: Texture | None = None
    roughness: float = 0.5
    rough: Texture | None = None
    rough_channel: int = 0
    metallic: float = 0.0
    metal: Texture | None = None
    metal_channel: int = 0
    bumps: Texture | None = None
    relief: float = 1.0
    opacity: Texture | None = None
    f0: float = 0.04

    def at(self, uv: Tensor, footprint: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Albedo `[3, n]`, f0 `[3, n]` and roughness `[n]` at uv `[2, n]`."""
        color = uv.new_tensor(self.color).reshape(3, 1)
        base = color * self.picture.at(uv, footprint) if self.picture is not None else color.expand(3, uv.shape[1])
        rough = torch.full_like(uv[0], self.roughness)
        if self.rough is not None:
            rough = rough * self.rough.at(uv, footprint)[self.rough_channel]
        metallic = torch.full_like(uv[:1], self.metallic)
        if self.metal is not None:
            metallic = metallic * self.metal.at(uv, footprint)[self.metal_channel]
        albedo, f0 = from_metallic(base.clamp_max(_WHITEST), metallic)
        return albedo, f0 + (self.f0 - 0.04) * (1 - metallic), rough.clamp(0.08, 1)


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles of one material, centimetres.

    vertices, normals : `[n, 3]`. uv : `[n, 2]`, v up. faces : `[m, 3]`. subject : whether it belongs to the matte.
    """

    vertices: Array
    normals: Array
    uv: Array
    faces: NDArray[np.int64]
    material: Material
    subject: bool = True

    @classmethod
    def of(
        cls,
        vertices: NDArray[np.floating],
        faces: NDArray[np.integer],
        uv: NDArray[np.floating] | None = None,
        material: Material | None = None,
        *,
        normals: NDArray[np.floating] | None = None,
        subject: bool = True,
    ) -> Self:
        """A mesh; without normals it is smooth, across the seams of its uv too."""
        v = np.ascontiguousarray(vertices, np.float32)
        f = np.ascontiguousarray(faces, np.int64)
        n = smooth_normals(v, f) if normals is None else np.ascontiguousarray(normals, np.float32)
        uv = np.zeros((len(v), 2), np.float32) if uv is None else np.ascontiguousarray(uv, np.float32)
        return cls(v, n, uv, f, material or Material(), subject)

    def moved(self, turn: NDArray[np.floating], shift: NDArray[np.floating], scale: float = 1.0) -> Self:
        """Turned by a rotation `[3, 3]`, scaled and shifted: `x -> scale * turn @ x + shift`."""
        return replace(
            self,
            vertices=(scale * self.vertices @ turn.T + shift).astype(np.float32),
            normals=(self.normals @ turn.T).astype(np.float32),
        )


def smooth_normals(vertices: Array, faces: NDArray[np.int64]) -> Array:
    """Unit normals `[n, 3]` of vertices, weighted by area; vertices in one place share theirs."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    span = float(np.ptp(vertices, axis=0).max()) or 1.0
    _, place = np.unique(np.round(vertices / (span * 1e-5)).astype(np.int64), axis=0, return_inverse=True)
    place = place.ravel()
    total = np.zeros((int(place.max()) + 1, 3))
    for k in range(3):
        np.add.at(total, place[faces[:, k]], across)
    normals = total[place]
    unit: Array = (normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)).astype(np.float32)
    return unit
