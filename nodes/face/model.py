"""The morphable face: its shapes, its uv, its landmarks, and where a face of it is in a picture.

Lengths are centimetres. The face looks along z; x is to the right in a picture of it, y up, as camera space is, so a
face that looks into the camera is not turned.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rimlight.engine import Camera, ImageInfo, RimlightError, from_json

from .mouth import between_lips

Array = NDArray[np.float64]

FACE = "rimlight:face"
"""Attribute of a picture: the face that was fitted to it, as `Face.to_text` writes it."""


@dataclass(frozen=True, eq=False)
class FaceModel:
    """A morphable face.

    mean : `[V, 3]`. identity : `[M, V, 3]`, modes of unit deviation. expression : `[E, V, 3]`, each at its full 1.
    corners : vertex of each corner `[C]`; corners of one vertex differ in uv. uv : `[C, 2]`, 0 to 1, v upwards.
    faces : `[T, 3]`, corner numbers, anticlockwise from outside; the last of them lie between the lips.
    eye : `[C]`, bool, part of an eye, else skin.
    landmarks : vertices by name; several stand for their mean, or for a line where the name begins with `jaw`.
    """

    mean: Array
    identity: Array
    expression: Array
    expression_names: tuple[str, ...]
    corners: NDArray[np.int64]
    uv: Array
    faces: NDArray[np.int64]
    eye: NDArray[np.bool_]
    landmarks: Mapping[str, NDArray[np.int64]]

    def vertices(self, identity: Array, expression: Array) -> Array:
        """`[V, 3]` of an identity and an expression of any number of weights; those not given are 0."""
        v = self.mean + np.tensordot(identity, self.identity[: len(identity)], 1)
        return v + np.tensordot(expression, self.expression[: len(expression)], 1)

    def normals(self, vertices: Array) -> Array:
        """Smooth unit normals `[V, 3]` of vertices, weighted by the areas of the triangles around."""
        triangles = self.corners[self.faces]
        a, b, c = (vertices[triangles[:, k]] for k in range(3))
        flat = np.cross(b - a, c - a)
        total = np.stack([np.bincount(triangles.ravel(), np.repeat(flat[:, k], 3), len(vertices)) for k in range(3)], 1)
        length: Array = np.linalg.norm(total, axis=1, keepdims=True)
        smooth: Array = total / np.maximum(length, 1e-12)
        return smooth


@lru_cache(1)
def face_model() -> FaceModel:
    """The face that comes with the product."""
    path = Path(str(files("rimlight.resources"))) / "face" / "face.npz"
    with np.load(path, allow_pickle=False) as m:
        step = float(m["step"])
        start, vertex = m["landmark_start"].astype(int), m["landmark_vertex"].astype(np.int64)
        names = [str(name) for name in m["landmark_names"]]
        mean, corners, uv = m["mean"].astype(np.float64), m["vertex"].astype(np.int64), m["uv"] / 65535.0
        faces, eye = m["faces"].astype(np.int64), m["part"] == 1
        mouth = between_lips(mean, corners, uv, faces[~eye[faces[:, 0]]])
        return FaceModel(
            mean,
            m["identity"] * step,
            m["expression"] * step,
            tuple(str(name) for name in m["expression_names"]),
            corners,
            uv,
            np.concatenate((faces, mouth)),
            eye,
            {name: vertex[a:b] for name, a, b in zip(names, start, start[1:], strict=False)},
        )


@dataclass(frozen=True)
class Face:
    """A face in a picture: who, with which expression, where, through which lens.

    expression : weights by name. turn : rotation vector, radians, in camera space. place : of the model's origin,
    inside the head, in camera space. tan_x : half the frame's width at distance 1.
    """

    turn: tuple[float, ...] = (0.0, 0.0, 0.0)
    place: tuple[float, ...] = (0.0, 0.0, -60.0)
    tan_x: float = 0.25
    identity: tuple[float, ...] = ()
    expression: tuple[tuple[str, float], ...] = ()

    def vertices(self, model: FaceModel) -> Array:
        """`[V, 3]` in camera space."""
        known = dict(self.expression)
        weights = np.array([known.get(name, 0.0) for name in model.expression_names])
        shape = model.vertices(np.asarray(self.identity, np.float64), weights)
        moved: Array = shape @ rotation(np.asarray(self.turn)).T + np.asarray(self.place)
        return moved

    def camera(self, info: ImageInfo) -> Camera:
        """The camera of a picture that the face is in."""
        return Camera(info.display.width, info.display.height, self.tan_x, info.pixel_aspect)

    def to_text(self) -> str:
        """For the metadata of a picture, rounded to what can be told."""
        data = {
            "turn": [round(x, 6) for x in self.turn],
            "place": [round(x, 4) for x in self.place],
            "tan_x": round(self.tan_x, 7),
            "identity": [round(x, 4) for x in self.identity],
            "expression": {name: round(x, 4) for name, x in self.expression},
        }
        return json.dumps(data, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "Face":
        """The face that `to_text` wrote. Raises RimlightError with a sentence."""
        try:
            data = from_json(text)
            numbers = [_numbers(data[name], count) for name, count in (("turn", 3), ("place", 3), ("identity", None))]
            expression = tuple((str(name), float(x)) for name, x in data["expression"].items())
            return cls(numbers[0], numbers[1], float(data["tan_x"]), numbers[2], expression)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RimlightError(
                f"the attribute '{FACE}' of the picture does not describe a face ({error}), expected what FaceFit wrote"
            ) from None


@lru_cache(4)
def geometry(face: Face) -> tuple[Array, Array]:
    """Vertices and smooth normals `[V, 3]` of a face in camera space."""
    vertices = face.vertices(face_model())
    return vertices, face_model().normals(vertices)


def _numbers(found: Any, count: int | None) -> tuple[float, ...]:
    if not isinstance(found, list) or (count is not None and len(found) != count) or len(found) > 1000:
        raise ValueError(f"expected {count or 'some'} numbers")
    return tuple(float(x) for x in found)


def face_of(info: ImageInfo, node: str) -> Face:
    """The face that was fitted to a picture. Raises RimlightError where none was."""
    text = info.metadata.get(FACE)
    if not text:
        raise RimlightError(f"{node} needs to know the face in the picture, and no FaceFit is above it")
    return Face.from_text(str(text))


def rotation(turn: Array) -> Array:
    """The matrix of a rotation vector, by Rodrigues' formula."""
    angle = float(np.linalg.norm(turn))
    x, y, z = turn / angle if angle > 0 else turn
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix: Array = np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)
    return matrix


def rotation_vector(matrix: Array) -> Array:
    """The rotation vector of a matrix, of an angle below pi."""
    off = np.array([matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]])
    angle = np.arctan2(np.linalg.norm(off), np.trace(matrix) - 1)
    length = np.linalg.norm(off)
    vector: Array = off * (angle / length) if length > 1e-12 else np.zeros(3)
    return vector


def tensor(x: NDArray[Any], device: torch.device) -> Tensor:
    """An array on a device, of its own type."""
    return torch.from_numpy(np.ascontiguousarray(x)).to(device)
