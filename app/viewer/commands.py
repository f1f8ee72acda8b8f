"""The commands of viewers."""

from ..actions import GLOBAL, Action
from .settings import DOWNREZ, SPOTS

_MENU = "&Viewer"
CONTEXT = "viewer"
POINTS = "points"
"""Keys that count in the viewer while points of shapes are chosen."""


def _viewer(name: str, text: str, *keys: str, section: str, tip: str = "", checkable: bool = False) -> Action:
    return Action(f"viewer.{name}", text, keys, (CONTEXT,), _MENU, section, tip, checkable)


ACTIONS = (
    _viewer("fit", "&Fit Picture", "F", section="zoom"),
    _viewer("one_to_one", "&1:1", "Ctrl+1", section="zoom", tip="One pixel of the picture is one of the screen"),
    _viewer("zoom_in", "Zoom &In", "+", "=", section="zoom"),
    _viewer("zoom_out", "Zoom &Out", "-", section="zoom"),
    _viewer("red", "&Red", "R", section="channels", checkable=True),
    _viewer("green", "&Green", "G", section="channels", checkable=True),
    _viewer("blue", "&Blue", "B", section="channels", checkable=True),
    _viewer("alpha", "&Alpha", "A", section="channels", checkable=True),
    _viewer("luminance", "&Luminance", "Y", section="channels", checkable=True),
    _viewer("matte", "&Matte Overlay", "M", section="channels", checkable=True),
    _viewer("next_layer", "&Next Layer", "PgDown", section="layers"),
    _viewer("previous_layer", "&Previous Layer", "PgUp", section="layers"),
    _viewer("wipe", "&Wipe", "W", section="compare", checkable=True),
    _viewer("center_wipe", "&Center Wipe", "Shift+F", section="compare"),
    _viewer("swap", "&Swap A and B", "Return", section="compare"),
    _viewer(
        "snapshot", "&Take Snapshot", "T", section="compare", tip="Keep the picture as it is, and wipe against it as B"
    ),
    _viewer("roi", "Region of &Interest", "Shift+W", section="region", checkable=True),
    _viewer("draw_roi", "&Draw Region of Interest", "Alt+W", section="region"),
    Action("viewer.proxy", "Pro&xy", ("Ctrl+P",), (GLOBAL,), _MENU, "region", "Half the size", checkable=True),
    *(
        Action(
            f"viewer.downrez{size}",
            f"Down-Rez to 1/{size}",
            (f"Alt+{key}",),
            (CONTEXT,),
            f"{_MENU}/Down-&Rez",
            "sizes",
            "Compute smaller pictures; a second time, full ones",
        )
        for key, size in enumerate(DOWNREZ[1:], 1)
    ),
    _viewer("pause", "&Pause", "P", section="update", checkable=True),
    _viewer("refresh", "&Update", "U", section="update", tip="Compute again, errors included"),
    _viewer("overlays", "&Overlays", "Q", section="overlays", tip="Windows and handles", checkable=True),
    _viewer("zebra", "&Zebra", section="overlays", tip="Off, clipping, low confidence, implausible albedo"),
    _viewer(
        "false_color",
        "&False Colour",
        "Shift+Y",
        section="overlays",
        tip="Light in bands of stops from middle grey (0.18), whatever the exposure of the view",
        checkable=True,
    ),
    _viewer("background", "Bac&kground", section="overlays", tip="Black, grey or checkered behind what is transparent"),
    _viewer(
        "draw_shape",
        "Draw &Shape",
        "V",
        section="overlays",
        tip="A new shape for the Roto, or strokes for the Paint, that is open",
    ),
    _viewer(
        "delete_points",
        "D&elete Points",
        "Del",
        "Backspace",
        section="overlays",
        tip="Chosen points of shapes and strokes; while a shape is drawn, its last point",
    ),
    _viewer("all_points", "Select &All Points", "Ctrl+A", section="overlays", tip="And strokes, of what is open"),
    *(
        Action(f"points.{name}", text, keys, (POINTS,), f"{_MENU}/&Points of Shapes", section, tip, repeat=repeat)
        for name, text, keys, section, tip, repeat in (
            ("smooth", "&Smooth", ("Z",), "form", "Handles for a round outline through the neighbours", False),
            ("cusp", "&Cusp", ("Shift+Z",), "form", "A corner, without handles", False),
            ("feather", "&Feather", ("E",), "feather", "Five pixels further out", False),
            ("free_feather", "Feather &Handles", (), "feather", "Handles for the outline of the feather alone", False),
            ("unfeather", "&Remove Feather", ("Shift+E",), "feather", "That of the points alone", False),
            ("left", "Nudge &Left", ("Num+4",), "move", "A pixel of the picture", True),
            ("right", "Nudge &Right", ("Num+6",), "move", "A pixel of the picture", True),
            ("up", "Nudge &Up", ("Num+8",), "move", "A pixel of the picture", True),
            ("down", "Nudge &Down", ("Num+2",), "move", "A pixel of the picture", True),
        )
    ),
    *(
        Action(
            f"viewer.{name}", text, keys, (CONTEXT,), f"{_MENU}/&Track", "track", "The ticked tracks of the open node"
        )
        for name, text, keys in (
            ("track_backward", "Track to the &First Frame", ("Z", "Shift+X")),
            ("track_back_one", "Track One Frame &Back", ("X",)),
            ("track_forward_one", "Track &One Frame Forward", ("C",)),
            ("track_forward", "Track to the &Last Frame", ("Shift+C",)),
        )
    ),
    *(
        Action(
            f"viewer.spot{size}",
            f"{size} x {size} Pixels" if size > 1 else "One Pixel",
            (),
            (CONTEXT,),
            f"{_MENU}/&Spot Meter",
            "sizes",
            "What is measured under the mouse, in stops from middle grey",
            checkable=True,
        )
        for size in SPOTS
    ),
    _viewer("clear_samples", "&Clear Samples", section="overlays"),
    Action("viewer.new", "&New Viewer", ("Ctrl+I",), (GLOBAL,), _MENU, "viewers"),
    *(
        Action(f"viewer.input{slot}", f"Input {slot}", (str(slot % 10),), (CONTEXT,), f"{_MENU}/&Inputs", "a")
        for slot in range(1, 11)
    ),
    *(
        Action(
            f"viewer.compare{slot}", f"Input {slot} as B", (f"Shift+{slot % 10}",), (CONTEXT,), f"{_MENU}/&Inputs", "b"
        )
        for slot in range(1, 11)
    ),
)
