from torch import Tensor

from rimlight.engine import Color, ComputeContext, Context, Layer, PointNode, Vec3, node, param

from ..nuke.drawing import GRAIN
from ..ops.grain import grain


def _size(channel: str, value: float) -> float:
    size: float = param(
        default=value, hard=(0, 100), soft=(0, 20), unit="px", label=f"{channel} size",
        doc=f"width of a grain in {channel}",
    )  # fmt: skip
    return size


def _irregularity(channel: str) -> float:
    amount: float = param(
        default=0.6, hard=(0, None), soft=(0, 1), label=f"{channel} irregularity",
        doc=f"how much the grains clump together in {channel}",
    )  # fmt: skip
    return amount


def _intensity(channel: str, value: float) -> float:
    amount: float = param(
        default=value, hard=(0, None), soft=(0, 0.5), label=f"{channel} intensity",
        doc=f"deviation of the grain as a share of the light in {channel}",
    )  # fmt: skip
    return amount


@node("draw.grain", see="filter.denoise draw.dither", reads=("frame",), nuke=GRAIN)
class Grain(PointNode):
    """Film grain on scene-linear light: other grain in every channel and frame, the same in every render.

    out = x + n sqrt((intensity x)^2 + black^2), where n is noise of mean 0 and deviation 1, as wide as `size` at half
    its height, as Blur counts it. Grain in proportion to the light is what an even grain in a film's density comes to,
    and does not change with exposure. Irregularity adds grain of twice and of four times the size.

    Channels other than red, green and blue take the values of red. A proxy shows the grain as small as it will be.
    """

    seed: int = param(default=134, hard=(0, 2**31 - 1), soft=(0, 1000), doc="another grain for every number")
    red_size: float = _size("red", 3.3)
    green_size: float = _size("green", 2.9)
    blue_size: float = _size("blue", 2.5)
    red_i: float = _irregularity("red")
    green_i: float = _irregularity("green")
    blue_i: float = _irregularity("blue")
    red_m: float = _intensity("red", 0.04)
    green_m: float = _intensity("green", 0.04)
    blue_m: float = _intensity("blue", 0.06)
    black: Color = param(
        default=(0.0, 0.0, 0.0), hard=(0, None), soft=(0, 0.02), role="color",
        doc="deviation of the grain at black, as a pixel value",
    )  # fmt: skip
    static: bool = param(default=False, doc="the same grain in every frame: off, it moves as film does")

    def _of(self, channel: str) -> tuple[Vec3, float]:
        """Size, irregularity and intensity of a channel, and its deviation at black."""
        place = "RGB".index(channel) if channel in ("R", "G", "B") else 0
        color = ("red", "green", "blue")[place]
        size, irregularity, intensity = (getattr(self, f"{color}_{what}") for what in ("size", "i", "m"))
        return (size, irregularity, intensity), self.black[place]

    def is_identity(self) -> bool:
        return not any((self.red_m, self.green_m, self.blue_m, *self.black))

    def frame_key(self, ctx: Context) -> object:
        return None if self.static else super().frame_key(ctx)

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        out = x.clone()
        frame = 0 if self.static else round(ctx.frame)
        for plane, index in zip(out, chosen, strict=True):
            (size, irregularity, intensity), black = self._of(layer.channels[index])
            if intensity == 0 and black == 0:
                continue
            # Channels of one place in different layers have the same grain: they are of one picture.
            noise = grain(ctx.region.box, size, irregularity, self.seed + 7919 * index, frame, ctx.scale, ctx.device)
            deviation = (plane * intensity).square_().add_(black * black).sqrt_()
            plane.addcmul_(noise[0], deviation)
        return out
