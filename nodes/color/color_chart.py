import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Image,
    Need,
    Region,
    RimlightError,
    Vec2,
    kelvin_tint,
    node,
    param,
    port,
)

from ..light.plate import Recolored
from ..light.working import working_space
from ..ops.clipped import clip_levels
from ..ops.color import color_matrix
from ..ops.color_chart import LAB, Patches, grey_color, grey_level, patch_size, read, reference
from ..ops.color_chart_find import Hidden, find
from ..ops.color_chart_match import Correction, correction, upright
from ..ops.illuminant import normalized

ERROR, WORST, BEFORE = (f"rimlight:chart_error{end}" for end in ("", "_worst", "_before"))
STOPS, TARGET_STOPS = "rimlight:chart_stops", "rimlight:target_stops"
KELVIN, TINT = "rimlight:chart_kelvin", "rimlight:chart_tint"
PATCHES = tuple(f"rimlight:patch_{i + 1}" for i in range(24))
_SMALL = 6.0
"""Pixels of a patch below which its colour runs into its frame."""
_ROUGH = 0.35
"""Spread of a patch, of its colour, from which on it is no flat patch."""
_ROUGH_ONES = 6
_NAMES = {"image": "chart", "chart": "chart", "target": "target's chart"}
_CORNERS = ("bottom left", "bottom right", "top right", "top left")


def _corner(chart: str, number: int) -> Vec2:
    at = ((640.0, 340.0), (1280.0, 340.0), (1280.0, 740.0), (640.0, 740.0))[number]
    place: Vec2 = param(
        default=at, unit="px", role="corner", doc=f"{_CORNERS[number]} corner of the {chart}, of its outer patches",
        unless=("target", None) if chart != "chart" else None,
    )  # fmt: skip
    return place


