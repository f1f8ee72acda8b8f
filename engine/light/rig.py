"""A rig: the lights of a picture, as one immutable value on a wire."""

import dataclasses
import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import Tensor

from ..errors import ParameterError, RimlightError, listing
from ..patterns import fits
from ..reals import as_float, shown
from .flag import Flag
from .lights import Light, StandingLight, resolved
from .profile import Profile

Part = TypeVar("Part", Light, Flag)


@dataclass(frozen=True)
class Rig:
    """Lights in order, and the flags that stand before them. `cm_per_unit` says how many centimetres a unit of the
    picture's camera space is.

    Rigs are equal when all their numbers and pictures are. Length and iteration are those of the lights.
    """

    lights: tuple[Light, ...] = ()
    cm_per_unit: float = 1.0
    flags: tuple[Flag, ...] = ()

    def __post_init__(self) -> None:
        unit = as_float(self.cm_per_unit)
        if unit is None or not 0 < unit < math.inf:
            raise ParameterError(f"rig: cm_per_unit = {shown(self.cm_per_unit)}: a unit needs a length above zero")
        object.__setattr__(self, "cm_per_unit", unit)

    def __len__(self) -> int:
        return len(self.lights)

    def __iter__(self) -> Iterator[Light]:
        return iter(self.lights)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rig) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    @property
    def parts(self) -> tuple[Light | Flag, ...]:
        """Lights and flags."""
        return (*self.lights, *self.flags)

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each light, made unique by a number where lights share one: `key`, `key_2`."""
        seen: set[str] = set()
        names = []
        for light in self.lights:
            name, count = light.name, 1
            while name in seen:
                count += 1
                name = f"{light.name}_{count}"
            seen.add(name)
            names.append(name)
        return tuple(names)

    @property
    def nbytes(self) -> int:
        """Bytes of all pictures, profiles and coefficients, for caches."""
        values = (getattr(x, f.name) for x in self.parts for f in dataclasses.fields(x))
        return sum(x.nbytes for x in values if isinstance(x, Tensor | Profile))

    def active(self) -> "Rig":
        """The lights that shine: those enabled, and of these only the solo ones if there are any."""
        on = [light for light in self.lights if light.enabled]
        solo = [light for light in on if light.solo]
        return self.with_lights(solo or on)

    def with_lights(self, lights: Iterable[Light]) -> "Rig":
        """The rig with other lights, in the same unit, and the same flags."""
        return dataclasses.replace(self, lights=tuple(lights))

    def with_flags(self, flags: Iterable[Flag]) -> "Rig":
        """The rig with other flags, their positions in its unit."""
        return dataclasses.replace(self, flags=tuple(flags))

    def flags_of(self, light: Light) -> tuple[Flag, ...]:
        """The flags that stand in a light, in order."""
        return tuple(flag for flag in self.flags if flag.stands_in(light))

    def matching(self, patterns: str) -> "Rig":
        """The lights whose names match any of the patterns (`key rim_*`, separated by spaces or commas)."""
        return self.with_lights(x for x in self.lights if fits(x.name, patterns))

    def light(self, name: str) -> Light:
        """A light by its unique name. Raises RimlightError when the rig has none of that name."""
        for own, light in zip(self.names, self.lights, strict=True):
            if own == name:
                return light
        raise RimlightError(f"the rig has no light '{name}', its lights are {listing(self.names)}")

    def in_unit(self, cm_per_unit: float) -> "Rig":
        """The same lights with their positions in another unit."""
        if cm_per_unit == self.cm_per_unit:
            return self
        scale = self.cm_per_unit / cm_per_unit
        made = self.each(lambda part: _scaled(part, scale))
        return Rig(made.lights, cm_per_unit, made.flags)

    def each(self, change: Callable[[Any], Any]) -> "Rig":
        """The rig with each of its lights and flags changed."""
        return self.with_lights(map(change, self.lights)).with_flags(map(change, self.flags))

    def resolved(self, load: Callable[[str], Tensor]) -> "Rig":
        """The rig with the pictures of its lights and flags read by `load`, and profiles, see `lights.resolved`."""
        return self.each(lambda part: resolved(part, load))

    def key(self) -> bytes:
        """A 16-byte hash of all that lights and flags are, for caches. Files count by name; who reads them adds their
        state.
        """
        h = hashlib.blake2b(digest_size=16)
        _feed(h, float(self.cm_per_unit))
        for part in self.parts:
            _feed(h, part.kind)
            for f in dataclasses.fields(part):
                _feed(h, getattr(part, f.name))
        return h.digest()


def merge_rigs(rigs: Iterable[Rig]) -> Rig:
    """All lights and flags of several rigs in order, in the unit of the first; an empty rig when there are none."""
    rigs = tuple(rigs)
    if not rigs:
        return Rig()
    unit = rigs[0].cm_per_unit
    alike = [rig.in_unit(unit) for rig in rigs]
    lights = tuple(light for rig in alike for light in rig.lights)
    return Rig(lights, unit, tuple(flag for rig in alike for flag in rig.flags))


def _scaled(part: Part, scale: float) -> Part:
    if not isinstance(part, StandingLight | Flag):
        return part
    if isinstance(part.position, Tensor):
        return part.with_(position=part.position * scale)
    x, y, z = part.position
    return part.with_(position=(x * scale, y * scale, z * scale))


def _feed(h: Any, value: object) -> None:
    """Add a value with its length, so that no two sequences of values run together."""
    if isinstance(value, Profile):
        for part in (value.kind, value.vertical, value.horizontal, value.candela):
            _feed(h, part)
        return
    if isinstance(value, Tensor):
        plain = value.detach().cpu().contiguous()
        data = repr((str(plain.dtype), tuple(plain.shape))).encode() + plain.numpy().tobytes()
    else:
        data = repr(value).encode()
    h.update(len(data).to_bytes(8, "little"))
    h.update(data)
