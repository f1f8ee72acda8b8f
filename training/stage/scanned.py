"""Heads of the ICT face model, made from scans, under MakeHuman's skins. They are bald and end below the neck."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from ..assets import Assets
from .heads import Head, Rgb, skin_of
from .mesh import Array, Material, Mesh, smooth_normals
from .morph import FaceModel, face_model, random_person, unwelded
from .texture import Texture, decoded_srgb, read_picture, to_acescg

_SKIN = (("face", 0, 9230, 0.0), ("head", 9230, 11144, 1.0))
"""Parts of the skin: polygons from and to, and what their uv begin with."""
_INSIDE: tuple[tuple[int, int, Rgb, float], ...] = (
    (11144, 14034, (0.30, 0.10, 0.09), 0.4), (17006, 21496, (0.68, 0.63, 0.54), 0.25),
)  # fmt: skip
"""The mouth's inside and the teeth: polygons, albedo, roughness."""
_EYES = ((21496, 22296, 23094), (23094, 23894, 24692))
"""Polygons of the balls, of their fronts from the second to the third number."""
_WHITE: Rgb = (0.62, 0.58, 0.55)
_IRISES: tuple[Rgb, ...] = ((0.06, 0.028, 0.014), (0.06, 0.10, 0.15), (0.07, 0.085, 0.045))
"""Albedos of the white of eyes, and of brown, blue and green irises."""


def scanned_head(assets: Assets, seed: int, rng: np.random.Generator) -> Head:
    """The head of an identity seed."""
    path = assets.need("heads/ict/ict_model.npz")
    maps = assets.need("heads/ict/mh_skin_to_ict_uv.npz")
    model = face_model(path)
    v = model.shaped(np.random.default_rng([seed, 0x1C7]), rng, 0.6)
    skin, flesh = skin_of(assets.need("heads/makehuman/manifest.json").parent, random_person(rng), rng)
    normals = smooth_normals(v, model.faces[model.polygon < _SKIN[-1][2]])
    meshes = []
    for part, first, last, shift in _SKIN:
        chosen = (model.polygon >= first) & (model.polygon < last)
        x, uv, f = unwelded(np.concatenate((v, normals), 1), model.uv, model.faces[chosen], model.uv_faces[chosen])
        picture = _unfolded(skin, maps, part)
        material = Material(flesh.color, picture, roughness=flesh.roughness, f0=flesh.f0)
        uv = uv - np.array([shift, 0], np.float32)
        meshes.append(Mesh.of(x[:, :3], f, uv, material, normals=x[:, 3:]))
    for first, last, color, roughness in _INSIDE:
        chosen = (model.polygon >= first) & (model.polygon < last)
        meshes.append(_plain(v, model.faces[chosen], Material(color, roughness=roughness)))
    iris = _IRISES[rng.integers(len(_IRISES))]
    eyes = [mesh for polygons in _EYES for mesh in _eye(model, v, polygons, iris)]
    centre = np.mean([v[model.faces[(model.polygon >= a) & (model.polygon < b)]].mean((0, 1)) for a, b, _ in _EYES], 0)
    low = float(v[model.faces[model.polygon < _SKIN[-1][2]]][..., 1].min())
    return Head((*meshes, *eyes), centre, low + 2, f"ict {seed}", (skin, path, maps))


def _eye(model: FaceModel, v: Array, polygons: tuple[int, int, int], iris: Rgb) -> list[Mesh]:
    """Pupil, iris and white: the front is cut into rings, and the ball is left out where the front covers it."""
    a, b, c = polygons
    ball = model.faces[(model.polygon >= a) & (model.polygon < b)]
    front = model.faces[(model.polygon >= b) & (model.polygon < c)]
    middle = v[np.unique(front)].mean(0)
    radius = np.linalg.norm((v[front].mean(1) - middle)[:, :2], axis=1)
    widest = radius.max()
    place = v[ball].mean(1)
    ahead = place[:, 2] > v[np.unique(ball)].mean(0)[2]
    covered = ahead & (np.linalg.norm((place - middle)[:, :2], axis=1) < widest)
    share = radius / widest
    dark: Rgb = (iris[0] * 0.3, iris[1] * 0.3, iris[2] * 0.3)
    rings: list[tuple[NDArray[np.bool_], Rgb]] = [
        (share < 0.17, (0.008, 0.008, 0.008)),
        ((share >= 0.17) & (share < 0.39), iris),
        ((share >= 0.39) & (share < 0.44), dark),
        (share >= 0.44, _WHITE),
    ]
    meshes = [_plain(v, ball[~covered], _wet(_WHITE))]
    return meshes + [_plain(v, front[ring], _wet(color)) for ring, color in rings if ring.any()]


def _wet(color: Rgb) -> Material:
    return Material(color, roughness=0.12, f0=0.03)


def _plain(v: Array, faces: NDArray[np.int64], material: Material) -> Mesh:
    """Some of the faces as a mesh of their own."""
    used, index = np.unique(faces, return_inverse=True)
    return Mesh.of(v[used], index.reshape(-1, 3), None, material)


@lru_cache(16)
def _unfolded(skin: Path, maps: Path, part: str) -> Texture:
    """MakeHuman's skin over the ICT model's uv: `maps` names the place in the skin for each of its pixels."""
    packed = np.load(maps)
    place, known = packed[part].astype(np.float32) / 65535, packed[f"{part}_ok"]
    picture = read_picture(skin)[:3].permute(1, 2, 0).numpy()
    size = picture.shape[0]
    x, y = place[..., 0] * size - 0.5, (1 - place[..., 1]) * size - 0.5
    found = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # Where the map knows no place, the nearest known one.
    _, label = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    colors = np.zeros((int(label.max()) + 1, 3), np.float32)
    colors[label[known]] = found[known]
    found = np.where(known[..., None], found, colors[label])
    return Texture.of(to_acescg(decoded_srgb(torch.from_numpy(found).permute(2, 0, 1).contiguous())).clamp_min(0))
