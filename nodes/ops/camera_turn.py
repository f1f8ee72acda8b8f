"""How a camera turned from one picture to another, by what they show: pan, tilt and roll of a known lens.

Two pictures from one place differ by a homography that has no more to it than the lens and a rotation. So every pixel
that optical flow finds again tells two directions, and `turn_fit` finds the rotation that takes the ones to the others
best. What moves by itself is an outlier, or is under a matte.

Flow is best where little moves. So a picture is first turned to where the other one is thought to be, and the links go
to few anchors, each as long as it is in sight: errors add up from anchor to anchor, not from frame to frame.

Tensors are as in `flow`: rows downwards. Directions are in camera space, x right, y up, -z ahead; rotations are 3x3
for columns and take directions of the first picture to those of the second.
"""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .flow import motions_between
from .progress import Progress, silent
from .turn_fit import FEWEST, Link, angle_of, rotation_between, rotation_by_squares
from .turn_view import Floats, View, reduced, still_part

_SAMPLES = 12000  # pixels that a rotation is found from
_LEAST = 0.15  # share of the texture that has to agree
_KEPT = 0.4  # share below which an anchor is given up
_SURE = 0.7  # share from which on no other start is tried
_OVERLAP = 0.6  # share of the picture that has to be in an anchor
_ROUNDS = 4
_PEAKS = 6  # of a correlation, that are tried as starts
_SETTLED = 0.3  # pixels of change at which the rounds end


@dataclass
class TurnFollower:
    """Goes through a shot and tells the rotation of every picture against the first.

    Anchors are pictures with their rotation, from the first picture's directions to theirs.
    """

    anchors: list[tuple[View, Floats]] = field(default_factory=list)
    last: tuple[View, Floats] | None = None
    step: Floats = field(default_factory=lambda: np.eye(3))

    def go_on(self, view: View, progress: Progress = silent) -> Link:
        """The next picture against the first one: rotation, share and error. Raises ValueError with a sentence where
        it cannot be told; the follower is then as it was.
        """
        if self.last is None:
            found = Link(np.eye(3), 1.0, 0.0)
            self.anchors.append((view, found.rotation))
        else:
            found, anew = self._found(view, *self.last, progress)
            self.step = found.rotation @ self.last[1].T
            if anew:
                self.anchors.append((view, found.rotation))
        self.last = (view, found.rotation)
        return found

    def _found(self, view: View, before: View, turned: Floats, progress: Progress) -> tuple[Link, bool]:
        guess = self.step @ turned
        anchor, rotation = max(self.anchors, key=lambda known: _overlap(known[0], view, guess @ known[1].T))
        link = _linked(anchor, view, guess @ rotation.T, progress)
        if link is None or link.share < _SURE:
            # Quicker than thought, or the anchor has changed: from the frame before, wherever it went.
            near = [_linked(before, view, start, progress) for start in (self.step, _shifted(before, view))]
            best = max((one for one in near if one is not None), key=lambda one: one.share, default=None)
            if best is not None and (link is None or best.share > link.share):
                link, rotation = best, turned
        if link is None:
            raise ValueError("there is too little texture in both frames to see the camera turn by")
        if link.share < _LEAST:
            raise ValueError(
                f"only {100 * link.share:.0f} % of the texture turns as one with the frame before; is there a cut, or"
                " does a subject without a matte fill the frame?"
            )
        whole = link.rotation @ rotation
        best_overlap = max(_overlap(known, view, whole @ r.T) for known, r in self.anchors)
        return Link(whole, link.share, link.error), best_overlap < _OVERLAP or link.share < _KEPT


def _linked(a: View, b: View, guess: Floats, progress: Progress) -> Link | None:
    """The link from `a` to `b`, refined from a guess; None where there is too little to see it by."""
    pixel = 2 * b.lens.tan_x / b.texture.shape[2]
    found = None
    for round_ in range(_ROUNDS):
        progress(round_ / _ROUNDS)
        link = _once(a, b, guess)
        if link is None:
            return found
        change = angle_of(link.rotation @ guess.T) / pixel
        if found is not None and link.share < 0.8 * found.share:
            return found
        found, guess = link, link.rotation
        if change < _SETTLED:
            break
    return found


