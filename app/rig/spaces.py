"""Which RigSpace nodes stand between the lights of a rig and what they light, and where edits go because of them.

Found in a worker, as cameras are asked for their poses and rigs for their lights.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rimlight.engine import CancelToken, Graph, Light, Pose, Project, Request, Rig, Session, between_poses

from .kinds import FLAG_KIND, RIG_SOCKET, SPACE_KIND, is_light
from .scene import Scene
from .space import HERE, Space
from .surfaces import setting

_HERE, _THERE = "this frame", "reference frame"


@dataclass(frozen=True)
class Anchor:
    """Where a node for a light goes so that the light stays in its world. rig : the node that it is put behind. light :
    as it is there, with positions in centimetres. space : from there to what is seen.
    """

    rig: str
    light: Light
    whole: Rig
    space: Space


@dataclass(frozen=True)
class Spaces:
    """Of the lights of a scene at a frame: of nodes by their path, of others, by their name, where a node goes.

    end : behind which node a new light goes, and from where it is seen; empty at the end of the rig.
    """

    frame: float = 0.0
    of_nodes: Mapping[str, Space] = field(default_factory=dict)
    anchors: Mapping[str, Anchor] = field(default_factory=dict)
    end: tuple[str, Space] = ("", HERE)


class SpaceFinder:
    """Reads one graph at one frame. In a worker. Raises NodeError where a camera or rig cannot be had."""

    def __init__(self, session: Session, graph: Graph, project: Project, frame: float, token: CancelToken) -> None:
        self._session, self._graph, self._project = session, graph, project
        self._frame, self._token = frame, token
        self._nodes = session.evaluator.flat(graph).nodes

    def of_nodes(self, scene: Scene) -> dict[str, Space]:
        """From where the lights and flags of nodes are seen, by their paths."""
        parts = {*scene.lights, *scene.flags}
        return {path: space for path, space in self._walk(scene.rig) if path in parts}

    def anchors(self, scene: Scene, names: Sequence[str]) -> dict[str, Anchor]:
        """Where nodes go for lights that none makes as they are seen, by their names; without those at the end."""
        return {name: anchor for name in names if (anchor := self._anchor(scene.rig, name)) is not None}

    def _walk(self, end: str) -> Iterator[tuple[str, Space]]:
        """Every node of a rig, and from where it is seen."""
        waiting, known = [(end, HERE)], {end}
        while waiting:
            path, space = waiting.pop()
            yield path, space
            for source in self._sources(path):
                if source not in known:
                    known.add(source)
                    waiting.append((source, space.after(self._own(path))))

    def _sources(self, path: str) -> Iterator[str]:
        """The nodes that a node has its lights from."""
        node = self._nodes.get(path)
        if node is not None:
            camera = node.inputs.get("camera") if node.state.kind == SPACE_KIND else None
            yield from (source for source in node.inputs.values() if source in self._nodes and source != camera)

    def _own(self, path: str) -> Space:
        """What a node does to the space of its lights."""
        node = self._nodes[path]
        if node.state.kind != SPACE_KIND or self._setting(path, "disable"):
            return HERE
        poses = [self._pose(path, self._setting(path, name)) for name in ("given_in", "wanted_in")]
        return Space.of(*between_poses(*poses))

    def _pose(self, path: str, space: object) -> Pose | None:
        if space not in (_HERE, _THERE):
            return None
        frame = float(self._setting(path, "reference_frame")) if space == _THERE else self._frame
        camera = self._nodes[path].inputs.get("camera", "")
        pose = self._session.evaluator.info(self._graph, self._project, camera, frame)
        return Pose(pose.pan, pose.tilt, pose.roll, pose.position) if isinstance(pose, Pose) else None

    def _setting(self, path: str, name: str) -> Any:
        return setting(self._session, self._graph, path, name, self._frame, None)

    # -- lights that no node stands for ---------------------------------------------------------------------------

    def end(self, scene: Scene) -> tuple[str, Space]:
        """Where new lights go: above the last RigSpace, where only lights stand behind that."""
        path, space, found = scene.rig, HERE, (scene.rig, HERE)
        while (node := self._nodes.get(path)) is not None:
            source = node.inputs.get(RIG_SOCKET) or next(iter(node.inputs.values()), "")
            if node.state.kind == SPACE_KIND and source:
                space = space.after(self._own(path))
                found = source, space
            elif not (
                is_light(node.state)
                or node.state.kind == FLAG_KIND
                or (node.state.cls is not None and node.state.cls.result is object)
            ):
                break
            path = source
        return found

    def _anchor(self, end: str, name: str) -> Anchor | None:
        """Above the last RigSpace whose light of that name comes out at the end as it is; None where there is none."""
        path, space, light = end, HERE, self._light(end, name)
        best: Anchor | None = None
        while light is not None:
            sources = [(source, self._light(source, name)) for source in self._sources(path)]
            source, before = next(((s, found) for s, found in sources if found is not None), ("", None))
            if before is None:
                break
            own = self._own(path)
            if self._nodes[path].state.kind == SPACE_KIND:
                space = space.after(own)
                best = Anchor(source, before, self._rig(source), space)
            elif Rig((before,)) != Rig((light,)):
                break  # what moves it here would move a node's light above too
            path, light = source, before
        return best

    def _light(self, path: str, name: str) -> Light | None:
        rig = self._rig(path)
        found = [light for light in rig.in_unit(1.0) if light.name == name]
        return found[0] if len(found) == 1 else None

    def _rig(self, path: str) -> Rig:
        made = self._session.evaluator.evaluate(self._graph, self._project, Request(path, self._frame), self._token)
        return made if isinstance(made, Rig) else Rig(())
