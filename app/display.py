"""Whether there is a display to open a window on: without one Qt aborts the process."""

import ctypes
import os
import sys

from rimlight.engine import RimlightError

_PLATFORM = "QT_QPA_PLATFORM"


def require_display(picture_only: bool) -> None:
    """On Linux, where no platform of Qt is asked for and no display is there: draw without one if only a picture of
    the window is wanted.

    Raises RimlightError with why there is none otherwise.
    """
    if not sys.platform.startswith("linux") or os.environ.get(_PLATFORM) or os.environ.get("WAYLAND_DISPLAY"):
        return
    name = os.environ.get("DISPLAY", "")
    if name and _answers():
        return
    if picture_only:
        os.environ[_PLATFORM] = "offscreen"
        return
    why = f"DISPLAY is {name}, where none answers" if name else "neither DISPLAY nor WAYLAND_DISPLAY is set"
    raise RimlightError(
        f"there is no display to open the window on: {why}; expected a desktop session or ssh -X. rimlight render and"
        " gui --screenshot need none"
    )


def _answers() -> bool:
    """Whether the X server that is named lets us in; asked as Qt does, by the library that it takes for it."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # Qt says which library it lacks
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = ctypes.c_char_p, ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(None, None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed
