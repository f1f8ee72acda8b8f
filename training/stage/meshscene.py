"""Scenes of meshes, their rays traced by Embree."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rimlight.engine import RimlightError

from .mesh import Material, Mesh
from .scene import Met

_LAYERS = 24
"""How many cut-outs a ray may pass."""
_EPSILON = 2e-4
"""How far, relative to the distance, rays start off a surface."""


class MeshScene:
    """Meshes in camera space. `spread` is the angle between the rays of neighbouring pixels, in radians: textures are
    averaged over it.
    """

    def __init__(self, meshes: Sequence[Mesh], spread: float) -> None:
        solid = [m for m in meshes if m.material.opacity is None]
        cut = [m for m in meshes if m.material.opacity is not None]
        self.meshes = (*solid, *cut)
        self.spread = spread
        self._solid_count = sum(len(m.faces) for m in solid)
        starts = np.cumsum([0, *(len(m.vertices) for m in self.meshes)])
        faces = [m.faces + start for m, start in zip(self.meshes, starts, strict=False)]
        self._faces = torch.from_numpy(np.concatenate(faces))
        self._vertices = torch.from_numpy(np.concatenate([m.vertices for m in self.meshes]))
        self._normals = torch.from_numpy(np.concatenate([m.normals for m in self.meshes]))
        self._uv = torch.from_numpy(np.concatenate([m.uv for m in self.meshes]))
        owner = np.repeat(np.arange(len(self.meshes)), [len(m.faces) for m in self.meshes])
        self._owner = torch.from_numpy(owner)
        self._subject = torch.tensor([m.subject for m in self.meshes])
        self._density = self._texture_density()
        self._solid = _embree(self._triangles(slice(None, self._solid_count))) if solid else None
        self._cut = _embree(self._triangles(slice(self._solid_count, None))) if cut else None

    def _triangles(self, faces: slice) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
        return self._vertices.numpy(), self._faces[faces].numpy().astype(np.uint32)

    def _texture_density(self) -> Tensor:
        """The share of a texture's width that a centimetre of each face takes."""
        a, b, c = (self._vertices[self._faces[:, k]] for k in range(3))
        area = torch.linalg.cross(b - a, c - a).norm(dim=1)
        p, q, r = (self._uv[self._faces[:, k]] for k in range(3))
        s, t = q - p, r - p
        flat = (s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).abs()
        return torch.sqrt(flat / area.clamp_min(1e-12))

    def meet(self, origin: Tensor, direction: Tensor, chance: Tensor) -> Met:
        """See `Scene.meet`."""
        device = origin.device
        o, d, luck = _rows(origin), _rows(direction), chance.cpu().numpy()
        n = len(o)
        face, distance = np.full(n, -1), np.full(n, np.inf, np.float32)
        bary = np.zeros((n, 2), np.float32)
        if self._solid is not None:
            found = self._solid.run(o, d, query="INTERSECT", output=1)
            face = found["primID"].astype(np.int64)
            face[face >= 2**31] = -1
            distance = np.where(face >= 0, found["tfar"], np.inf).astype(np.float32)
            bary = np.stack((found["u"], found["v"]), 1)
        if self._cut is not None:
            self._meet_cut(o, d, luck, face, distance, bary)
        where = torch.from_numpy((face >= 0).nonzero()[0])
        met = self._attributes(
            torch.from_numpy(face)[where],
            torch.from_numpy(bary)[where],
            torch.from_numpy(distance)[where],
            torch.from_numpy(o)[where].T,
            torch.from_numpy(d)[where].T,
        )
        return _scattered(met, where, n, device)

    def _meet_cut(self, o: Any, d: Any, luck: Any, face: Any, distance: Any, bary: Any) -> None:
        """Replace what rays meet by the cut-outs before it."""
        active, passed = np.arange(len(o)), np.zeros(len(o), np.float32)
        for layer in range(_LAYERS):
            found, t, ahead = self._next_cut(o, d, active, passed)
            ahead &= t < distance[active]
            active, t, prim, uv = active[ahead], t[ahead], found["primID"][ahead], _uv_of(found)[ahead]
            if not len(active):
                return
            there = self._opaque(prim, uv) > (luck[active] + layer * 0.618034) % 1
            taken = active[there]
            face[taken], distance[taken], bary[taken] = prim[there] + self._solid_count, t[there], uv[there]
            active = active[~there]
            passed[active] = t[~there] * (1 + 1e-5) + 1e-4

    def _next_cut(self, o: Any, d: Any, active: Any, passed: Any) -> tuple[Any, Any, Any]:
        """The next cut-out along the active rays: Embree's answer, distances, and whether there is one."""
        assert self._cut is not None
        origin = o[active] + d[active] * passed[active, None]
        found = self._cut.run(
            np.ascontiguousarray(origin), np.ascontiguousarray(d[active]), query="INTERSECT", output=1
        )
        found["primID"] = found["primID"].astype(np.int64)
        ahead = (found["primID"] >= 0) & (found["primID"] < 2**31)
        return found, np.where(ahead, found["tfar"] + passed[active], np.inf).astype(np.float32), ahead

    def _opaque(self, prim: NDArray[np.int64], bary: NDArray[np.float32]) -> NDArray[np.float32]:
        """Opacity `[n]` of cut-outs at barycentric coordinates."""
        face = torch.from_numpy(prim) + self._solid_count
        uv = _weighted(self._uv, self._faces[face], torch.from_numpy(bary))
        out = torch.ones(len(face))
        owner = self._owner[face]
        for number in torch.unique(owner).tolist():
            where = (owner == number).nonzero()[:, 0]
            opacity = self.meshes[number].material.opacity
            assert opacity is not None
            out[where] = opacity.at(uv[:, where], torch.zeros(len(where)))[0]
        return out.numpy()

    def opens(self, start: Tensor, direction: Tensor, chance: Tensor) -> Tensor:
        """See `Scene.opens`."""
        o, d = _rows(start), _rows(direction)
        free = np.ones(len(o), bool)
        if self._solid is not None:
            free = self._solid.run(o, d, query="OCCLUDED") != 0
        if self._cut is not None:
            luck = chance.cpu().numpy()
            active, passed = free.nonzero()[0], np.zeros(len(o), np.float32)
            for layer in range(_LAYERS):
                found, t, ahead = self._next_cut(o, d, active, passed)
                active, t, prim, uv = active[ahead], t[ahead], found["primID"][ahead], _uv_of(found)[ahead]
                if not len(active):
                    break
                there = self._opaque(prim, uv) > (luck[active] + layer * 0.618034) % 1
                free[active[there]] = False
                active = active[~there]
                passed[active] = t[~there] * (1 + 1e-5) + 1e-4
        return torch.from_numpy(free).to(start.device)

    def _attributes(self, face: Tensor, bary: Tensor, distance: Tensor, o: Tensor, d: Tensor) -> Met:
        """What is at points of faces; rays are columns of `[3, n]`."""
        corners = self._faces[face]
        point = o + distance * d
        smooth = _unit(_weighted(self._normals, corners, bary))
        side = torch.where((smooth * d).sum(0) > 0, -1.0, 1.0)
        flat = _unit(torch.linalg.cross(*(self._edge(corners, k).T for k in (1, 2)), dim=0))
        flat = flat * torch.where((flat * d).sum(0) > 0, -1.0, 1.0)
        # A smooth normal that turns away at the silhouette is the flat one's; else both are on the ray's side.
        smooth = torch.where((smooth * side * flat).sum(0) > 0, smooth * side, flat)
        start = self._bulge(corners, bary, point, side) + flat * (_EPSILON * distance * d.norm(dim=0) + 1e-4)
        owner = self._owner[face]
        uv = _weighted(self._uv, corners, bary)
        reach = distance * d.norm(dim=0) * self.spread
        footprint = reach * self._density[face]
        normal, n = smooth.clone(), len(face)
        albedo, f0, roughness = o.new_zeros(3, n), o.new_zeros(3, n), o.new_zeros(n)
        for number in torch.unique(owner).tolist():
            where = (owner == number).nonzero()[:, 0]
            material = self.meshes[number].material
            albedo[:, where], f0[:, where], roughness[where] = material.at(uv[:, where], footprint[where])
            if material.bumps is not None:
                normal[:, where] = self._bumped(
                    material, corners[where], smooth[:, where], uv[:, where], footprint[where]
                )
        hit = torch.ones(n, dtype=torch.bool)
        return Met(hit, distance, start, smooth, normal, albedo, roughness, f0, self._subject[owner])

    def _edge(self, corners: Tensor, k: int) -> Tensor:
        return self._vertices[corners[:, k]] - self._vertices[corners[:, 0]]

    def _bulge(self, corners: Tensor, bary: Tensor, point: Tensor, side: Tensor) -> Tensor:
        """The point on the smooth surface that the vertex normals describe, where it is over the flat one: no ray from
        there meets its own facet (Hanika 2021).
        """
        weights = torch.stack((1 - bary.sum(1), bary[:, 0], bary[:, 1]))
        out = torch.zeros_like(point)
        for k in range(3):
            normal = self._normals[corners[:, k]].T * side
            below = ((point - self._vertices[corners[:, k]].T) * normal).sum(0).clamp_max(0)
            out = out + weights[k] * (point - below * normal)
        return out

    def _bumped(self, material: Material, corners: Tensor, smooth: Tensor, uv: Tensor, footprint: Tensor) -> Tensor:
        """Normals `[3, n]` with the relief of a normal map."""
        assert material.bumps is not None
        relief = material.bumps.at(uv, footprint)[:3] * 2 - 1
        first, second = self._edge(corners, 1), self._edge(corners, 2)
        p, q = (self._uv[corners[:, k]] - self._uv[corners[:, 0]] for k in (1, 2))
        turn = p[:, 0] * q[:, 1] - q[:, 0] * p[:, 1]
        sign = torch.where(turn >= 0, 1.0, -1.0)[:, None]
        tangent = ((first * q[:, 1:] - second * p[:, 1:]) * sign).T
        tangent = _unit(tangent - (tangent * smooth).sum(0) * smooth)
        other = torch.linalg.cross(smooth, tangent, dim=0)
        upward = ((second * p[:, :1] - first * q[:, :1]) * sign).T
        other = other * torch.where((other * upward).sum(0) < 0, -1.0, 1.0)
        x, y = relief[0] * material.relief, relief[1] * material.relief
        bumped = _unit(x * tangent + y * other + relief[2].clamp_min(0.1) * smooth)
        return torch.where(tangent.norm(dim=0) > 0.5, bumped, smooth)


