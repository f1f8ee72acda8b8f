"""Run with pytest, with rimlight installed with its window; no screen is needed."""

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from rimlight_todo import PANEL, TodoPanel

from rimlight.app import try_panel
from rimlight.engine import Session


def test_it_lists_what_is_to_do_and_leads_there() -> None:
    session = Session()
    session.add("Constant", name="Sky", note="todo: a real one")
    session.add("Constant", name="Wall", note="done")
    with try_panel(PANEL, session) as panel:
        assert isinstance(panel, TodoPanel)
        assert [panel.list.item(i).text() for i in range(panel.list.count())] == ["Sky: a real one"]
        session.set("Wall", note="TODO")
        assert [panel.list.item(i).text() for i in range(panel.list.count())] == ["Sky: a real one", "Wall: something"]
        asked: list[str] = []
        panel.workspace.reveal_requested.connect(asked.append)
        panel.list.itemClicked.emit(panel.list.item(1))
        assert panel.workspace.selection == ("Wall",) and asked == ["Wall"]
        session.undo()
        assert panel.list.count() == 1
