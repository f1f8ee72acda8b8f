"""A session: a script being worked on, with its history, cache, device and services. Two may live in one process.

    from rimlight.engine import Session

    s = Session()
    plate = s.add("Read", file="plate.####.exr")
    soft = s.add("Blur", plate, size=12)
    s.add("Write", soft, name="Out", file="out/soft.####.exr")
    pixels = s.evaluate(soft, frame=1).numpy()      # float32, height x width x channels
    s.render("Out", "1-10")
    s.save("soft.rim")
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import edits
from .allocator import tune
from .context import CancelToken, Tier
from .document import Document
from .evaluate.evaluator import Evaluator, Request
from .evaluate.run import Watch
from .flat import Flat
from .graph import Graph
from .history import History
from .image import ImageInfo
from .plugins import load_plugins
from .region import Region
from .script import load, save
from .settings import Project, Settings
from .values import Expr


class Session:
    """A script with everything needed to edit and evaluate it.

    settings : of the machine, by default from the environment. device : overrides its device, e.g. `cuda:0`.
    """

    def __init__(self, settings: Settings | None = None, device: str | None = None) -> None:
        tune()
        self.plugins = load_plugins()
        self.settings = settings or Settings.from_environment(device or "cpu")
        self.services: dict[str, Any] = _services()
        self.evaluator = Evaluator(self.settings, self.services)
        self.history = History(Document())
        self.path: Path | None = None
        self.warnings: tuple[str, ...] = ()
        self._edited: list[str] = []

    # -- the script -----------------------------------------------------------------------------------------------

    @property
    def document(self) -> Document:
        return self.history.document

    @property
    def graph(self) -> Graph:
        return self.document.graph

    @property
    def project(self) -> Project:
        return self.document.project

    @classmethod
    def open(cls, path: str | os.PathLike[str], settings: Settings | None = None, device: str | None = None) -> "Session":
        """A session on a script file. Runs no code of it. Raises ScriptError."""
        session = cls(settings, device)
        session.load(path)
        return session

    def load(self, path: str | os.PathLike[str]) -> None:
        """Replace the script by that of a file; the history starts anew. Raises ScriptError and keeps the old script."""
        loaded = load(Path(path))
        self.history = History(loaded.document)
        self.warnings = tuple(loaded.warnings)
        self.path = Path(path)
        self._edited = []

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Save the script, atomically. Raises ScriptError."""
        target = Path(path) if path is not None else self.path
        if target is None:
            raise ValueError("a new script needs a file name to be saved to")
        save(self.document, target)
        self.path = target
        self.history.mark_saved()
        folder = str(target.resolve().parent)
        if self.project.folder != folder:
            self.history.amend(lambda d: d.with_(project=_in_folder(d.project, folder)))
        return target

    def commit(self, graph: Graph, label: str, merge: object = None) -> None:
        """Make `graph` the script's graph, as one step of the history."""
        self.history.commit(self.document.with_(graph=graph), label, merge)

    def set_project(self, **changes: Any) -> None:
        """Change project settings, e.g. `fps=25`, `format="HD"`, as one step of the history. Raises ScriptError."""
        data = {**self.project.to_data(), **changes}
        project = _in_folder(Project.from_data(data), self.project.folder)
        self.history.commit(self.document.with_(project=project), "project settings")

    # -- editing --------------------------------------------------------------------------------------------------

    def add(self, kind: str, *sources: str, name: str | None = None, inputs: Mapping[str, str] | None = None, **values: Any) -> str:
        """Add a node and return its name.

        kind : kind or label, `color.grade` or `Grade`. sources : nodes wired to its ports in order. inputs : by socket.
        values : parameters; an `Expr` or a `Curve` where animated. Raises GraphError, ParameterError.
        """
        graph, made = edits.add(self.graph, kind, name=name, sources=sources, inputs=inputs or {}, values=values)
        self.commit(graph, f"add {made}")
        return made

    def set(self, node: str, merge: object = None, /, **values: Any) -> None:
        """Set parameters of a node, `s.set("Grade1", gain=2)`. Raises GraphError, ParameterError."""
        graph = self.graph
        inside, _, name = node.rpartition("/")
        inner = graph.inside(inside)
        for parameter, value in values.items():
            inner = inner.set_value(name, parameter, value)
        self.touched(node)
        self.commit(graph.replace_inside(inside, inner), f"set {node} {', '.join(values)}", merge)

    def express(self, node: str, **texts: str) -> None:
        """Set parameters to expressions, `s.express("Blur1", size="frame * 2")`."""
        self.set(node, **{name: Expr(text) for name, text in texts.items()})

    def connect(self, node: str, socket: str, source: str | None) -> None:
        """Wire `source` into a socket of a node, or unwire it with None. Raises GraphError."""
        self.commit(self.graph.connect(node, socket, source), f"connect {node}.{socket}")

    def remove(self, *nodes: str) -> None:
        self.commit(self.graph.remove(nodes), f"remove {', '.join(nodes)}")

    def touched(self, node: str) -> None:
        """Remember that a node's parameters are being edited, so that its inputs stay in memory."""
        if node in self._edited:
            self._edited.remove(node)
        self._edited = [*self._edited[-3:], node]

    # -- evaluating -----------------------------------------------------------------------------------------------

    def flat(self) -> Flat:
        return self.evaluator.flat(self.graph)

    def value(self, node: str, parameter: str, frame: float | None = None) -> Any:
        """A parameter resolved at a frame (default: the project's first). Raises GraphError, ParameterError."""
        flat = self.flat()
        cls = flat.node(node).state.cls
        if cls is None:
            raise KeyError(parameter)
        return flat.value(node, cls.spec(parameter), self.project.frames[0] if frame is None else frame)

    def info(self, node: str, frame: float | None = None, scale: float = 1.0) -> ImageInfo:
        """What a node puts out, without computing pixels. Raises NodeError."""
        at = float(self.project.frames[0] if frame is None else frame)
        info: ImageInfo = self.evaluator.info(self.graph, self.project, node, at, scale)
        return info

    def evaluate(
        self,
        node: str,
        frame: float | None = None,
        *,
        region: Region | None = None,
        layers: tuple[str, ...] | None = None,
        scale: float = 1.0,
        tier: Tier | str = Tier.FINAL,
        token: CancelToken | None = None,
        watch: Watch | None = None,
    ) -> Any:
        """The pixels of a node: an Image on the session's device. Raises NodeError, Cancelled.

        frame : default the project's first. region : default all pixels. scale : 0.5 is half size.
        """
        at = float(self.project.frames[0] if frame is None else frame)
        request = Request(node, at, region, layers, scale, Tier(tier), frozenset(self._edited))
        return self.evaluator.evaluate(self.graph, self.project, request, token, watch)

    def render(self, node: str | None = None, frames: str = "", **options: Any) -> Any:
        """Render Write nodes over a frame range, `"1-10x2"`; see `render.render` for the options and the report."""
        from .render import render

        return render(self, [node] if node else None, frames, **options)


def _in_folder(project: Project, folder: str) -> Project:
    return replace(project, folder=folder)


def _services() -> dict[str, Any]:
    from .color import Colors
    from .io import Reader, Writer

    return {"reader": Reader(), "writer": Writer(), "colors": Colors()}

