"""What people's faces are painted like, measured on portraits: what FaceFit's guess looks for.

The face is fitted to landmarks that were placed by hand, and the marks of each portrait (`rimlight.nodes.face.paint`)
are taken where its vertices are seen. Both sides of a face count for both: light comes from all sides that way.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from rimlight.engine import Camera, Session
from rimlight.nodes import MARKS, TALL, Points, face_model, fitted, geometry, marks

from .assets import Assets

Array = NDArray[np.float64]

_STEP, _WORTH_STEP = 3 / 127, 20 / 255
"""Steps in which means and worths are kept."""
_FOV = 25.0
"""Degrees that the portraits are taken to be wide."""
_TALL = 96
"""Pixels of the face's height at which marks are taken."""
_LEAST = 0.05
"""Variance that people's marks have at least: hand-placed landmarks are off by as much."""
_FEW = 4.0
"""Sightings at which a vertex is trusted by half."""
LANDMARKS = (
    "eye_left_outer", "eye_left_inner", "eye_right_inner", "eye_right_outer", "nose_tip", "nose_left", "nose_right",
    "mouth_left", "mouth_right", "mouth_top", "mouth_bottom", "chin",
)  # fmt: skip
"""Those that were placed, in the order of `PLACED`; left and right in a picture of a face that looks out of it."""
PLACED: dict[str, tuple[tuple[float, float] | None, ...]] = {
    "interfaces_001.jpg": (
        (295, 311), (359, 315), (421, 314), (470, 310), (390, 367), (360, 390), (420, 390), (334, 444),
        (445, 444), (392, 428), (386, 467), (395, 527),
    ),
    "interfaces_006.jpg": (
        (251, 347), (345, 345), (438, 335), (514, 320), (398, 425), (338, 445), (454, 442), (304, 507),
        (479, 502), (395, 495), (392, 551), None,
    ),
    "interfaces_014.jpg": (
        (233, 361), (296, 383), (374, 398), (448, 396), (306, 476), (270, 497), (371, 494), (255, 513),
        (397, 542), (318, 521), (321, 581), (321, 664),
    ),
    "interfaces_016.jpg": (
        (254, 373), (328, 357), (405, 353), (479, 344), (376, 453), (331, 475), (424, 466), (319, 546),
        (453, 528), (383, 515), (395, 581), (399, 684),
    ),
    "interfaces_021.jpg": (
        (318, 334), (383, 335), (455, 334), None, (432, 388), (391, 424), (460, 420), (371, 475), (465, 472),
        (426, 456), (420, 500), (408, 551),
    ),
    "interfaces_025.jpg": (
        (329, 331), (411, 363), (498, 381), (570, 393), (449, 425), (393, 436), (480, 458), (355, 486),
        (493, 517), (430, 480), (432, 531), (393, 610),
    ),
    "interfaces_028.jpg": (
        (241, 347), (316, 341), (394, 338), (472, 332), (342, 407), (299, 435), (404, 429), (285, 510),
        (416, 503), (335, 495), (332, 523), (347, 626),
    ),
    "interfaces_033.jpg": (
        (239, 332), (298, 335), (366, 332), (436, 332), (310, 418), (289, 426), (369, 426), (276, 474),
        (395, 474), (322, 462), (325, 499), (325, 593),
    ),
    "interfaces_039.jpg": (
        (297, 352), (379, 350), (455, 347), (508, 343), (448, 424), (396, 445), (456, 435), (375, 505),
        (471, 499), (440, 482), (432, 524), (432, 598),
    ),
    "interfaces_044.jpg": (
        (288, 300), (348, 314), (420, 319), (473, 325), (377, 382), (348, 384), (405, 382), (308, 402),
        (437, 413), (375, 409), (373, 452), (375, 510),
    ),
    "interfaces_047.jpg": (
        (205, 299), (265, 301), (337, 301), (405, 299), (294, 383), (254, 391), (345, 393), (248, 437),
        (365, 439), (302, 430), (304, 464), (314, 549),
    ),
    "interfaces_050.jpg": (
        (269, 323), (317, 329), (412, 332), (476, 327), (362, 425), (323, 427), (406, 425), (290, 477),
        (448, 472), (359, 480), (359, 507), (362, 605),
    ),
    "interfaces_051.jpg": (
        (263, 319), (332, 330), (429, 332), (498, 330), (376, 420), (324, 420), (429, 420), (316, 497),
        (432, 497), (374, 472), (376, 527), None,
    ),
    "interfaces_054.jpg": (
        (307, 195), (361, 210), (415, 216), (473, 231), (372, 276), (348, 280), (405, 288), (332, 321),
        (406, 333), (369, 308), (362, 349), (367, 393),
    ),
    "interfaces_057.jpg": (
        (212, 241), (289, 248), (384, 246), (471, 238), (327, 332), (274, 338), (377, 338), (258, 409),
        (399, 411), (318, 383), (321, 449), (334, 528),
    ),
    "interfaces_060.jpg": (
        (320, 292), (369, 292), (428, 291), (480, 291), (403, 362), (367, 370), (433, 367), (350, 407),
        (444, 406), (400, 401), (400, 432), (403, 487),
    ),
    "interfaces_062.jpg": (
        (241, 347), (310, 350), (380, 330), (460, 313), (357, 430), (322, 433), (412, 417), (297, 500),
        (450, 477), (363, 491), (377, 510), (393, 625),
    ),
    "interfaces_072.jpg": (
        (219, 338), (282, 342), (344, 333), (419, 326), (315, 413), (276, 420), (352, 416), (263, 493),
        (382, 479), (315, 471), (320, 500), (312, 587),
    ),
    "nasa_eileen_collins_astronaut.png": (
        (192.5, 100.5), (211, 103.5), (237, 104.5), (258.5, 104.5), (224, 127), (212, 129.5), (237, 130.5),
        (203, 140), (245.5, 141), (224, 139.3), (223, 154), (223, 177.5),
    ),
    "us_navy_grace_hopper.bmp": (
        (103, 85.5), (119, 87), (144, 86), (161, 84.5), (134, 109), (121, 112), (148.5, 111), (115, 129),
        (155, 128), (135.6, 126), (135, 133), (133, 155.5),
    ),
}  # fmt: skip
"""Where the landmarks are in the portraits, in pixels, y down, placed by hand; None: hidden."""


