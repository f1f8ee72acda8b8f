"""What the commands of a viewer do."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ..actions import GLOBAL
from ..keytips import KeysTip, KeyTip
from ..viewing import SLOTS
from . import reading
from .commands import CONTEXT, POINTS
from .full_screen import FullScreen
from .settings import DOWNREZ, SPOTS, Background, Channel, Compare, Zebra

if TYPE_CHECKING:
    from .panel import ViewerPanel


SWITCHES = ("overlays", "zebra", "false_color", "background", "roi", "pause", "refresh")
"""Commands that have a button on the bar."""


def attach(panel: "ViewerPanel") -> None:
    """Let the commands act on a panel while it has the focus."""
    keys, tools = Keys(panel), panel.tools
    actions, workspace = panel.desktop.actions, panel.workspace
    handlers: dict[str, Callable[[], object]] = {
        "fit": panel.framing.fit,
        "one_to_one": partial(panel.framing.zoom_to, 1.0),
        "zoom_in": partial(panel.zoom_by, 1.5),
        "zoom_out": partial(panel.zoom_by, 1 / 1.5),
        **{c.name.lower(): partial(keys.channel, c) for c in Channel if c is not Channel.RGBA},
        "next_layer": partial(keys.layer, 1),
        "previous_layer": partial(keys.layer, -1),
        "wipe": keys.wipe,
        "center_wipe": partial(panel.change, wipe_x=0.5, wipe_y=0.5, wipe_angle=0.0),
        "swap": panel.inputs.swap,
        "snapshot": panel.inputs.take,
        "roi": keys.roi,
        "draw_roi": keys.draw_roi,
        **{f"downrez{size}": partial(keys.downrez, size) for size in DOWNREZ[1:]},
        **{f"spot{size}": partial(panel.change, spot=size) for size in SPOTS},
        "pause": keys.pause,
        "refresh": panel.refresh,
        "overlays": keys.overlays,
        "zebra": keys.zebra,
        "false_color": keys.false_color,
        "background": keys.background,
        "draw_shape": keys.draw_shape,
        "delete_points": keys.delete_points,
        "all_points": keys.all_points,
        "clear_samples": panel.samples.clear,
        "track_backward": partial(tools.tracks.follow, -1, True),
        "track_back_one": partial(tools.tracks.follow, -1, False),
        "track_forward_one": partial(tools.tracks.follow, 1, False),
        "track_forward": partial(tools.tracks.follow, 1, True),
        **{f"input{slot}": partial(workspace.view, None, slot, "a", panel.viewer) for slot in SLOTS},
        **{f"compare{slot}": partial(panel.inputs.choose, slot, "b") for slot in SLOTS},
    }
    possible = {
        "viewer.wipe": lambda: bool(workspace.views(panel.viewer).inputs),
        "viewer.swap": keys.has_b,
        "viewer.snapshot": lambda: workspace.views(panel.viewer).node_a is not None,
        "viewer.delete_points": lambda: tools.shape_drawing.on or bool(tools.shapes.chosen or tools.strokes.chosen),
        "viewer.all_points": lambda: any(next(t.shown(), None) is not None for t in (tools.shapes, tools.strokes)),
        **{f"viewer.{name}": lambda: tools.tracks.node is not None for name in handlers if name.startswith("track_")},
    }
    actions.attach(CONTEXT, panel, {f"viewer.{name}": handler for name, handler in handlers.items()}, possible)
    points, nudges = keys.points(), keys.nudges()
    enabled = {
        **dict.fromkeys(points, lambda: bool(tools.shapes.chosen)),
        **dict.fromkeys(nudges, lambda: bool(tools.shapes.chosen or tools.strokes.chosen)),
    }
    actions.attach(POINTS, panel, {**points, **nudges}, enabled, claimed=True)
    actions.attach(GLOBAL, panel, {"viewer.proxy": keys.proxy, "viewer.new": panel.open_another})
    if "window.full_screen" in actions.declared:
        actions.attach(GLOBAL, panel, {"window.full_screen": FullScreen(panel).toggle})
    panel.switches = {name: handlers[name] for name in SWITCHES}
    panel.switches["proxy"] = keys.proxy
    for name in ("overlays", "false_color", "roi", "proxy", "pause", "refresh"):
        button = panel.view_bar.buttons[name]
        KeyTip(button, actions.qaction(f"viewer.{name}"), button.toolTip())
    _tell_keys(panel)


def _tell_keys(panel: "ViewerPanel") -> None:
    """In the tips of choosers, the keys of what they offer."""
    inputs, view, actions = panel.input_bar, panel.view_bar, panel.desktop.actions
    told = (
        (inputs.a, {f"input{slot}": "" for slot in SLOTS}),
        (inputs.b, {**{f"compare{slot}": "" for slot in SLOTS}, "snapshot": "snapshot"}),
        (inputs.compare, {"wipe": "wipe"}),
        (view.zoom, {"fit": "fits"}),
        (view.layer, {"previous_layer": "", "next_layer": ""}),
        (view.channel, {"red": "", "green": "", "blue": "", "alpha": "", "luminance": "luminance", "matte": "matte"}),
    )
    for chooser, parts in told:
        named = [(actions.qaction(f"viewer.{name}"), what) for name, what in parts.items()]
        KeysTip(chooser, chooser.toolTip(), named)
    for slot, button in inputs.slots.items():
        button.follow_keys(*(actions.qaction(f"viewer.{name}{slot}") for name in ("input", "compare")))


class Keys:
    """The commands that look at the settings first."""

    def __init__(self, panel: "ViewerPanel") -> None:
        self._panel = panel
        self._tools = panel.tools

    def channel(self, channel: Channel) -> None:
        """Show a channel; a second time, all."""
        now = self._panel.settings.channel
        self._panel.change(channel=Channel.RGBA if now is channel else channel)

    def layer(self, step: int) -> None:
        panel = self._panel
        key = reading.layer_key(panel.settings, panel.pictures.a)
        panel.change(layer=reading.next_layer(panel.layers(), key, step))

    def wipe(self) -> None:
        on = self._panel.settings.compare is Compare.WIPE
        self._panel.inputs.compare(Compare.OFF if on else Compare.WIPE)

    def has_b(self) -> bool:
        return self._panel.workspace.views(self._panel.viewer).node_b is not None and not self._panel.inputs.held

    def roi(self) -> None:
        self._panel.change(roi_on=not self._panel.settings.roi_on)

    def draw_roi(self) -> None:
        self._tools.roi.draw()
        self._panel.workspace.tell("Drag the region of interest in the viewer")

    def draw_shape(self) -> None:
        painting = self._tools.painting
        (painting if painting.target() is not None else self._tools.shape_drawing).toggle()
        self._panel.setFocus()  # Return is to close the shape, wherever the command came from
        self._panel.repaint_overlay()

    def delete_points(self) -> None:
        if self._tools.shape_drawing.on:
            self._tools.shape_drawing.drop_last()
        else:
            self._tools.shapes.delete_chosen()
            self._tools.strokes.delete_chosen()
        self._panel.repaint_overlay()

    def all_points(self) -> None:
        self._tools.shapes.choose_all()
        self._tools.strokes.choose_all()
        self._panel.repaint_overlay()

    def points(self) -> dict[str, Callable[[], object]]:
        """What is done to the chosen points of shapes."""
        shapes = self._tools.shapes
        return {
            "points.smooth": shapes.smooth_chosen,
            "points.cusp": shapes.cusp_chosen,
            "points.feather": shapes.feather_chosen,
            "points.free_feather": shapes.free_chosen,
            "points.unfeather": shapes.unfeather_chosen,
        }

    def nudges(self) -> dict[str, Callable[[], object]]:
        """By a pixel: the chosen points and strokes."""
        ways = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}
        return {f"points.{name}": partial(self._nudge, *way) for name, way in ways.items()}

    def _nudge(self, dx: float, dy: float) -> None:
        self._tools.shapes.nudge_chosen(dx, dy)
        self._tools.strokes.nudge_chosen(dx, dy)

    def proxy(self) -> None:
        self._panel.change(proxy=not self._panel.settings.proxy)

    def downrez(self, size: int) -> None:
        """Compute pictures of 1 / size; a second time, full ones."""
        self._panel.change(downrez=1 if self._panel.settings.downrez == size else size)

    def pause(self) -> None:
        self._panel.pause(not self._panel.paused)

    def overlays(self) -> None:
        self._panel.change(overlays=not self._panel.settings.overlays)

    def zebra(self) -> None:
        kinds = list(Zebra)
        at = kinds.index(self._panel.settings.zebra)
        self._panel.change(zebra=kinds[(at + 1) % len(kinds)])

    def false_color(self) -> None:
        self._panel.change(false_color=not self._panel.settings.false_color)

    def background(self) -> None:
        kinds = list(Background)
        at = kinds.index(self._panel.settings.background)
        self._panel.change(background=kinds[(at + 1) % len(kinds)])
