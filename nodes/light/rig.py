from typing import Any, ClassVar

from rimlight.engine import (
    ComputeContext,
    Context,
    Flag,
    Light,
    Node,
    fits,
    merge_rigs,
    node,
    param,
    port,
    without_names,
)
from rimlight.engine import Rig as RigValue

from .base import described, given, is_name


@node(
    "light.rig",
    see="light.read_rig light.view_rig light.place light.rig_space light#rigs light#light-linking",
    label="Rig",
)
class Rig(Node):
    """All lights of several rigs as one, with some taken out, renamed, put on or off, made brighter or darker,
    or linked to a matte.

    Lights are named by patterns: `key rim_*`, separated by spaces or commas. What is renamed is named by its old name
    everywhere else. Flags stay, whichever lights are kept, but for those that `drop` or `mute` name; of several rigs
    they stand in the lights of all.
    """

    result: ClassVar[type] = RigValue

    rig: RigValue = port("lights", many=True, optional=True)
    keep: str = param(default="*", role="lights", doc="lights that go on; the others are taken out", place="top")
    drop: str = param(default="", role="lights", doc="lights and flags that are taken out", place="top")
    solo: str = param(default="", role="lights", doc="lights that shine alone")
    mute: str = param(default="", role="lights", doc="lights that do not shine, and flags that take nothing")
    change: str = param(default="*", role="lights", doc="lights that exposure and link are for")
    exposure: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="added to the exposure of these lights")
    link_channel: str = param(
        default="", role="link",
        doc="what these lights fall on: a channel of the picture that they light, such as `matte.hero`; empty: as each "
        "of them says",
    )  # fmt: skip
    invert_link: bool = param(default=False, doc="let these lights fall on everything but that")
    rename: str = param(default="", doc="new names, such as `key=sun fill*=sky`")

    def identity(self, ctx: Context) -> str | None:
        edits = self.drop or self.solo or self.mute or self.rename or self.link_channel
        plain = self.keep == "*" and not edits and self.exposure == 0
        return ctx.inputs[0] if plain and len(ctx.inputs) == 1 else None

    def info(self, ctx: Context) -> Any:
        return self._edited(merge_rigs(described(ctx, socket) for socket in ctx.inputs))

    def compute(self, ctx: ComputeContext) -> Any:
        return self._edited(merge_rigs(given(ctx, socket) for socket in ctx.inputs))

    def warnings(self, ctx: Context) -> list[str]:
        rigs = [described(ctx, socket) for socket in ctx.inputs]
        lights = [light.name for rig in rigs for light in rig]
        flags = [flag.name for rig in rigs for flag in rig.flags]
        told = []
        for what, names, chosen in (
            ("light", lights, (self.keep, self.solo, self.change, " ".join(old for old, _ in self._names()))),
            ("light or flag" if flags else "light", [*lights, *flags], (self.drop, self.mute)),
        ):
            unknown = without_names(chosen, names)
            told += [f"no {what} is called '{p}', there are {', '.join(names) or 'none'}" for p in unknown]
        return sorted(told)

    def _edited(self, rig: RigValue) -> RigValue:
        flags = [self._kept(flag, rig) for flag in rig.flags if not fits(flag.name, self.drop)]
        rig = rig if self.keep == "*" else rig.matching(self.keep)
        lights = [self._changed(light) for light in rig if not fits(light.name, self.drop)]
        return rig.with_lights(lights).with_flags(flags)

    def _kept(self, flag: Flag, rig: RigValue) -> Flag:
        """A flag that stays, in the same lights when these have got new names."""
        renamed = [new for light in rig if flag.lights and flag.is_for(light) and (new := self._renamed(light))]
        flag = flag.with_(lights=" ".join((flag.lights, *dict.fromkeys(renamed)))) if renamed else flag
        return flag.with_(enabled=False) if fits(flag.name, self.mute) else flag

    def _changed(self, light: Light) -> Light:
        changes: dict[str, Any] = {}
        if fits(light.name, self.solo):
            changes["solo"] = True
        if fits(light.name, self.mute):
            changes["enabled"] = False
        if self.exposure and fits(light.name, self.change):
            changes["exposure"] = light.exposure + self.exposure
        if self.link_channel and fits(light.name, self.change):
            changes |= {"link_channel": self.link_channel, "invert_link": self.invert_link}
        new = self._renamed(light)
        if new:
            changes["name"] = new
        return light.with_(**changes) if changes else light

    def _renamed(self, light: Light) -> str:
        """The new name of a light; empty where it keeps its own."""
        return next((new for old, new in self._names() if fits(light.name, old)), "")

    def _names(self) -> list[tuple[str, str]]:
        pairs = []
        for token in self.rename.replace(",", " ").split():
            old, found, new = token.partition("=")
            self.require(bool(found and old) and is_name(new), f"rename '{token}': expected old=new, such as key=sun")
            pairs.append((old, new))
        return pairs
