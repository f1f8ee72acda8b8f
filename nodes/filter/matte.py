"""The matte of nodes that take it from an input of its own, or from the picture."""

from rimlight.engine import Context, Need


def matte_socket(ctx: Context) -> str:
    """The input that has the matte: `matte` where that is wired, else `image`."""
    return "matte" if ctx.connected("matte") else "image"


def matte_needs(ctx: Context, channel: str, layers: tuple[str, ...]) -> tuple[Need, ...]:
    """All of the picture in `layers`, and of the matte."""
    data, socket = ctx.info("image").data, matte_socket(ctx)
    matte = ctx.channel(socket, channel)[0]
    if socket == "image":
        return (Need("image", data, tuple(dict.fromkeys((*layers, matte)))),)
    return Need("image", data, tuple(dict.fromkeys(layers))), Need("matte", data, (matte,))
