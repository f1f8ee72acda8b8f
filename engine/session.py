"""A session: a script being worked on, with its history, cache, device and services. Two may live in one process.

docs/python.md begins with a useful script of ten lines.
"""

import copy
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from .allocator import tune
from .cancel import CancelToken
from .editing import Editing
from .errors import ParameterError, RimlightError, ScriptError
from .evaluate.evaluator import Evaluator, Request
from .evaluate.events import Watch
from .graph.flat import Flat
from .graph.graph import parameter_spec
from .image import Image, ImageInfo
from .io.sequence import parse_frames
from .plugins import load_plugins, require_builtin
from .reals import as_float, shown
from .region import Region
from .script.document import Document
from .script.history import History
from .script.relocate import Relocation
from .script.script import Loaded, load_script, save_script
from .settings import Settings
from .tier import Tier

if TYPE_CHECKING:
    from .render.checks import Findings
    from .render.files import FilesUsed
    from .render.report import Report
    from .tracking.run import Tell, TrackingReport
    from .wedge.report import Wedge


class Session(Editing):
    """A script with everything needed to edit and evaluate it.

    Nodes are named by path, `Blur1` or `Group1/Blur1`; ranges of frames are texts, `"1-10x2,20"`, see `parse_frames`.

    settings : of the machine, by default from the environment. device : overrides its device, e.g. `cuda:0`.
    path : of the script's file, None for one without a name. plugins : what became of every plugin. warnings,
    upgraded : of the script that was opened, see `Loaded`. services : by name, see `Context.service`.

    Raises PluginError when Rimlight's own nodes cannot be loaded, RimlightError when there is no such device.
    """

    def __init__(self, settings: Settings | None = None, device: str | None = None) -> None:
        super().__init__()
        tune()
        self.plugins = load_plugins()
        require_builtin(self.plugins)
        settings = settings or Settings.from_environment()
        self.settings = replace(settings, device=_usable(device or settings.device))
        self.services: dict[str, Any] = _services(self.settings)
        self.evaluator = Evaluator(self.settings, self.services)
        self.path: Path | None = None
        self.warnings: tuple[str, ...] = ()
        self.upgraded: tuple[str, ...] = ()
        self._token: CancelToken | None = None

    # -- the script -----------------------------------------------------------------------------------------------

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], settings: Settings | None = None, device: str | None = None
    ) -> "Session":
        """A session on a script file. Runs no code of it. Raises ScriptError."""
        session = cls(settings, device)
        session.load(path)
        return session

    def load(self, path: str | os.PathLike[str]) -> None:
        """Replace the script by that of a file; the history starts anew. Raises ScriptError and keeps the old one."""
        self.adopt(load_script(Path(path)), Path(path))

    def adopt(self, loaded: Loaded, path: Path | None = None) -> None:
        """Replace the script by one that was read, from `path`; the history starts anew.

        One that was imported has no name to be saved to yet.
        """
        self.history = History(loaded.document)
        self.warnings = tuple(loaded.warnings)
        self.upgraded = tuple(loaded.upgraded)
        self.path = None if loaded.report is not None else path
        self._edited = []

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Save the script, atomically, and return its path. Raises ScriptError; the old file is then as it was.

        path : default that of the session. In another folder relative file names still lead to the same files.
        """
        target = Path(path) if path is not None else self.path
        if target is None:
            raise ScriptError("a new script needs a file name to be saved to")
        self.move_to(target)
        save_script(self.document, target)
        self.saved(self.document, target)
        return target

    def move_to(self, path: Path) -> None:
        """Get ready to be saved at `path`: in another folder relative file names still lead to the same files, in every
        step of the history. In a script that was never saved they are taken to be meant from where it will be.
        """
        old, new = self.project.folder, str(path.resolve().parent)
        if old and old != new:
            self.history.amend(Relocation(old, new).document)

    def saved(self, document: Document, path: Path) -> None:
        """Take note that `document`, the present or an earlier step, was written to `path`."""
        self.path = path
        self.history.mark_saved(document)
        folder = str(path.resolve().parent)
        if self.project.folder != folder:
            self.history.amend(lambda d: d.with_(project=replace(d.project, folder=folder)))

    def fork(self, token: CancelToken | None = None) -> "Session":
        """A session on the present script with a history of its own; settings, services and cache are shared.

        What either edits, the other does not see. For another thread, or to try something out. token : stops all
        evaluations and renders of the fork that are given none of their own.
        """
        made = copy.copy(self)
        made._token = token
        made.history = History(self.document)
        made._edited = list(self._edited)
        if self.history.dirty:
            made.history.mark_saved(Document())
        return made

    # -- evaluating -----------------------------------------------------------------------------------------------

    def flat(self) -> Flat:
        """The script's graph with groups dissolved, as it is evaluated."""
        return self.evaluator.flat(self.graph)

    def value(self, node: str, parameter: str, frame: float | None = None) -> Any:
        """A parameter at a frame, by default the project's first: curves and expressions give their value there.

        Raises GraphError, ParameterError.
        """
        inside, _, name = node.rpartition("/")
        level = self.graph.inside(inside)
        spec, state = parameter_spec(level, name, parameter), level.node(name)
        if parameter in state.promoted:
            inner, _, shown = state.promoted[parameter].rpartition(".")
            return self.value(f"{node}/{inner}", shown, frame)
        return self.flat().value(node, spec, self._at(frame))

    def info(self, node: str, frame: float | None = None, scale: float = 1.0) -> ImageInfo:
        """What a node puts out, without computing pixels: of lights and other wires their own description.

        frame : default the project's first. scale : of the proxy, above 0; windows are in its pixels.
        Raises GraphError, ParameterError, NodeError.
        """
        info: ImageInfo = self.evaluator.info(self.graph, self.project, node, self._at(frame), scale)
        return info

    def evaluate(
        self,
        node: str,
        frame: float | None = None,
        *,
        region: Region | None = None,
        layers: str | Sequence[str] | None = None,
        scale: float = 1.0,
        tier: Tier | str = Tier.FINAL,
        token: CancelToken | None = None,
        watch: Watch | None = None,
    ) -> Any:
        """The pixels of a node, an Image on the session's device; of other wires their value, such as a Rig.

        frame : default the project's first. region : in pixels at `scale`, y down; the image has what of it lies in the
        data window, perhaps nothing, default all of that. layers : a name or several, default all. scale : of the
        proxy, above 0, 0.5 is half. tier : `draft`, `student` or `final`. token : stops it from another thread. watch :
        called by the threads that compute with what every node does.
        Raises GraphError, ParameterError, NodeError, Cancelled.
        """
        wanted = (layers,) if isinstance(layers, str) else tuple(layers) if layers is not None else None
        request = Request(node, self._at(frame), region, wanted, scale, Tier.named(tier), self.edited)
        made = self.evaluator.evaluate(self.graph, self.project, request, token or self._token, watch)
        return made if region is None or not isinstance(made, Image) else made.crop(region)

    def render(self, node: str | Sequence[str] | None = None, frames: str = "", **options: Any) -> "Report":
        """Render a Write node, several or all, over a frame range, default the project's.

        options : `scale` of the proxy; `tier`; `continue_on_error`, go on after a failure; `resume`, leave a file alone
        that says it was made of this script and these files; `keep` all results in the cache; `token`; `watch`, called
        with what nodes do, and `done` with each FrameResult in order, both by the threads that render; `report`, filled
        as the render goes. Raises GraphError where there is nothing to render, ParameterError for a wrong option,
        NodeError at the first failure unless told to go on, Cancelled.
        """
        from .render.render import render

        nodes = [node] if isinstance(node, str) else node or None
        return render(self, nodes, frames, **{"token": self._token, **options})

    def check(self, node: str | Sequence[str] | None = None, frames: str = "") -> "Findings":
        """What would stop such a render, as `rimlight check` tells it, and what is worth a warning, without a pixel.

        Raises ParameterError for a wrong range, GraphError for a node that is not there or writes nothing; all else is
        among the problems.
        """
        from .render.checks import check

        return check(self, *_render_of(node, frames))

    def files(self, node: str | Sequence[str] | None = None, frames: str = "") -> "FilesUsed":
        """The files that such a render would read and write, by their full names, each with the nodes that do.

        Raises ParameterError for a wrong range, GraphError for a node that is not there or writes nothing; what cannot
        be told is among the problems.
        """
        from .render.files import files_used

        return files_used(self, *_render_of(node, frames))

    def track(
        self,
        node: str,
        frames: str = "",
        *,
        tracks: Sequence[str] = (),
        start: float | None = None,
        token: CancelToken | None = None,
        tell: "Tell | None" = None,
    ) -> "TrackingReport":
        """Let tracks of a node follow the picture at its main input; their keys are one step of the history.

        frames : `"1-50"`, default the project's range. tracks : by name, default those whose weight is above 0.
        start : the frame at which they are in place, default that of their first key among `frames`, else the first;
        from there it goes forwards and backwards. tell : is called with every frame and where the tracks are.
        Returns what was found; a track that is lost keeps the keys up to there, and `lost` says why.
        Raises GraphError, ParameterError, NodeError and Cancelled, and then changes nothing.
        """
        from .render.render import wanted_frames
        from .tracking.run import begin_of, follow_tracks, resolve_tracks, with_places

        wanted = wanted_frames(self, frames)
        if start is None:
            first = resolve_tracks(self, node, tracks, float(wanted[0])).tracks[0].name
            start = begin_of(self.graph.at(node).value(first), wanted)
        report = follow_tracks(self, node, tracks, start, wanted, token or self._token, tell)
        state = self.graph.at(node)
        values = {t.track: with_places(state.value(t.track), t.places) for t in report.trails if len(t.places) > 1}
        if values:
            self.set(node, **values)
        return report

    def solve(self, node: str, what: str, frames: str = "", *, token: CancelToken | None = None) -> Sequence[float]:
        """Let a node find parameters of its own in its inputs, `s.solve("FaceFit1", "refine")`, as one step.

        what : a name in the `solves` of its class. frames : `"1-50"`, default the project's first, or its range for
        what goes from frame to frame; several make keys. Returns the frames. Raises GraphError, ParameterError,
        NodeError and Cancelled, and then changes nothing.
        """
        from .render.render import wanted_frames
        from .solving import solved_at, values_of

        graph, cls = self.graph, self.graph.at(node).cls
        ranged = bool(frames) or (cls is not None and what in cls.follows)
        wanted = sorted(map(float, wanted_frames(self, frames))) if ranged else [self._at(None)]
        memory: dict[str, Any] = {}
        founds = {frame: solved_at(self, graph, node, what, frame, token or self._token, memory) for frame in wanted}
        values = values_of(graph.at(node), founds)
        if values:
            self.set(node, **values)
        return wanted

    def measure(
        self, node: str, frames: str = "", *, token: CancelToken | None = None
    ) -> Mapping[float, Mapping[str, float]]:
        """Let a node measure frames, `s.measure("CurveTool1")`; parameters that take its numbers get keys, as one step.

        frames : `"1-50"`, default the project's range. Returns the numbers by frame and name.
        Raises GraphError, ParameterError, NodeError and Cancelled, and then changes nothing.
        """
        from .measuring import measured_at, measured_values
        from .render.render import wanted_frames

        graph, token = self.graph, token or self._token
        rows = {float(f): measured_at(self, graph, node, float(f), token) for f in wanted_frames(self, frames)}
        values = measured_values(graph.at(node), rows)
        if values:
            self.set(node, **values)
        return rows

    def wedge(self, node: str, vary: Mapping[str, Sequence[Any]], frame: int | None = None, **options: Any) -> "Wedge":
        """The pictures of a node with parameters at several values, `s.wedge("Out", {"Key.exposure": (-1, 0, 1)})`, as
        tiles of a sheet. The script stays as it is.

        vary : values by parameter; the first goes along the rows, the second down the columns, others further down.
        frame : default the project's first. options : `size`, width of a tile in pixels (480); `columns` of a single
        parameter; `each`, a folder for every picture as a file of its own, `kind`, its extension, and `sheet` False for
        these alone; `scale`, `tier`, `token` and `watch` as for `evaluate`; `done`, called with each tile. A tile that
        cannot be made has an `error`.
        Raises GraphError, ParameterError, RimlightError where there is no picture at all, Cancelled.
        """
        from .wedge.tiles import wedge
        from .wedge.vary import Vary

        varied = [Vary.of(self.graph, name, values) for name, values in vary.items()]
        return wedge(self, node, varied, frame, **{"token": self._token, **options})

    def _at(self, frame: float | None) -> float:
        at = as_float(self.project.frames[0] if frame is None else frame)
        if at is None or not math.isfinite(at):
            raise ParameterError(f"the frame is {shown(frame)}, expected a finite number")
        return at


def _render_of(node: str | Sequence[str] | None, frames: str) -> tuple[Sequence[str], Sequence[int] | None]:
    """Nodes and frames as `render` takes them. Raises ParameterError."""
    return [node] if isinstance(node, str) else node or (), parse_frames(frames) if frames else None


def _usable(device: str) -> str:
    """A device by name. Raises RimlightError when torch does not know it or this machine does not have it."""
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise RimlightError(f"device '{device}' is not there or not known to this torch: {_brief(error)}") from None
    return device


def _brief(error: Exception) -> str:
    """The first line of a message of torch, which may be long."""
    line = str(error).partition("\n")[0]
    return line if len(line) < 80 else f"{line[:77]}..."


def _services(settings: Settings) -> dict[str, Any]:
    from .color.colors import Colors
    from .inference.folders import model_folders
    from .inference.service import ModelStore
    from .io.reader import Reader
    from .io.write import Writer
    from .light.environment import EnvironmentCache

    return {
        "reader": Reader(),
        "writer": Writer(),
        "colors": Colors(),
        "environments": EnvironmentCache(),
        "models": ModelStore(settings.device, settings.model_bytes, model_folders(settings.model_path)),
    }
