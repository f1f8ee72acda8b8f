import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import (
    ESTIMATED,
    LEDGER_ERROR,
    LIGHT_LAYERS,
    Camera,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Region,
    cover_of,
    estimated_in,
    mean_of_all,
    node,
    param,
    port,
)  # fmt: skip

from ..light.geometry import from_corner
from ..ops.fir import finite
from ..ops.ledger import ledger_error
from ..ops.progress import part
from .base import StudentNode
from .brought import LEDGER
from .constraints import Strokes, constrained

LAYERS = (*LEDGER, "normal", "depth", "roughness", "f0", "shadow", "confidence")
_STROKES = ("same_albedo", "in_shadow", "lit")


@node(
    "learned.intrinsics",
    see="light.recombine light.relight learned.delight time.stabilize light#plates layers",
    label="Intrinsics",
    menu="Light/Student",
    reads=("tier",),
)
class Intrinsics(StudentNode):
    """Takes a picture apart into light layers: paint, light, highlights, and the surfaces that they are on.

    `picture = albedo * shading + specular + residual` holds at every pixel. The residual holds what no surface
    explains: the sky, lamps, negative values; the node shows its share of the picture. Depth is relative, 1 in the
    middle; `position` is made of it by the field of view and the distance.

    With `layers` at `auto`, layers that the picture has already are kept, so that behind a renderer only what is
    missing is added.

    Strokes, from Roto or any matte, put right what is estimated wrongly. Under each stroke of `same_albedo` there is
    one paint, whatever light falls on it; under `in_shadow` and `lit` the key light does not or does arrive. What a
    stroke says goes on to what belongs to it, up to the edges of the picture. The ledger stays closed.

    `confidence` is e to the minus of the error that is expected of the shading, in nepers (of 1.44 stops). It tells
    which pictures to distrust better than which places in one (rank correlations of 0.42 and 0.16 on 35 rendered views
    under two lights each), and nothing of normals there. The expected error was 0.43 where 0.35 was found.

    The large forms of the light are the student's; within them changes of colour are paint, and what the student saw as
    light is light. After CroCoDiLight (2025) and ScribbleLight (2025), the strokes by fast global smoothing (Min et al.
    2014).
    """

    measures: ClassVar[tuple[str, ...]] = (LEDGER_ERROR,)

    same_albedo: Image = port("strokes, each over one paint", optional=True)
    in_shadow: Image = port("strokes where the key light does not arrive", optional=True)
    lit: Image = port("strokes where the key light arrives", optional=True)
    strokes_channel: str = param(default="alpha", role="channel", doc="channel of the inputs with strokes")
    stroke_reach: float = param(
        default=150.0, hard=(1, None), soft=(10, 1000), unit="px",
        doc="how far what strokes say goes on where no edge stops it",
    )  # fmt: skip
    stroke_edge: float = param(
        default=0.5, hard=(0.01, 20), soft=(0.1, 3), unit="stops", doc="contrast between neighbours that stops strokes"
    )
    position: bool = param(default=False, doc="also make positions of the depth")
    field_of_view: float = param(
        default=30.0, hard=(0.01, 179), soft=(5, 120), unit="deg", doc="angle that the frame is wide, for positions"
    )
    distance: float = param(
        default=100.0, hard=(0.01, None), soft=(10, 1000), unit="cm", doc="how far away a depth of 1 is, for positions"
    )

    def asked(self, ctx: Context) -> tuple[str, ...]:
        return LAYERS

    def info(self, ctx: Context) -> ImageInfo:
        info = self.signed(ctx, ctx.info("image"))
        told = {*self.estimated(ctx), *estimated_in(ctx.info("image"))}
        told |= {"position"} if self.position and "depth" in told else set()
        for name in self._made:
            info = info.with_layer(LIGHT_LAYERS[name])
        return info.with_(metadata={**info.metadata, ESTIMATED: " ".join(sorted(told))}) if told else info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & set(self._made)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        data = ctx.info("image").data
        strokes = [Need(s, data, (ctx.channel(s, self.strokes_channel)[0],)) for s in _STROKES if ctx.connected(s)]
        return (*super().needs(ctx, region, (*LEDGER, *layers)), *strokes)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        plate = self.plate(ctx)
        found = self.light_layers(ctx, *LAYERS)
        strokes = {socket: self._stroke(ctx, socket) for socket in _STROKES}
        if any(stroke is not None for stroke in strokes.values()):
            guide = self._guide(plate)
            edge = self.stroke_edge * math.log(2)
            drawn = Strokes(**strokes, guide=guide, size=self.stroke_reach, edge=edge)
            found |= constrained(finite(plate), found, drawn, part(ctx.progress, 0, 1))
        if self.position:
            found["position"] = self._positions(ctx, found["depth"])
        made = {name: self.put_layer(ctx, name, x) for name, x in found.items() if name in {*ctx.layers, *LEDGER}}
        # A mask may have mixed layers with what was there before; what they then leave is the residual.
        explained = made["albedo"] * made["shading"] + made["specular"]
        made["residual"] = plate - explained
        ctx.measured(LEDGER_ERROR, ledger_error(plate, made["residual"]))
        return {name: made[name] for name in ctx.layers}

    @property
    def _made(self) -> tuple[str, ...]:
        return (*LAYERS, "position") if self.position else LAYERS

    def _stroke(self, ctx: ComputeContext, socket: str) -> Tensor | None:
        """A drawn mask `[1, H, W]` over the picture; None where nothing is wired or drawn."""
        if not ctx.has_image(socket):
            return None
        mask = cover_of(ctx.plane(socket, self.strokes_channel, ctx.info("image").data))
        return mask if bool((mask > 0).any()) else None

    def _guide(self, plate: Tensor) -> Tensor:
        """What strokes look at for edges: the plate in nepers about its mean."""
        light = finite(plate).clamp_min(0)
        return (light / mean_of_all(light).clamp_min(1e-30) + 1e-3).log()

    def _positions(self, ctx: ComputeContext, depth: Tensor) -> Tensor:
        info = ctx.info("image")
        frame = info.display
        camera = Camera.from_fov(frame.width, frame.height, self.field_of_view, info.pixel_aspect)
        return camera.position(depth * self.distance, from_corner(info, info.data))
