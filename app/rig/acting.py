"""What gestures on the dome, the rows and the sliders do to the lights of a rig."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from rimlight.engine import Flag

from .edits import RigEdits
from .kinds import FLAG_KIND, name_parameter
from .lights import Handle
from .space import HERE, Space
from .spaces import Spaces

if TYPE_CHECKING:
    from .panel import LightRigPanel


class Acting:
    """The edits of one panel. Calls with the same token are one step of the history. A light without a node gets one
    by its first edit.
    """

    def __init__(self, panel: "LightRigPanel") -> None:
        self.panel = panel
        self.workspace = panel.workspace
        self.edits = RigEdits(panel.workspace)

    def set_current(self, values: Mapping[str, Any], token: object) -> None:
        """Set parameters of the selected light."""
        self.set(self.panel.current, values, token)

    def set(self, path: str, values: Mapping[str, Any], token: object = None) -> None:
        """Set parameters of a light, by their names."""
        token = token if token is not None else object()
        if path := self.node(path, token):
            self.edits.set(path, values, token)

    def move(self, path: str, azimuth: float, elevation: float, token: object) -> None:
        """Let a light come from elsewhere, in degrees as they are seen."""
        if (handle := self.panel.handle_of(self.node(path, token))) is not None:
            self.edits.move(handle, azimuth, elevation, token)

    def size(self, path: str, degrees: float, token: object) -> None:
        """Let a light be as large as that, seen from the subject."""
        if (handle := self.panel.handle_of(self.node(path, token))) is not None:
            self.edits.resize(handle, degrees, token)

    def scroll(self, path: str, steps: float, what: str, token: object) -> None:
        """What the wheel does over a light: `what` by so many steps."""
        if (handle := self.panel.handle_of(self.node(path, token))) is not None:
            self.edits.scroll(handle, steps, what, token)

    def rename(self, path: str, name: str) -> None:
        """Give a light or flag another name."""
        handle = self.panel.handle_of(path)
        self.set(path, {name_parameter(handle.kind if handle is not None else ""): name.strip()})
        self.panel.show_lights()  # the field goes back where the name was refused

    def add(self, kind: str) -> None:
        """Add a light at the end of the rig, where it is held in the world before that, and select it. A flag stands
        before the selected light, or the first that has a direction.
        """
        end = self._end()
        if end is None:
            return
        if kind == FLAG_KIND:
            lamps = [h for h in self.panel.handles if not h.around and not h.is_flag]
            current = next((h for h in lamps if h.path == self.panel.current), None)
            self._flag(current or next(iter(lamps), None), end)
            return
        others = [h for h in self.panel.handles if not h.around]
        made = self.edits.add(end[0], kind, self.panel.watch.subject, end[1], others)
        if made:
            self.panel.spaces[made] = end[1]
        self.panel.choose(made or self.panel.current)

    def add_flag(self, path: str) -> None:
        """Add a flag half way before a light, for it alone, and open its properties."""
        handle, end = self.panel.handle_of(path), self._end()
        if handle is not None and end is not None:
            self._flag(handle, end)

    def _flag(self, light: Handle | None, end: tuple[str, Space]) -> None:
        made = self.edits.add_flag(end[0], light, self.panel.watch.subject, end[1])
        if made:
            self.panel.spaces[made] = end[1]
            self.panel.choose(made)
            self.workspace.properties_requested.emit(made)

    def _end(self) -> tuple[str, Space] | None:
        """The node behind which the rig goes on, and where what is said there is seen; None while that is not known."""
        scene, look = self.panel.scene, self.panel.watch.look
        if not scene.spaces:
            return scene.rig, HERE
        spaces = look.spaces if look is not None else Spaces()
        return spaces.end if spaces.frame == self.workspace.frame else None

    def duplicate(self) -> None:
        """Add a copy of the selected light and select it."""
        path = self.node(self.panel.current, object())
        if (handle := self.panel.handle_of(path)) is not None:
            made = self.edits.duplicate(handle)
            if made:
                self.panel.spaces[made] = handle.space
            self.panel.choose(made or self.panel.current)

    def remove(self) -> None:
        """Take the selected light or flag out and select the one before it."""
        handle = self.panel.handle
        if handle is not None and handle.foreign:
            what = "flag: put it off" if handle.is_flag else "light: mute it"
            self.workspace.tell(f"No node makes this {what}, which puts one in its place", "warning")
        elif handle is not None:
            paths = self.panel.scene.parts
            at = paths.index(handle.path)
            self.edits.remove(handle)
            self.panel.choose(next(iter(paths[:at][-1:] + paths[at + 1 :]), ""))

    def node(self, path: str, token: object) -> str:
        """The path of the node of a light, made where there is none yet as part of a gesture; empty where that cannot
        be.
        """
        look, light = self.panel.watch.look, self.panel.known.lights.get(path)
        if not self._is_placed(path):
            return ""
        if look is None or light is None:
            return path
        if isinstance(light, Flag) and self.panel.scene.spaces:
            self.workspace.tell(f"'{light.name}' is held in the world: change it where it comes from", "warning")
            return ""
        anchor = None if isinstance(light, Flag) else look.spaces.anchors.get(light.name)
        end, rig, subject, space = self.panel.scene.rig, look.rig, self.panel.watch.subject, HERE
        if anchor is not None:  # the light stays in its world, whatever the camera does from here on
            end, rig, light, space = anchor.rig, anchor.whole, anchor.light, anchor.space
        handed = partial(self._hand_over, path, space)
        made = self.edits.override(end, rig, light, space.given(subject), token, handed) or ""
        if made:
            self.workspace.select((made,))
        return made

    def _is_placed(self, path: str) -> bool:
        """Whether it is known where a light is seen from at this frame, without which no edit says what is meant."""
        look = self.panel.watch.look
        if not self.panel.scene.spaces:
            return True
        known = path in self.panel.spaces or path in self.panel.known.lights
        return look is not None and look.spaces.frame == self.workspace.frame and known

    def _hand_over(self, old: str, space: Space, new: str) -> None:
        self.panel.hand_over(old, new, space)
