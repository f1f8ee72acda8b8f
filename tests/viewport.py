"""Frames of a viewport for tests and the comparison of the ways to draw them: the same in every process."""

import torch

from rimlight.app.viewer.frame import Display, Frame, open_display
from rimlight.app.viewer.geometry import View
from rimlight.app.viewer.plane import level_for, pack
from rimlight.app.viewer.settings import Background, Channel, Compare, ViewerSettings, Zebra
from rimlight.engine import LIGHT_LAYERS, RGBA, Colors, Image, ImageInfo, Project, Region

FRAME = Region(0, 0, 320, 180)
DATA = Region(-12, -6, 300, 190)

CASES: dict[str, ViewerSettings] = {
    "plain": ViewerSettings(),
    "exposed": ViewerSettings(exposure=1.3, gamma=1.6),
    "wipe": ViewerSettings(compare=Compare.WIPE, wipe_angle=25.0, wipe_x=0.4, mix=0.7),
    "split": ViewerSettings(compare=Compare.SPLIT_H, channel=Channel.LUMINANCE),
    "split_v": ViewerSettings(compare=Compare.SPLIT_V, channel=Channel.GREEN),
    "over": ViewerSettings(compare=Compare.OVER, background=Background.GREY),
    "under": ViewerSettings(compare=Compare.UNDER),
    "difference": ViewerSettings(compare=Compare.DIFFERENCE, gain=3.0),
    "onion": ViewerSettings(compare=Compare.ONION),
    "checker": ViewerSettings(background=Background.CHECKER, zebra=Zebra.CLIPPING, exposure=2.0),
    "matte": ViewerSettings(channel=Channel.MATTE, zebra=Zebra.CONFIDENCE),
    "albedo": ViewerSettings(zebra=Zebra.ALBEDO),
    "false": ViewerSettings(false_color=True, exposure=1.0, zebra=Zebra.CONFIDENCE),
    "false_red": ViewerSettings(false_color=True, channel=Channel.RED, background=Background.CHECKER),
    "false_wipe": ViewerSettings(false_color=True, compare=Compare.WIPE, wipe_angle=25.0, zebra=Zebra.CLIPPING),
    "alpha": ViewerSettings(channel=Channel.ALPHA, gamma=0.8),
}
LAYERS = ("rgba", "normal", "depth")
ZOOMS = (0.37, 1.0, 2.3)


def display() -> Display:
    """The default display and view, ACES 2.0."""
    return open_display(Colors(), Project(), "", "")


def picture(seed: int = 1) -> Image:
    """Noise with all that is hard to show: high values, negatives, NaN, soft alpha, a data window beyond the frame."""
    random = torch.Generator().manual_seed(seed)
    height, width = DATA.height, DATA.width
    x = torch.rand(4, height, width, generator=random)
    x[:3] = (x[:3].pow(3) * 8 - 0.1) * x[3:]
    x[0, 20, 30 * seed], x[1, 40, 50 * seed] = float("nan"), float("inf")
    layers = {
        "rgba": x,
        "confidence": torch.rand(1, height, width, generator=random),
        "albedo": torch.rand(3, height, width, generator=random).pow(4) * 1.2,
        "normal": torch.nn.functional.normalize(torch.randn(3, height, width, generator=random), dim=0),
        "depth": torch.rand(1, height, width, generator=random) * 50 + 1,
    }
    kinds = (RGBA, *(LIGHT_LAYERS[name] for name in ("confidence", "albedo", "normal", "depth")))
    return Image(ImageInfo(FRAME, DATA, kinds), DATA, layers)


def frame(shown: Display, settings: ViewerSettings, layer: str = "rgba", zoom: float = 1.0) -> Frame:
    """A frame of 300 x 200 pixels of two such pictures."""
    level = level_for(zoom, 1.0)
    aside = settings.zebra.layer or "confidence"
    a = pack(picture(1), layer, 1.0, level, aside=aside)
    b = pack(picture(2), layer, 1.0, level, aside=aside, extent=a.extent)
    return Frame(View(300, 200, zoom=zoom).looking_at(140, 95), a, b, settings, shown)
