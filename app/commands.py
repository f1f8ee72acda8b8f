"""The commands of the whole window, as declarations; `window.py` and `scripts.py` say what they do."""

from .actions import GLOBAL, Action

MENUS = ("&File", "&Edit", "&Graph", "&Viewer", "&Render", "&Window", "&Help")
"""The order of the menus; panels add to them by these names."""

COMMANDS = (
    Action("file.new", "&New", ("Ctrl+N",), menu="&File", section="open"),
    Action("file.open", "&Open…", ("Ctrl+O",), menu="&File", section="open"),
    Action(
        "graph.insert", "&Insert Nodes…", (), ("graph",), "&File", "open", tip="Put the nodes of a script into this one"
    ),
    Action("file.save", "&Save", ("Ctrl+S",), menu="&File", section="save"),
    Action("file.save_as", "Save &As…", ("Ctrl+Shift+S",), menu="&File", section="save"),
    Action("file.save_version", "Save New &Version", ("Alt+Shift+S",), menu="&File", section="save"),
    Action(
        "graph.export", "&Export Nodes…", (), ("graph",), "&File", "save", tip="Write the selected nodes as a script"
    ),
    Action("file.revert", "&Revert to Saved", menu="&File", section="save", tip="A step that can be undone"),
    Action(
        "file.recover", "Re&cover…", menu="&File", section="open", tip="Autosaves that hold more than their scripts"
    ),
    Action("file.start_page", "Start &Page", menu="&File", section="pages"),
    Action("file.quit", "&Quit", ("Ctrl+Q",), menu="&File", section="quit"),
    Action("edit.undo", "&Undo", ("Ctrl+Z",), menu="&Edit", section="history", repeat=True),
    Action("edit.redo", "&Redo", ("Ctrl+Shift+Z",), menu="&Edit", section="history", repeat=True),
    Action("edit.project", "Pro&ject Settings", ("S",), menu="&Edit", section="settings"),
    Action("edit.preferences", "&Preferences", ("Shift+S",), menu="&Edit", section="settings"),
    Action("edit.shortcuts", "Keyboard &Shortcuts", menu="&Edit", section="settings"),
    Action("render.cancel", "&Cancel", ("Escape",), menu="&Render", section="now", tip="Stop what is computed"),
    Action("render.clear_cache", "Clear &Buffers", ("F12",), menu="&Render", section="cache"),
    Action("window.save_layout", "&Save Layout…", menu="&Window", section="layouts"),
    Action("window.curves", "&Curve Editor", ("Alt+`",), menu="&Window", section="screen"),
    Action("window.expand", "&Expand Panel", ("Space",), (GLOBAL,), "&Window", "screen", tip="Alone, and back again"),
    Action("window.full_screen", "&Full Screen", ("Alt+S",), menu="&Window", section="screen"),
    Action("window.next_tab", "&Next Tab", ("Ctrl+T",), menu="&Window", section="keys"),
    Action("window.next_panel", "Next &Panel", ("F6",), menu="&Window", section="keys", tip="Gets the keys"),
    Action("window.previous_panel", "P&revious Panel", ("Shift+F6",), menu="&Window", section="keys"),
    Action("help.manual", "&Manual", menu="&Help", section="help", tip="In the browser; needs no network"),
    Action("help.nodes", "All &Nodes", menu="&Help", section="help"),
    Action("help.plugins", "&Plugins", menu="&Help", section="help"),
)
