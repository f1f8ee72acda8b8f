"""Links of lights: on which surfaces of a picture each falls, by a channel of that picture."""

import torch
from torch import Tensor

from rimlight.engine import ComputeContext, Context, Light, Region, Rig, RimlightError, find_channel, listing


def link_layers(ctx: Context, rig: Rig) -> tuple[str, ...]:
    """The layers of a picture that lights which shine are linked to. Raises RimlightError where it has no such
    channel.
    """
    return tuple(dict.fromkeys(_channel(ctx, light)[0] for light in rig.active() if light.link_channel))


def falls(ctx: ComputeContext, light: Light, region: Region) -> Tensor | None:
    """How much of a light the surfaces of a picture get `[1, h, w]`, by its channel as it is, below 0 and above 1 too;
    what is not finite counts as 0. None where the light falls on everything.
    """
    if not light.link_channel:
        return None
    layer, index = _channel(ctx, light)
    matte = ctx.image("image").tensor(layer, region)[index : index + 1]
    matte = torch.where(torch.isfinite(matte), matte, 0.0)
    return 1 - matte if light.invert_link else matte


def falls_on_rest(light: Light) -> bool:
    """Whether a light falls on what is in no matte, such as air."""
    return not light.link_channel or light.invert_link


def _channel(ctx: Context, light: Light) -> tuple[str, int]:
    """Layer and index of the channel that a light is linked to."""
    layers = ctx.info("image").layers
    found = find_channel(light.link_channel, layers)
    if found is None:
        names = listing([f"{layer.name}.{channel}" for layer in layers for channel in layer.channels], 12)
        raise RimlightError(
            f"light '{light.name}' is linked to channel '{light.link_channel}', which input 'image' does not have,"
            f" it has {names}"
        )
    return found
