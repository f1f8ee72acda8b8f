"""The commands of the node graph, with the keys that compositors' hands know."""

from ..actions import GLOBAL, Action

CONTEXT = "graph"
_G = (CONTEXT,)
MENU = "&Graph"
_ADD = "&Graph/&Add"
_WIRES = "&Graph/&Wires"
_SELECT = "&Graph/&Select"
_LOOKS = "&Graph/&Looks"
_PLACES = "&Graph/&Places"

CREATED = {
    "R": ("image.read", "Read"),
    "W": ("image.write", "Write"),
    "O": ("draw.roto", "Roto"),
    "P": ("draw.paint", "Paint"),
    "K": ("channel.copy", "Copy"),
    "G": ("color.grade", "Grade"),
    "C": ("color.color_correct", "ColorCorrect"),
    "B": ("filter.blur", "Blur"),
    "M": ("merge.merge", "Merge"),
    "T": ("transform.transform", "Transform"),
}
"""Kinds by letter; with Shift the new node is a branch."""
PLACE_KEYS = ("F7", "F8", "F9", "F10")
SLOT_KEYS = "1234567890"
"""Keys of the inputs 1 to 10 of a viewer."""


def _creating() -> list[Action]:
    found = []
    for key, (kind, label) in CREATED.items():
        found.append(Action(f"graph.add.{kind}", label, (key,), _G, _ADD, "letters"))
        tip = f"Add {label} without touching what the selection feeds"
        found.append(Action(f"graph.branch.{kind}", f"{label} as Branch", (f"Shift+{key}",), _G, tip=tip))
    return found


def _viewing() -> list[Action]:
    found = []
    for key in SLOT_KEYS:
        found.append(Action(f"graph.view.{key}", f"View in Input {key}", (key,), _G, tip="Show the node as A"))
        found.append(
            Action(f"graph.compare.{key}", f"Compare in Input {key}", (f"Shift+{key}",), _G, tip="Show the node as B")
        )
    return found


def _placing() -> list[Action]:
    found = []
    for number, key in enumerate(PLACE_KEYS, 1):
        found.append(
            Action(f"graph.place.save.{number}", f"Save Place {number}", (f"Ctrl+{key}",), _G, _PLACES, "save")
        )
    for number, key in enumerate(PLACE_KEYS, 1):
        found.append(Action(f"graph.place.go.{number}", f"Go to Place {number}", (f"Shift+{key}",), _G, _PLACES, "go"))
    return found


def _also() -> list[Action]:
    to = {"Up": "Input", "Down": "Output", "Left": "Left", "Right": "Right"}
    return [
        Action(
            f"graph.also_{key.lower()}", f"Add {way}", (f"Ctrl+{key}",), _G, _SELECT, "also", repeat=True,
            tip="What is selected stays so",
        )
        for key, way in to.items()
    ]  # fmt: skip


def _nudging() -> list[Action]:
    return [
        Action(
            f"graph.move_{key.lower()}", f"Move {key}", (f"Ctrl+Shift+{key}",), _G, _LOOKS, "nudge", repeat=True,
            tip="By a step of the grid",
        )
        for key in ("Up", "Down", "Left", "Right")
    ]  # fmt: skip


