"""The timeline's actions."""

from ..actions import GLOBAL, Action

CONTEXT = "timeline"
_BOTH = ("viewer", CONTEXT)
_KEYED = (*_BOTH, "curves", "dopesheet")
_MENU = "&Viewer/&Playback"


def _action(
    name: str, text: str, *keys: str, section: str, repeat: bool = False, tip: str = "", checkable: bool = False,
    contexts: tuple[str, ...] = _BOTH,
) -> Action:  # fmt: skip
    return Action(f"timeline.{name}", text, keys, contexts, _MENU, section, tip, checkable, repeat=repeat)


ACTIONS = (
    _action("forward", "Play &Forward", "L", section="play"),
    _action("backward", "Play &Backward", "J", section="play"),
    _action("pause", "&Pause", "K", section="play"),
    _action("next", "&Next Frame", "Right", section="step", repeat=True),
    _action("previous", "P&revious Frame", "Left", section="step", repeat=True),
    _action("jump_forward", "10 Frames Forward", "Shift+Right", section="step", repeat=True),
    _action("jump_back", "10 Frames Back", "Shift+Left", section="step", repeat=True),
    _action("first", "F&irst Frame", "Ctrl+Left", "Home", section="step"),
    _action("last", "&Last Frame", "Ctrl+Right", "End", section="step"),
    _action(
        "next_key",
        "Next &Key",
        "Ctrl+Shift+Right",
        section="keys",
        contexts=_KEYED,
        tip="The next key of the selected node, or of those whose properties are open",
    ),
    _action("previous_key", "Previous Ke&y", "Ctrl+Shift+Left", section="keys", contexts=_KEYED),
    _action("in", "Set &In Here", "Alt+I", section="range"),
    _action("out", "Set &Out Here", "Alt+O", section="range"),
    _action("clear_in_out", "&Clear In and Out", "Alt+U", section="range"),
    _action(
        "flicker",
        "&Measure Flicker",
        "Alt+M",
        section="measure",
        checkable=True,
        tip="How much what is shown flickers, as a curve above the frames",
    ),
    Action("timeline.go", "&Go to Frame", ("Alt+G",), (GLOBAL,), _MENU, "step"),
)
