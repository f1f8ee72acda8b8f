"""The morphable face that ships with the product, cut from the ICT model: the face, its ears and neck, and the eyes.

The skin keeps the model's own uv, which mirror about u = 1/2. The eyes have uv of their own in two corners that the
skin leaves free. Shapes are whole steps of `STEP`, so that they pack well.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .assets import Assets
from .stage.mesh import Array
from .stage.morph import FaceModel, face_model, unwelded

STEP = 2e-4
"""Centimetres; half of it tilts a triangle of the mesh by less than a twentieth of a degree."""
MODES = 60
"""Identity modes kept: the next one moves a vertex by a tenth of a millimetre."""
_SKIN = 9230
"""Polygons of the face, ears and neck: those before this one."""
_EYES = ((23094, 23894, 24692), (21496, 22296, 23094))
"""Polygons of the eye on the picture's left and on its right: the ball from the first, its front from the second."""
_PATCHES = ((0.0337, 0.436), (0.9663, 0.436))
_PATCH = 0.029
"""Where the eyes are in uv, and their radius."""
_LANDMARKS = {
    "brow_left_outer": (17,), "brow_left_inner": (21,), "brow_right_inner": (22,), "brow_right_outer": (26,),
    "eye_left_outer": (36,), "eye_left_top": (37, 38), "eye_left_inner": (39,), "eye_left_bottom": (40, 41),
    "eye_right_inner": (42,), "eye_right_top": (43, 44), "eye_right_outer": (45,), "eye_right_bottom": (46, 47),
    "nose_bridge": (27,), "nose_tip": (30,), "nose_left": (31,), "nose_right": (35,),
    "mouth_left": (48,), "mouth_top": (51,), "lips_top": (62,), "lips_bottom": (66,),
    "mouth_right": (54,), "mouth_bottom": (57,), "chin": (8,),
    "jaw_left": (1, 2, 3, 4, 5, 6, 7), "jaw_right": (15, 14, 13, 12, 11, 10, 9),
}  # fmt: skip
"""Our names, left and right in a picture of a face that looks out of it, and their points among the usual 68."""


def write_face(assets: Assets, out: Path) -> Path:
    """Write the face as a compressed npz file; `rimlight.nodes.face.model` says what is in it."""
    model = face_model(assets.need("heads/ict/ict_model.npz"))
    skin = model.polygon < _SKIN
    x, uv, faces = _corners(model, skin)
    parts = [np.zeros(len(x), np.uint8)]
    for polygons, place in zip(_EYES, _PATCHES, strict=True):
        own, own_uv, own_faces = _eye(model, polygons, place)
        faces = np.concatenate((faces, own_faces + len(x)))
        x, uv = np.concatenate((x, own)), np.concatenate((uv, own_uv))
        parts.append(np.ones(len(own), np.uint8))
    used, vertex = np.unique(x, return_inverse=True)
    names = [name for name in model.names if "Pupil" not in name]
    chosen = [model.names.index(name) for name in names]
    known = json.loads(assets.need("heads/ict/vertex_indices.json").read_text(encoding="utf-8"))
    points, start = _landmarks(model, skin, known["idx_to_landmark_verts"])
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        out,
        step=np.float32(STEP),
        mean=model.mean[used].astype(np.float32),
        identity=_steps(model.modes[:MODES, used], model.mode_scale[:MODES]),
        expression=_steps(model.expressions[chosen][:, used], model.expression_scale[chosen]),
        expression_names=np.array(names),
        vertex=vertex.astype(np.uint16),
        uv=np.round(uv * 65535).astype(np.uint16),
        faces=faces.astype(np.uint16),
        part=np.concatenate(parts),
        landmark_names=np.array([*_LANDMARKS, "ear_left", "ear_right"]),
        landmark_start=start,
        landmark_vertex=np.searchsorted(used, points).astype(np.uint16),
    )
    return out


def _corners(model: FaceModel, chosen: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Array, NDArray[np.int64]]:
    """Vertex numbers, uv and faces in which each pair of a vertex and a uv is one corner."""
    numbers = np.arange(len(model.mean), dtype=np.float32)[:, None]
    x, uv, faces = unwelded(numbers, model.uv, model.faces[chosen], model.uv_faces[chosen])
    return x[:, 0].astype(np.int64), uv, faces


def _eye(
    model: FaceModel, polygons: tuple[int, int, int], place: tuple[float, float]
) -> tuple[NDArray[np.int64], Array, NDArray[np.int64]]:
    """The half of an eye that can be seen, seen from the front: vertex numbers, uv and faces."""
    a, b, c = polygons
    v = model.mean
    ball = model.faces[(model.polygon >= a) & (model.polygon < b)]
    front = model.faces[(model.polygon >= b) & (model.polygon < c)]
    middle = v[np.unique(front)].mean(0)
    widest = np.linalg.norm((v[front].mean(1) - middle)[:, :2], axis=1).max()
    center = v[np.unique(ball)].mean(0)
    at = v[ball].mean(1)
    ahead = at[:, 2] > center[2] - 0.2
    covered = (at[:, 2] > center[2]) & (np.linalg.norm((at - middle)[:, :2], axis=1) < widest * 0.9)
    used, faces = np.unique(np.concatenate((ball[ahead & ~covered], front)), return_inverse=True)
    off = v[used] - center
    # By the angle from the axis, which is as far apart at the rim as in the middle.
    away = np.linalg.norm(off[:, :2], axis=1)
    angle = np.arctan2(away, off[:, 2])
    share = (angle / angle.max() * _PATCH / np.maximum(away, 1e-9))[:, None]
    uv = np.asarray(place, np.float32) + off[:, :2] * share
    return used, uv.astype(np.float32), faces.reshape(-1, 3)


def _steps(whole: NDArray[np.int16], scale: Array) -> NDArray[np.int16]:
    return np.asarray(np.round(whole.astype(np.float32) * (scale[:, None, None] / STEP)), np.int16)


def _landmarks(
    model: FaceModel, skin: NDArray[np.bool_], known: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
    """The vertices of all landmarks one after the other, and where each begins, with the end of the last."""
    groups = [[known[i] for i in points] for points in _LANDMARKS.values()]
    v, on_skin = model.mean, np.unique(model.faces[skin])
    for side in (-1, 1):
        ear = on_skin[(v[on_skin, 0] * side > 8.1) & (v[on_skin, 1] > -4)]
        groups.append([int(ear[v[ear, 1].argmin()])])  # the lobe
    start = np.cumsum([0, *(len(g) for g in groups)])
    return np.array([i for g in groups for i in g]), start.astype(np.uint16)
