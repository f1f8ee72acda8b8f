import math
from collections.abc import Mapping, Sequence
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
)  # fmt: skip

from ..light.geometry import Seen
from ..ops.flow import WORK
from ..ops.spans import check_count
from .propagate_carry import Carrier
from .propagate_shot import Layers, Shot

GUESSED = "rimlight:propagate_guessed"
_CONFIDENCE = LIGHT_LAYERS["confidence"]


@node(
    "time.light_propagate",
    see="light.relight learned.light_scribble time.stabilize shots#one-frame-relit-then-the-whole-shot",
    label="LightPropagate",
    menu="Time",
    reads=("frame",),
)
class LightPropagate(Masked, Seen):
    """Carries the light of one or a few relit frames through a whole shot: light or paint one frame, the others follow.

    Relight single frames in any way, by nodes, by paint or in another program. Wire them to `relit`, and say in
    `references` which frames they are. There the result is the relit picture itself; between two the nearer one counts
    more, and what only one of them saw comes from that.

    What the light did, the quotient of relit and plate, moves with the shot by optical flow, from frame to frame, and
    is compared with the reference at the end, so that it does not drift. Texture and grain stay the plate's own. What
    no reference saw is guessed from what is near, of the same colour and, by a layer `normal`, faces alike. The layer
    `confidence` is 1 where light was carried and falls to 0 where it was guessed; the share that was guessed is shown
    with the node.

    Rendered layers make more of it:

    - By `normal` light follows where surfaces face as they turn.
    - By `shading` changes of the plate's own light are taken out.
    - With `position` or `depth` beside both, a light is fitted to each reference and cast anew in every frame. Shadows
      go with what casts them, and a light that is not the same in two references travels from one to the other.

    Without these set another reference where things turn or the light changes; layers of Intrinsics tremble too much by
    themselves. After ReLumix (2025), by flow and physics in the place of its network.
    """

    measures: ClassVar[tuple[str, ...]] = (GUESSED,)
    roi: ClassVar[bool] = False  # motion and light may come from anywhere

    image: Image = port("the shot")
    relit: Image = port("the relit frames, read at the references; a single painted picture will do for one")
    references: str = param(default="1", place="top", doc="the frames that are relit, such as 12 or 1,24,48 or 1-49x12")
    surfaces: str = param(
        default="auto", choices=("auto", "cast", "follow", "stick"), place="top",
        doc="cast: a light is fitted to each reference and cast anew, with shadows; follow: light changes as "
        "surfaces turn; stick: it moves with things as if painted on; auto: the first of these that rendered "
        "layers allow",
    )  # fmt: skip
    plate_light: str = param(
        default="auto", choices=("auto", "keep", "replace"), place="top",
        doc="keep: changes of the plate's own light stay; replace: its layer `shading` takes them out; auto: replace "
        "where that layer is rendered",
    )  # fmt: skip
    step: int = param(
        default=1, hard=(1, 1000), soft=(1, 10), unit="frames",
        doc="motion is followed in steps of so many frames; more is quicker, for slow motion only",
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
        doc="how wide the light is that is cast, and so how soft its shadows",
    )
    thickness: float = param(
        default=20.0, hard=(0, None), soft=(0, 100), unit="cm", doc="how deep surfaces are at most: light passes behind"
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
        """The frames by way of which a reference is reached, itself among them, `frame` not. Raises RimlightError where
        it is too far away.
        """
        count = math.ceil(abs(frame - reference) / self.step)
        check_count(count, f"from reference {reference:.12g} to frame {frame:.12g} in steps of {self.step}")
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
        ctx.rgb("image")
        for frame in ctx.frames("relit"):
            relit, plate = ctx.info("relit", frame), ctx.info("image", frame)
            self._same_size(f"the relit frame {frame:.12g}", relit, info)
            self._same_size(f"frame {frame:.12g} of the shot", plate, info)
            ctx.rgb("relit", frame)
        return info.with_layer(_CONFIDENCE)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {MAIN, _CONFIDENCE.name}

    def warnings(self, ctx: Context) -> Sequence[str]:
        said, layers = [], Layers(self, ctx)
        if self.surfaces == "follow" and not layers.has("normal"):
            said.append("surfaces is 'follow', but the shot has no layer 'normal', so light sticks to what moves")
        if self.surfaces == "cast":
            lacking = [n for n in ("normal", "shading") if not layers.has(n)]
            lacking += [] if layers.place else ["position"]
            guessed = sorted(estimated_in(ctx.info("image")) & {"normal", "shading", layers.place})
            if lacking:
                said.append(f"surfaces is 'cast', but the shot has no layer '{lacking[0]}', so light sticks")
            elif guessed:
                said.append(
                    f"surfaces is 'cast', but the layer '{guessed[0]}' is estimated: its shadows count only as far as "
                    "they explain the relit frames"
                )
        if self.plate_light == "replace" and not layers.has("shading"):
            said.append("plate_light is 'replace', but the shot has no layer 'shading', so its own light stays")
        if shot := ctx.info("image").frames:
            said += [
                f"reference {frame:.12g} is none of the shot's frames, {shot[0]} to {shot[1]}"
                for frame in ctx.frames("relit")
                if not shot[0] <= frame <= shot[1]
            ]
        return said

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        data, relit = ctx.info("image").data, ctx.frames("relit")
        before = tuple(n for n in (MAIN, _CONFIDENCE.name) if ctx.info("image").has(n))
        needs = [Need("image", region, before), *self.mask_needs(ctx, region)]
        more = Layers(self, ctx).maps
        for frame in ctx.frames("image"):
            maps = more if frame in (ctx.frame, *relit) else ()
            needs.append(Need("image", data, (MAIN, *maps), frame))
        return [*needs, *(Need("relit", data, (MAIN,), frame) for frame in relit)]

    # -- pixels ---------------------------------------------------------------------------------------------------

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image, indices, shot = ctx.image("image"), list(ctx.rgb("image")), Shot(self, ctx)
        stops, rest, valid = Carrier(shot).light()
        light = shot.layer(MAIN, ctx.frame) * stops.exp2() + rest
        if ctx.frame in ctx.frames("relit"):
            light = torch.where(valid > 0, shot.relit(ctx.frame), light)
        ctx.measured(GUESSED, float((1 - valid).double().mean()) if valid.numel() else 0.0)
        rows, columns = ctx.info("image").data.slices_of(ctx.region)
        out = image.tensor(MAIN, ctx.region).clone()
        out[indices] = self.blend(ctx, out[indices], light[:, rows, columns])
        known = torch.ones_like(out[:1])
        before = image.tensor(_CONFIDENCE.name, ctx.region)[:1] if _CONFIDENCE.name in image else known
        made = {MAIN: out, _CONFIDENCE.name: before * self.blend(ctx, known, valid[:, rows, columns])}
        return {name: made[name] for name in ctx.layers}

    def _same_size(self, what: str, found: ImageInfo, expected: ImageInfo) -> None:
        if found.display != expected.display:
            sizes = [f"{d.width}x{d.height}" for d in (found.display, expected.display)]
            raise RimlightError(f"{what} is {sizes[0]}, expected {sizes[1]} as the frame that is made")
