"""From a picture to what the scopes show, in a worker."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import torch
from PySide6.QtGui import QImage

from rimlight.engine import (
    MAIN,
    CancelToken,
    Graph,
    Image,
    NodeState,
    Project,
    Region,
    Request,
    Rig,
    RimlightError,
    Session,
    Tier,
    white_rgb,
    working_space,
)

from ..paths import path_at
from ..rig.looking import Looker, Measured
from ..rig.scene import Scene
from . import chromaticity, counting
from .chromaticity import White
from .counting import Counts, Floats, Histogram, Space

WIDTH = 480
"""Pixels of a picture's width that are looked at, every so many, unfiltered."""
SQUARE = 256
_ESTIMATE_WIDTH = 192
METHODS = {"grey_edge": "grey edge", "shades_of_grey": "shades of grey", "white_patch": "white patch"}
"""Rules by which the light's colour is estimated, of the node WhiteBalance."""
_ASIDE = "RimlightScope"


class Kind(StrEnum):
    """What a scope plots."""

    HISTOGRAM = "histogram"
    WAVEFORM = "waveform"
    PARADE = "parade"
    VECTOR = "vectorscope"
    RATIO = "ratio"
    ILLUMINANT = "illuminant"
    ALBEDO = "albedo"


@dataclass(frozen=True)
class Asked:
    """What is to be computed. area : only this part, at scale 1. display, view : empty for the project's."""

    kinds: frozenset[Kind]
    space: Space
    layer: str
    scale: float
    area: Region | None
    display: str
    view: str


@dataclass(frozen=True)
class Spot:
    """A colour in the chromaticity diagram."""

    name: str
    uv: tuple[float, float]
    white: White


@dataclass(frozen=True)
class Albedo:
    """Shares of an albedo within, below and above what surfaces have, and how often its values occur."""

    within: float
    below: float
    above: float
    counts: Counts


@dataclass(frozen=True)
class Scoped:
    """What the scopes show. space : in words. Whatever was not asked for, or is not there, is None."""

    space: str
    histogram: Histogram | None = None
    waveform: QImage | None = None
    parade: QImage | None = None
    vector: QImage | None = None
    illuminant: QImage | None = None
    lights: tuple[Spot, ...] = ()
    estimates: tuple[Spot, ...] = ()
    albedo: Albedo | None = None
    measured: Measured | None = None
    line: tuple[tuple[float, ...], Floats] | None = field(default=None, repr=False)
    gamut: Floats | None = field(default=None, repr=False)


