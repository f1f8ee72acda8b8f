"""A model from elsewhere put to a picture: which layers it takes, which it makes, and whether they fit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..errors import RimlightError, listing
from ..image import Image, ImageInfo
from ..layers import MAIN, RGB, Layer
from ..params import Interpolated
from ..region import Region
from .backends import Network
from .declaration import ModelManifest, TensorInput, TensorOutput
from .run import Run
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
                self.source(tensor)

    @property
    def needed(self) -> tuple[str, ...]:
        """The layers of the picture that the model looks at."""
        sources = (self.source(tensor)[0] for tensor in self.manifest.inputs if tensor.layer)
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
        work = Run(self, network, image, call)
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

    def source(self, tensor: TensorInput) -> tuple[str, tuple[int | None, ...]]:
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


def blank(manifest: ModelManifest, size: int, device: torch.device) -> Image:
    """A black picture of `size` pixels a side with all the layers that a model looks at."""
    frame = Region(0, 0, size, size)
    layers = {i.layer: Layer(i.layer, i.channels) for i in manifest.inputs if i.layer}
    pixels = {layer.name: torch.zeros((len(layer.channels), size, size), device=device) for layer in layers.values()}
    return Image(ImageInfo(frame, frame, tuple(layers.values())), frame, pixels)
