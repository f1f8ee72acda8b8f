"""Where the cast shadows of a picture are that nobody drew.

Two guesses are made, which err in different ways: what the student sees, in two looks, and what pieces of the picture
are like others nearby but for less light. Each counts as far as its edges have the one depth that shadows of a picture
have, and as the student sees shadow begin there: hair, hats and dark clothes have many such edges by chance. So they
have pieces, and where the student is sure of no shadow anywhere in a picture of many things, there is none.
"""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, estimated_in

from ..ops.clipped import known_light
from ..ops.gaussian import blurred
from ..ops.resize import grown, reduced, within
from ..ops.shadow import without_specks
from ..ops.shadow_depth import SEEN, agreed_depth, agreeing
from ..ops.shadow_find import PIECE, Hints, of_one_color, paired_shadows, without_fringes

if TYPE_CHECKING:
    from .shadow_base import ShadowNode

_SIDE = 256
"""Pixels of the long side at which the picture is searched."""
_OF_SHADOWS = 0.4
"""How sure the student is of shadows where it is quite sure of the shading, which is what its confidence is about."""
_OF_NORMALS = 0.3
"""How far estimated normals count that tell surfaces apart: a dark shadow is easily taken for another surface."""
_TRUSTED = (0.8, 0.2)
"""Confidence from which a shadow layer counts as it is more and more, and over how much."""
_FOUND = 0.75
"""How sure the search is at most: less than what is trusted, so that a node behind does not take guesses for given."""
_WIDE = 0.6
"""Of the size at which the student looks, the second look: large shadows are there as large as it learned them."""
_READILY, _SENSITIVE = 0.5, 3.0
"""Logits by which more is shadow than the student says, as it rather says too little, and those of the sensitivity."""
_ANYWHERE, _SEES = 0.02, (0.7, 0.2)
"""Of the picture, that the student has to see in shadow for there to be one, how surely, and over how much of that."""
_SURE = 1e-3
_LIT = 0.1
"""Of the picture, that is in light in any case."""


def searched(node: "ShadowNode", ctx: ComputeContext, plate: Tensor) -> tuple[Tensor, Tensor]:
    """Visibility and certainty `[1, H, W]` from a picture `[3, H, W]` alone."""
    if node.told_by_layer(ctx):
        given = node.light_layers(ctx, "shadow")["shadow"].clamp(0, 1)
        return given, torch.ones_like(given)
    layers = node.light_layers(ctx, "shadow", "confidence", "normal")
    ctx.check()
    sure, given = layers["confidence"].clamp(0, 1), layers["shadow"].clamp(0, 1)
    told, normal = node.estimated(ctx), layers["normal"]
    if "shadow" in told:
        sure = sure * _OF_SHADOWS
    if "normal" in told:
        normal = normal.mean((1, 2), keepdim=True).lerp(normal, _OF_NORMALS)
    trust = 1 - ((_TRUSTED[0] + _TRUSTED[1] - sure) / _TRUSTED[1]).clamp(0, 1)
    if bool((trust == 1).all()):
        return given, sure
    small = _small(plate)
    size = (small.shape[1], small.shape[2])
    subject = node.subject(ctx)
    matte = None if subject is None else reduced(subject, size)
    known = _known(ctx, plate)
    ctx.check()
    hints = Hints(reduced(given, size), reduced(sure, size), reduced(normal, size), matte, known)
    paired = paired_shadows(small, hints, ctx.check)
    ctx.check()
    shadow = without_fringes(((paired.shadow - (0.45 - 0.35 * node.sensitivity)) / 0.25 + 0.5).clamp(0, 1))
    whole = (plate.shape[1], plate.shape[2])
    certainty, of_pieces = paired.certainty, shadow
    logits = _logits(node, ctx, given) if guessed(node, ctx) else None
    steps = None if logits is None else reduced(logits, size)
    needed = SEEN * (1 - node.sensitivity)
    ctx.check()
    shadow = grown(shadow * _agrees(small, shadow, known, steps, needed), whole)
    ctx.check()
    if logits is not None:
        seen = torch.sigmoid(_READILY + _SENSITIVE * node.sensitivity - logits)
        # Something is in light: what all of the picture is said to be in is no shadow.
        least = reduced(seen, size).flatten().kthvalue(1 + int(_LIT * (size[0] * size[1] - 1))).values
        seen = ((seen - least) / (1 - least).clamp_min(_SURE)).clamp(0, 1)
        seen_small = reduced(seen, size)
        shadow = torch.maximum(shadow, seen * grown(_agrees(small, seen_small, known, steps, needed), whole))
        if not node.sockets(ctx):  # who says where to look knows of one
            shadow = shadow * torch.maximum(_sees(seen_small), of_one_color(small))
        # Two guesses that err in different ways are right where they say the same, and most where that is decided.
        decided = (2 * reduced(shadow, size) - 1).abs()
        certainty = _FOUND * (1 - (of_pieces - seen_small).abs()) * (1 + decided) / 2
    visibility = node.snapped(plate, 1 - without_specks(1 - shadow, node.smallest), ctx.progress)
    certainty = grown(blurred(certainty, PIECE / 4), whole)
    return torch.lerp(visibility, given, trust), torch.lerp(certainty, sure, trust)


