"""Flags: flat cards that stand between lights and what they light, and take all of the light, some of it or a colour.

What they do to light is in `card` and `flagged`. Space and units are those of lights.
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

from torch import Tensor

from ..errors import ParameterError
from ..patterns import fits
from .lights import Light
from .values import Scalar, Triple, floats, unfit

FlagShape = Literal["rectangle", "ellipse"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Flag:
    """A card without thickness that takes light from both sides alike.

    position : its middle, camera space, in scene units. aim : where its front looks. roll : degrees by which it is
    turned counter-clockwise, seen along `aim`, as an AreaLight is. width, height : centimetres.
    transmission : what it lets through, linear RGB, 0 nothing to 1 all.
    softness : centimetres over which its edge goes over to clear, half of them on the card.
    opening : turned inside out, a hole of this shape in a wall without end, which lets `transmission` through.
    picture : `[3, h, w]` over the card, its top up and read from behind the card, along `aim`: where it is 1 or more
    the card is clear, where it is 0 or less it lets `transmission` through. `picture_file` says where it comes from.
    lights : patterns of the names of the lights that it stands in, `key rim_*`; empty for all.
    """

    kind: ClassVar[str] = "flag"

    name: str = "flag"
    enabled: bool = True
    lights: str = ""
    shape: FlagShape = "rectangle"
    position: Triple = (0.0, 0.0, 0.0)
    aim: Triple = (0.0, 0.0, -1.0)
    roll: Scalar = 0.0
    width: Scalar = 50.0
    height: Scalar = 50.0
    transmission: Triple = (0.0, 0.0, 0.0)
    softness: Scalar = 0.0
    opening: bool = False
    picture_file: str = ""
    picture: Tensor | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            object.__setattr__(self, f.name, floats(getattr(self, f.name)))
            if expected := unfit(f.type, getattr(self, f.name)):
                raise self._wrong(f.name, expected)
        if self.shape not in ("rectangle", "ellipse"):
            raise self._wrong("shape", "expected rectangle or ellipse")
        if not isinstance(self.aim, Tensor) and not any(self.aim):
            raise self._wrong("aim", "a direction needs a length")
        for name, least in (("width", 1e-3), ("height", 1e-3), ("softness", 0.0)):
            value = getattr(self, name)
            if not isinstance(value, Tensor) and value < least:
                raise self._wrong(name, f"expected {least:g} upwards")
        if not isinstance(self.transmission, Tensor) and not all(0 <= t <= 1 for t in self.transmission):
            raise self._wrong("transmission", "must be within 0 to 1: a card adds no light")
        if self.picture is not None and (self.picture.ndim != 3 or self.picture.shape[0] != 3):
            raise ParameterError(
                f"flag '{self.name}': the picture has the shape {list(self.picture.shape)}, expected [3, h, w]"
            )

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields replaced."""
        return dataclasses.replace(self, **changes)

    def is_for(self, light: Light) -> bool:
        """Whether `lights` names the light."""
        return not self.lights.replace(",", " ").strip() or fits(light.name, self.lights)

    def stands_in(self, light: Light) -> bool:
        """Whether it takes anything of the light: it is for it, enabled, and not all clear."""
        clear = not isinstance(self.transmission, Tensor) and all(t == 1 for t in self.transmission)
        return self.enabled and not clear and self.is_for(light)

    def _wrong(self, name: str, expected: str) -> ParameterError:
        return ParameterError(f"flag '{self.name}': {name} = {getattr(self, name)}: {expected}")
