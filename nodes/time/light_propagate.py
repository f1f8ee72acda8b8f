import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Masked,
    Need,
    ParameterError,
    Region,
    RimlightError,
    estimated_in,
    node,
    param,
    parse_frames,
    port,
    unit,
)  # fmt: skip

from ..baseline.base import rgb
from ..ops.flow import WORK, Motion, followed
from ..ops.light_carry import Change, agreed, by_normals, continued, fitted_to_normals, stops_over, turn_between
from ..ops.progress import part
from .neighbors import ways

GUESSED = "rimlight:propagate_guessed"
_CONFIDENCE = LIGHT_LAYERS["confidence"]
_UNSURE = 0.02
"""How much a reference counts where it is not valid: the nearer one then says more."""

_NEARER = 2
"""Power of the distance in time by which the nearer of two references counts more."""


@dataclass(frozen=True)
class _Carried:
    """What one reference says of a frame: stops and rest `[3, H, W]` as in `Change`, where it is valid `[1, H, W]`."""

    stops: Tensor
    rest: Tensor
    valid: Tensor


@node("time.light_propagate", label="LightPropagate", menu="Time", reads=("frame",))
class LightPropagate(Masked):
    """Carries the light of one or a few relit frames through a whole shot.

    Relight single frames in any way, by nodes, by paint, in another program, and wire them to `relit`; `references`
    says which frames they are. What the light did there, the quotient of relit and plate, moves with everything in the
    shot by optical flow, followed from frame to frame, and texture and grain stay the plate's own. Between two
    references the nearer one counts more, and what only one of them saw comes from that. A reference's own frame is the
    relit picture itself.

    What no reference saw, as things come into sight, is guessed from what is alike: near, of the same colour, facing
    alike if the shot has a layer `normal`. Where that layer is rendered, light also follows where surfaces face as they
    turn, and a rendered `shading` takes changes of the plate's own light out of the picture; those that Intrinsics
    makes tremble too much for that by themselves. New shadows of things that move are not cast: set another reference
    where they matter.

    The layer `confidence` is 1 where light was carried and falls to 0 where it was guessed; the share that was guessed
    is shown with the node. After ReLumix (2025), by flow and physics in the place of its network.
    """

    measures: ClassVar[tuple[str, ...]] = (GUESSED,)
    roi: ClassVar[bool] = False  # motion and light may come from anywhere

    image: Image = port("the shot")
    relit: Image = port("the relit frames, read at the references; a single painted picture will do for one")
    references: str = param(default="1", place="top", doc="the frames that are relit, such as 12 or 1,24,48 or 1-49x12")
    surfaces: str = param(
        default="auto", choices=("auto", "follow", "stick"), place="top",
        doc="follow: as things turn, light follows where they face by the layer `normal`; stick: it moves with them as "
        "if it were painted on; auto: follow where that layer is rendered",
    )  # fmt: skip
    plate_light: str = param(
        default="auto", choices=("auto", "keep", "replace"), place="top",
        doc="keep: changes of the plate's own light over the shot stay in the picture; replace: its layer `shading` "
        "takes them out; auto: replace where that layer is rendered",
    )  # fmt: skip
    step: int = param(
        default=1, hard=(1, 1000), soft=(1, 10), unit="frames",
        doc="motion is followed in steps of so many frames; more is quicker, for slow motion",
    )  # fmt: skip
    size: int = param(
        default=WORK, hard=(64, 8192), soft=(256, 2048),
        doc="longer side in pixels at which motion is looked for; larger pictures are reduced for it",
    )  # fmt: skip

    # -- which frames ---------------------------------------------------------------------------------------------

    def used(self, frame: float) -> tuple[float, ...]:
        """The references that count at a frame: the last up to it and the first from it on. Raises RimlightError."""
        try:
            every = sorted(parse_frames(self.references))
        except ParameterError as error:
            raise RimlightError(f"references: {error}") from None
        before, after = [f for f in every if f <= frame][-1:], [f for f in every if f >= frame][:1]
        return tuple(float(f) for f in sorted({*before, *after}))

    def way(self, frame: float, reference: float) -> tuple[float, ...]:
        """The frames by way of which a reference is reached, itself among them, `frame` not."""
        count = math.ceil(abs(frame - reference) / self.step)
        return tuple(reference + math.copysign(i * self.step, frame - reference) for i in range(count))

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        used = self.used(frame)
        others = {f for reference in used for f in (*self.way(frame, reference), reference)} - {frame}
        return {"image": (frame, *sorted(others)), "relit": used}

    # -- what the engine asks -------------------------------------------------------------------------------------

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 else None

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        rgb(ctx)
        for frame in ctx.frames("relit"):
            relit, plate = ctx.info("relit", frame), ctx.info("image", frame)
            self._same_size(f"the relit frame {frame:g}", relit, info)
            self._same_size(f"frame {frame:g} of the shot", plate, info)
            if not (relit.has(MAIN) and relit.layer(MAIN).rgb):
                raise RimlightError(f"the relit frame {frame:g} has no layer '{MAIN}' with R, G and B")
        return info.with_layer(_CONFIDENCE)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {MAIN, _CONFIDENCE.name}

    def warnings(self, ctx: Context) -> Sequence[str]:
        said = []
        if self.surfaces == "follow" and not self._has(ctx, "normal"):
            said.append("surfaces is 'follow', but the shot has no layer 'normal', so light sticks to what moves")
        if self.plate_light == "replace" and not self._has(ctx, "shading"):
            said.append("plate_light is 'replace', but the shot has no layer 'shading', so its own light stays")
        return said

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        data, relit = ctx.info("image").data, ctx.frames("relit")
        before = tuple(n for n in (MAIN, _CONFIDENCE.name) if ctx.info("image").has(n))
        needs = [Need("image", region, before), *self.mask_needs(ctx, region)]
        for frame in ctx.frames("image"):
            maps = self._maps(ctx) if frame in (ctx.frame, *relit) else ()
            needs.append(Need("image", data, (MAIN, *maps), frame))
        return [*needs, *(Need("relit", data, (MAIN,), frame) for frame in relit)]

    # -- pixels ---------------------------------------------------------------------------------------------------

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image, indices = ctx.image("image"), list(rgb(ctx))
        plate, parts = self._layer(ctx, MAIN, ctx.frame), self._carried(ctx)
        share = self._share(ctx, parts)
        stops, rest, valid = (
            torch.lerp(getattr(parts[0], name), getattr(parts[-1], name), share) for name in ("stops", "rest", "valid")
        )
        light = plate * stops.exp2() + rest
        if ctx.frame in ctx.frames("relit"):
            light = torch.where(valid > 0, self._relit(ctx, ctx.frame), light)
        ctx.measured(GUESSED, float((1 - valid).double().mean()) if valid.numel() else 0.0)
        rows, columns = ctx.info("image").data.slices_of(ctx.region)
        out = image.tensor(MAIN, ctx.region).clone()
        out[indices] = self.blend(ctx, out[indices], light[:, rows, columns])
        known = torch.ones_like(out[:1])
        before = image.tensor(_CONFIDENCE.name, ctx.region)[:1] if _CONFIDENCE.name in image else known
        made = {MAIN: out, _CONFIDENCE.name: before * self.blend(ctx, known, valid[:, rows, columns])}
        return {name: made[name] for name in ctx.layers}

    def _share(self, ctx: ComputeContext, parts: Sequence[_Carried]) -> Tensor:
        """How much of the second reference there is `[1, H, W]`, by how near either is in time and where it holds."""
        first, *others = ctx.frames("relit")
        if not others:
            return torch.zeros_like(parts[0].valid)
        time = (ctx.frame - first) / (others[0] - first)
        one, two = (1 - time) ** _NEARER * (parts[0].valid + _UNSURE), time**_NEARER * (parts[1].valid + _UNSURE)
        return two / (one + two)

    def _carried(self, ctx: ComputeContext) -> list[_Carried]:
        """What each reference says of the frame."""
        data, references = ctx.info("image").data, ctx.frames("relit")
        found = ways(ctx, "image", MAIN, tuple(sorted(ctx.frames("image"))), ctx.frame, data, self.size)
        parts = []
        for i, reference in enumerate(references):
            ctx.progress(i / len(references))
            parts.append(self._carry(ctx, reference, found[reference]))
        return parts

    def _carry(self, ctx: ComputeContext, reference: float, motion: Motion) -> _Carried:
        change, terms = self._change(ctx, reference)
        normal, plate = self._normal(ctx, ctx.frame), self._layer(ctx, MAIN, ctx.frame)

        def moved(x: Tensor) -> Tensor:
            return followed(x, motion.vectors, "linear")

        looks = moved(self._looks(ctx, reference))
        valid = agreed(motion.valid, self._looks(ctx, ctx.frame), looks, self._inside(ctx, reference, motion))
        explained: Tensor | float = 0.0
        then = self._normal(ctx, reference) if terms is not None else None
        if terms is not None and normal is not None and then is not None:
            turn = turn_between(normal, moved(then), valid)
            explained = by_normals(terms, torch.einsum("ij,jhw->ihw", turn.to(normal), normal))
        ctx.check()
        stops = continued(moved(change.stops), valid, plate, normal, part(ctx.progress, 0, 1)) + explained
        if self._replaces(ctx):
            stops = stops - stops_over(self._layer(ctx, "shading", ctx.frame))
        ctx.check()
        return _Carried(stops, moved(change.rest) * valid, valid)

    def _change(self, ctx: ComputeContext, reference: float) -> tuple[Change, Tensor | None]:
        """How light changes in a reference, without what follows from the normals, and that; once for all frames."""
        names, normal, follows = self._maps(ctx), self._normal(ctx, reference), self._follows(ctx)
        of = [("image", name, reference) for name in (MAIN, *names)]

        def make() -> Mapping[str, Tensor]:
            plate = self._layer(ctx, MAIN, reference)
            change = Change.of(plate, self._relit(ctx, reference))
            stops = change.stops
            if self._replaces(ctx):
                stops = stops + stops_over(self._layer(ctx, "shading", reference))
            if normal is None or not follows:
                return {"stops": stops, "rest": change.rest}
            terms = fitted_to_normals(stops, normal, self._covered(ctx, reference))
            return {"stops": stops - by_normals(terms, normal), "rest": change.rest, "terms": terms}

        made = ("stops", "rest", *(("terms",) if follows else ()))
        key = ("light change", ctx.info("image").data.box, self._replaces(ctx), follows)
        found = ctx.shared_layers([("relit", MAIN, reference), *of], key, made, make)
        return Change(found["stops"], found["rest"]), found.get("terms")

    # -- layers ---------------------------------------------------------------------------------------------------

    def _has(self, ctx: Context, name: str) -> bool:
        """Whether the shot has a layer in all frames where it is asked for."""
        return all(ctx.info("image", f).has(name) for f in (ctx.frames("image")[0], *ctx.frames("relit")))

    def _maps(self, ctx: Context) -> tuple[str, ...]:
        """The light layers that say more than the picture."""
        normal = ("normal",) if self._has(ctx, "normal") else ()
        return (*normal, "shading") if self._replaces(ctx) else normal

    def _follows(self, ctx: Context) -> bool:
        """Whether light follows where surfaces face."""
        return self._wanted(ctx, self.surfaces, "follow", "normal")

    def _replaces(self, ctx: Context) -> bool:
        """Whether changes of the plate's own light are taken out."""
        return self._wanted(ctx, self.plate_light, "replace", "shading")

    def _wanted(self, ctx: Context, choice: str, wanted: str, name: str) -> bool:
        """Whether a choice takes a layer into account: an estimated one not by itself, as its errors would flicker."""
        if not self._has(ctx, name):
            return False
        return choice == wanted or (choice == "auto" and name not in estimated_in(ctx.info("image")))

    def _layer(self, ctx: ComputeContext, name: str, frame: float) -> Tensor:
        """Three channels of a layer of the shot `[3, H, W]` over the data window of the frame that is made."""
        indices = ctx.info("image", frame).layer(name).rgb if name == MAIN else (0, 1, 2)
        return ctx.image("image", frame).tensor(name, ctx.info("image").data, "auto")[list(indices or ())]

    def _relit(self, ctx: ComputeContext, reference: float) -> Tensor:
        indices = ctx.info("relit", reference).layer(MAIN).rgb
        return ctx.image("relit", reference).tensor(MAIN, ctx.info("image").data)[list(indices or ())]

    def _looks(self, ctx: ComputeContext, frame: float) -> Tensor:
        """Stops `[3, H, W]` that things are told apart by: of the shot, without its light where that is known."""
        stops = stops_over(self._layer(ctx, MAIN, frame))
        return stops - stops_over(self._layer(ctx, "shading", frame)) if self._replaces(ctx) else stops

    def _inside(self, ctx: ComputeContext, reference: float, motion: Motion) -> Tensor:
        """Where `[1, H, W]` motion leads to pixels of a reference."""
        _, height, width = motion.vectors.shape
        x = motion.vectors[0] + torch.arange(width, device=ctx.device)
        y = motion.vectors[1] + torch.arange(height, device=ctx.device)[:, None]
        within = (x > -1) & (x < width) & (y > -1) & (y < height)
        return followed(self._covered(ctx, reference), motion.vectors, "linear") * within

    def _covered(self, ctx: ComputeContext, reference: float) -> Tensor:
        """Where `[1, H, W]` a reference has pixels, plate and relit."""
        data = ctx.info("image").data
        inside = ctx.info("relit", reference).data.intersect(ctx.info("image", reference).data).intersect(data)
        cover = torch.zeros((1, data.height, data.width), device=ctx.device)
        rows, columns = data.slices_of(inside)
        cover[:, rows, columns] = 1.0
        return cover

    def _normal(self, ctx: ComputeContext, frame: float) -> Tensor | None:
        """Unit normals `[3, H, W]`, towards the camera where there is no surface; None where they are not asked for."""
        if "normal" not in self._maps(ctx):
            return None
        normal = self._layer(ctx, "normal", frame)
        there = torch.isfinite(normal).all(0, keepdim=True) & (normal.square().sum(0, keepdim=True) > 0.25)
        ahead = normal.new_tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1)
        return unit(torch.where(there, normal, ahead))

    def _same_size(self, what: str, found: ImageInfo, expected: ImageInfo) -> None:
        if found.display != expected.display:
            sizes = [f"{d.width}x{d.height}" for d in (found.display, expected.display)]
            raise RimlightError(f"{what} is {sizes[0]}, expected {sizes[1]} as the frame that is made")