class Computer:
    """Computes scopes of one session. For workers, one at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._looker = Looker(session)

    def scopes(
        self, graph: Graph, project: Project, image: Image, node: str, frame: float, scene: Scene, asked: Asked,
        token: CancelToken,
    ) -> Scoped:  # fmt: skip
        """What is asked for, of a picture. Raises RimlightError where the layer has no colours."""
        light = pixels_of(image, asked.layer, asked)
        space = working_space(project, self._session.services["colors"])
        shown, words = light, f"{project.working}, scene-linear"
        if asked.space == "display":
            renderer = self._session.services["colors"].renderer(project)
            display, view = asked.display or project.display, asked.view or project.view
            shown = renderer.render(
                torch.from_numpy(light).permute(2, 0, 1).contiguous(), display, view, exact=False, check=token.check
            ).permute(1, 2, 0).contiguous().numpy()  # fmt: skip
            name = renderer.config.display(display)
            words = f"{name}, {renderer.config.view(name, view)}"
        weights, kinds = space.luminance, asked.kinds
        token.check()
        found = Scoped(words)
        changes: dict[str, object] = {}
        if Kind.HISTOGRAM in kinds:
            changes["histogram"] = counting.histogram(shown, weights, asked.space)
        if Kind.WAVEFORM in kinds:
            changes["waveform"] = waveform(shown, asked.space)
        if Kind.PARADE in kinds:
            changes["parade"] = parade(shown, asked.space)
        token.check()
        if Kind.VECTOR in kinds:
            points = counting.chroma(shown, weights, asked.space)
            changes["vector"] = cloud(counting.scattered(points, (-1.1, -1.1), (1.1, 1.1), SQUARE))
        if Kind.ILLUMINANT in kinds:
            changes |= self._illuminant(graph, project, light, node, frame, scene, token)
        if Kind.ALBEDO in kinds and "albedo" in image:
            changes["albedo"] = Albedo(*counting.plausible(pixels_of(image, "albedo", asked)))
        if Kind.RATIO in kinds and scene.lit:
            changes["measured"] = self._looker.measure(graph, project, scene, frame, token)
        return Scoped(**{**vars(found), **changes})

    def _illuminant(
        self, graph: Graph, project: Project, light: Floats, node: str, frame: float, scene: Scene, token: CancelToken
    ) -> dict[str, object]:
        space = working_space(project, self._session.services["colors"])
        fine = light[np.isfinite(light).all(-1)]
        bright = fine[(fine > 0).any(-1)]
        points = chromaticity.uv_of(bright, space)
        points = points[np.isfinite(points).all(-1)]
        picture = cloud(counting.scattered(points, chromaticity.LOW, chromaticity.HIGH, SQUARE))

        def spot(name: str, rgb: list[float]) -> Spot:
            u, v = map(float, chromaticity.uv_of(np.array([rgb], np.float32), space)[0])
            return Spot(name, (u, v), chromaticity.nearest_white((u, v), space))

        lights = []
        if scene.rig:
            rig = self._session.evaluator.evaluate(graph, project, Request(scene.rig, frame), token)
            for name, lamp in zip(rig.active().names, rig.active(), strict=True) if isinstance(rig, Rig) else ():
                hue = white_rgb(lamp.kelvin, lamp.tint, space)
                rgb = [float(h) * float(c) for h, c in zip(hue, lamp.color, strict=True)]
                if max(rgb) > 0:
                    lights.append(spot(name, rgb))
        estimates = []
        for method, words in METHODS.items():
            token.check()
            found = self._estimate(graph, project, node, frame, method, token)
            if found is not None:
                estimates.append(spot(words, found))
        return {
            "illuminant": picture, "lights": tuple(lights), "estimates": tuple(estimates),
            "line": chromaticity.locus(space), "gamut": chromaticity.primaries(space),
        }  # fmt: skip

    def _estimate(
        self, graph: Graph, project: Project, node: str, frame: float, method: str, token: CancelToken
    ) -> list[float] | None:
        """The colour of the light by a rule of WhiteBalance; None where the picture cannot be looked at so."""
        evaluator = self._session.evaluator
        level_path, _, name = node.rpartition("/")
        level = graph.inside(level_path)
        values = {"method": method, "output": "light"}
        level = level.put(_ASIDE, NodeState("baseline.white_balance", 1, values, {"image": name}))
        aside = graph.replace_inside(level_path, level)
        path = path_at(level_path, _ASIDE)
        try:
            info = evaluator.info(aside, project, path, frame)
            scale = min(1.0, _ESTIMATE_WIDTH / max(1, info.display.width))
            corner = evaluator.info(aside, project, path, frame, scale, Tier.DRAFT).data
            pixel = Region(corner.x0, corner.y0, corner.x0 + 1, corner.y0 + 1)
            image = evaluator.evaluate(aside, project, Request(path, frame, pixel, (MAIN,), scale, Tier.DRAFT), token)
        except RimlightError:
            return None  # the picture has no main layer with colours, which its own node says
        rgb: list[float] = image.tensor(MAIN, pixel)[list(image.info.layer(MAIN).rgb or (0, 1, 2)), 0, 0].tolist()
        return rgb


def pixels_of(image: Image, layer: str, asked: Asked) -> Floats:
    """Red, green and blue `[h, w, 3]` of a layer, every so many pixels, of the marked area. Raises RimlightError."""
    if not image.layers:
        raise RimlightError("the picture has no layers")
    if layer not in image:
        layer = MAIN if MAIN in image else next(iter(image.layers))
    declared = image.info.layer(layer)
    indices = declared.rgb or ((0, 0, 0) if len(declared.channels) == 1 else tuple(range(3)))
    if len(declared.channels) < 3 and declared.rgb is None:
        indices = (0, 0, 0)
    region = image.region
    if asked.area is not None:
        region = region.intersect(asked.area.scaled(asked.scale))
    if region.is_empty:
        raise RimlightError("the marked area has no pixels")
    x = image.tensor(layer, region)
    step = max(1, region.width // WIDTH)
    found: Floats = x[list(indices)][:, ::step, ::step].permute(1, 2, 0).contiguous().float().cpu().numpy()
    return found


def waveform(rgb: Floats, space: Space) -> QImage:
    """The three channels over each other, each in its colour."""
    columns = min(rgb.shape[1], WIDTH)
    counts = np.stack([counting.trace(rgb[..., c], space, columns) for c in range(3)], -1)
    return lit(counts, rgb.shape[0])


def parade(rgb: Floats, space: Space) -> QImage:
    """The three channels beside each other."""
    columns = max(1, min(rgb.shape[1], WIDTH) // 3)
    gap = max(2, columns // 30)
    whole = np.zeros((counting.ROWS, 3 * columns + 2 * gap, 3), np.int64)
    for c in range(3):
        start = c * (columns + gap)
        whole[:, start : start + columns, c] = counting.trace(rgb[..., c], space, columns)
    return lit(whole, rgb.shape[0], own_colors=True)


def lit(counts: Counts, height: int, own_colors: bool = False) -> QImage:
    """Counts `[h, w, 3]` as a glow: how often a value occurs of the pixels in its column."""
    share = counts.astype(np.float32) / max(1, height)
    glow = 1 - np.exp(-share * 60)
    if own_colors:
        glow = glow @ np.array([[1.0, 0.32, 0.30], [0.30, 1.0, 0.36], [0.36, 0.52, 1.0]], np.float32)
    return image_of(np.clip(glow, 0, 1))


def cloud(counts: Counts) -> QImage:
    """Counts `[h, w]` as a glow."""
    share = counts.astype(np.float32) / max(1.0, float(counts.sum()))
    glow = 1 - np.exp(-share * 6000)
    return image_of(np.repeat(glow[..., None], 3, -1) * np.array([0.95, 0.95, 0.95], np.float32))


def image_of(rgb: npt.NDArray[np.floating]) -> QImage:
    """A glow `[h, w, 3]` as a picture, as opaque as it is bright."""
    alpha = rgb.max(-1, keepdims=True)
    codes = (np.concatenate((rgb[..., ::-1], alpha), -1) * 255 + 0.5).astype(np.uint8)
    height, width, _ = codes.shape
    return QImage(codes.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()


def layers_for(kinds: frozenset[Kind], names: Mapping[str, object] | tuple[str, ...], layer: str) -> tuple[str, ...]:
    """The layers of a picture that scopes need."""
    if not names:
        return ()
    main = layer if layer in names else MAIN if MAIN in names else next(iter(names))
    extra = ("albedo",) if Kind.ALBEDO in kinds and "albedo" in names and main != "albedo" else ()
    return (main, *extra)
