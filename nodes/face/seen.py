"""A face drawn as a picture of it shows it: its layers, with hidden surfaces removed."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import LIGHT_LAYERS, Camera, Layer, LayerKind, Region, unit

from ..ops.triangles import covered, rasterized
from ..uv.base import UV
from .model import Array, FaceModel, tensor

FACE_MATTE = Layer("face", ("A",), LayerKind.MATTE)
"""How much of a pixel the face covers."""
SEEN = (UV, LIGHT_LAYERS["position"], LIGHT_LAYERS["normal"], LIGHT_LAYERS["depth"], FACE_MATTE)
"""The layers that a face is drawn as."""
_NEAREST = 1e-3
"""Centimetres from the camera at which surfaces are no longer drawn."""


def drawn(
    model: FaceModel,
    vertices: Array,
    normals: Array,
    camera: Camera,
    region: Region,
    device: torch.device,
    check: Callable[[], None] = lambda: None,
    coverage: bool = True,
    more: Array | None = None,
) -> Mapping[str, Tensor]:
    """The layers of a face, its vertices and normals `[V, 3]`, over a region counted from the frame's top left.

    Positions are in centimetres, normals smooth. Surfaces that face away are not drawn. coverage : whether the matte is
    smooth at its edges. more : `[V, C]`, other values of the vertices, which become the layer `more`.
    """
    at = vertices[model.corners]
    points = tensor(at, device)
    xy, depth = torch.stack(camera.project(points.T), 1), -points[:, 2]
    triangles = tensor(model.faces, device)
    a, b, c = (xy[triangles[:, k]] for k in range(3))
    turned = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    # y runs down here, so what is anticlockwise from outside has a negative area.
    triangles = triangles[(turned < 0) & (depth[triangles] > _NEAREST).all(1)]
    near = 1 / depth.clamp_min(_NEAREST)
    around = region.expand(1)
    hits = rasterized(xy, triangles, -near, around.box, check)
    there = hits.there
    matte = covered(xy, triangles, around.box, there, check) if coverage else there[None].float()
    # Shares in the picture are not those on the surface, which is seen in perspective.
    hits = hits.weighted(near)
    others = np.zeros((len(vertices), 0)) if more is None else more
    values = np.concatenate((model.uv, at, normals[model.corners], others[model.corners]), 1)
    found = hits.of(tensor(values, device)).float()
    rows, columns = around.slices_of(region)
    found, matte = found[:, rows, columns], matte[:, rows, columns]
    layers = {
        "uv": found[:2],
        "position": found[2:5],
        "normal": unit(found[5:8]),
        "depth": torch.where(there[None, rows, columns], -found[4:5], 0.0),
        "face": matte,
    }
    return layers if more is None else layers | {"more": found[8:]}


def unfolded(
    model: FaceModel, values: Array, region: Region, device: torch.device, check: Callable[[], None] = lambda: None
) -> tuple[Tensor, Tensor]:
    """Values `[C, n]` of the model's corners over its uv, `[n, h, w]`, float32, and where there are any, `[h, w]`.

    region : the texels that the uv from 0 to 1 fill.
    """
    uv = tensor(model.uv, device)
    xy = torch.stack((region.x0 + uv[:, 0] * region.width, region.y0 + (1 - uv[:, 1]) * region.height), 1)
    hits = rasterized(xy, tensor(model.faces, device), torch.zeros_like(xy[:, 0]), region.box, check)
    return hits.of(tensor(values, device)).float(), hits.there
