"""What became of the plugins: nodes that were loaded, panels, and what failed and why."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from . import theme
from .panels import Desktop, Panel, PanelDeclaration

_DETAILS = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Report:
    """A line of the report. failed : whether it was left out. details : a traceback for its author."""

    name: str
    status: str
    origin: str
    failed: bool = False
    details: str = ""


def reports(desktop: Desktop) -> list[Report]:
    """What is known, failures first."""
    found = [
        Report(
            plugin.name,
            plugin.status,
            plugin.origin,
            bool(plugin.error),
            plugin.details or "\n".join(plugin.kinds),
        )
        for plugin in desktop.workspace.session.plugins
    ]
    found += [
        Report(failure.origin.rpartition(".")[2] or failure.origin, failure.reason, failure.origin, True)
        for failure in desktop.failures
    ]
    return sorted(found, key=lambda report: not report.failed)


class PluginsPanel(Panel):
    """A table, the details of the chosen line below it, and a button that copies all of it for a report."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.table = QTreeWidget()
        self.table.setHeaderLabels(["Plugin", "Status", "Origin"])
        self.table.setRootIsDecorated(False)
        self.table.setAlternatingRowColors(True)
        self.table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.table.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.header().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.currentItemChanged.connect(self._chosen)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setFont(theme.fixed_font())
        self.details.setPlaceholderText("The nodes of the chosen plugin, or why it failed")
        self.summary = QLabel()
        self.copy = QPushButton("Copy report")
        self.copy.clicked.connect(self.copy_report)
        foot = QHBoxLayout()
        foot.addWidget(self.summary)
        foot.addStretch()
        foot.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * theme.SPACE, 2 * theme.SPACE, 2 * theme.SPACE, 2 * theme.SPACE)
        layout.setSpacing(2 * theme.SPACE)
        layout.addWidget(self.table, 3)
        layout.addWidget(self.details, 2)
        layout.addLayout(foot)
        self.setFocusProxy(self.table)
        self._shown: list[Report] = []

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        found = reports(self.desktop)
        if found != self._shown:
            self._shown = found
            self._fill()

    def _fill(self) -> None:
        self.table.clear()
        for report in self._shown:
            item = QTreeWidgetItem([report.name, report.status, report.origin])
            icon = ("error", "error") if report.failed else ("check", "success")
            item.setIcon(0, theme.icon(*icon))
            whole = f"{report.status}\n\n{report.details}" if report.failed else report.details  # a line cuts it off
            item.setData(0, _DETAILS, whole.strip())
            item.setForeground(1, theme.color("error" if report.failed else "text"))
            item.setForeground(2, theme.color("text.dim"))
            item.setToolTip(1, report.status)
            item.setToolTip(2, report.origin)
            self.table.addTopLevelItem(item)
        failed = sum(report.failed for report in self._shown)
        all_ = len(self._shown)
        self.summary.setText(f"{failed} of {all_} failed" if failed else f"{all_} loaded, none failed")
        first = self.table.topLevelItem(0)
        if first is not None:
            self.table.setCurrentItem(first)

    def _chosen(self, *_: object) -> None:
        item = self.table.currentItem()
        self.details.setPlainText(item.data(0, _DETAILS) if item is not None else "")

    def copy_report(self) -> None:
        """Put the report on the clipboard, as text."""
        lines = []
        for report in self._shown:
            lines.append(
                f"{'FAILED' if report.failed else 'loaded'}  {report.name}: {report.status}  ({report.origin})"
            )
            if report.failed and report.details:
                lines += [f"    {line}" for line in report.details.splitlines()]
        QGuiApplication.clipboard().setText("\n".join(lines))
        self.workspace.tell("The report on plugins is on the clipboard")


PANEL = PanelDeclaration("plugins", "Plugins", PluginsPanel, size=(820, 480))
