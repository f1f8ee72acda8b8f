from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import LEDGER_ERROR, LIGHT_LAYERS, ComputeContext, Context, ImageInfo, node

from ..ops.ledger import ledger_error
from .base import LEDGER, StudentNode

LAYERS = (*LEDGER, "normal", "depth", "roughness", "f0", "shadow", "confidence")


@node("learned.intrinsics", label="Intrinsics", menu="Light/Student", reads=("tier",))
class Intrinsics(StudentNode):
    """Takes a picture apart into the light layers, as the student sees it.

    `picture = albedo * shading + specular + residual` holds at every pixel: what the student cannot explain, such as
    negative values, is in the residual.
    """

    measures: ClassVar[tuple[str, ...]] = (LEDGER_ERROR,)

    def asked(self, ctx: Context) -> tuple[str, ...]:
        return LAYERS

    def info(self, ctx: Context) -> ImageInfo:
        info = self.signed(ctx, ctx.info("image"))
        for name in LAYERS:
            info = info.with_layer(LIGHT_LAYERS[name])
        return info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & set(LAYERS)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        found = self.light_layers(ctx, *LAYERS)
        ctx.measured(LEDGER_ERROR, ledger_error(self.plate(ctx), found["residual"]))
        return {name: self.put_layer(ctx, name, found[name]) for name in ctx.layers}
