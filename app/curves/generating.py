"""Keys made at regular frames: a curve or an expression taken as it is, or changed by arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QSpinBox, QWidget

from rimlight.engine import CancelToken, Curve, Graph, Key, RimlightError, Session

from .. import theme
from ..properties.arithmetic import evaluate
from ..properties.parameter import inner, parts
from .tracks import Track, TrackId

MOST = 100_000
"""Keys of one curve."""


@dataclass(frozen=True)
class Pattern:
    """Where keys go and what they hold. value : arithmetic on `value`, what was there, and `frame`."""

    first: int
    last: int
    every: int = 1
    value: str = "value"

    @property
    def frames(self) -> range:
        return range(min(self.first, self.last), max(self.first, self.last) + 1, max(self.every, 1))


def generated(session: Session, graph: Graph, tracks: Sequence[Track], pattern: Pattern, token: CancelToken) -> dict[
    TrackId, Curve
]:  # fmt: skip
    """The curves of tracks with keys by a pattern in place of those they have there. In a worker, as expressions are
    evaluated. Raises RimlightError with a sentence where a value cannot be had.
    """
    if len(pattern.frames) > MOST:
        count = len(pattern.frames)
        raise RimlightError(f"{count} keys are too many, expected at most {MOST}: make them further apart")
    flat, found = session.evaluator.flat(graph), {}
    for track in tracks:
        target = inner(graph, track.parameter)
        keys = []
        for frame in pattern.frames:
            token.check()
            if track.curve is not None:
                now = track.curve.at(frame)
            else:
                value: Any = flat.value(target.path, target.spec, float(frame))
                now = float(parts(target.spec, value)[track.component])
            keys.append(Key(frame, evaluate(pattern.value, now, frame)))
        inside = pattern.frames[0], pattern.frames[-1]
        old = () if track.curve is None else track.curve.keys
        kept = [key for key in old if not inside[0] <= key.frame <= inside[1]]
        rising = tuple(sorted([*kept, *keys], key=lambda key: key.frame))
        found[track.id] = Curve(rising) if track.curve is None else replace(track.curve, keys=rising)
    return found


class GenerateDialog(QDialog):
    """Asks for a pattern. wanted : the Pattern, when it is accepted."""

    wanted = Signal(object)

    def __init__(self, frames: tuple[int, int], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Generate Keys")
        self.first, self.last, self.every = QSpinBox(), QSpinBox(), QSpinBox()
        for box, value in ((self.first, frames[0]), (self.last, frames[1])):
            box.setRange(-1_000_000, 1_000_000)
            box.setValue(value)
        self.every.setRange(1, MOST)
        for box in (self.first, self.last, self.every):
            box.lineEdit().setTextMargins(theme.SPACE, 0, 0, 0)
        self.value = QLineEdit("value")
        self.value.setToolTip("Arithmetic on value, what the curve or expression gives there, and frame")
        form = QFormLayout(self)
        form.addRow("First", self.first)
        form.addRow("Last", self.last)
        form.addRow("Every how many frames", self.every)
        form.addRow("Value", self.value)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._accepted)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    def _accepted(self) -> None:
        self.accept()
        self.wanted.emit(Pattern(self.first.value(), self.last.value(), self.every.value(), self.value.text()))