def _embree(mesh: tuple[NDArray[np.float32], NDArray[np.uint32]]) -> Any:
    """An Embree scene of vertices and faces."""
    try:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene
    except ImportError as error:
        raise RimlightError(
            f"rendering meshes needs the package embreex ({error}); install it with: pip install 'rimlight[train]'"
        ) from None
    scene = EmbreeScene()
    TriangleMesh(scene, *mesh)
    return scene


def _rows(columns: Tensor) -> NDArray[np.float32]:
    """Vectors `[3, n]` as Embree takes them."""
    return np.ascontiguousarray(columns.T.cpu().numpy(), np.float32)


def _uv_of(found: dict[str, Any]) -> NDArray[np.float32]:
    return np.stack((found["u"], found["v"]), 1).astype(np.float32)


def _weighted(values: Tensor, corners: Tensor, bary: Tensor) -> Tensor:
    """Values `[n, C]` of vertices between the corners `[m, 3]` of faces, at u and v `[m, 2]`: `[C, m]`."""
    u, v = bary[:, :1], bary[:, 1:]
    return (values[corners[:, 0]] * (1 - u - v) + values[corners[:, 1]] * u + values[corners[:, 2]] * v).T


def _unit(vectors: Tensor) -> Tensor:
    return torch.nn.functional.normalize(vectors, dim=0, eps=1e-12)


def _scattered(met: Met, where: Tensor, count: int, device: torch.device) -> Met:
    """What some of `count` rays met, put in their places."""

    def put(value: Tensor) -> Tensor:
        out = value.new_zeros(*value.shape[:-1], count)
        out[..., where] = value
        return out.to(device)

    return Met(*(put(value) for value in met))
