"""Where the panels stand: layouts that come with the product, as data, and those that the user saved."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

from .docks import to_front
from .preferences import read_json, write_json

VERSION = 1
"""Of the state of docks; Qt refuses one of another version."""
_WHOLE = 1 << 31


@dataclass(frozen=True)
class Split:
    """Parts beside each other (`row`), above each other (`column`) or behind each other (`tabs`).

    parts : ids of panels, or splits. sizes : of the parts, relative.
    """

    how: Literal["row", "column", "tabs"]
    parts: tuple["str | Split", ...]
    sizes: tuple[int, ...] = ()


def row(*parts: "str | Split", sizes: tuple[int, ...] = ()) -> Split:
    """Panels side by side. sizes : their widths, as shares of each other."""
    return Split("row", parts, sizes)


def column(*parts: "str | Split", sizes: tuple[int, ...] = ()) -> Split:
    """Panels one above the other. sizes : their heights, as shares of each other."""
    return Split("column", parts, sizes)


def tabs(*parts: "str | Split") -> Split:
    """Panels in one place, the first in front."""
    return Split("tabs", parts)


LAYOUTS: Mapping[str, Split] = {
    "Compositing": row(
        column("viewer", "timeline", tabs("nodegraph", "curves", "dopesheet"), sizes=(52, 6, 42)),
        column(tabs("properties", "lightrig", "nodehelp"), tabs("scopes", "errors", "history"), sizes=(66, 34)),
        sizes=(70, 30),
    ),
    "Lighting": row(
        column("lightrig", "scopes", sizes=(60, 40)),
        column("viewer", "timeline", "nodegraph", sizes=(62, 6, 32)),
        tabs("properties", "nodehelp", "errors", "history"),
        sizes=(25, 46, 29),
    ),
    "Animation": row(
        column("viewer", "timeline", tabs("curves", "dopesheet", "nodegraph"), sizes=(48, 6, 46)),
        tabs("properties", "nodehelp", "errors", "history"),
        sizes=(72, 28),
    ),
    "Scripting": row(
        column("viewer", "timeline", "nodegraph", sizes=(46, 6, 48)),
        column("scripteditor", tabs("properties", "nodehelp", "errors", "history"), sizes=(60, 40)),
        sizes=(50, 50),
    ),
}
DEFAULT = "Compositing"


def _present(part: "str | Split", docks: Mapping[str, QDockWidget]) -> "str | Split | None":
    """The part without the panels that do not exist."""
    if isinstance(part, str):
        return part if part in docks else None
    sizes = part.sizes or (1,) * len(part.parts)
    kept = [(p, size) for given, size in zip(part.parts, sizes, strict=True) if (p := _present(given, docks))]
    if len(kept) == 1:
        return kept[0][0]
    return Split(part.how, tuple(p for p, _ in kept), tuple(s for _, s in kept)) if kept else None


def _first(part: "str | Split") -> str:
    while isinstance(part, Split):
        part = part.parts[0]
    return part


def arrange(window: QMainWindow, docks: Mapping[str, QDockWidget], layout: Split) -> None:
    """Put the docks where a layout wants them; those that it does not name are hidden."""
    for dock in docks.values():
        dock.setFloating(False)
        dock.hide()  # first, else Qt saves it as one that is shown
        window.removeDockWidget(dock)
    root = _present(layout, docks)
    if root is None:
        return
    first = docks[_first(root)]
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, first)
    shown: list[str] = []
    _place(window, docks, root, shown)
    for name in shown:
        docks[name].show()
    if isinstance(root, Split):
        _resize(window, docks, root, window.width(), window.height())
        _raise(docks, root)


def _place(window: QMainWindow, docks: Mapping[str, QDockWidget], part: "str | Split", shown: list[str]) -> None:
    """Split the place of the part's first dock, which is there already, among all of it."""
    if isinstance(part, str):
        shown.append(part)
        return
    heads = [docks[_first(p)] for p in part.parts]
    way = Qt.Orientation.Horizontal if part.how == "row" else Qt.Orientation.Vertical
    for before, after in pairwise(heads):
        if part.how == "tabs":
            window.tabifyDockWidget(before, after)
        else:
            window.splitDockWidget(before, after, way)
    for inner in part.parts:
        _place(window, docks, inner, shown)


def _resize(window: QMainWindow, docks: Mapping[str, QDockWidget], part: Split, width: int, height: int) -> None:
    if part.how != "tabs":
        whole = width if part.how == "row" else height
        way = Qt.Orientation.Horizontal if part.how == "row" else Qt.Orientation.Vertical
        sizes = [max(1, whole * size // sum(part.sizes)) for size in part.sizes]
        window.resizeDocks([docks[_first(p)] for p in part.parts], sizes, way)
        for inner, size in zip(part.parts, sizes, strict=True):
            if isinstance(inner, Split):
                _resize(window, docks, inner, *((size, height) if part.how == "row" else (width, size)))


def _raise(docks: Mapping[str, QDockWidget], part: "str | Split") -> None:
    """Bring the first of each row of tabs to the front."""
    if isinstance(part, Split):
        if part.how == "tabs":
            to_front(docks[_first(part)])
        for inner in part.parts:
            _raise(docks, inner)


class SavedLayouts:
    """The layouts that the user saved, by name, in files. Read once; `write` is for the background."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "layouts"
        self._saved = {path.stem: dict(read_json(path)) for path in sorted(self._folder.glob("*.json"))}

    @property
    def names(self) -> Sequence[str]:
        return list(self._saved)

    def get(self, name: str) -> Mapping[str, Any] | None:
        return self._saved.get(name)

    def put(self, name: str, data: Mapping[str, Any]) -> None:
        """Remember a layout until the program ends."""
        self._saved[name] = dict(data)

    def write(self, name: str) -> None:
        """Write a layout to its file. Raises FileError."""
        write_json(self._folder / f"{name}.json", self._saved[name])


def state_to_data(window: QMainWindow, panels: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Where everything stands, and what the panels remember, as plain data."""
    encoded = base64.b64encode(window.saveState(VERSION).data()).decode()
    return {"version": VERSION, "docks": encoded, "panels": {name: dict(state) for name, state in panels.items()}}


def panel_states(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What the panels remember, by their ids; what is damaged is left out."""
    given = data.get("panels")
    items = given.items() if isinstance(given, Mapping) else ()
    return {
        panel: {name: value for name, value in state.items() if _fits(value)}
        for panel, state in items
        if isinstance(state, Mapping)
    }


def _fits(value: Any) -> bool:
    """Whether Qt can hold what a panel remembers: its whole numbers have 32 bits."""
    if isinstance(value, (list, dict)):
        return all(map(_fits, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, int) or -_WHOLE <= value < _WHOLE


def restore_docks(window: QMainWindow, docks: Mapping[str, QDockWidget], data: Mapping[str, Any]) -> bool:
    """Put the docks where they stood; those that were not there are hidden. False for damaged data, when nothing
    changes.
    """
    try:
        state = QByteArray(base64.b64decode(data["docks"], validate=True))
    except (KeyError, TypeError, ValueError):
        return False
    seen = [dock for dock in docks.values() if not dock.isHidden()]
    for dock in seen:
        dock.hide()  # Qt leaves those that it does not know as they are
    if window.restoreState(state, VERSION):
        return True
    for dock in seen:
        dock.show()
    return False
