import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, cast

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    ComputeContext,
    Context,
    FittedLight,
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
from ..learned.shadow_cast import Scene
from ..light.geometry import Seen, from_corner, on_surface
from ..ops.fir import finite
from ..ops.flow import WORK, Motion, followed
from ..ops.light_carry import Change, agreed, by_normals, continued, fitted_to_normals, stops_over, turn_between
from ..ops.progress import part
from .cast_light import Cast, Surfaces, doubt_of, fitted_with_shadows, left_over
from .neighbors import ways

GUESSED = "rimlight:propagate_guessed"
_CONFIDENCE = LIGHT_LAYERS["confidence"]
_UNSURE = 0.02
"""How much a reference counts where it is not valid: the nearer one then says more."""

_NEARER = 2
"""Power of the distance in time by which the nearer of two references counts more."""


_DISTANCE = 100.0
"""Centimetres that estimated depth of 1 is taken for."""


@dataclass(frozen=True)
class _Carried:
    """What one reference says of a frame: stops and rest `[3, H, W]` as in `Change`, where it is valid `[1, H, W]`.

    cast : its light on the surfaces of the frame, where that is cast anew. The stops are then what it leaves of the
    shading; `before` is what it gave things in the reference, and `own` the plate's shading that they are relit from,
    stops `[3, H, W]` each.
    """

    stops: Tensor
    rest: Tensor
    valid: Tensor
    cast: Cast | None = None
    before: Tensor | None = None
    own: Tensor | None = None


