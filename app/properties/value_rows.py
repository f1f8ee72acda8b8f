"""Rows of lookups: curves over tones or hues."""

from PySide6.QtCore import Qt

from .lookup import LookupView
from .openers import Thumbnail
from .rows import Row


class LookupRow(Row):
    """A curve over tones or hues; a click edits it in place."""

    def build(self) -> None:
        self.picture = Thumbnail()
        self.picture.clicked.connect(self.toggle)
        self.body.addWidget(self.picture)
        wide = self.shared.button("float", "Show in the curve editor")
        wide.clicked.connect(self.show_wide)
        self.body.addWidget(wide, 0, Qt.AlignmentFlag.AlignTop)
        self.view: LookupView | None = None

    def show_value(self) -> None:
        self.picture.show_curve(self.value)
        if self.view is not None:
            self.view.show_curve(self.value)

    def toggle(self) -> None:
        """Open the plane under the row, or close it."""
        if self.view is not None:
            self.view.deleteLater()
            self.view = None
            return
        self.view = LookupView(self.shared.edits, self.parameter)
        self.below(self.view)
        self.view.show_curve(self.value)

    def show_wide(self) -> None:
        self.shared.workspace.curves_requested.emit(self.parameter.address)
