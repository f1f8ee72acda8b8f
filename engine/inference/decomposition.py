"""What the student sees in a picture, for the nodes of a graph: looked at once per frame, whoever asks.

    def needs(self, ctx, region, layers):
        return decomposition_needs(ctx)

    def compute(self, ctx):
        found = decomposition(ctx)
        found.layers("albedo", "shading")    # [C, h, w] over the data window of the input
        found.model.relight(found.seen, rig)

It does not matter which nodes stand between as long as they pass the picture on untouched: Relight behind Delight
behind Intrinsics looks no second time.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from ..computing import ComputeContext
from ..context import Context, Need
from ..layers import LIGHT_LAYERS, MAIN
from .detail import reduce_picture
from .model import Examined, StudentModel, cover_of
from .provenance import model_attributes
from .service import ModelStore


@dataclass(frozen=True, eq=False)
class Decomposition:
    """The student, what it saw in the picture, and the light layers that follow from that."""

    model: StudentModel
    seen: Examined
    _ctx: ComputeContext
    _of: Sequence[tuple[str, str]]
    _key: object

    def layers(self, *names: str) -> Mapping[str, Tensor]:
        """Light layers `[C, h, w]` over the data window of the picture, by default all that the student tells."""
        every = tuple(name for name in LIGHT_LAYERS if name != "position")
        found = self._ctx.shared_layers(
            self._of, ("layers", self._key), every, lambda: self.model.decompose(self.seen, self._ctx.check)
        )
        return {name: found[name] for name in names or every}


def decomposition_needs(
    ctx: Context, socket: str = "image", matte: tuple[str, str, int] | None = None
) -> tuple[Need, ...]:
    """What `decomposition` takes: the picture whole, and the matte over it."""
    data = ctx.info(socket).data
    needs = (Need(socket, data, (MAIN,)),)
    return needs if matte is None else (*needs, Need(matte[0], data, (matte[1],)))


def decomposition(
    ctx: ComputeContext,
    socket: str = "image",
    matte: tuple[str, str, int] | None = None,
    student: Path | None = None,
    size: int | None = None,
    half: bool = True,
) -> Decomposition:
    """What the student sees in the main layer of an input.

    matte : socket, layer and channel of what is 1 where the subject is. student : its manifest, by default the one of
    the product. size : pixels of the short side at which to look, by default as the manifest says; a tier below final
    may want less. The student looks at a picture as it is shown, with its pixel aspect. A node that calls this has the
    student's identity, `student_key`, in its `extra_key`, and `student_attributes` in the metadata of its `info`.
    Raises RimlightError when the picture has no red, green and blue or there is no student.
    """
    model = cast(ModelStore, ctx.service("models")).student(student, half)
    info = ctx.info(socket)
    indices = ctx.rgb(socket)
    plate = ctx.image(socket).tensor(MAIN, info.data)[list(indices)]
    of = [(socket, MAIN)]
    alpha = None
    if matte is not None:
        of.append((matte[0], matte[1]))
        alpha = cover_of(ctx.image(matte[0]).tensor(matte[1], info.data)[matte[2] : matte[2] + 1])
    aspect = info.pixel_aspect
    key = ("student", model.manifest.sha256, half, size, indices, matte and matte[2], aspect)

    def look() -> _Kept:
        ctx.check()
        inside = None if alpha is None else _as_shown(alpha, aspect)
        seen = model.examine(_as_shown(plate, aspect), inside, size, ctx.check)
        if aspect != 1:
            seen = replace(seen, near=None)  # it is laid over already, and its windows are no squares of the plate
        # The picture itself is at hand whenever somebody asks, so it is not kept a second time.
        return _Kept(replace(seen, plate=plate.new_zeros(1, 3, 0, 0), matte=None))

    kept = cast(_Kept, ctx.shared(of, key, look))
    place = model.device
    whole = None if alpha is None else alpha.to(place)[None]
    seen = replace(kept.seen, plate=plate.to(place)[None], matte=whole)
    return Decomposition(model, seen, ctx, of, key)


def _as_shown(x: Tensor, pixel_aspect: float) -> Tensor:
    """A plate `[C, H, W]` with square pixels, about as many: what is squeezed has other forms to the student. What is
    not finite is black, as it is where nothing is squeezed, and does not spread.
    """
    if pixel_aspect == 1 or 0 in x.shape:
        return x
    wider = math.sqrt(pixel_aspect)
    x = torch.nan_to_num(x, 0.0, 0.0, 0.0)
    return reduce_picture(x[None], max(1, round(x.shape[1] / wider)), max(1, round(x.shape[2] * wider)))[0]


def student_key(ctx: Context, student: Path | None = None) -> object:
    """What a node's key has to hold of the student it asks. Raises RimlightError when there is none."""
    store = cast(ModelStore, ctx.service("models"))
    return store.student_manifest(student).sha256


def student_attributes(ctx: Context, student: Path | None = None) -> dict[str, str]:
    """What a picture in which the student has a part says of it: a node puts it into the metadata of its `info`, from
    where Write stamps it into files. Raises RimlightError when there is no student.
    """
    store = cast(ModelStore, ctx.service("models"))
    return model_attributes(store.student_manifest(student))


@dataclass(frozen=True, eq=False)
class _Kept:
    """What the student saw, without the picture."""

    seen: Examined

    @property
    def nbytes(self) -> int:
        return _bytes(self.seen)


def _bytes(value: Any) -> int:
    if isinstance(value, torch.Tensor):
        return value.untyped_storage().nbytes()
    if isinstance(value, tuple):
        return sum(map(_bytes, value))
    return sum(_bytes(getattr(value, f.name)) for f in fields(value)) if is_dataclass(value) else 0
