from torch import Tensor

from rimlight.engine import ComputeContext, RimlightError, extract_key, node, param

from .surroundings import Surroundings, finite
from .working import working_space


@node(
    "light.environment_remove_key", see="light.environment_extract_key light#surroundings", label="EnvironmentRemoveKey"
)
class EnvironmentRemoveKey(Surroundings):
    """Takes the brightest spot out of a lat-long picture, down to what is around it.

    The picture that EnvironmentExtractKey makes its environment light of. Pixels that are not finite count as black;
    evenly bright surroundings stay as they are.
    """

    radius: float = param(
        default=8.0, hard=(0.1, 60), soft=(1, 30), unit="deg", place="top",
        doc="radius of the spot that is looked for; its soft edge reaches twice as far",
    )  # fmt: skip

    def altered(self, x: Tensor, layer: str, ctx: ComputeContext) -> Tensor:
        chosen = ctx.output.layer(layer).rgb
        if chosen is None:
            return x
        out = finite(x)
        try:
            _, rest = extract_key(out[list(chosen)], self.radius, working_space(ctx))
        except RimlightError:
            return x  # nothing is brighter than what is around it
        if out is x:
            out = x.clone()
        out[list(chosen)] = rest
        return out
