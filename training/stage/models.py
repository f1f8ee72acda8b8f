"""Models and materials of the assets folder as meshes."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rimlight.engine import FileError, RimlightError

from .mesh import Material, Mesh
from .texture import Texture, color_texture, data_texture, decoded_srgb, to_acescg


@lru_cache(16)
def model(path: Path) -> tuple[Mesh, ...]:
    """The meshes of a GLB file, standing on y = 0 in the middle of x and z, scaled to a largest extent of 1.

    Raises FileError when it cannot be read.
    """
    try:
        import trimesh
    except ImportError as error:
        raise RimlightError(
            f"reading models needs the package trimesh ({error}); install it with: pip install 'rimlight[train]'"
        ) from None
    try:
        scene = trimesh.load_scene(path, process=False)
    except Exception as error:  # noqa: BLE001  whatever its parsers raise
        raise FileError(f"{path} cannot be read as a model: {error}") from None
    meshes = []
    for name in scene.graph.nodes_geometry:
        transform, geometry = scene.graph[name]
        meshes.append(_mesh(scene.geometry[geometry], np.asarray(transform)))
    if not meshes:
        raise FileError(f"{path} holds no meshes")
    points = np.concatenate([m.vertices for m in meshes])
    low, high = points.min(0), points.max(0)
    scale = 1 / float((high - low).max())
    shift = -scale * np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
    return tuple(m.moved(np.eye(3), shift, scale) for m in meshes)


def _mesh(geometry: Any, transform: NDArray[np.floating]) -> Mesh:
    turn = transform[:3, :3]
    vertices = np.asarray(geometry.vertices) @ turn.T + transform[:3, 3]
    normals = np.asarray(geometry.vertex_normals) @ np.linalg.inv(turn)
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    uv = getattr(geometry.visual, "uv", None)
    material = _material(getattr(geometry.visual, "material", None))
    return Mesh.of(vertices, np.asarray(geometry.faces), uv, material, normals=normals)


def _material(pbr: Any) -> Material:
    """The material of trimesh's glTF material; an unknown one is plain."""
    if pbr is None or not hasattr(pbr, "baseColorFactor"):
        return Material()
    factor = pbr.baseColorFactor
    r, g, b = (0.8, 0.8, 0.8) if factor is None else (float(x) for x in _factor(factor)[:3])
    picture = opacity = None
    if pbr.baseColorTexture is not None:
        planes = _planes(pbr.baseColorTexture)
        picture = Texture.of(to_acescg(decoded_srgb(planes[:3])).clamp_min(0))
        if pbr.alphaMode == "MASK":
            opacity = Texture.of(planes[3:4])
    else:
        r, g, b = to_acescg(torch.tensor([r, g, b]).reshape(3, 1)).flatten().tolist()
    both = None if pbr.metallicRoughnessTexture is None else Texture.of(_planes(pbr.metallicRoughnessTexture)[:3])
    return Material(
        color=(r, g, b) if factor is not None or picture is None else (1.0, 1.0, 1.0),
        picture=picture,
        roughness=1.0 if pbr.roughnessFactor is None and both is not None else float(_or(pbr.roughnessFactor, 0.6)),
        rough=both,
        rough_channel=1,
        metallic=1.0 if pbr.metallicFactor is None and both is not None else float(_or(pbr.metallicFactor, 0.0)),
        metal=both,
        metal_channel=2,
        bumps=None if pbr.normalTexture is None else Texture.of(_planes(pbr.normalTexture)[:3]),
        opacity=opacity,
    )


def _or(value: Any, default: float) -> Any:
    return default if value is None else value


def _factor(value: Any) -> NDArray[np.float64]:
    """A colour factor as numbers in 0..1, however trimesh keeps it."""
    array = np.asarray(value)
    return array / 255 if array.dtype == np.uint8 else array.astype(np.float64)


def _planes(picture: Any) -> torch.Tensor:
    """A Pillow picture as RGBA planes `[4, h, w]` in 0..1."""
    array = np.asarray(picture.convert("RGBA"), np.float32) / 255
    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))


def random_model(path: Path, rng: np.random.Generator) -> tuple[Mesh, ...]:
    """A model in a shade of its colours; what has no picture is made of random stuff now and then."""
    shade = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.06, 3))
    restyle = rng.random() < 0.35
    out = []
    for mesh in model(path):
        m = mesh.material
        if m.picture is None and (restyle or m.color == Material().color):
            m = random_stuff(rng)
        else:
            r, g, b = np.minimum(np.array(m.color) * shade, 0.95)
            m = replace(m, color=(float(r), float(g), float(b)))
        out.append(replace(mesh, material=m))
    return tuple(out)


def random_stuff(rng: np.random.Generator) -> Material:
    """A plain paint, plastic or metal."""
    grey = np.exp(rng.uniform(np.log(0.04), np.log(0.75)))
    r, g, b = np.clip(grey * np.exp(rng.normal(0, 0.4, 3)), 0.01, 0.9)
    metallic = float(rng.random() < 0.15)
    return Material((float(r), float(g), float(b)), roughness=float(rng.uniform(0.2, 0.95)), metallic=metallic)


def stuff(folder: Path, rng: np.random.Generator) -> Material:
    """The material of a folder of pictures, a little lighter or darker than they are."""
    r, g, b = np.exp(rng.normal(-0.1, 0.15) + rng.normal(0, 0.05, 3))
    arm = _optional(folder, "arm")
    rough, metal = _optional(folder, "roughness"), _optional(folder, "metallic")
    return Material(
        color=(float(r), float(g), float(b)),
        picture=color_texture(folder / "albedo.jpg"),
        roughness=1.0 if arm or rough else 0.7,
        rough=arm or rough,
        rough_channel=1 if arm else 0,
        metallic=1.0 if arm or metal else 0.0,
        metal=arm or metal,
        metal_channel=2 if arm else 0,
        bumps=_optional(folder, "normal"),
        relief=float(rng.uniform(0.5, 1.2)),
    )


def _optional(folder: Path, name: str) -> Texture | None:
    path = folder / f"{name}.jpg"
    return data_texture(path) if path.exists() else None
