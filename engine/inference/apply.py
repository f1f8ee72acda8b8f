"""A model from elsewhere put to a picture: layers to tensors, tile by tile, and tensors back to layers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import RimlightError, listing
from ..image import Image, ImageInfo
from ..layers import MAIN, RGB, Layer
from ..light import unit
from ..params import Interpolated
from ..region import Region
from .backends import Network
from .declaration import ModelManifest, TensorInput, TensorOutput
from .detail import enlarged, reduce_picture, working_size
from .precision import half_is_faster
from .student import picture_level
from .tiles import padded, reach, run_in_tiles
from .values import Convert


@dataclass(frozen=True)
class Call:
    """How a model is to be run.

    tile : side of its tiles. half : in bfloat16 where the model may. frame : number of the frame, for models that ask.
    space : converts red, green and blue `[3, h, w]` from one colour space to another, "" being the working space.
    progress : called between tiles; what it raises ends the work. shrunk : told the tile that fits when memory ran
    out.
    """

    tile: int
    half: bool = False
    frame: float = 0.0
    space: Callable[[str, str], Convert] = lambda source, target: _as_it_is
    progress: Callable[[float], None] = lambda fraction: None
    shrunk: Callable[[int], None] = lambda size: None


def _as_it_is(x: Tensor) -> Tensor:
    return x


@dataclass(frozen=True)
class Application:
    """A model on pictures of one description.

    layers : a layer, or a layer with channels as `normal.XYZ`, for tensors that are to have another than their manifest
    says. parameters : values by name; between keys they are held at the bounds. Raises RimlightError when the picture,
    the names or the values do not fit.
    """

    manifest: ModelManifest
    info: ImageInfo
    layers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        model = f"model '{self.manifest.id}'"
        known = [*(i.name for i in self.manifest.inputs if i.layer), *(o.name for o in self.manifest.outputs)]
        for name in self.layers:
            if name not in known:
                raise RimlightError(f"{model} has no tensor '{name}' for a layer, it has {listing(known)}")
        for name, value in self.parameters.items():
            declared = self.manifest.parameters.get(name)
            if declared is None:
                names = listing(sorted(self.manifest.parameters))
                raise RimlightError(f"{model} has no parameter '{name}', it has {names}")
            low, high = declared.bounds or (value, value)
            if not low <= value <= high and not isinstance(value, Interpolated):
                raise RimlightError(f"parameter '{name}' of {model} is {value:g}, expected {low:g} to {high:g}")
        made = [self.made(output).name for output in self.manifest.outputs]
        if len(set(made)) < len(made):
            raise RimlightError(f"two outputs of {model} go to one layer: {listing(made)}")
        for tensor in self.manifest.inputs:
            if tensor.layer:
                self._source(tensor)

    @property
    def needed(self) -> tuple[str, ...]:
        """The layers of the picture that the model looks at."""
        sources = (self._source(tensor)[0] for tensor in self.manifest.inputs if tensor.layer)
        return tuple(dict.fromkeys(name for name in sources if name))

    @property
    def result(self) -> ImageInfo:
        """The picture's description with the layers that the model makes."""
        info = self.info
        for output in self.manifest.outputs:
            info = info.with_layer(self.made(output))
        return info

    def made(self, output: TensorOutput) -> Layer:
        """The layer that an output becomes: channels of one that is there, or one of its own."""
        name = self.layers.get(output.name, output.layer)
        if self.info.has(name) and set(output.channels) <= set(self.info.layer(name).channels):
            return self.info.layer(name)
        if name == MAIN and output.channels == RGB.channels:
            return RGB
        declared = output.described
        return declared if declared.name == name else Layer(name, declared.channels, declared.kind)

    def number(self, tensor: TensorInput) -> float:
        """The number that an input which is a parameter is given."""
        number = self.parameters.get(tensor.parameter, tensor.default)
        low, high = tensor.bounds or (number, number)
        return min(max(number, low), high)

    def reach(self, region: Region, tile: int) -> Region:
        """The pixels of the picture that results over `region` take."""
        frame = self.info.data
        return frame if self.manifest.needs_frame else reach(frame, self.manifest.tiling, tile, region)

    def run(
        self, network: Network, image: Image, region: Region, wanted: Sequence[str], call: Call
    ) -> dict[str, Tensor]:
        """The layers `[C, h, w]` named in `wanted` over `region`.

        image : has the layers `needed` over `reach(region, call.tile)`. Raises RimlightError, with the model's id,
        where the network refuses or gives what its manifest does not say.
        """
        try:
            return self._run(network, image, region, wanted, call)
        except RimlightError as error:
            raise RimlightError(f"model '{self.manifest.id}': {error}") from None

    def _run(
        self, network: Network, image: Image, region: Region, wanted: Sequence[str], call: Call
    ) -> dict[str, Tensor]:
        work = _Work(self, network, image, call)
        tiling = self.manifest.tiling
        frame = padded(self.info.data, tiling)
        if tiling.whole:
            call.progress(0.0)
            made = work.whole(frame)
            rows, columns = frame.slices_of(region)
            made = {name: x[:, rows, columns] for name, x in made.items()}
        else:
            made = run_in_tiles(work.tile, frame, tiling, call.tile, region, call.progress, call.shrunk)
        out = {}
        for output in self.manifest.outputs:
            layer = self.made(output)
            if layer.name in wanted:
                out[layer.name] = self._put(layer, output, made[output.name], image, region)
        return out

    def _put(self, layer: Layer, output: TensorOutput, x: Tensor, image: Image, region: Region) -> Tensor:
        """The whole layer: channels that the model does not give stay as they are."""
        if layer.channels == output.channels:
            return x
        out = image.tensor(layer.name, region).clone()
        out[[layer.channels.index(channel) for channel in output.channels]] = x
        return out

    def _source(self, tensor: TensorInput) -> tuple[str, tuple[int | None, ...]]:
        """The layer that an input is taken from and the indices of its channels, None where there is none."""
        name, channels = self.layers.get(tensor.name, tensor.layer), tensor.channels
        if not self.info.has(name) and "." in name and self.info.has(name.rpartition(".")[0]):
            name, _, letters = name.rpartition(".")
            channels = tuple(letters)
        if len(channels) != len(tensor.channels):
            raise RimlightError(f"tensor '{tensor.name}' takes {len(tensor.channels)} channels, '{name}' names others")
        if not self.info.has(name):
            if tensor.missing is not None:
                return "", (None,) * len(channels)
            there = listing(self.info.names)
            raise RimlightError(f"the model needs the layer '{name}' for '{tensor.name}', the image has {there}")
        layer = self.info.layer(name)
        if not set(channels) & set(layer.channels) and len(channels) == len(layer.channels):
            return name, tuple(range(len(channels)))  # the same under other names, such as XYZ for RGB
        found = tuple(layer.channels.index(c) if c in layer.channels else None for c in channels)
        if None in found and tensor.missing is None:
            lacking = channels[found.index(None)]
            raise RimlightError(
                f"the model needs channel '{lacking}' of layer '{name}' for '{tensor.name}', it has"
                f" {listing(layer.channels)}"
            )
        return name, found


class _Work:
    """One run: what is the same for all tiles, and the tiles."""

    def __init__(self, application: Application, network: Network, image: Image, call: Call) -> None:
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
        name, indices = self.application._source(tensor)
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


def blank(manifest: ModelManifest, size: int, device: torch.device) -> Image:
    """A black picture of `size` pixels a side with all the layers that a model looks at."""
    frame = Region(0, 0, size, size)
    layers = {i.layer: Layer(i.layer, i.channels) for i in manifest.inputs if i.layer}
    pixels = {layer.name: torch.zeros((len(layer.channels), size, size), device=device) for layer in layers.values()}
    return Image(ImageInfo(frame, frame, tuple(layers.values())), frame, pixels)


def _filled(x: Tensor, multiple: int) -> Tensor:
    """`[1, C, h, w]` made a multiple to the right and below by repeating the edge."""
    height, width = x.shape[-2:]
    return F.pad(x, (0, -width % multiple, 0, -height % multiple), mode="replicate")