@node(
    "color.color_chart",
    label="ColorChart",
    see="color.color_matrix baseline.white_balance learned.light_match recipes#two-cameras-by-a-chart",
)
class ColorChart(Recolored):
    """Corrects a picture by a colour chart of 24 patches in it: to the chart's true colours, or to another camera's.

    `Find` looks for the chart, whichever way round it is held, and places the four corners. All patches have to show,
    each six pixels wide or more. Or drag the corners to the outer corners of the outer patches: dark skin is at the top
    left, black at the bottom right; the other way up is seen by itself.

    The chart may be in a picture of its own: wire a held frame of it to `chart`, and the shot to `image`. With another
    chart at `target` the picture is brought to the look of that one instead: two cameras, or two set-ups.

    The node shows what is left, in CIE 1976 differences: the mean, the worst, the mean before the correction but for
    the exposure, and every patch by its number from the top left. It also shows the light on the chart: its colour
    temperature and tint, and how many stops the greys are over what they would read in a light that makes white 1. The
    difference of these between two charts is that of the illuminance.

    Of each patch the middle is read, without dust and glints; patches that the camera clipped do not count. The matrix
    is fitted by least squares in scene-linear light, to the colours that the maker of the chart publishes, adapted to
    the white of the working space. Where what is inside the corners is no chart, or black, the picture passes as it is,
    and the node says so.
    """

    roi: ClassVar[bool] = False  # the chart is somewhere
    solves: ClassVar[Mapping[str, str]] = {"find": "look for the charts that are wired and place their corners there"}
    measures: ClassVar[tuple[str, ...]] = (ERROR, WORST, BEFORE, STOPS, TARGET_STOPS, KELVIN, TINT, *PATCHES)
    sections: ClassVar[Mapping[str, str]] = {
        "Chart": "chart1 chart2 chart3 chart4 made level",
        "Target": "target1 target2 target3 target4",
        "Measured": "chart_error chart_error_worst chart_error_before chart_stops target_stops chart_kelvin chart_tint",
    }

    image: Image = port("the picture that is corrected")
    chart: Image = port("a picture with the chart, where the image has none", optional=True)
    target: Image = port("a picture whose chart the image is brought to", optional=True)
    fit: str = param(
        default="matrix", choices=("matrix", "balance", "exposure"), place="top",
        doc="matrix: nine numbers by all patches; balance: a gain for each channel by the greys; exposure: one gain",
    )  # fmt: skip
    exposure: bool = param(
        default=False, place="top",
        doc="also bring the greys to the brightness that they have in the reference or the target; always so where fit "
        "is exposure",
    )  # fmt: skip
    chart1: Vec2 = _corner("chart", 0)
    chart2: Vec2 = _corner("chart", 1)
    chart3: Vec2 = _corner("chart", 2)
    chart4: Vec2 = _corner("chart", 3)
    made: str = param(
        default="since_2014", choices=tuple(LAB), doc="when the chart was made: its pigments changed in November 2014"
    )
    level: float = param(
        default=0.0, hard=(0, None), soft=(0, 4),
        doc="value from which on a channel is clipped; 0: found from how values pile up",
    )  # fmt: skip
    target1: Vec2 = _corner("target's chart", 0)
    target2: Vec2 = _corner("target's chart", 1)
    target3: Vec2 = _corner("target's chart", 2)
    target4: Vec2 = _corner("target's chart", 3)

    chart_error: float = param(default=0.0, cosmetic=True, doc="mean difference that is left, as measured")
    chart_error_worst: float = param(default=0.0, cosmetic=True, doc="that of the worst patch, as measured")
    chart_error_before: float = param(default=0.0, cosmetic=True, doc="mean difference before, as measured")
    chart_stops: float = param(default=0.0, cosmetic=True, unit="stops", doc="light on the chart, as measured")
    target_stops: float = param(default=0.0, cosmetic=True, unit="stops", doc="light on the target's, as measured")
    chart_kelvin: float = param(default=6504.0, cosmetic=True, unit="K", doc="colour of the light, as measured")
    chart_tint: float = param(default=0.0, cosmetic=True, doc="tint of the light, as measured")

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        ctx.rgb("image")
        others = [Need(socket, ctx.info(socket).data, (MAIN,)) for socket in self._charts(ctx) if socket != "image"]
        return (Need("image", region, (MAIN,)), *others, *self.mask_needs(ctx, region))

    def warnings(self, ctx: Context) -> Sequence[str]:
        found = []
        for socket in self._charts(ctx):
            size = patch_size(self._quad(ctx, socket)) / ctx.scale
            if size < _SMALL:
                found.append(f"the {_NAMES[socket]} is tiny: a patch is {size:.1f} pixels, it takes {_SMALL:g}")
        return found

    def doubt_needs(self, ctx: Context) -> Sequence[Need]:
        return [Need(socket, ctx.info(socket).data, (MAIN,)) for socket in self._charts(ctx)]

    def doubts(self, ctx: Context, images: Mapping[str, Image]) -> Sequence[str]:
        found, space = [], working_space(ctx)
        true = reference(self.made, space)
        for socket, image in images.items():
            patches = upright(self._read(ctx, socket, image), true)
            use = self._whole(ctx, socket, image, patches)
            fitted = correction(patches.color, true, use, self.fit, self.exposure, space)
            if fitted is None or fitted.strange or int((patches.rough() > _ROUGH).sum()) > _ROUGH_ONES:
                found.append(f"what is inside the corners of the {_NAMES[socket]} does not look like 24 patches")
            elif not bool(use.all()):
                count = int((~use).sum())
                found.append(f"{count} of the 24 patches of the {_NAMES[socket]} are clipped and do not count")
        return found

    def solve_needs(self, ctx: Context, what: str) -> Sequence[Need]:
        return self.doubt_needs(ctx)

    def solved(
        self, ctx: Context, what: str, images: Mapping[str, Image], check: Callable[[], None]
    ) -> Mapping[str, Any]:
        space, found = working_space(ctx), {}
        true = reference(self.made, space)
        for socket in self._charts(ctx):
            image, name = images[socket], _NAMES[socket]
            x = image.tensor(MAIN, image.region)[list(ctx.rgb(socket))]
            try:
                corners = find(x, image.region.box, true, space, check)
            except Hidden as hidden:
                raise RimlightError(f"the {name} is there, but {hidden}; take a frame that shows all of it") from None
            self.require(
                corners is not None,
                f"found no chart of 24 patches for the {name}: each has to be {_SMALL:g} pixels wide or more, sharp and"
                " not clipped; or drag the corners there",
            )
            frame = ctx.info(socket).display
            for number, (x0, y0) in enumerate(corners or ()):
                place = frame.to_artist(x0, y0)
                found[f"{'target' if socket == 'target' else 'chart'}{number + 1}"] = tuple(round(v, 2) for v in place)
        return found

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        source, *others = self._charts(ctx)
        true = reference(self.made, working_space(ctx))
        own = upright(self._read(ctx, source, ctx.image(source)), true)
        goal = upright(self._read(ctx, others[0], ctx.image(others[0])), true) if others else None
        use = self._whole(ctx, source, ctx.image(source), own)
        if goal is not None:
            use &= self._whole(ctx, others[0], ctx.image(others[0]), goal)
        found = correction(
            own.color, true if goal is None else goal.color, use, self.fit, self.exposure, working_space(ctx)
        )
        before = ctx.image("image").tensor(MAIN, ctx.region)
        if found is None:
            return {MAIN: before}
        self._tell(ctx, own.color, goal.color if goal is not None else None, true, found)
        if found.strange:
            return {MAIN: before}
        return {MAIN: self.put_light(ctx, color_matrix(before[list(ctx.rgb("image"))], found.numbers))}

    def _charts(self, ctx: Context) -> tuple[str, ...]:
        """The inputs with the chart and, where there is one, with the target's."""
        source = "chart" if ctx.connected("chart") else "image"
        return (source, "target") if ctx.connected("target") else (source,)

    def _quad(self, ctx: Context, socket: str, scale: float = 1.0) -> list[tuple[float, float]]:
        """The corners of a chart in pixels, y down, of its picture at `scale` times the size that is worked at."""
        corners = (
            (self.target1, self.target2, self.target3, self.target4)
            if socket == "target"
            else (self.chart1, self.chart2, self.chart3, self.chart4)
        )
        frame = ctx.info(socket).display
        places = [frame.from_artist(*corner) for corner in corners]
        return [(x * scale, y * scale) for x, y in places]

    def _read(self, ctx: Context, socket: str, image: Image) -> Patches:
        """What a picture, of any size, shows of its chart."""
        scale = image.info.display.width / max(1, ctx.info(socket).display.width)
        x = image.tensor(MAIN, image.region)[list(ctx.rgb(socket))]
        try:
            return read(x, image.region.box, self._quad(ctx, socket, scale))
        except ValueError:
            raise RimlightError(
                f"the corners of the {_NAMES[socket]} are crossed, dented or in one line, expected a quad of "
                f"{', '.join(_CORNERS)}"
            ) from None

    def _whole(self, ctx: Context, socket: str, image: Image, patches: Patches) -> Tensor:
        """Which patches `[24]`, bool, the camera did not clip."""
        if self.level:
            return ~patches.clipped((self.level,) * 3, True)
        return ~patches.clipped(clip_levels(image.tensor(MAIN, image.region)[list(ctx.rgb(socket))]), False)

    def _tell(self, ctx: ComputeContext, own: Tensor, goal: Tensor | None, true: Tensor, found: Correction) -> None:
        space = working_space(ctx)
        luminance = own.new_tensor(space.luminance)
        ctx.measured(ERROR, found.error)
        ctx.measured(WORST, float(found.left[found.use].max()))
        ctx.measured(BEFORE, float(found.before[found.use].mean()))
        ctx.measured(STOPS, math.log2(grey_level(own, true, luminance)))
        if goal is not None:
            ctx.measured(TARGET_STOPS, math.log2(grey_level(goal, true, luminance)))
        kelvin, tint = kelvin_tint(normalized(grey_color(own, true)), space)
        ctx.measured(KELVIN, kelvin)
        ctx.measured(TINT, tint)
        for name, value in zip(PATCHES, found.left.tolist(), strict=True):
            ctx.measured(name, value)