ACTIONS: tuple[Action, ...] = (
    Action("graph.add", "&Add Node…", ("Tab",), _G, _ADD, "any", tip="Add any node; Shift+Enter adds it as a branch"),
    *_creating(),
    Action("graph.add.dot", "Dot", (".",), _G, _ADD, "structure"),
    Action("graph.add.backdrop", "Backdrop", ("Shift+N",), _G, _ADD, "structure", tip="Around the selected nodes"),
    Action("graph.add.note", "Sticky Note", ("Alt+N",), _G, _ADD, "structure"),
    Action("graph.cut", "Cu&t", ("Ctrl+X",), _G, MENU, "clipboard"),
    Action("graph.copy", "&Copy", ("Ctrl+C",), _G, MENU, "clipboard", tip="Copy nodes as text of a script"),
    Action("graph.copy_nuke", "Copy for Nuke", (), _G, MENU, "clipboard", tip="Rotos and Paints as text for Nuke"),
    Action("graph.paste", "&Paste", ("Ctrl+V",), _G, MENU, "clipboard"),
    Action("graph.paste_values", "Paste &Values", ("Ctrl+Alt+V",), _G, MENU, "clipboard"),
    Action("graph.duplicate", "&Duplicate", ("Alt+C",), _G, MENU, "copies"),
    Action("graph.duplicate_branch", "Duplicate with Inputs", ("Alt+B",), _G, MENU, "copies"),
    Action("graph.clone", "C&lone", ("Alt+K",), _G, MENU, "copies", tip="A copy that follows the original"),
    Action("graph.copy_clone", "Copy as Clone", ("Ctrl+K",), _G, MENU, "copies"),
    Action("graph.declone", "Make Clone Independent", ("Alt+Shift+K",), _G, MENU, "copies"),
    Action("graph.delete", "D&elete", ("Del", "Backspace"), _G, MENU, "node"),
    Action("graph.disable", "D&isable", ("D",), (GLOBAL,), MENU, "node"),
    Action("graph.rename", "&Rename", ("N", "F2"), _G, MENU, "node", tip="Also edits the text of notes and backdrops"),
    Action("graph.properties", "&Open Properties", ("Return", "Enter"), _G, MENU, "node"),
    Action("graph.hold", "&Keep in Memory", ("Ctrl+B",), _G, MENU, "node", tip="What it makes is not thrown away"),
    Action("graph.script", "Script &Command", ("X",), _G, MENU, "node", tip="Python on the selected nodes"),
    Action("graph.info", "I&nfo", ("I",), _G, MENU, "node"),
    Action("graph.exposure", "Check &Exposure", (), _G, MENU, "node", tip="Does it follow brighter pictures?"),
    Action("graph.help", "&Help on Node", ("F1",), _G, MENU, "node"),
    Action("graph.version_up", "File Version Up", ("Alt+Up",), _G, MENU, "file"),
    Action("graph.version_down", "File Version Down", ("Alt+Down",), _G, MENU, "file"),
    Action("graph.version_latest", "Latest File Version", ("Alt+Shift+Up",), _G, MENU, "file"),
    Action("graph.group", "&Group", ("Ctrl+G",), _G, MENU, "group"),
    Action("graph.ungroup", "E&xpand Group", ("Ctrl+Alt+G",), _G, MENU, "group"),
    Action("graph.enter", "Open Gro&up", ("Ctrl+Return", "Ctrl+Enter"), _G, MENU, "group"),
    Action("graph.leave", "Lea&ve Group", ("Ctrl+Shift+Return", "Ctrl+Shift+Enter"), _G, MENU, "group"),
    Action("graph.promote", "Pro&mote Parameter…", (), _G, MENU, "group", tip="Show an inner parameter on the group"),
    Action("graph.toolset.save", "&Save as Toolset…", (), _G, MENU, "toolset", tip="Nodes to add again in any script"),
    Action("graph.toolset.remove", "Delete a Toolset…", (), _G, MENU, "toolset"),
    Action("graph.connect", "&Connect", ("Y",), _G, _WIRES, "connect", tip="In a row, in the order of selecting"),
    Action("graph.connect_backward", "Connect &Backward", ("Shift+Y",), _G, _WIRES, "connect"),
    Action("graph.connect_a", "Connect to &A", ("Alt+Y",), _G, _WIRES, "connect"),
    Action("graph.splay", "&Splay First", ("U",), _G, _WIRES, "connect", tip="The first selected into all others"),
    Action("graph.splay_last", "Splay &Last", ("Shift+U",), _G, _WIRES, "connect"),
    Action("graph.swap", "S&wap Inputs", ("Shift+X",), _G, _WIRES, "change"),
    Action("graph.disconnect", "&Remove Inputs", ("Ctrl+D",), _G, _WIRES, "change"),
    Action("graph.extract", "&Extract", ("Ctrl+Shift+X",), _G, _WIRES, "change", tip="Out of the flow, which closes"),
    Action("graph.select_all", "&All", ("Ctrl+A",), _G, _SELECT, "all"),
    Action("graph.select_connected", "&Connected", ("Ctrl+Alt+A",), _G, _SELECT, "all"),
    Action("graph.select_up", "Add &Upstream", ("Shift+Up",), _G, _SELECT, "grow"),
    Action("graph.select_down", "Add &Downstream", ("Shift+Down",), _G, _SELECT, "grow"),
    Action("graph.go_up", "Go to &Input", ("Up",), _G, _SELECT, "go", repeat=True),
    Action("graph.go_down", "Go to &Output", ("Down",), _G, _SELECT, "go", repeat=True),
    Action("graph.go_left", "Go &Left", ("Left",), _G, _SELECT, "go", repeat=True),
    Action("graph.go_right", "Go &Right", ("Right",), _G, _SELECT, "go", repeat=True),
    *_also(),
    Action("graph.layout", "&Auto Layout", ("L",), _G, _LOOKS, "place", tip="Of the selected nodes, or of all"),
    Action("graph.align_column", "Align in a &Column", ("Ctrl+L",), _G, _LOOKS, "place"),
    Action("graph.align_row", "Align in a &Row", ("Ctrl+Shift+L",), _G, _LOOKS, "place"),
    Action("graph.snap", "&Snap Selected to Grid", ("|",), _G, _LOOKS, "place"),
    Action("graph.snap_all", "Snap All to Grid", ("\\",), _G, _LOOKS, "place"),
    *_nudging(),
    Action("graph.color", "Node &Color…", ("Ctrl+Shift+C",), _G, _LOOKS, "looks"),
    Action("graph.color_reset", "Reset Color", (), _G, _LOOKS, "looks"),
    Action("graph.thumbnail", "&Thumbnail", ("Alt+P",), _G, _LOOKS, "looks", tip="From the cache only"),
    Action("graph.hide_inputs", "&Hide Inputs", ("Alt+H",), _G, _LOOKS, "looks"),
    Action("graph.arrows", "E&xpression Arrows", ("Alt+E",), _G, _LOOKS, "all", checkable=True),
    Action("graph.files", "Show &File Names", ("Q",), _G, _LOOKS, "all", checkable=True),
    Action("graph.minimap", "&Overview", ("Shift+Z",), _G, _LOOKS, "all", checkable=True),
    Action("graph.frame", "&Frame", ("F",), _G, MENU, "find", tip="The selected nodes, or all"),
    Action("graph.zoom_in", "Zoom In", ("+", "="), _G, MENU, "find", repeat=True),
    Action("graph.zoom_out", "Zoom Out", ("-",), _G, MENU, "find", repeat=True),
    Action("graph.search", "&Find Node…", ("/",), _G, MENU, "find"),
    Action("graph.jump", "&Jump to Bookmark…", ("J",), _G, _PLACES, "jump"),
    Action("graph.bookmark", "&Bookmark", ("Shift+J",), _G, _PLACES, "jump", tip="Remember the node, or forget it"),
    *_placing(),
    *_viewing(),
)  # fmt: skip
"""All of them; `commands.Commands` does them."""
