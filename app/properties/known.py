"""What may stand in a parameter, as far as it is known: layers and channels from the facts, names of the colour config.

Asking never waits: layers are those of the last survey, and the colour config is opened in the background.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal

from rimlight.engine import FORMATS, CancelToken, ColorConfig, ImageInfo, Layer, LayerKind, Project, Rig, light_of

from ..evaluating import HOUSEKEEPING
from ..paths import inside, path_at
from ..rig.scene import pictures_lit
from ..workspace import Workspace
from .parameter import Parameter

Offers = Sequence[tuple[str, str]]
"""Texts to choose from, each with the submenu that it stands in, empty for none."""


@dataclass(frozen=True)
class Names:
    """What the colour config has: colour spaces with their families, displays with their views, looks."""

    spaces: Sequence[tuple[str, str]] = ()
    displays: Mapping[str, Sequence[str]] = field(default_factory=dict)
    looks: Sequence[str] = ()


class Known(QObject):
    """What can be offered. changed : more is known now."""

    changed = Signal()

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._names = Names()
        self._models: Sequence[str] = ()
        self._asked: Project | None = None

    def offers(self, parameter: Parameter) -> Offers:
        """What to offer for a parameter, by its role."""
        role = parameter.spec.role
        if role in ("layer", "channel", "channels"):
            return _channel_offers(role, self.layers(parameter))
        if role == "link":
            return link_offers(self._workspace, parameter.path)
        if role == "lights":
            return [(text, "") for text in dict.fromkeys((str(parameter.spec.default), *self.lights(parameter)))]
        if role == "format":
            return [("", ""), *((name, "") for name in FORMATS)]
        self._ask()
        if role == "colorspace":
            return [("", ""), *self._names.spaces]
        if role == "display":
            return [("", ""), *((name, "") for name in self._names.displays)]
        if role == "view":
            return [("", ""), *((name, "") for name in self._views(parameter))]
        if role == "look":
            return [("", ""), *((name, "") for name in self._names.looks)]
        return [(name, "") for name in self._models] if role == "model" else []

    def layers(self, parameter: Parameter) -> list[Layer]:
        """The layers that come into the node: of the mask for what names its channels, else of the inputs in order."""
        sources = self._sources(parameter)
        front = parameter.name.partition("_")[0]
        return _layers_of(self._workspace, [sources[front]] if front in sources else sources.values())

    def lights(self, parameter: Parameter) -> list[str]:
        """The names of the lights that come into the node: of rigs, and of the light groups of pictures."""
        found: dict[str, None] = {}
        for source in self._sources(parameter).values():
            info = self._workspace.facts.node(source).info
            if isinstance(info, Rig):
                found |= dict.fromkeys(info.names)
            elif isinstance(info, ImageInfo):
                found |= dict.fromkeys(light for name in info.names if (light := light_of(name)))
        return list(found)

    def _sources(self, parameter: Parameter) -> dict[str, str]:
        """Paths of the nodes that feed the parameter's node, by socket."""
        group, _, name = parameter.path.rpartition("/")
        inputs = inside(self._workspace.graph, group)[name].inputs
        return {socket: path_at(group, source) for socket, source in inputs.items()}

    def _views(self, parameter: Parameter) -> Sequence[str]:
        state = self._workspace.graph.at(parameter.path)
        display = state.values.get("display", "")
        views = self._names.displays
        return views.get(display) or next(iter(views.values()), ())

    def _ask(self) -> None:
        session = self._workspace.session
        project = session.project
        if project == self._asked:
            return
        self._asked = project
        colors, models = session.services["colors"], session.services.get("models")

        def work(token: CancelToken) -> tuple[Names, Sequence[str]]:
            config: ColorConfig = colors.config(project)
            displays = {name: config.views(name) for name in config.displays}
            spaces = [(space.name, space.family) for space in config.spaces]
            found = [about.id for about in models.found() if not about.error] if models is not None else []
            return Names(spaces, displays, config.looks), found

        self._workspace.evaluations.run(self, work, self._answered, self._failed, urgency=HOUSEKEEPING)

    def _answered(self, answer: tuple[Names, Sequence[str]]) -> None:
        self._names, self._models = answer
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        """The nodes that use the config say what is wrong with it; here there is nothing to offer."""
        self._names = Names()


def link_offers(workspace: Workspace, path: str) -> Offers:
    """What the lights of a node can be linked to: nothing, mattes of the pictures that they light, other channels."""
    layers = _layers_of(workspace, pictures_lit(workspace.session, path))
    mattes = [layer for layer in layers if layer.kind is LayerKind.MATTE and not layer.name.startswith("light_")]
    flat = [(f"{layer.name}.{channel}", "") for layer in mattes for channel in layer.channels]
    return [("", ""), *flat, *_channel_offers("channel", [layer for layer in layers if layer not in mattes])]


def _layers_of(workspace: Workspace, sources: Iterable[str]) -> list[Layer]:
    """The layers of pictures, each name once."""
    found: dict[str, Layer] = {}
    for source in sources:
        info = workspace.facts.info(source)
        for layer in info.layers if info is not None else ():
            found.setdefault(layer.name, layer)
    return list(found.values())


def _channel_offers(role: str, layers: Sequence[Layer]) -> Offers:
    if role == "layer":
        return [(layer.name, "") for layer in layers]
    offers: list[tuple[str, str]] = []
    if role == "channels":
        offers += [(name, "") for name in ("rgb", "rgba", "alpha", "all", "none")]
        offers += [(layer.name, "") for layer in layers if layer.name != "rgba"]
        kinds = dict.fromkeys(str(layer.kind) for layer in layers)
        offers += [(f"kind:{kind}", "kinds") for kind in kinds] if len(kinds) > 1 else []
    for layer in layers:
        offers += [(f"{layer.name}.{channel}", layer.name) for channel in layer.channels]
    if role == "channel" and any(layer.alpha is not None for layer in layers):
        offers.insert(0, ("alpha", ""))
    return offers


def prompt(value: Any, spec_role: str) -> str:
    """What an empty text means, shown faintly in its place."""
    return {
        "format": "project format", "colorspace": "automatic", "display": "default display", "view": "default view",
        "look": "none", "layer": "none", "frames": "all frames", "font": "DejaVu Sans", "file": "no file",
        "folder": "no folder", "model": "no model", "config": "project config",
    }.get(spec_role, "")  # fmt: skip
