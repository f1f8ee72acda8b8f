"""A flag as the camera of a picture sees it: where its card and its grips are on the viewport, and what a drag of a
grip makes of its parameters.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import torch
from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QPolygonF
from torch import Tensor

from rimlight.engine import Camera, Card, Flag, Rig, Session, Vec3, moved_rig

from ..viewer.lens import Lens
from .space import HERE, Space
from .values import value_at

Place = npt.NDArray[np.float64]
"""Centimetres in camera space."""
Values = dict[str, Any]

MIDDLE, TARGET, NEARER, TURN = "middle", "target", "nearer", "turn"
SIDES = {"left": (-1, 0), "right": (1, 0), "bottom": (0, -1), "top": (0, 1)}
CORNERS = {"bottom left": (-1, -1), "bottom right": (1, -1), "top right": (1, 1), "top left": (-1, 1)}
_NEAR = 1.0
"""Centimetres before the camera from which on something is seen."""
_ROOM = 14.0
"""Units of widgets that a grip needs to the middle or to another."""
_STICK, _ALONG, _LONG = 26.0, 36.0, 64.0
"""How far the grip for turning stands off the card, that for nearer and farther off the middle, and how long the line
to the target has to be for that."""
_SNAP = 15.0
_STEEP = 0.02
"""The cosine below which a plane or line is seen too flatly for the mouse to mean a place on it."""
_ROUND = np.linspace(0, 2 * math.pi, 64, endpoint=False)


@dataclass(frozen=True)
class Eye:
    """A camera behind a pane of the viewer."""

    lens: Lens
    camera: Camera

    @classmethod
    def of(cls, lens: Lens, degrees: float) -> "Eye":
        """degrees : how wide the frame is seen."""
        return cls(lens, Camera.from_fov(lens.window.width, lens.window.height, degrees, lens.view.aspect))

    def shown(self, place: Place) -> QPointF | None:
        """Where a place is on the viewport; None for one that is not before the camera."""
        x, y, away = float(place[0]), float(place[1]), -float(place[2])
        if away < _NEAR:
            return None
        camera, window = self.camera, self.lens.window
        across, up = x / (away * camera.tan_x), y / (away * camera.tan_y)
        return self.lens.point(
            window.x0 + (across + 1) * camera.width / 2, window.y0 + (1 - up) * camera.height / 2
        )  # fmt: skip

    def ray(self, at: QPointF) -> Place:
        """The place at z = -1 that is seen at a point of the viewport."""
        x, y = self.lens.picture(at)
        return np.array(self.camera.ray(x - self.lens.window.x0, y - self.lens.window.y0))

    def outline(self, places: Sequence[Place]) -> QPolygonF:
        """A flat outline, as far as it is before the camera."""
        kept: list[Place] = []
        for a, b in zip(places, [*places[1:], *places[:1]], strict=True):
            before, after = a[2] <= -_NEAR, b[2] <= -_NEAR
            if before:
                kept.append(a)
            if before != after:
                kept.append(a + (b - a) * ((-_NEAR - a[2]) / (b[2] - a[2])))
        return QPolygonF([at for place in kept if (at := self.shown(place * (1.0, 1.0, 1.0 + 1e-9))) is not None])


@dataclass(frozen=True, eq=False)
class FlagView:
    """A flag as it is seen at a frame, in centimetres. flag : without its picture. target : the point that it looks at.

    axes : to its right, up and along `aim`, one a row. space : where what its node says is seen. roll : as it says it.
    """

    path: str
    flag: Flag
    middle: Place
    target: Place
    axes: Place
    space: Space
    roll: float

    @classmethod
    def of(cls, session: Session, path: str, frame: float, space: Space = HERE) -> "FlagView":
        """The flag of a node. Raises ParameterError where its numbers are none of a card."""
        state = session.graph.at(path)

        def get(name: str) -> Any:
            return value_at(session, path, state, name, frame)

        middle, target = np.array(get("position")), np.array(get("target"))
        flag = Flag(
            name=get("flag_name") or "flag", enabled=get("enabled") and not get("disable"),
            shape=cast(Literal["rectangle", "ellipse"], get("shape")), position=triple(middle),
            aim=triple(target - middle) if math.dist(middle, target) > 1e-6 else (0.0, 0.0, -1.0),
            roll=get("roll"), width=max(get("width"), 1e-3), height=max(get("height"), 1e-3),
            transmission=get("transmission"), opening=get("opening"),
        )  # fmt: skip
        if space != HERE:
            (flag,) = moved_rig(Rig((), 1.0, (flag,)), space.rotation, space.offset).flags
        card = Card(flag, 1.0, torch.zeros(1, dtype=torch.float64))
        return cls(
            path, flag, card.at.flatten().numpy(), np.array(space.seen(triple(target))), card.turn.numpy(), space,
            get("roll"),
        )  # fmt: skip

    def at(self, across: float, up: float) -> Place:
        """A place on the card, -1 to 1 from edge to edge."""
        width, height = float(self.flag.width) / 2, float(self.flag.height) / 2
        place: Place = self.middle + across * width * self.axes[0] + up * height * self.axes[1]
        return place

    def outline(self, eye: Eye) -> QPolygonF:
        """The edge of the card."""
        if self.flag.shape == "ellipse":
            return eye.outline([self.at(math.cos(a), math.sin(a)) for a in _ROUND])
        return eye.outline([self.at(*corner) for corner in CORNERS.values()])

    def grips(self, eye: Eye) -> dict[str, QPointF]:
        """What can be taken hold of, by name, and where it is: those that are before the camera and have room."""
        middle = eye.shown(self.middle)
        found: dict[str, QPointF] = {}
        if middle is not None:
            found[MIDDLE] = middle
            target = eye.shown(self.target)
            if target is not None and QLineF(middle, target).length() > _ROOM:
                found[TARGET] = target
                if QLineF(middle, target).length() > _LONG:
                    found[NEARER] = _off(middle, target, _ALONG)
            top = eye.shown(self.at(0, 1))
            if top is not None and abs(self._facing(self.middle)) > _STEEP:
                found[TURN] = top + (_off(middle, top, _STICK) - middle)
        for name, (across, up) in {**CORNERS, **SIDES}.items():
            at = eye.shown(self.at(across, up))
            if at is not None and all(QLineF(at, other).length() > _ROOM for other in found.values()):
                found[name] = at
        return found

    def drag(self, eye: Eye, grip: str, start: QPointF) -> Callable[[QPointF, bool], Values]:
        """What a drag from `start` makes of the node's parameters, by where the mouse is and whether Shift is held.

        The middle goes parallel to the picture, with it what it looks at; Shift keeps to an axis. The target does
        likewise, which turns the card. `nearer` goes along the line between both. Corners and sides make the card
        larger about its middle, with Shift as it is proportioned; `turn` rolls it, with Shift by 15 degrees.
        """
        began = eye.ray(start)

        def move(at: QPointF, held: bool) -> Values:
            way = self._way(began, eye.ray(at), self.middle, held)
            return self._given(position=self.middle + way, target=self.target + way)

        def aim(at: QPointF, held: bool) -> Values:
            return self._given(target=self.target + self._way(began, eye.ray(at), self.target, held))

        def nearer(at: QPointF, held: bool) -> Values:
            gap = self.target - self.middle
            far = float(np.linalg.norm(gap))
            one, other = (_along(self.middle, gap / far, ray) for ray in (began, eye.ray(at)))
            if one is None or other is None:
                return {}
            return self._given(position=self.middle + gap / far * min(other - one, far - 1.0))

        def size(at: QPointF, held: bool) -> Values:
            a, b = self._on_card(began), self._on_card(eye.ray(at))
            if a is None or b is None:
                return {}
            across, up = {**CORNERS, **SIDES}[grip]
            wide = abs(b[0] / a[0]) if across and a[0] else 1.0
            high = abs(b[1] / a[1]) if up and a[1] else 1.0
            if held:
                wide = high = math.hypot(*b) / math.hypot(*a) if across and up else wide * high
            sizes = {"width": float(self.flag.width) * wide, "height": float(self.flag.height) * high}
            return {n: round(max(v, 0.1), 2) for n, v in sizes.items() if held or (across if n == "width" else up)}

        turned, before = 0.0, self._on_card(began)

        def turn(at: QPointF, held: bool) -> Values:
            """Adds up, so that it goes on past half a turn."""
            nonlocal turned, before
            now = self._on_card(eye.ray(at))
            if now is None or before is None:
                return {}
            angle = math.degrees(math.atan2(now[1], now[0]) - math.atan2(before[1], before[0]))
            turned, before = turned + math.remainder(angle, 360), now
            roll = self.roll + turned
            return {"roll": round(round(roll / _SNAP) * _SNAP if held else roll, 2)}

        return {MIDDLE: move, TARGET: aim, NEARER: nearer, TURN: turn}.get(grip, size)

    def _way(self, start: Place, end: Place, place: Place, held: bool) -> Place:
        """From one ray to another as far away as a place is."""
        way: Place = (end - start) * -place[2]
        if held:
            way[1 if abs(way[0]) > abs(way[1]) else 0] = 0.0
        return way

    def _facing(self, ray: Place) -> float:
        """The cosine between a ray from the camera and what the card looks along."""
        return float(self.axes[2] @ ray) / (float(np.linalg.norm(ray)) or 1.0)

    def _on_card(self, ray: Place) -> tuple[float, float] | None:
        """Where a ray from the camera meets the card's plane, from its middle along its axes; None for nowhere."""
        if abs(self._facing(ray)) < _STEEP:
            return None
        share = float(self.axes[2] @ self.middle) / float(self.axes[2] @ ray)
        x, y, _ = self.axes @ (ray * share - self.middle)
        return (float(x), float(y)) if share > 0 else None

    def _given(self, **places: Place) -> Values:
        """What the node has to say so that these are seen there."""
        return {n: tuple(round(v, 3) for v in self.space.given(triple(place))) for n, place in places.items()}


def _along(start: Place, way: Place, ray: Place) -> float | None:
    """How far along a line, from `start` in the unit direction `way`, it comes nearest to a ray from the camera."""
    ray = ray / np.linalg.norm(ray)
    cosine = float(way @ ray)
    if 1 - cosine * cosine < _STEEP**2:
        return None
    return float((cosine * ray - way) @ start) / (1 - cosine * cosine)


def triple(values: Place | Tensor | Vec3) -> Vec3:
    """Three numbers, an array or a tensor of them, as plain ones."""
    x, y, z = (float(v) for v in values)
    return x, y, z


def _off(start: QPointF, end: QPointF, by: float) -> QPointF:
    """A point that is so far from `start` towards `end`; above where both are one."""
    far = QLineF(start, end).length()
    return start + (end - start) * (by / far) if far > 1 else start - QPointF(0, by)
