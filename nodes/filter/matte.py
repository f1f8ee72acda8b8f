"""The matte of nodes that take it from an input of its own, or from the picture."""

from rimlight.engine import Context


def matte_of(ctx: Context, channel: str) -> tuple[str, str, int]:
    """Socket, layer and index of the matte: of input `matte` where that is wired, else of `image`."""
    socket = "matte" if ctx.connected("matte") else "image"
    return socket, *ctx.channel(socket, channel)