@node("time.light_propagate", label="LightPropagate", menu="Time", reads=("frame",))
class LightPropagate(Masked, Seen):
    """Carries the light of one or a few relit frames through a whole shot.

    Relight single frames in any way, by nodes, by paint, in another program, and wire them to `relit`; `references`
    says which frames they are. What the light did there, the quotient of relit and plate, moves with everything in the
    shot by optical flow, followed from frame to frame, and texture and grain stay the plate's own. Between two
    references the nearer one counts more, and what only one of them saw comes from that. A reference's own frame is the
    relit picture itself.

    What no reference saw, as things come into sight, is guessed from what is alike: near, of the same colour, facing
    alike if the shot has a layer `normal`. Where that layer is rendered, light also follows where surfaces face as they
    turn, and a rendered `shading` takes changes of the plate's own light out of the picture; those that Intrinsics
    makes tremble too much for that by themselves. With rendered positions or depth beside these, a light is fitted to
    each reference and cast anew in every frame: shadows go with what casts them, and a light that is not the same in
    two references travels from one to the other. Without, set another reference where that matters.

    The layer `confidence` is 1 where light was carried and falls to 0 where it was guessed; the share that was guessed
    is shown with the node. After ReLumix (2025), by flow and physics in the place of its network.
    """

    measures: ClassVar[tuple[str, ...]] = (GUESSED,)
    roi: ClassVar[bool] = False  # motion and light may come from anywhere

    image: Image = port("the shot")
    relit: Image = port("the relit frames, read at the references; a single painted picture will do for one")
    references: str = param(default="1", place="top", doc="the frames that are relit, such as 12 or 1,24,48 or 1-49x12")
    surfaces: str = param(
        default="auto", choices=("auto", "cast", "follow", "stick"), place="top",
        doc="cast: a light is fitted to each reference and cast anew on the surfaces of every frame, with shadows, by "
        "the layers `normal`, `shading` and `position` or `depth`; follow: as things turn, light follows where they "
        "face by the layer `normal`; stick: it moves with them as if it were painted on; auto: what rendered layers "
        "allow",
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

    soften: float = param(
        default=2.0,
        hard=(0, 90),
        soft=(0, 45),
        unit="deg",
        doc="how wide the light is that is cast, its shadows' softness",
    )
    thickness: float = param(
        default=20.0, hard=(0, None), soft=(0, 100), unit="cm", doc="how deep surfaces are at most: rays pass behind"
    )

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
        if self.surfaces == "cast":
            lacking = [n for n in ("normal", "shading") if not self._has(ctx, n)]
            lacking += [] if self._place(ctx) else ["position"]
            guessed = sorted(estimated_in(ctx.info("image")) & {"normal", "shading", self._place(ctx)})
            if lacking:
                said.append(f"surfaces is 'cast', but the shot has no layer '{lacking[0]}', so light sticks")
            elif guessed:
                said.append(f"surfaces is 'cast', but the layer '{guessed[0]}' is estimated, which is too rough for it")
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
        plate, carried = self._layer(ctx, MAIN, ctx.frame), self._carried(ctx)
        share, parts = self._share(ctx, carried), self._cast(ctx, carried)
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
        if len(parts) == 1:
            return torch.zeros_like(parts[0].valid)
        time = self._time(ctx)
        one, two = (1 - time) ** _NEARER * (parts[0].valid + _UNSURE), time**_NEARER * (parts[1].valid + _UNSURE)
        return two / (one + two)

    def _time(self, ctx: ComputeContext) -> float:
        """Where the frame is between its references, 0 to 1."""
        first, *others = ctx.frames("relit")
        return (ctx.frame - first) / (others[0] - first) if others else 0.0

    def _cast(self, ctx: ComputeContext, parts: Sequence[_Carried]) -> Sequence[_Carried]:
        """The references with the light that there is at the time, and what theirs leave once it has gone on."""
        first, last = parts[0].cast, parts[-1].cast
        if first is None or last is None:
            return parts
        surfaces, moves, done = self._surfaces(ctx, ctx.frame), first.moves_to(last), []
        between = first.towards(last, self._time(ctx))
        lit = between.on(surfaces) if moves == 1 else None
        for p in parts:
            assert p.cast is not None and p.before is not None and p.own is not None
            light, doubt = p.cast.towards(between, moves), doubt_of(p.stops)
            given = light.on(surfaces) if lit is None else lit
            left = left_over(p.stops, light.apart(p.cast), doubt)
            done.append(replace(p, stops=given.over(left, torch.lerp(given.stops, p.before, p.valid), doubt) - p.own))
        return done

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
        change, more = self._change(ctx, reference)
        normal, plate = self._normal(ctx, ctx.frame), self._layer(ctx, MAIN, ctx.frame)

        def moved(x: Tensor) -> Tensor:
            return followed(x, motion.vectors, "linear")

        looks = moved(self._looks(ctx, reference))
        valid = agreed(motion.valid, self._looks(ctx, ctx.frame), looks, self._inside(ctx, reference, motion))
        explained: Tensor | float = 0.0
        light: Cast | None = None
        then = self._normal(ctx, reference) if self._follows(ctx) else None
        if normal is not None and then is not None:
            turn = turn_between(normal, moved(then), valid)
            if not self._casts(ctx):
                explained = by_normals(more, torch.einsum("ij,jhw->ihw", turn.to(normal), normal))
            else:
                light = Cast.of(self._light(ctx, reference), normal, turn)
        ctx.check()
        stops = continued(moved(change.stops), valid, plate, normal, part(ctx.progress, 0, 1)) + explained
        ctx.check()
        rest = moved(change.rest) * valid
        own = stops_over(self._layer(ctx, "shading", ctx.frame)) if "shading" in self._maps(ctx) else None
        if light is not None and own is not None:
            if not self._replaces(ctx):
                own = torch.lerp(own, moved(stops_over(self._layer(ctx, "shading", reference))), valid)
            return _Carried(stops, rest, valid, light, moved(more), own)
        return _Carried(stops if own is None else stops - own, rest, valid)

    def _change(self, ctx: ComputeContext, reference: float) -> tuple[Change, Tensor]:
        """How light changes in a reference, without what is found anew in other frames, and that; once for all frames.

        The latter are the terms of normals, or the stops `[3, H, W]` that the fitted light gives the reference.
        """
        normal, follows, casts = self._normal(ctx, reference), self._follows(ctx), self._casts(ctx)

        def make() -> Mapping[str, Tensor]:
            plate = self._layer(ctx, MAIN, reference)
            change = Change.of(plate, self._relit(ctx, reference))
            stops = change.stops
            if "shading" in self._maps(ctx):
                stops = stops + stops_over(self._layer(ctx, "shading", reference))
            if normal is None or not follows:
                return {"stops": stops, "rest": change.rest, "more": stops[:0]}
            if casts:
                light = Cast.of(self._light(ctx, reference), normal, torch.eye(3))
                lit = light.on(self._surfaces(ctx, reference)).stops
                return {"stops": stops - lit, "rest": change.rest, "more": lit}
            terms = fitted_to_normals(stops, normal, self._covered(ctx, reference))
            return {"stops": stops - by_normals(terms, normal), "rest": change.rest, "more": terms}

        key = ("light change", self._replaces(ctx), follows, self._cast_key(ctx))
        found = ctx.shared_layers(self._origins(ctx, reference), key, ("stops", "rest", "more"), make)
        return Change(found["stops"], found["rest"]), found["more"]

    def _light(self, ctx: ComputeContext, reference: float) -> FittedLight:
        """The light of a relit frame, once for all frames."""

        def solve() -> FittedLight:
            change = Change.of(self._layer(ctx, MAIN, reference), self._relit(ctx, reference))
            shading = finite(self._layer(ctx, "shading", reference)) * change.stops.exp2()
            return fitted_with_shadows(shading, self._covered(ctx, reference), self._surfaces(ctx, reference))

        key = ("light of a relit frame", self._cast_key(ctx))
        return cast(FittedLight, ctx.shared(self._origins(ctx, reference), key, solve))

    def _origins(self, ctx: ComputeContext, reference: float) -> list[tuple[str, str, float]]:
        """What the light of a reference follows from."""
        return [("relit", MAIN, reference), *(("image", name, reference) for name in (MAIN, *self._maps(ctx)))]

    def _cast_key(self, ctx: ComputeContext) -> object:
        """What shadows depend on beside layers."""
        box = ctx.info("image").data.box
        if not self._casts(ctx):
            return box
        return box, self.field_of_view, self.depth_is, self.cm_per_unit, self.soften, self.thickness

    def _surfaces(self, ctx: ComputeContext, frame: float) -> Surfaces:
        """The surfaces of a frame, whose shadows are cast."""
        info, normal = ctx.info("image", frame), self._normal(ctx, frame)
        data, place, cm_per_unit = ctx.info("image").data, self._place(ctx), self.cm_per_unit
        position = ctx.image("image", frame).tensor(place, data, "auto")
        camera, region = self.camera(info), from_corner(info, data)
        rendered = place not in estimated_in(info)
        if place == "depth":
            position = camera.position(position[:1], region, cast(Literal["z", "ray"], self.depth_is))
            cm_per_unit = cm_per_unit if rendered else _DISTANCE
        position = position[:3]
        assert normal is not None
        there = on_surface(normal, position)
        scene = Scene(position, normal, there, camera, region, cm_per_unit, self.thickness, 1.0, ctx.check)
        return Surfaces.of(scene, self.soften, rendered)

    # -- layers ---------------------------------------------------------------------------------------------------

    def _has(self, ctx: Context, name: str) -> bool:
        """Whether the shot has a layer in all frames where it is asked for."""
        return all(ctx.info("image", f).has(name) for f in (ctx.frames("image")[0], *ctx.frames("relit")))

    def _maps(self, ctx: Context) -> tuple[str, ...]:
        """The light layers that say more than the picture."""
        casts, has = self._casts(ctx), self._has(ctx, "normal")
        shading = ("shading",) if casts or self._replaces(ctx) else ()
        return (*(("normal",) if has else ()), *shading, *((self._place(ctx),) if casts else ()))

    def _follows(self, ctx: Context) -> bool:
        """Whether light follows where surfaces face."""
        return self._casts(ctx) or self._wanted(ctx, self.surfaces, "follow", "normal")

    def _casts(self, ctx: Context) -> bool:
        """Whether light and shadows are cast anew."""
        place = self._place(ctx)
        return bool(place) and all(
            self._wanted(ctx, self.surfaces, "cast", name) for name in ("normal", "shading", place)
        )

    def _place(self, ctx: Context) -> str:
        """The layer that says where surfaces are; empty where there is none."""
        return next((name for name in ("position", "depth") if self._has(ctx, name)), "")

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
