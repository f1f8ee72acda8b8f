"""The tools of a viewer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..rig.flag_handles import FlagHandles
from ..rig.placing_tool import PlaceLights
from .boxes import BoxHandles
from .handles import PointHandles
from .loupe import Loupe
from .marquee import Marquee
from .painting import Painting
from .picking import Picker
from .roi import RegionOfInterest
from .sampling import Sampler
from .shape_drawing import ShapeDrawing
from .shapes import ShapeHandles
from .stroke_handles import StrokeHandles
from .tools import ControlFirst, Navigate, Tool
from .track_handles import TrackHandles
from .transform_handles import TransformHandles
from .wipe import Wipe

if TYPE_CHECKING:
    from .panel import ViewerPanel


class ToolBelt:
    """All tools of a panel whose pictures, samples and stage are there; those that somebody asks for by name."""

    def __init__(self, panel: "ViewerPanel") -> None:
        workspace, stage, repaint = panel.workspace, panel.stage, panel.repaint_overlay
        evaluations = workspace.evaluations
        self.roi = RegionOfInterest(panel)
        self.handles = PointHandles(workspace, repaint)
        self.transforms = TransformHandles(workspace)
        self.boxes = BoxHandles(workspace)
        self.shapes = ShapeHandles(workspace)
        self.shape_drawing = ShapeDrawing(workspace, repaint)
        self.painting = Painting(workspace, repaint, lambda: stage.pressure)
        self.strokes = StrokeHandles(workspace, lambda: self.painting.on, repaint)
        self.loupe = Loupe(panel, evaluations, lambda: stage.frame, repaint)
        self.tracks = TrackHandles(workspace, self.loupe)
        self.flags = FlagHandles(workspace, panel, repaint)
        self._asked = (
            Navigate(panel), PlaceLights(workspace), self.painting,
            ControlFirst(*(t.grab_with_control for t in (self.flags, self.transforms, self.handles, self.shapes))),
            Sampler(panel.samples), self.roi, Picker(workspace, evaluations, panel), self.shape_drawing,
            self.tracks, self.flags, self.transforms, self.handles, self.boxes, self.shapes, Wipe(panel), self.loupe,
            self.strokes, Marquee(self.shapes, self.strokes),
        )  # fmt: skip

    def __iter__(self) -> Iterator[Tool]:
        """In the order in which they are asked whether a press is for them."""
        return iter(self._asked)

    def show(self, on: bool) -> None:
        """Show the handles of nodes, or hide them."""
        handles = (self.flags, self.transforms, self.handles, self.boxes, self.shapes, self.strokes, self.tracks)
        for tool in handles:
            tool.visible = on