def write_paint(assets: Assets, out: Path) -> Path:
    """Write the marks of all portraits as a compressed npz file; `rimlight.nodes.face.paint` reads it."""
    found = [_portrait(assets.need(f"portraits/{name}"), placed) for name, placed in PLACED.items()]
    mean, worth = averaged([m for m, _ in found], [w for _, w in found])
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        out,
        mean=np.clip(np.round(mean / _STEP), -127, 127).astype(np.int8),
        step=np.float32(_STEP),
        worth=np.clip(np.round(worth / _WORTH_STEP), 0, 255).astype(np.uint8),
        worth_step=np.float32(_WORTH_STEP),
    )
    return out


def averaged(marks_: list[Array], weights: list[Array]) -> tuple[Array, Array]:
    """Mean and worth `[V, 4]` of the marks `[V, 4]` of portraits, each with weights `[V]` of its vertices."""
    mirrored = _mirrored()
    x = np.concatenate((np.stack(marks_), np.stack(marks_)[:, mirrored]))
    w = np.concatenate((np.stack(weights), np.stack(weights)[:, mirrored]))[..., None]
    total = w.sum(0)
    mean = (x * w).sum(0) / np.maximum(total, 1e-3)
    spread = ((x - mean) ** 2 * w).sum(0) / np.maximum(total, 1e-3)
    return mean, total / (total + _FEW) / (spread + _LEAST)


def _portrait(path: Path, placed: tuple[tuple[float, float] | None, ...]) -> tuple[Array, Array]:
    """Marks `[V, 4]` of a portrait at the vertices of the face, and how squarely these are seen `[V]`."""
    session = Session()
    image = session.evaluate(session.add("image.read", file=str(path)), layers=("rgba",))
    light = image["rgba"][:3].cpu()
    height, width = light.shape[1:]
    at = tuple((name, *spot, 1.0) for name, spot in zip(LANDMARKS, placed, strict=True) if spot is not None)
    face = fitted(Points(at, (width, height), fov=_FOV)).face
    camera = Camera.from_fov(width, height, _FOV)
    tall = TALL * camera.width / 2 / camera.tan_x / -face.place[2]
    size = [max(4, round(n * _TALL / tall)) for n in (height, width)]
    shown = marks(F.interpolate(light[None], size, mode="area")[0], _TALL)
    vertices, normals = geometry(face)
    x, y = (
        2 * q / n - 1 for q, n in zip(camera.project(torch.from_numpy(vertices.T.copy())), (width, height), strict=True)
    )
    facing = -(normals * vertices).sum(1) / np.linalg.norm(vertices, axis=1)
    inside = ((x.abs() < 1) & (y.abs() < 1)).numpy()
    return _fetched(shown, x, y), np.clip((facing - 0.1) / 0.4, 0, 1) * inside


def _fetched(shown: Tensor, x: Tensor, y: Tensor) -> Array:
    grid = torch.stack((x, y), 1).float()[None, None]
    found = F.grid_sample(shown[None], grid, align_corners=False)[0, :, 0].T.numpy()
    return np.asarray(found.reshape(-1, MARKS), np.float64)


def _mirrored() -> NDArray[np.int64]:
    """The vertex of the average face that lies opposite each."""
    mean = torch.from_numpy(face_model().mean)
    other = mean * mean.new_tensor([-1.0, 1.0, 1.0])
    return np.concatenate([torch.cdist(part, mean).argmin(1).numpy() for part in torch.split(other, 1024)])
