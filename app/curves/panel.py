"""The curve editor: animated parameters on the left, their curves on the right, the numbers of selected keys above."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal, get_args

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QShowEvent
from PySide6.QtWidgets import (
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from rimlight.engine import Curve, Extend, Key, Spec

from .. import theme
from ..actions import Action
from ..bar import Bar
from ..changes import Change
from ..keytips import KeyTip
from ..panels import Desktop, PanelDeclaration
from ..properties.choices import ChoiceField
from ..properties.field import NumberField
from ..timeline.ranges import in_out
from ..widgets import flat_button, titled, to_edge
from .curve_view import CurveView
from .drawn_tracks import with_drawn
from .generating import GenerateDialog, Pattern, generated
from .keys import Tangent, transformed
from .keys_base import SHAPES, KeysPanel, key_actions
from .samples import Samples
from .selection import shared
from .track_tree import TrackTree
from .tracks import TrackId

Side = Literal["before", "after"]
SIDES: tuple[tuple[Side, str], ...] = (("before", "first"), ("after", "last"))
"""Of the keys, and which of them is there."""

TANGENTS: tuple[tuple[Tangent, str, str], ...] = (
    ("smooth", "Z", "Smooth: no overshoot"),
    ("linear", "L", "Linear"),
    ("constant", "K", "Constant"),
    ("horizontal", "H", "Horizontal"),
    ("cubic", "C", "Cubic: through the neighbours, by their distances"),
    ("catmull-rom", "R", "Catmull-Rom: along the neighbours"),
    ("break", "X", "Break the tangent"),
)

ACTIONS = (
    *key_actions("curves", "Curves"),
    Action("curves.set_keys", "Set &Keys at the Frame", ("I",), ("curves",)),
    Action("curves.generate", "&Generate Keys...", ("Ctrl+G",), ("curves",)),
    Action("curves.reverse", "&Reverse Keys in Time", (), ("curves",)),
    Action("curves.negate", "&Negate Keys", (), ("curves",)),
    Action("curves.snap", "Snap to Frames", (), ("curves",), checkable=True),
    *(Action(f"curves.{kind}", tip, (key,), ("curves",), section=SHAPES) for kind, key, tip in TANGENTS),
)


class CurvesPanel(KeysPanel):
    """Curves of the open and selected nodes. What is selected on the left is shown, everything where nothing is."""

    view: CurveView

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop, CurveView(), lookups=True)
        self.samples = Samples(self.workspace, self)
        self.tree = TrackTree()
        self._bar = self._build_bar()
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.addWidget(self.tree)
        parts.addWidget(self.view)
        parts.setSizes([180, 700])
        parts.setStretchFactor(0, 0)
        parts.setStretchFactor(1, 1)
        column = to_edge(QVBoxLayout(self))
        column.addWidget(self._bar)
        column.addWidget(parts, 1)
        self._attach()
        self.tracks.renamed.connect(self.tree.follow)
        self.tracks.renamed.connect(self.view.follow)
        self.tracks.changed.connect(self._show)
        self.samples.changed.connect(self._show_samples)
        self.tree.itemSelectionChanged.connect(self._show_chosen)
        self.view.selection_changed.connect(self._show_numbers)
        self.view.plane_changed.connect(self._want_samples)
        self.workspace.frame_changed.connect(self._show_frame)
        self.workspace.document_changed.connect(self._document_changed)
        self.workspace.curves_requested.connect(self.show_parameter)

    def _attach(self) -> None:
        view = self.view
        self.attach_keys(
            "curves",
            get_args(Tangent),
            {
                "set_keys": lambda: view.set_keys(self.workspace.frame),
                "generate": self.ask_pattern,
                "snap": self._toggle_snap,
            },
            {"reverse": partial(view.mirror, -1, 1), "negate": partial(view.mirror, 1, -1)},
        )
        self.desktop.actions.set_checked("curves.snap", view.snap)

    def _build_bar(self) -> QWidget:
        bar = Bar()
        bar.row.setSpacing(theme.SPACE // 2)
        self.fields: dict[str, NumberField] = {}
        docs = {"frame": "frame of the key", "value": "its value", "left": "slope arriving", "right": "slope leaving"}
        for name, doc in docs.items():
            made = NumberField(Spec(name, float, 1, 0.0, doc))
            made.setFixedWidth(made.fontMetrics().horizontalAdvance("-0.914538") + 4 * theme.SPACE)
            made.setToolTip(doc)
            made.set_to.connect(partial(self._set_number, name))
            made.refused.connect(self.workspace.tell)
            bar.put(titled(name, made), 70 if name in ("frame", "value") else 50)
            self.fields[name] = made
        bar.row.addSpacing(theme.SPACE * 2)
        for kind, _, tip in TANGENTS:
            button = flat_button(tip, f"tangent-{kind}")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            KeyTip(button, self.desktop.actions.qaction(f"curves.{kind}"), tip)
            button.clicked.connect(partial(self.view.set_tangents, kind))
            bar.put(button, 90)
        bar.row.addSpacing(theme.SPACE * 2)
        self.extends: dict[Side, ChoiceField] = {}
        for side, key in SIDES:
            box = ChoiceField(get_args(Extend))
            box.setFixedWidth(76)
            box.setToolTip(f"What the curve does {side} its {key} key")
            box.chosen.connect(partial(self.set_extend, side))
            bar.put(titled(side, box), 60)
            self.extends[side] = box
        bar.row.addStretch(1)
        return bar

    # -- showing --------------------------------------------------------------------------------------------------

    def show_parameter(self, address: str) -> None:
        """Show the curves of one parameter."""
        path = address.rpartition(".")[0]
        self.desktop.show("curves")
        self.tracks.include(path)
        self.tree.select_parameter(address)
        self.view.frame_all()

    def _show(self) -> None:
        self.tree.show_tracks(self.tracks.all)
        self._show_chosen()

    def _show_chosen(self) -> None:
        shown = self.tree.chosen()
        lookup = bool(shown) and all(track.lookup for track in shown)
        self.view.snap = not lookup and self._snapping
        self._show_frame()
        self.view.show_tracks(shown)
        self._want_samples()
        self._show_numbers()

    @property
    def _snapping(self) -> bool:
        return self.desktop.actions.qaction("curves.snap").isChecked()

    def _toggle_snap(self) -> None:
        self.view.snap = self._snapping

    def _show_frame(self, *_: object) -> None:
        if not self.isVisible():
            return  # once somebody looks
        first, last = self.workspace.session.project.frames
        shown = self.tree.chosen()
        lookup = bool(shown) and all(track.lookup for track in shown)
        self.view.show_frame(None if lookup else self.workspace.frame, (float(first), float(last)))

    def _document_changed(self, change: Change) -> None:
        if change.project:
            self._show_frame()
        if change.pixels:
            self._want_samples()

    def _want_samples(self) -> None:
        if not self.isVisible():
            return  # once somebody looks
        plane = self.view.plane
        self.samples.want(list(self.view.tracks.values()), plane.frame_at(0), plane.frame_at(self.view.width()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.tracks.watch(True)
        self._show()

    def _show_samples(self) -> None:
        self.view.samples = self.samples.points
        self.view.update()

    # -- the numbers of the selected keys ---------------------------------------------------------------------------

    def _show_numbers(self) -> None:
        same = shared(self.view.selection, self.view.curves)
        single = all(len(chosen) == 1 for chosen in self.view.selection.values())
        for column_name, field in self.fields.items():
            field.setEnabled(bool(self.view.selection) and (single or column_name != "frame"))
            field.show_value(same[column_name], "default")
        curves = self.view.curves
        for side, box in self.extends.items():
            extends = {getattr(curves[name], side) for name in (self.view.selection or curves)}
            box.setEnabled(bool(curves))
            box.show_text(next(iter(extends)) if len(extends) == 1 else "–", False)

    def _set_number(self, name: str, value: float, merge: object) -> None:
        """Set a number of all selected keys."""
        changed: dict[TrackId, Curve | None] = {}
        there: dict[TrackId, frozenset[int]] = {}

        def change(key: Key) -> Key:
            if name in ("left", "right") and key.interp != "free":
                key = replace(key, interp="free", left=value, right=value)
            return replace(key, **{name: value})  # type: ignore[arg-type]

        for track, chosen in self.view.selection.items():
            changed[track], there[track] = transformed(self.view.curves[track], chosen, change)
        self._edited(changed, f"set the {name} of keys", merge)
        self.view.select(there)

    def set_extend(self, side: Side, extend: str) -> None:
        """What curves do before or after their keys: those with selected keys, or all that are shown."""
        curves = self.view.curves
        chosen = list(self.view.selection) or list(curves)
        if extend not in get_args(Extend):
            return
        how: dict[str, Any] = {side: extend}
        changed: dict[TrackId, Curve | None] = {name: replace(curves[name], **how) for name in chosen}
        self._edited(changed, f"curves {extend} {side} their keys", None)

    def ask_pattern(self) -> None:
        """Ask at which frames keys are wanted, and make them."""
        first, last = in_out(self.workspace.document.ui) or self.workspace.session.project.frames
        dialog = GenerateDialog((first, last), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.wanted.connect(self.generate)
        dialog.show()

    def generate(self, pattern: Pattern) -> None:
        """Make keys by a pattern: of the curves with selected keys, else of all that are shown; expressions become
        curves.
        """
        chosen = [self.view.tracks[name] for name in self.view.selection] or list(self.view.tracks.values())
        tracks = [track for track in chosen if not track.lookup]
        if not tracks:
            self.workspace.tell("No curve is shown: animate a parameter, or select its node", "warning")
            return
        session, graph = self.workspace.session, self.workspace.graph

        def done(found: Mapping[TrackId, Curve]) -> None:
            if self.workspace.graph is not graph:
                self.workspace.tell("The script was edited in the meantime: no keys were made", "warning")
                return
            changed = [(track.parameter, track.component, found[track.id]) for track in tracks]
            if self.edits.set_parts(with_drawn(graph, changed, self.workspace.frame), "generate keys"):
                self.tracks.refresh()

        self.workspace.evaluations.run(
            self,
            lambda token: generated(session, graph, tracks, pattern, token),
            done,
            lambda error: self.workspace.tell(str(error), "warning"),
        )

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.desktop.actions.popup(self, ACTIONS, event.globalPos())

    def save_state(self) -> dict[str, Any]:
        return {"snap": self._snapping}

    def restore_state(self, state: dict[str, Any]) -> None:
        if isinstance(snap := state.get("snap"), bool):
            self.desktop.actions.set_checked("curves.snap", snap)
            self.view.snap = snap


PANEL = PanelDeclaration("curves", "Curves", CurvesPanel, area="bottom", visible=False, actions=ACTIONS)
