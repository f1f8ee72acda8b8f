"""One run of a model from elsewhere: layers to tensors, and tensors back to layers, tile by tile or in one look."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import RimlightError
from ..image import Image
from ..light.values import unit
from ..region import Region
from .backends import Network
from .declaration import TensorInput
from .detail import enlarged, reduce_picture, working_size
from .precision import half_is_faster
from .student import picture_level

if TYPE_CHECKING:
    from .apply import Application, Call


class Run:
    """A model at work on one picture: what is the same for all tiles, and the tiles."""

    def __init__(self, application: "Application", network: Network, image: Image, call: "Call") -> None:
        self.application = application
        self.manifest = application.manifest
        self.network = network
        self.image = image
        self.call = call
        self.like = torch.zeros((), device=network.device)
        self.level = self._level()
        self.contexts = {i.name: self._context(i) for i in self.manifest.inputs if i.context}

    def tile(self, seen: Region) -> dict[str, Tensor]:
        """The outputs `[C, h, w]` over a region of the padded frame, by name."""
        light = {i.name: self._light(i, seen) for i in self.manifest.inputs if i.layer and not i.context}
        tensors = [self._tensor(i, light.get(i.name), seen) for i in self.manifest.inputs]
        return self._outputs(self._called(tensors, (seen.height, seen.width)), light)

    def whole(self, frame: Region) -> dict[str, Tensor]:
        """The outputs over the padded frame from one look at it, at the model's working size."""
        limit, m = self.manifest.tiling.working_size, self.manifest.tiling.multiple
        height, width = frame.height, frame.width
        h, w = working_size(height, width, limit) if limit else (height, width)
        if (h, w) == (height, width):
            return self.tile(frame)
        full = {i.name: self._light(i, frame) for i in self.manifest.inputs if i.layer and not i.context}
        light = {name: _filled(reduce_picture(x[None], h, w), m)[0] for name, x in full.items()}
        size = (h + -h % m, w + -w % m)
        tensors = [self._tensor(i, light.get(i.name), frame, size) for i in self.manifest.inputs]
        made = [y[..., :h, :w] for y in self._called(tensors, size)]
        return self._outputs([enlarged(y, height, width) for y in made], full)

    def _called(self, tensors: list[Tensor], size: tuple[int, int]) -> list[Tensor]:
        """The outputs in the order of the manifest, checked."""
        outputs, names = self.manifest.outputs, self.network.outputs
        # ONNX tells inputs and outputs by name, the networks of torch by their order.
        named = self.manifest.kind == "onnx"
        if named:
            by_name = dict(zip((i.name for i in self.manifest.inputs), tensors, strict=True))
            tensors = [by_name[name] for name in self.network.inputs]
        half = self.call.half and self.manifest.half and half_is_faster(self.like.device)
        made = self.network(tensors, half)
        if len(made) < len(outputs):
            raise RimlightError(f"the network gives {len(made)} outputs, its manifest declares {len(outputs)}")
        found = []
        for i, output in enumerate(outputs):
            y = made[names.index(output.name) if named else i]
            expected = (1, len(output.channels), *size)
            if tuple(y.shape) != expected:
                raise RimlightError(f"output '{output.name}' has the shape {list(y.shape)}, expected {list(expected)}")
            found.append(y)
        return found

    def _tensor(
        self, tensor: TensorInput, light: Tensor | None, seen: Region, size: tuple[int, int] | None = None
    ) -> Tensor:
        if tensor.context:
            return self.contexts[tensor.name]
        if light is not None:
            return tensor.values.encode(light)[None]
        if tensor.parameter:
            number = self.application.number(tensor)
        else:
            frame = self.application.info.display
            number = {
                "frame": self.call.frame, "width": frame.width, "height": frame.height, "level": float(self.level),
            }[tensor.scalar]  # fmt: skip
        shape = (1, 1, *(size or (seen.height, seen.width))) if tensor.map else (1,)
        return self.like.new_full(shape, float(number))

    def _outputs(self, made: Sequence[Tensor], light: Mapping[str, Tensor]) -> dict[str, Tensor]:
        out = {}
        inputs = {i.name: i for i in self.manifest.inputs}
        for output, y in zip(self.manifest.outputs, made, strict=True):
            x = output.values.decode(y[0])
            if output.carry:
                x = x + inputs[output.carry].values.lost(light[output.carry])
            if output.values.space:
                x = self.call.space(output.values.space, "")(x)
            if output.axes:
                x = torch.stack([sign * x[index] for index, sign in output.axes])
            if output.unit:
                x = unit(x)
            out[output.name] = x / self._gain if output.exposed else x
        return out

    def _light(self, tensor: TensorInput, seen: Region) -> Tensor:
        """The numbers of an input `[C, h, w]`, exposed, in the colour space the network works in, not yet encoded."""
        x = self._taken(tensor, seen)
        if tensor.exposed:
            x = x * self._gain
        return self.call.space("", tensor.values.space)(x) if tensor.values.space else x

    def _taken(self, tensor: TensorInput, region: Region) -> Tensor:
        name, indices = self.application.source(tensor)
        shape = (1, region.height, region.width)
        if not name:
            return self.like.new_full((len(indices), *shape[1:]), tensor.missing or 0.0)
        x = torch.nan_to_num(self.image.tensor(name, region, "repeat"), 0.0, 0.0, 0.0).to(self.like.device)
        if None not in indices:
            return x[list(indices)]
        fill = x.new_full(shape, tensor.missing or 0.0)
        return torch.cat([fill if i is None else x[i : i + 1] for i in indices])

    @property
    def _gain(self) -> float:
        """What light is multiplied with before the network sees it."""
        return self.manifest.exposure / self.level if self.manifest.exposure else 1.0

    def _level(self) -> float:
        """The level of the whole picture, where the model asks for it."""
        asked = self.manifest.exposure or any(i.scalar == "level" for i in self.manifest.inputs)
        if not asked:
            return 1.0
        first = next((i for i in self.manifest.inputs if i.exposed), None)
        if first is None:
            raise RimlightError("its manifest asks for the level of the picture, but no input has light")
        return float(picture_level(self._taken(first, self.application.info.data)[None]))

    def _context(self, tensor: TensorInput) -> Tensor:
        x = self._light(tensor, self.application.info.data)[None]
        height, width = x.shape[-2:]
        h, w = working_size(height, width, tensor.context)
        return tensor.values.encode(_filled(reduce_picture(x, h, w), self.manifest.tiling.multiple)[0])[None]


def _filled(x: Tensor, multiple: int) -> Tensor:
    """`[1, C, h, w]` made a multiple to the right and below by repeating the edge."""
    height, width = x.shape[-2:]
    return F.pad(x, (0, -width % multiple, 0, -height % multiple), mode="replicate")