def guessed(node: "ShadowNode", ctx: Context) -> bool:
    """Whether the student says where shadows are, asked here or by a node above."""
    return node.searches(ctx) and "shadow" in {*node.estimated(ctx), *estimated_in(ctx.info("image"))}


def found_depth(ctx: ComputeContext, plate: Tensor, visibility: Tensor) -> Tensor:
    """Nepers `[3]` that full shadow lacks in a picture `[3, H, W]` where it was searched for."""
    small = _small(plate)
    return agreed_depth(small, reduced(visibility, (small.shape[1], small.shape[2])), _known(ctx, plate))


def _logits(node: "ShadowNode", ctx: ComputeContext, given: Tensor) -> Tensor:
    """Logits of visibility `[1, H, W]` as the student sees it in two looks, or as it came with the picture."""
    if "shadow" not in node.estimated(ctx):
        return torch.logit(given, _SURE)
    first = node.decomposition(ctx)
    size = max(16, round(_WIDE * min(first.seen.small.shape[-2:])))
    second = node.decomposition(ctx, size=size)
    ctx.check()
    one, other = (torch.logit(found.model.visibility(found.seen), _SURE) for found in (first, second))
    return ((one + other) / 2).to(ctx.device)


def _agrees(small: Tensor, shadow: Tensor, known: Tensor, logits: Tensor | None, least: float) -> Tensor:
    """How far `[1, h, w]` a guess of shadow in a small picture has the edges of one; see `agreeing`."""
    return agreeing(small, 1 - shadow, agreed_depth(small, 1 - shadow, known), known, logits, least)


def _sees(seen: Tensor) -> Tensor:
    """How far `[]` a network that sees shadow `[1, h, w]` is sure of any in the picture."""
    values = seen.flatten()
    most = values.kthvalue(values.numel() - int(_ANYWHERE * (values.numel() - 1))).values
    return ((most - _SEES[0]) / _SEES[1] + 0.5).clamp(0, 1)


def _known(ctx: ComputeContext, plate: Tensor) -> Tensor:
    """How far `[1, h, w]` the picture in that size tells how bright it was; once for all that search the same one."""
    height, width = _small(plate).shape[1:]

    def make() -> Tensor:
        return reduced(known_light(plate), (height, width))

    return cast(Tensor, ctx.shared([("image", MAIN)], ("known light", ctx.rgb("image")), make))


def _small(plate: Tensor) -> Tensor:
    """The picture in the size in which it is searched."""
    return reduced(plate, within(plate.shape[1], plate.shape[2], _SIDE))
