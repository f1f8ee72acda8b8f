"""What is declared of a model from elsewhere: its file, what it takes and what it gives. See docs/models.md."""

import math
from dataclasses import dataclass, field
from pathlib import Path

from ..layers import LIGHT_LAYERS, Layer, LayerKind
from .values import Values

MODEL_FORMAT = "rimlight-model-1"
KINDS = ("torchscript", "pt2", "onnx")
SCALARS = ("frame", "width", "height", "level")


@dataclass(frozen=True)
class TensorInput:
    """An input of a network: channels of a layer, a parameter that the user sets, or a number of the picture.

    layer, channels : what is given as `[1, C, h, w]`; `missing` fills a layer or channel that the picture lacks,
    without it the picture is refused. context : the long side of the small picture of the whole frame that is given in
    place of the tile; 0 for the tile. exposed : whether its numbers grow with the exposure.
    parameter : name that users set, with `default`, bounds and a description for them. scalar : one of `SCALARS`.
    Either is given as `[1]`, or with `map` as a constant plane `[1, 1, h, w]`.
    """

    name: str
    layer: str = ""
    channels: tuple[str, ...] = ()
    values: Values = field(default_factory=Values)
    missing: float | None = None
    context: int = 0
    parameter: str = ""
    default: float = 0.0
    bounds: tuple[float, float] | None = None
    description: str = ""
    scalar: str = ""
    map: bool = False
    exposed: bool = False


@dataclass(frozen=True)
class TensorOutput:
    """An output of a network `[1, C, h, w]` and the layer it becomes.

    kind : of the layer. axes : for vectors, which channel of the tensor, with which sign, is x, y and z in camera
    space. unit : vectors are given unit length. carry : an input whose clipped light is added back. exposed : whether
    its numbers grow with the exposure.
    """

    name: str
    layer: str
    channels: tuple[str, ...]
    kind: LayerKind = LayerKind.COLOR
    values: Values = field(default_factory=Values)
    axes: tuple[tuple[int, float], ...] = ()
    unit: bool = False
    carry: str = ""
    exposed: bool = False

    @property
    def described(self) -> Layer:
        known = LIGHT_LAYERS.get(self.layer)
        same = known is not None and known.channels == self.channels and known.kind is self.kind
        return known if known is not None and same else Layer(self.layer, self.channels, self.kind)


@dataclass(frozen=True)
class Tiling:
    """How a picture may be cut for a network.

    whole : not at all; `working_size` then limits the long side of what the network is given, 0 does not. size : side
    of a tile in pixels, 0 for what fits. halo : pixels around a tile that the network sees and whose results are
    dropped. blend : pixels over which neighbours are mixed. multiple : what sides must be a multiple of. fixed : the
    network is given exactly `size` pixels a side, halo and blend among them.
    """

    whole: bool = False
    working_size: int = 0
    size: int = 0
    halo: int = 32
    blend: int = 16
    multiple: int = 1
    fixed: bool = False

    @property
    def margin(self) -> int:
        """Pixels that a tile is given around its own, a multiple of `multiple`."""
        return math.ceil((self.halo + (self.blend + 1) // 2) / self.multiple) * self.multiple


@dataclass(frozen=True)
class ModelManifest:
    """The declaration of a model from elsewhere.

    digest : sha256 of the manifest itself. file, sha256 : the network, beside the manifest. half : whether it may be
    computed in bfloat16. exposure : 0, or what the level of a picture is brought to before the network sees it, so that
    `f(k * picture) = k * f(picture)`. bytes_per_pixel : memory that a pixel of a tile takes while it is computed.
    """

    path: Path
    digest: str
    id: str
    version: str
    kind: str
    file: str
    sha256: str
    licence: str
    data: str
    description: str
    inputs: tuple[TensorInput, ...]
    outputs: tuple[TensorOutput, ...]
    tiling: Tiling
    half: bool = False
    exposure: float = 0.0
    bytes_per_pixel: int = 1024

    @property
    def weights(self) -> Path:
        """The file of the network."""
        return self.path.parent / self.file

    @property
    def parameters(self) -> dict[str, TensorInput]:
        """The inputs that a user sets, by name."""
        return {i.parameter: i for i in self.inputs if i.parameter}

    @property
    def reads_frame(self) -> bool:
        """Whether the result depends on the number of the frame."""
        return any(i.scalar == "frame" for i in self.inputs)

    @property
    def needs_frame(self) -> bool:
        """Whether every tile depends on the whole picture."""
        context = any(i.context or i.scalar == "level" for i in self.inputs)
        return self.tiling.whole or self.exposure > 0 or context
