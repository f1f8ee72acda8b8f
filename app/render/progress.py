"""How far a render is: in words over a bar."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from .. import theme
from .queue import Job, State

LONGEST = "1000/1000, 59:59 min left"


class JobProgress(QWidget):
    """The cell of the queue that says how far a job is and how long it took or what is left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.words = QLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, 1, theme.SPACE, 3)
        layout.setSpacing(1)
        layout.addWidget(self.words)
        layout.addWidget(self.bar)

    def show_job(self, job: Job) -> None:
        """Show a job as it is."""
        self.bar.setMaximum(max(1, job.total))
        self.bar.setValue(len(job.results))
        self.words.setText(time_of(job))
        self.setToolTip(f"{len(job.results)} of {job.total}")


def width_of(widget: QWidget) -> int:
    """Pixels that a cell takes, in the font of a widget, for the longest words."""
    return widget.fontMetrics().horizontalAdvance(LONGEST) + 4 * theme.SPACE


def time_of(job: Job) -> str:
    """How long it took, or what is left."""
    if job.state is State.RENDERING:
        left = job.left
        return f"{len(job.results)}/{job.total}" + (f", {seconds_text(left)} left" if left is not None else "")
    if job.state in (State.WAITING, State.CANCELLED):
        return job.state.value
    return seconds_text(job.seconds)


def seconds_text(seconds: float) -> str:
    """A duration for people, `2.6 s`, `12:05 min`, `1:02:03`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02} min"
