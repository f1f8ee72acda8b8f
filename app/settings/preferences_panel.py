"""Preferences: a row for every field of the dataclass; what is changed counts at once and is kept."""

import typing
from dataclasses import asdict, fields, replace
from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from ..panels import Desktop, Panel, PanelDeclaration
from ..preferences import Preferences
from .form import Entry, Form


def entries() -> list[Entry]:
    """The settings, from the declaration."""
    types = typing.get_type_hints(Preferences)
    found = []
    for f in fields(Preferences):
        low, high = f.metadata["range"]
        label, doc, section = f.metadata["label"], f.metadata["doc"], f.metadata["section"]
        found.append(Entry(f.name, label, doc, types[f.name], f.default, low, high, section))
    return found


class PreferencesPanel(Panel):
    """Shows the preferences in force."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.form = Form(entries())
        self.form.changed.connect(self._change)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.form)
        self.setFocusProxy(self.form)
        self._show()

    def _change(self, name: str, value: Any) -> None:
        preferences = self.desktop.preferences()
        if getattr(preferences, name) != value:
            self.desktop.prefer(replace(preferences, **{name: value}))
        self._show()

    def _show(self) -> None:
        self.form.show_values(asdict(self.desktop.preferences()))


PANEL = PanelDeclaration("preferences", "Preferences", PreferencesPanel, size=(760, 520))
