from torch import Tensor

from rimlight.engine import Color, ComputeContext, node, param

from ..nuke.keying import SCREEN
from ..ops.key import chroma_key
from .base import Keyer, rising


@node("key.chroma", see="key.despill key.hue filter.edge_extend", label="ChromaKey", nuke=SCREEN)
class ChromaKey(Keyer):
    """A matte of what stands before a screen of one colour: white on the subject, black on the screen.

    Pick the screen's colour from the picture. Colours within `acceptance` degrees about its hue count as screen, the
    more the closer they come to its strength.
    """

    screen: Color = param(default=(0.1, 0.6, 0.1), role="color", doc="colour of the screen")
    acceptance: float = param(
        default=120.0,
        hard=(1, 180),
        soft=(10, 180),
        unit="deg",
        doc="angle about the screen's hue that is keyed: less leaves more of other colours alone",
    )
    low: float = param(
        default=0.0,
        soft=(0, 1),
        doc="share of the screen's strength up to which the matte is white: raise it where the subject has holes",
    )
    high: float = param(
        default=0.75,
        soft=(0, 1),
        doc="share of the screen's strength from which the matte is black: lower it where the screen stays grey",
    )

    def key(self, rgb: Tensor, ctx: ComputeContext) -> Tensor:
        rising(self, self.low, self.high)
        weights = ctx.colors.luminance
        grey = sum(w * c for w, c in zip(weights, self.screen, strict=True))
        hue = any(abs(c - grey) > 1e-4 * abs(grey) for c in self.screen)
        self.require(hue, "the screen is grey, choose a colour with a hue")
        return chroma_key(rgb, self.screen, self.acceptance, self.low, self.high, weights)
