"""Scene-linear pictures made ready to be looked at: thumbnails, PNG previews, and a viewer without a GPU."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from .config import ColorConfig
from .pyocio import ocio
from .transform import ColorTransform

GRID = 65


class DisplayRenderer:
    """Shows pictures of a config's working space on a display. Keeps what it has baked; safe to use from threads.

    display, view : empty for the config's default. Raises ColorError where the config has none of that name.
    """

    def __init__(self, config: ColorConfig) -> None:
        self.config = config
        self._baked: dict[str, ColorTransform] = {}

    def transform(
        self, display: str = "", view: str = "", looks: str | None = None, *, exact: bool = True
    ) -> ColorTransform:
        """From the working space to the display. `looks` as in `ColorConfig.display_view`.

        With `exact=False` a costly view (ACES 2.0) is replaced by a log shaper and a baked cube of 65 points, over
        twenty times faster on a CPU. Over twelve stops of random colours it is 0.15 of an 8-bit code off on
        average, 3 at the 99th percentile and 22 at worst: for previews only.
        """
        full = self.config.display_view("", display, view, looks)
        if exact or full.native:
            return full
        baked = self._baked.get(full.key)
        return baked if baked is not None else self._baked.setdefault(full.key, bake(self.config, full))

    def render(
        self,
        x: Tensor,
        display: str = "",
        view: str = "",
        *,
        looks: str | None = None,
        exposure: float = 0.0,
        gamma: float = 1.0,
        exact: bool = True,
        check: Callable[[], None] | None = None,
    ) -> Tensor:
        """Display values of `x`, float32 [3 or 4, H, W] in the working space; same shape, alpha untouched.

        `exposure` in stops is applied to the light, `gamma` to the display values (`v ** (1 / gamma)`, negatives kept),
        as in a viewer. `exact` as in `transform`, `check` as in `ColorTransform.apply`. Raises ValueError for a gamma
        that is not above 0.
        """
        if gamma <= 0:
            raise ValueError(f"gamma is {gamma}, expected a number above zero")
        if exposure:
            x = torch.cat((x[:3] * 2.0**exposure, x[3:]))
        out = self.transform(display, view, looks, exact=exact).apply(x, check)
        if gamma != 1.0:
            rgb = out[:3]
            out = torch.cat((rgb.abs().pow(1.0 / gamma).copysign(rgb), out[3:]))
        return out

    def render8(self, x: Tensor, display: str = "", view: str = "", *, exact: bool = True) -> Tensor:
        """What `render` gives as 8-bit codes, uint8 [H, W, 3 or 4], packed as image files and Qt want them."""
        return to_uint8(self.render(x, display, view, exact=exact))


def to_uint8(x: Tensor) -> Tensor:
    """Display values [C, H, W] as uint8 [H, W, C]: clamped to 0..1, rounded to the nearest code, NaN as 0."""
    codes = torch.nan_to_num(x, nan=0.0).clamp(0.0, 1.0).mul_(255.0).add_(0.5).to(torch.uint8)
    return codes.permute(1, 2, 0).contiguous()


def bake(config: ColorConfig, transform: ColorTransform, grid: int = GRID) -> ColorTransform:
    """A fast stand-in for a transform of scene-linear light: ACEScct's curve as a shaper, then a tetrahedral cube.

    Light below -0.007 and above 222 is held at these ends.
    """
    library = ocio()
    # ACEScct's logarithm (Academy S-2016-001) covers shadows to highlights evenly whatever the primaries are.
    shaper = library.LogCameraTransform(
        linSideBreak=[0.0078125] * 3, base=2.0, logSideSlope=[1 / 17.52] * 3, logSideOffset=[9.72 / 17.52] * 3
    )
    inverse = library.LogCameraTransform(
        linSideBreak=[0.0078125] * 3,
        base=2.0,
        logSideSlope=[1 / 17.52] * 3,
        logSideOffset=[9.72 / 17.52] * 3,
        direction=library.TRANSFORM_DIR_INVERSE,
    )
    steps = torch.linspace(0.0, 1.0, grid)
    red, green, blue = torch.meshgrid(steps, steps, steps, indexing="ij")
    lattice = torch.stack((red, green, blue)).reshape(3, grid * grid, grid)
    light = config.group([inverse], "shaper, inverse").apply(lattice)
    values = transform.apply(light).permute(1, 2, 0)
    cube = library.Lut3DTransform(gridSize=grid, interpolation=library.INTERP_TETRAHEDRAL)
    cube.setData(np.ascontiguousarray(values.numpy()).reshape(-1))
    return config.group([shaper, cube], f"{transform.label}, baked", fast=True)
