"""Undo and redo: the past and future of a script as immutable documents that share all that did not change."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from .document import Document

Listener = Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Step:
    document: Document
    label: str = ""
    merge: object = None


class History:
    """The steps of a script up to now and those undone. `limit` is how many steps can be undone."""

    def __init__(self, document: Document, limit: int = 1000) -> None:
        self.limit = limit
        self._steps = [_Step(document)]
        self._at = 0
        self._saved: _Step | None = self._steps[0]
        self._open = False
        self._listeners: list[Listener] = []

    @property
    def document(self) -> Document:
        """The present script."""
        return self._steps[self._at].document

    @property
    def labels(self) -> list[str]:
        """The labels of all steps, oldest first; the first `position` of them are done, the others undone."""
        return [step.label for step in self._steps[1:]]

    @property
    def position(self) -> int:
        """How many of the steps are done."""
        return self._at

    @property
    def dirty(self) -> bool:
        """Whether the script differs from what was saved last, as far as steps tell."""
        return self._steps[self._at] is not self._saved

    def commit(self, document: Document, label: str, merge: object = None) -> None:
        """Make `document` the present, as a new step, unless it equals the present; undone steps are forgotten.

        merge : a token for one gesture, such as a drag. Commits that follow each other with the same token are one
        step.
        """
        if document == self.document:
            return
        present = self._steps[self._at]
        del self._steps[self._at + 1 :]
        if merge is not None and self._open and present.merge == merge:
            self._steps[self._at] = _Step(document, label, merge)
        else:
            self._steps.append(_Step(document, label, merge))
            del self._steps[: max(0, len(self._steps) - 1 - self.limit)]
        self._at = len(self._steps) - 1
        self._open = True
        self._tell()

    def undo(self) -> bool:
        """Go back one step. False when there is none."""
        return self.go(self._at - 1)

    def redo(self) -> bool:
        """Do the next undone step again. False when there is none."""
        return self.go(self._at + 1)

    def go(self, at: int) -> bool:
        """Undo or redo until `position` is `at`. False when there is no such step."""
        if not 0 <= at < len(self._steps):
            return False
        self._at = at
        self._open = False
        self._tell()
        return True

    def mark_saved(self, document: Document | None = None) -> None:
        """Remember that `document`, by default the present, is what the script file holds.

        A document that is no step any more was overtaken by edits while it was written: the script then stays dirty. A
        gesture that goes on starts a new step.
        """
        if document is None:
            self._saved = self._steps[self._at]
        else:
            self._saved = next((step for step in self._steps if step.document is document), None)
        self._open = False
        self._tell()

    def amend(self, change: Callable[[Document], Document]) -> None:
        """Change every step alike, without a step of its own: for what is no edit, such as the folder of the script."""
        saved = next((i for i, step in enumerate(self._steps) if step is self._saved), None)
        self._steps = [replace(step, document=change(step.document)) for step in self._steps]
        self._saved = self._steps[saved] if saved is not None else None
        self._tell()

    def join(self, since: Document, change: Callable[[Document], Document]) -> bool:
        """Change the step that made `since` and all after it: for what belongs to an edit but was found only later, so
        that it is undone together with it. False where there is no such step any more.
        """
        at = next((i for i, step in enumerate(self._steps) if step.document is since), None)
        if at is None:
            return False
        self._steps[at:] = [replace(step, document=change(step.document)) for step in self._steps[at:]]
        self._tell()
        return True

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change of the present or of what is saved; returns what stops that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()
