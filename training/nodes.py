"""Pictures through nodes, by way of files as in any graph."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import torch
from torch import Tensor

from rimlight.engine import Rig, Session, save_rig


def run_node(
    kind: str, inputs: Mapping[str, Tensor | Rig], wanted: tuple[str, ...] = ("rgba",), **parameters: Any
) -> dict[str, Tensor]:
    """Layers `[C, h, w]`, at most three channels each, that a node makes.

    inputs : by socket; pictures `[3, h, w]` scene-linear in the working space, mattes `[1, h, w]`, rigs. The picture
    `image` has the matte `alpha` among the inputs as its alpha.
    """
    with tempfile.TemporaryDirectory() as folder:
        session, node = _placed(Path(folder), kind, inputs, parameters)
        image = session.evaluate(node, layers=wanted)
        return {name: image[name][:3].to("cpu", copy=True) for name in wanted}


def run_to_rig(kind: str, inputs: Mapping[str, Tensor | Rig], **parameters: Any) -> Rig:
    """The lights that a node makes of pictures."""
    with tempfile.TemporaryDirectory() as folder:
        session, node = _placed(Path(folder), kind, inputs, parameters)
        rig: Rig = session.evaluate(node)
        return rig


def _placed(
    folder: Path, kind: str, inputs: Mapping[str, Tensor | Rig], parameters: Mapping[str, Any]
) -> tuple[Session, str]:
    session = Session()
    wired = {}
    for socket, value in inputs.items():
        if socket == "alpha":
            continue
        path = folder / f"{socket}.{'rig' if isinstance(value, Rig) else 'exr'}"
        if isinstance(value, Rig):
            save_rig(value, path)
            wired[socket] = session.add("ReadRig", file=str(path))
            continue
        alpha = inputs.get("alpha") if socket == "image" else None
        if value.shape[0] == 1:
            value = value.expand(4, -1, -1)
        elif isinstance(alpha, Tensor):
            value = torch.cat((value, alpha))
        write_exr(path, value)
        wired[socket] = session.add("Read", file=str(path))
    return session, session.add(kind, inputs=wired, **parameters)


def write_exr(path: Path, picture: Tensor) -> None:
    """Write a picture `[3 or 4, h, w]`."""
    channels, height, width = picture.shape
    spec = oiio.ImageSpec(width, height, channels, oiio.FLOAT)
    spec.channelnames = ("R", "G", "B", "A")[:channels]
    buffer = oiio.ImageBuf(spec)
    buffer.set_pixels(spec.roi, np.ascontiguousarray(picture.permute(1, 2, 0).float().numpy()))
    buffer.write(str(path))
