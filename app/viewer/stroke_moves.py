"""Chosen strokes on their way, all as one step."""

from typing import Any

from PySide6.QtGui import QTransform

from ..drawnmoves import moves_of
from ..strokedata import moved
from ..strokes import ChosenStrokes, Target, strokes_of
from ..workspace import Workspace


class StrokeMoving:
    """Each call moves the chosen strokes anew from where they were at the start; of those with keys it sets one."""

    def __init__(self, workspace: Workspace, choice: ChosenStrokes, target: Target) -> None:
        self._workspace, self._choice, self._target = workspace, choice, target
        self._token = object()
        self._steps = workspace.session.history.position
        self._start = strokes_of(workspace, target)
        self._node = moves_of(workspace, target[0])

    def __call__(self, move: QTransform) -> None:
        """move : in artist's coordinates."""
        chosen, frame = self._choice.of(self._target), self._workspace.frame
        made: list[Any] = [moved(s, self._node, move, frame) if i in chosen else s for i, s in enumerate(self._start)]
        path, parameter = self._target
        self._workspace.edit(lambda session: session.set(path, self._token, **{parameter: made}))

    def undo(self) -> None:
        """Back to the start."""
        self._workspace.undo_to(self._steps)
