"""Pictures of one still scene from a camera that was not quite still: where each is to be read to lie on another.

The motion is found by the enhanced correlation coefficient (Evangelidis and Psarakis, 2008), from coarse to fine, which
does not mind brightness. It is of the whole picture: shifted, turned, or seen from a turned camera.
"""

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

MODELS = {"translate": cv2.MOTION_TRANSLATION, "rotate": cv2.MOTION_EUCLIDEAN, "perspective": cv2.MOTION_HOMOGRAPHY}
"""What may differ between two pictures: the place; also the angle; also where the camera looks."""
_FINEST, _COARSEST = 1024, 64  # pixels of the longer side at which is looked
_STEPS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-5)
_SMOOTH = 5  # pixels of the window that both are smoothed in
_ALIKE = 0.6  # the least correlation of what lies on each other
_FEWEST = 0.05  # of the picture that both have to show
Floats = npt.NDArray[np.float32]


def find_motion(a: Tensor, b: Tensor, known: Tensor, model: str) -> Tensor | None:
    """The matrix 3x3 float64 from pixels of `a` to those of `b` (y down, centres at +0.5) that show the same.

    a, b : `[1, H, W]`, of one size, with alike numbers for what is alike. known : bool `[1, H, W]`, where `b` can be
    compared. model : of `MODELS`. None where they have too little in common.
    """
    height, width = a.shape[1:]
    if min(height, width) < 8:
        return None
    first, second = (x[0].double().cpu().numpy().astype(np.float32) for x in (a, b))
    mask = known[0].cpu().numpy().astype(np.uint8)
    matrix = np.eye(3)
    sizes = [_FINEST]
    while sizes[-1] > _COARSEST:
        sizes.append(sizes[-1] // 2)
    longest, done, found = max(height, width), 0, 0.0
    for size in reversed(sizes):
        size = min(size, longest)
        if size == done:
            continue
        done = size
        w, h = max(8, round(width * size / longest)), max(8, round(height * size / longest))
        scale = np.diag([w / width, h / height, 1.0])
        small = [np.asarray(cv2.resize(x, (w, h), interpolation=cv2.INTER_AREA), np.float32) for x in (first, second)]
        seen = cv2.resize(mask * 255, (w, h), interpolation=cv2.INTER_AREA)
        seen = (seen == 255).astype(np.uint8)
        if seen.mean() < _FEWEST:
            return None
        starts = [scale @ matrix @ np.linalg.inv(scale)]
        if done == min(sizes[-1], longest):
            starts.append(_whole(small[0], small[1]))
        # Where a pattern repeats, one of both lies a period off.
        found, refined = max((_refined(small[0], small[1], seen, s, model) for s in starts), key=lambda tried: tried[0])
        if refined is None:
            return None
        matrix = np.linalg.inv(scale) @ refined @ scale
    return torch.from_numpy(matrix) if found >= _ALIKE else None


def _whole(a: Floats, b: Floats) -> npt.NDArray[np.float64]:
    """The shift 3x3 from `a` to `b` as a whole, none where it cannot be told."""
    window = cv2.createHanningWindow((a.shape[1], a.shape[0]), cv2.CV_32F)
    (x, y), sure = cv2.phaseCorrelate(a - a.mean(), b - b.mean(), window)
    far = abs(x) > a.shape[1] / 4 or abs(y) > a.shape[0] / 4
    matrix = np.eye(3)
    if not far and sure >= 0.1 and np.isfinite((x, y)).all():
        matrix[:2, 2] = x, y
    return matrix


def _refined(
    a: Floats, b: Floats, known: npt.NDArray[np.uint8], start: npt.NDArray[np.float64], model: str
) -> tuple[float, npt.NDArray[np.float64] | None]:
    """How well two pictures correlate, and the motion, as `find_motion` but for pixels of this size."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # OpenCV counts from the centre of the first pixel
    warp = np.linalg.inv(half) @ start @ half
    warp = (warp if model == "perspective" else warp[:2]).astype(np.float32)
    try:
        found, warp = cv2.findTransformECC(a, b, warp, MODELS[model], _STEPS, known, _SMOOTH)
    except cv2.error:  # it does not come to rest, or nothing is in common
        return 0.0, None
    whole = np.vstack((warp, [0, 0, 1])) if model != "perspective" else warp
    result = half @ whole.astype(np.float64) @ np.linalg.inv(half)
    return float(found), result if np.isfinite(result).all() else None