def _once(a: View, b: View, guess: Floats) -> Link | None:
    height, width = b.texture.shape[1:]
    seen, counts = _turned(a, b, guess)
    there, _ = motions_between(seen, b.texture, max(height, width), ready=(seen, b.texture))
    textured = counts * _textured(seen, b.texture)
    still = still_part(b)
    weight = textured * there.valid[0].double().numpy()
    rows, columns = np.nonzero(weight > 0.1)
    if len(rows) < FEWEST:
        return None
    some = slice(None, None, max(1, len(rows) // _SAMPLES))
    held = float(weight.sum() / max(float(textured.sum()), 1e-9))  # of the texture, what flow held
    rows, columns = rows[some], columns[some]
    flow: Floats = there.vectors.double().numpy()[:, rows, columns]
    x, y = columns.astype(np.float64) + 0.5, rows.astype(np.float64) + 0.5
    to_x, to_y = x + flow[0], y + flow[1]
    down, right = (np.clip(v.astype(int), 0, n - 1) for v, n in ((to_y, height), (to_x, width)))
    w = weight[rows, columns] * still[down, right]
    before = b.lens.rays(x, y, width, height) @ guess  # as `a` has them: rows times the matrix are the inverse
    link = rotation_between(before, b.lens.rays(to_x, to_y, width, height), w, 2 * b.lens.tan_x / width)
    return None if link is None else replace(link, share=link.share * min(1.0, held))


def _turned(a: View, b: View, rotation: Floats) -> tuple[Tensor, Floats]:
    """The texture `[1, h, w]` of `a` as `b` would see it, and what of it counts, `[h, w]`."""
    height, width = b.texture.shape[1:]
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = b.lens.rays(columns.ravel(), rows.ravel(), width, height) @ rotation
    h, w = a.texture.shape[1:]
    away = np.maximum(-rays[:, 2], 1e-6)
    x = ((rays[:, 0] / (away * a.lens.tan_x) + 1) * w / 2 - 0.5).reshape(height, width)
    y = ((1 - rays[:, 1] / (away * a.lens.tan_y)) * h / 2 - 0.5).reshape(height, width)
    inside = (x > 0) & (x < w - 1) & (y > 0) & (y < h - 1) & (rays[:, 2].reshape(height, width) < -1e-3)
    maps = np.clip(x, -2, w + 1).astype(np.float32), np.clip(y, -2, h + 1).astype(np.float32)

    def sampled(picture: Tensor) -> npt.NDArray[np.float32]:
        moved = cv2.remap(picture[0].numpy(), *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.float32)

    seen = torch.from_numpy(sampled(a.texture).clip(-1, 1))[None]
    counts = inside.astype(np.float64)
    if a.moving is not None:
        counts *= 1 - sampled(a.moving).clip(0, 1)
    # What lies outside or moves by itself is to be as the other picture has it, so that flow beside it is not pulled.
    counts *= still_part(b)
    return torch.where(torch.from_numpy(counts > 0.5)[None], seen, b.texture), counts


def _textured(a: Tensor, b: Tensor) -> Floats:
    """Where `[h, w]` both pictures have texture that flow can hold on to, 0 to 1."""
    made = []
    for x in (a, b):
        picture = x[0].numpy()
        slopes = [cv2.Sobel(picture, cv2.CV_32F, *way, scale=0.125) for way in ((1, 0), (0, 1))]
        made.append(cv2.GaussianBlur(slopes[0] ** 2 + slopes[1] ** 2, (0, 0), 3.0))
    strength = np.minimum(*made).astype(np.float64)
    return np.clip(strength / 4e-3, 0, 1) * (strength > 4e-4)


def _overlap(a: View, b: View, rotation: Floats) -> float:
    """The share of what stands still in `b` that is seen in `a` too, where a rotation lies between them."""
    x, y = (v.ravel() for v in np.meshgrid((np.arange(32) + 0.5) / 32, (np.arange(18) + 0.5) / 18))
    rays = b.lens.rays(x, y, 1, 1) @ rotation
    away = np.maximum(-rays[:, 2], 1e-6)
    across, up = rays[:, 0] / (away * a.lens.tan_x), rays[:, 1] / (away * a.lens.tan_y)
    inside = (np.abs(across) < 1) & (np.abs(up) < 1) & (rays[:, 2] < 0)
    still = _at(b, x, y)
    seen = np.where(inside, _at(a, (across + 1) / 2, (1 - up) / 2), 0.0)
    return float((still * seen).sum() / max(float(still.sum()), 1e-6))


def _at(view: View, x: Floats, y: Floats) -> Floats:
    """What of a view stands still at places in shares of its width and height, from the top left."""
    still = still_part(view)
    height, width = still.shape
    rows, columns = (np.clip(v * n, 0, n - 1).astype(int) for v, n in ((y, height), (x, width)))
    found: Floats = still[rows, columns]
    return found


def _shifted(a: View, b: View) -> Floats:
    """The rotation that moves the whole picture most alike to a shift, as a start; none where sizes differ.

    The shifts of highest correlation (that of a subject which stands still may be the first) are tried out.
    """
    if a.texture.shape != b.texture.shape:
        return np.eye(3)
    one, two = reduced(a), reduced(b)
    height, width = one.texture.shape[1:]
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    first, second = (np.fft.rfft2(window * v.texture[0].numpy() * still_part(v)) for v in (one, two))
    likely = np.fft.irfft2(second * first.conj(), (height, width))
    tried = []
    for _ in range(_PEAKS):
        row, column = np.unravel_index(int(likely.argmax()), likely.shape)
        down, right = ((int(v) + n // 2) % n - n // 2 for v, n in ((row, height), (column, width)))
        x, y = np.array([0.0, right]) + width / 2, np.array([0.0, down]) + height / 2
        middle, moved = two.lens.rays(x, y, width, height)
        # What is up stays so, about: one direction alone leaves the roll open.
        source, target = (np.stack((way, [0.0, 1.0, 0.0])) for way in (middle, moved))
        tried.append(rotation_by_squares(source, target, np.array([1.0, 1e-3])))
        rows, columns = np.arange(row - 4, row + 5) % height, np.arange(column - 4, column + 5) % width
        likely[np.ix_(rows, columns)] = -np.inf
    return max(tried, key=lambda rotation: _alike(one, two, rotation))


def _alike(a: View, b: View, rotation: Floats) -> float:
    """How much of what both show looks alike, `a` turned to the place of `b`: the covariance of their textures."""
    seen, counts = _turned(a, b, rotation)
    return float((counts * (seen * b.texture)[0].double().numpy()).sum() / (counts.sum() + 0.05 * counts.size))
