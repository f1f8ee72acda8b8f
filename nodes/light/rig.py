import fnmatch
from typing import Any, ClassVar

from rimlight.engine import ComputeContext, Context, Light, Node, merge_rigs, node, param, port
from rimlight.engine import Rig as RigValue

from .base import described, given, is_name


@node("light.rig", see="light.read_rig light.view_rig light.place light.rig_space light#rigs", label="Rig")
class Rig(Node):
    """All lights of several rigs as one, with some taken out, renamed, put on or off, made brighter or darker.

    Lights are named by patterns: `key rim_*`, separated by spaces or commas. What is renamed is named by its old name
    everywhere else.
    """

    result: ClassVar[type] = RigValue

    rig: RigValue = port("lights", many=True, optional=True)
    keep: str = param(default="*", role="lights", doc="lights that go on; the others are taken out", place="top")
    drop: str = param(default="", role="lights", doc="lights that are taken out", place="top")
    solo: str = param(default="", role="lights", doc="lights that shine alone")
    mute: str = param(default="", role="lights", doc="lights that do not shine")
    change: str = param(default="*", role="lights", doc="lights that exposure is for")
    exposure: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="added to the exposure of these lights")
    rename: str = param(default="", doc="new names, such as `key=sun fill*=sky`")

    def identity(self, ctx: Context) -> str | None:
        plain = self.keep == "*" and not (self.drop or self.solo or self.mute or self.rename) and self.exposure == 0
        return ctx.inputs[0] if plain and len(ctx.inputs) == 1 else None

    def info(self, ctx: Context) -> Any:
        return self._edited(merge_rigs(described(ctx, socket) for socket in ctx.inputs))

    def compute(self, ctx: ComputeContext) -> Any:
        return self._edited(merge_rigs(given(ctx, socket) for socket in ctx.inputs))

    def warnings(self, ctx: Context) -> list[str]:
        names = [light.name for socket in ctx.inputs for light in described(ctx, socket)]
        chosen = (self.keep, self.drop, self.solo, self.mute, self.change)
        patterns = {p for text in chosen for p in _patterns(text)} - {"*"}
        patterns |= {old for old, _ in self._names()}
        unknown = sorted(p for p in patterns if not any(fnmatch.fnmatchcase(name, p) for name in names))
        return [f"no light is called '{pattern}', there are {', '.join(names) or 'none'}" for pattern in unknown]

    def _edited(self, rig: RigValue) -> RigValue:
        rig = rig if self.keep == "*" else rig.matching(self.keep)
        return rig.with_lights(self._changed(light) for light in rig if not _matches(light, self.drop))

    def _changed(self, light: Light) -> Light:
        changes: dict[str, Any] = {}
        if _matches(light, self.solo):
            changes["solo"] = True
        if _matches(light, self.mute):
            changes["enabled"] = False
        if self.exposure and _matches(light, self.change):
            changes["exposure"] = light.exposure + self.exposure
        new = next((new for old, new in self._names() if fnmatch.fnmatchcase(light.name, old)), None)
        if new is not None:
            changes["name"] = new
        return light.with_(**changes) if changes else light

    def _names(self) -> list[tuple[str, str]]:
        pairs = []
        for token in _patterns(self.rename):
            old, found, new = token.partition("=")
            self.require(bool(found and old) and is_name(new), f"rename '{token}': expected old=new, such as key=sun")
            pairs.append((old, new))
        return pairs


def _patterns(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _matches(light: Light, patterns: str) -> bool:
    return any(fnmatch.fnmatchcase(light.name, p) for p in _patterns(patterns))
