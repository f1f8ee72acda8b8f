"""Whether a node follows the exposure, `f(k * picture) = k * f(picture)`: tried on the script's own pictures.

A node of light has to, whatever it estimates, or a shot would look different after a change of stops before it. Others
need not: a Gamma, a Clamp or a key between two brightnesses do not follow, and this tells by how much.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from .cancel import CancelToken
from .errors import RimlightError
from .image import Image, ImageInfo
from .inference.provenance import models_of
from .layers import Layer, LayerKind
from .render.targets import Sink
from .session import Session

STOPS = 3.0
WITHIN = 0.01
"""Mean deviation up to which a node counts as following."""
_LIGHT = "kind:color -albedo"  # an albedo is no light: its paint is the same in any
_COVERS = ("mask", "matte")  # inputs that say where, which light does not change


@dataclass(frozen=True)
class Deviation:
    """How far a layer is from following the exposure, relative to its mean absolute value: on average, and at worst."""

    mean: float
    worst: float


@dataclass(frozen=True)
class ExposureCheck:
    """How far the layers of a node are from following the exposure, by name."""

    node: str
    layers: Mapping[str, Deviation]

    def follows(self, within: float = WITHIN) -> bool:
        """Whether no layer is off by more, on average. within : a share of the layer's mean."""
        return all(deviation.mean <= within for deviation in self.layers.values())

    def sentence(self, within: float = WITHIN) -> str:
        """What was found, in words. within : as for `follows`."""
        if self.follows(within):
            most = max((deviation.mean for deviation in self.layers.values()), default=0.0)
            return f"{self.node} follows the exposure: no layer is off by more than {most:.2g} of its mean"
        off = {name: deviation.mean for name, deviation in self.layers.items() if deviation.mean > within}
        layers = ", ".join(f"{name} by {mean:.2g}" for name, mean in off.items())
        return f"{self.node} does not follow the exposure: off, of their mean, are {layers}"


def check_exposure(
    session: Session, node: str, frame: float | None = None, stops: float = STOPS, token: CancelToken | None = None
) -> ExposureCheck:
    """How far the layers of a node are from following the exposure of its pictures. The script stays as it is.

    The node is evaluated as it is, and with all its pictures `stops` brighter and darker. Layers of light have to scale
    with them, albedo and what is no colour has to stay. Raises RimlightError when the node takes or gives no picture,
    GraphError, NodeError, Cancelled.
    """
    before = session.fork(token).evaluate(node, frame)
    if not isinstance(before, Image):
        raise RimlightError(f"{node} puts out no picture, so there is no exposure to follow")
    found: dict[str, Deviation] = {}
    for change in (stops, -stops):
        after = _exposed(session, node, frame, change, token).evaluate(node, frame)
        for name in before.info.names:
            one = _deviation(before[name], _taken_back(after[name], before.info.layer(name), change))
            known = found.get(name, Deviation(0, 0))
            found[name] = Deviation(max(known.mean, one.mean), max(known.worst, one.worst))
    return ExposureCheck(node, found)


def estimating(session: Session, frame: float | None = None) -> list[str]:
    """The nodes with a network in them that put out pictures, of the whole script, as far as they have no errors."""
    found = []
    for path, state in session.graph.walk():
        if state.cls is None or state.graph is not None or issubclass(state.cls, Sink):
            continue
        try:
            info = session.info(path, frame)
            if not isinstance(info, ImageInfo) or not _pictures(session, path, frame):
                continue
            before = [session.info(_beside(path, source), frame) for source in state.inputs.values()]
        except RimlightError:
            continue
        known = {model for other in before if isinstance(other, ImageInfo) for model in models_of(other.metadata)}
        models = set(models_of(info.metadata))  # of a render with all layers nothing is asked
        if models - known or (models and any(spec.role == "model" for spec in state.cls.specs)):
            found.append(path)
    return found


def _exposed(session: Session, node: str, frame: float | None, stops: float, token: CancelToken | None) -> Session:
    """A fork of a session in which a node gets pictures of another exposure."""
    fork = session.fork(token)
    pictures = _pictures(fork, node, frame)
    if not pictures:
        raise RimlightError(f"{node} takes no picture, so there is no exposure to follow")
    inside = node.rpartition("/")[0]
    for socket, source in pictures.items():
        made = fork.add("color.exposure", source, inside=inside, stops=stops, channels=_LIGHT)
        fork.connect(node, socket, made.rpartition("/")[2])
    return fork


def _pictures(session: Session, node: str, frame: float | None) -> dict[str, str]:
    """The sources of a node's pictures by socket, without those that say where."""
    inside, _, name = node.rpartition("/")
    wires = session.graph.inside(inside).node(name).inputs
    return {
        socket: source
        for socket, source in wires.items()
        if socket not in _COVERS and isinstance(session.info(_beside(node, source), frame), ImageInfo)
    }


def _beside(node: str, name: str) -> str:
    inside = node.rpartition("/")[0]
    return f"{inside}/{name}" if inside else name


def _taken_back(x: Tensor, layer: Layer, stops: float) -> Tensor:
    """A layer of a node whose pictures are brighter, without that."""
    if layer.kind is not LayerKind.COLOR or layer.name == "albedo":
        return x
    scale = x.new_full((len(layer.channels), 1, 1), 2.0**-stops)
    if layer.alpha is not None:
        scale[layer.alpha] = 1
    return x * scale


def _deviation(before: Tensor, after: Tensor) -> Deviation:
    """Values that are no numbers, or endless, in both count as alike."""
    known = torch.isfinite(before) & torch.isfinite(after)
    if bool((torch.isfinite(before) != torch.isfinite(after)).any()):
        return Deviation(float("inf"), float("inf"))
    if not bool(known.any()):
        return Deviation(0.0, 0.0)
    error = (after - before).abs()[known].double()
    level = max(float(before[known].abs().double().mean()), 1e-30)
    return Deviation(float(error.mean()) / level, float(error.max()) / level)
