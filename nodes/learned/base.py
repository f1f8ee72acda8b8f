"""Shared by nodes that ask the student: the picture, the subject, the light layers, and where they come from.

A node names the light layers that it works with and gets them whole, over the data window of its picture:

    @node("learned.mine", label="Mine", menu="Light/Student", reads=("tier",))
    class Mine(StudentNode):
        def asked(self, ctx):
            return "albedo", "shading"

        def compute(self, ctx):
            found = self.light_layers(ctx, *self.asked(ctx))
            return {MAIN: self.put_light(ctx, found["albedo"])}

They come from the picture where it has them and are estimated where not; one look at a frame serves all such nodes.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, cast

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    ComputeContext,
    Context,
    Decomposition,
    Image,
    ImageInfo,
    Manifest,
    ModelStore,
    Need,
    Node,
    Region,
    RimlightError,
    Tier,
    cover_of,
    decomposition,
    decomposition_needs,
    listing,
    model_attributes,
    param,
    port,
    student_key,
)  # fmt: skip

from ..light.plate import Recolored, plate_of
from ..ops.several import wanted
from .brought import LEDGER, completed, follows_from, require_channels, taken


@dataclasses.dataclass(frozen=True)
class Asking(Node):
    """A node that asks the student what is in its picture, whatever it puts out. Declares `reads=("tier",)`: drafts are
    looked at smaller.
    """

    roi: ClassVar[bool] = False  # the student looks at the whole frame

    sections: ClassVar[Mapping[str, str]] = {"Student": "layers matte_channel student working_size precision"}

    image: Image = port("the picture")
    matte: Image = port(
        "where the subject is, if one matters; a small one is looked at from near",
        optional=True,
    )
    layers: str = param(
        default="auto", choices=("auto", "estimate", "input"), place="bottom",
        doc="auto: light layers of the picture, rendered or from Intrinsics, are taken as they are and others "
        "estimated; estimate: all are; input: none is, and a picture that lacks one is refused",
    )  # fmt: skip
    matte_channel: str = param(default="alpha", role="channel", doc="channel of the matte input", place="bottom")
    student: str = param(
        default="", role="model", place="bottom",
        doc="the network: its manifest or its id in the folders of models; empty: the one that Rimlight brings",
    )  # fmt: skip
    working_size: int = param(
        default=0, hard=(0, 4096), soft=(0, 1024), unit="px", place="bottom",
        doc="short side at which the student looks at the picture; 0: as it was trained. More, such as 320, shows it "
        "more of subjects that are small in the frame and have no matte, and less of walls and what fills the "
        "frame. Drafts take half of it",
    )  # fmt: skip
    precision: str = param(
        default="auto", choices=("auto", "float"), place="bottom",
        doc="auto: the student computes in half precision (bfloat16) where the device is faster in it, float: never",
    )  # fmt: skip

    # -- what it works with ---------------------------------------------------------------------------------------

    def asked(self, ctx: Context) -> tuple[str, ...]:
        """The light layers that the node works with."""
        return ()

    def always_looks(self, ctx: Context) -> bool:
        """Whether the student is asked for more than layers, such as the light, whatever layers there are."""
        return False

    def looked_at_socket(self, ctx: Context) -> str:
        """The input that the student looks at first of all, and to which the matte belongs."""
        return "image"

    def estimated(self, ctx: Context, socket: str = "image") -> tuple[str, ...]:
        """Those of the layers in `asked` that the student has to tell. Raises RimlightError where none may be, or where
        one that the picture has lacks channels.
        """
        info, asked = ctx.info(socket), self.asked(ctx)
        if self.layers == "estimate":
            return asked
        for name in {*asked, *(LEDGER if set(asked) & set(LEDGER) else ())}:
            require_channels(info, name, socket)
        lacking = tuple(name for name in asked if not follows_from(info, name))
        if self.layers == "input" and lacking:
            raise RimlightError(
                f"layers is 'input', but input '{socket}' has no layer '{lacking[0]}', it has {listing(info.names)}"
            )
        return lacking

    def looks(self, ctx: Context, socket: str = "image") -> bool:
        """Whether the student looks at the picture at all."""
        return self.always_looks(ctx) or bool(self.estimated(ctx, socket))

    # -- what the engine asks -------------------------------------------------------------------------------------

    def signed(self, ctx: Context, info: ImageInfo) -> ImageInfo:
        """`info` with the student in its metadata, where it has a part in the picture."""
        ctx.rgb("image")
        if not self.looks(ctx, self.looked_at_socket(ctx)):
            return info
        return info.with_(metadata={**info.metadata, **model_attributes(self.manifest(ctx))})

    def extra_key(self, ctx: Context) -> object:
        return student_key(ctx, self._path(ctx)) if self.looks(ctx, self.looked_at_socket(ctx)) else None

    def source_files(self, ctx: Context) -> Sequence[str]:
        path = self._path(ctx) if self.looks(ctx, self.looked_at_socket(ctx)) else None
        return () if path is None else (str(path), str(path.parent / self.manifest(ctx).file))

    def light_needs(self, ctx: Context, socket: str = "image") -> tuple[Need, ...]:
        """What `light_layers` of an input takes: all of it."""
        info, matte = ctx.info(socket), self._matte(ctx) if socket == self.looked_at_socket(ctx) else None
        given = () if self.layers == "estimate" else tuple(n for n in _ALL if info.has(n))
        more = (Need(socket, info.data, given),) if given else ()
        return (*decomposition_needs(ctx, socket, matte), *more)

    def manifest(self, ctx: Context) -> Manifest:
        """What the student says about itself. Raises RimlightError when there is none."""
        return self._store(ctx).student_manifest(self._path(ctx))

    # -- pixels ---------------------------------------------------------------------------------------------------

    def subject(self, ctx: ComputeContext) -> Tensor | None:
        """The matte `[1, H, W]`, 0 to 1, over the data window of the picture, None where there is none."""
        matte = self._matte(ctx)
        if matte is None:
            return None
        socket, layer, index = matte
        data = ctx.info(self.looked_at_socket(ctx)).data
        return cover_of(ctx.image(socket).tensor(layer, data)[index : index + 1])

    def decomposition(self, ctx: ComputeContext, socket: str = "image", size: int | None = None) -> Decomposition:
        """What the student sees in an input, with the matte where it is the picture; one look a frame serves all.

        size : pixels of the short side at which to look, by default as the parameters say.
        """
        matte = self._matte(ctx) if socket == self.looked_at_socket(ctx) else None
        return decomposition(ctx, socket, matte, self._path(ctx), size or self._size(ctx), self.precision == "auto")

    def light_layers(self, ctx: ComputeContext, *names: str, socket: str = "image") -> dict[str, Tensor]:
        """Light layers `[C, H, W]` of an input over its data window, by the rule of the parameter `layers`.

        names : among those that `asked` gives. `plate = albedo * shading + specular + residual` holds to the last
        digits whichever of them come from where. `position` is only what the picture has. For the picture's own layers
        see `taken`.
        """
        info, image = ctx.info(socket), ctx.image(socket)
        told = self.estimated(ctx, socket)
        wanted = {*names, *LEDGER} if set(names) & set(LEDGER) else set(names)
        given = {
            name: taken(name, image.tensor(name, info.data))
            for name in _ALL
            if name in wanted and self.layers != "estimate" and name in image and info.has(name)
        }
        guessed = self.decomposition(ctx, socket).layers() if told else {}
        guessed = {name: x.to(ctx.device) for name, x in guessed.items()}
        known = {**guessed, **given}
        if set(names) & set(LEDGER):
            known |= completed(plate_of(ctx, socket), given, guessed)
        if "confidence" in names and "confidence" not in known:
            known["confidence"] = torch.ones_like(plate_of(ctx, socket)[:1])
        return {name: known[name] for name in names}

    # -- the student ----------------------------------------------------------------------------------------------

    def _store(self, ctx: Context) -> ModelStore:
        return cast(ModelStore, ctx.service("models"))

    def _path(self, ctx: Context) -> Path | None:
        return self._store(ctx).locate(self.student, ctx.project.folder) if self.student else None

    def _size(self, ctx: Context) -> int | None:
        """Pixels of the short side at which the student looks; None for as many as it was made for."""
        size = self.working_size or None
        if ctx.tier is Tier.DRAFT:
            size = max(16, (size or self.manifest(ctx).working_size) // 2)
        return size

    def _matte(self, ctx: Context) -> tuple[str, str, int] | None:
        """Socket, layer and index of the channel of the matte; None where there is none. A subclass may have another
        matte than the one that is wired.
        """
        if not ctx.connected("matte"):
            return None
        return "matte", *ctx.channel("matte", self.matte_channel)


@dataclasses.dataclass(frozen=True)
class StudentNode(Asking, Recolored):
    """A node that asks the student what is in its picture, and alters that picture as mask and mix let it."""

    def info(self, ctx: Context) -> ImageInfo:
        return self.signed(ctx, ctx.info("image"))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        """All of the picture, its light layers, the matte and the mask: what is needed to make light and to put it."""
        return (*self.light_needs(ctx), *wanted(ctx, "image", region, layers), *self.mask_needs(ctx, region))

    def plate(self, ctx: ComputeContext, socket: str = "image") -> Tensor:
        """Red, green and blue `[3, H, W]` of an input over its data window."""
        return plate_of(ctx, socket)

    def put_layer(self, ctx: ComputeContext, name: str, after: Tensor) -> Tensor:
        """A layer of the result as mask and mix let it: it comes from what it was before, a new one from black."""
        image, count = ctx.image("image"), len(ctx.output.layer(name).channels)
        before = image.tensor(name, ctx.region) if name in image else after[:0]
        if before.shape[0] != count:
            before = after.new_zeros(count, *after.shape[1:])
        after = after.mean(0, keepdim=True) if count == 1 else after  # the picture has a grey one
        return torch.cat((self.blend(ctx, before[: len(after)], after), before[len(after) :]))


_ALL = tuple(LIGHT_LAYERS)
