from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Region,
    RimlightError,
    find_channel,
    listing,
    node,
    param,
    port,
)  # fmt: skip

from ..light.geometry import from_corner
from ..ops.fir import finite
from .change import Change
from .fit_parameters import FitParameters
from .fitting import average, fitted, pixels_tall
from .guessing import guessed, landmarks_of
from .model import FACE, Face, face_model, geometry
from .refining import off_by, refined
from .seen import SEEN, drawn
from .surface import around, surface_of

FACE_ERROR = "rimlight:face_error"
"""Attribute of a picture: how far the landmarks are from those of the fitted face, in pixels of the whole frame."""
NORMALS_ERROR = "rimlight:face_normals_error"
"""Attribute: degrees by which normals of the fitted face are off those of the surface input, in the median."""
_FACE_LIKE, _PAINT_LIKE = 0.68, 0.4
"""Likeness of normals to those of a face, and of paint to that of faces, below which a guess is no face."""
_LINES = 32
"""Lines of the drawn grid from one side of the uv to the other."""
_POOR = 0.03
"""Of the face's height in the picture: landmarks further off than this in the mean fit no face."""
_MADE = tuple(layer.name for layer in SEEN)


@node("face.fit", see="uv.unwrap face.render faces", label="FaceFit", menu="Face")
class FaceFit(FitParameters):
    """Fits a face to landmarks in the picture: its pose, its form, its expression, and how it lies in the picture.

    Press Guess, or drag the landmarks to where they are; left and right are those of the picture. Those that were not
    moved do not count, but for the first four, until which an average face fills the frame. Eyes, nose, mouth and chin
    tell most; ears and the edge of the jaw tell how long and how far turned a face is. `show` draws the face over the
    picture meanwhile. The node shows how far the landmarks are from the face, in pixels. In a shot key the landmarks,
    or link them to a Tracker.

    Puts out the picture with the layers `uv`, `position` and `depth` in centimetres, `normal` and `face`, its matte.
    The face itself goes along in the metadata, for the other nodes of faces.

    The face is that of the ICT model (MIT licence): skin, ears and neck without hair, and the eyes. After MARCUS-Avatar
    (2026), the fit by regularised least squares.
    """

    measures: ClassVar[tuple[str, ...]] = (FACE_ERROR, NORMALS_ERROR)
    solves: ClassVar[Mapping[str, str]] = {
        "guess": "look for a face in the picture and in the normals of the surface input, and place all landmarks"
        " there",
        "middle": "place all landmarks as those of an average face in the middle of the frame",
        "refine": "find what is to be added to the fit for the face to have the normals of the surface input, and not"
        " to leave its matte",
    }

    image: Image = port("the picture with a face")
    surface: Image = port(
        "normals of the picture, estimated by Intrinsics or rendered, and a matte: for guess and refine", optional=True
    )
    show: str = param(
        default="none",
        choices=("none", "grid", "normal"),
        place="top",
        doc="what of the face is drawn over the picture",
    )

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        for layer in SEEN:
            info = info.with_layer(layer)
        return info.with_(metadata={**info.metadata, FACE: self.frame_fit(ctx).face.to_text()})

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {*_MADE, *((MAIN,) if self.show != "none" else ())}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        kept = [Need("image", region, (MAIN,))] if MAIN in layers else []
        info = ctx.info("image")
        if ctx.connected("surface") and ctx.info("surface").has("normal"):
            face = self.frame_fit(ctx).face
            near = around(face, face.camera(info))
            where = near.shift(info.display.x0, info.display.y0).intersect(ctx.info("surface").data)
            kept += [Need("surface", where, self._shows(ctx))]
        return kept

    def _shows(self, ctx: Context) -> tuple[str, ...]:
        """The layers of the surface input that are looked at: normals and, where there is one, the matte."""
        info = ctx.info("surface")
        self.require(
            info.has("normal"), f"the surface input has no layer 'normal', it has {listing(info.names)}; add Intrinsics"
        )
        matte = find_channel(self.matte_channel, info.layers)
        return ("normal",) if matte is None or matte[0] == "normal" else ("normal", matte[0])

    def solve_needs(self, ctx: Context, what: str) -> Sequence[Need]:
        if what == "middle":
            return ()
        needs = []
        if what == "guess" and self._rgb(ctx) is not None:
            needs.append(Need("image", ctx.info("image").data, (MAIN,)))
        if ctx.connected("surface"):
            needs.append(Need("surface", ctx.info("surface").data, self._shows(ctx)))
        self.require(
            what == "guess" or ctx.connected("surface"),
            "refining takes a picture with normals, wire Intrinsics to 'surface'",
        )
        self.require(bool(needs), "guessing takes a picture with red, green and blue, or normals wired to 'surface'")
        return needs

    def _rgb(self, ctx: Context) -> tuple[int, int, int] | None:
        """Where red, green and blue are in the main layer."""
        info = ctx.info("image")
        return info.layer(MAIN).rgb if info.has(MAIN) else None

    def solved(
        self, ctx: Context, what: str, images: Mapping[str, Image], check: Callable[[], None]
    ) -> Mapping[str, Any]:
        info = ctx.info("image")
        width, height = max(1, info.display.width), max(1, info.display.height)
        zero: dict[str, Any] = {"add_turn": (0.0, 0.0, 0.0), "add_move": (0.0, 0.0, 0.0)}
        zero |= {f"add_form_{name}": 0.0 for name, _ in self.add_form}
        zero |= {f"add_expression_{name}": 0.0 for name, _ in self.add_expression}
        if what == "refine":
            return zero | self._refined(ctx, images["surface"], check)
        if what == "guess":
            found = self._guess(ctx, images, Region(0, 0, width, height), check)
            known: Mapping[str, tuple[float, float]] = landmarks_of(found, found.camera(info))
        else:
            known = average((width, height), info.pixel_aspect, self.field_of_view)
        return zero | {name: (round(x, 2), round(height - y, 2)) for name, (x, y) in known.items()}

    def _refined(self, ctx: Context, shown: Image, check: Callable[[], None]) -> dict[str, Any]:
        """What is to be added to the fit to the landmarks for it to be that of a surface."""
        points = self.points(ctx)
        before, start = fitted(points), self.frame_fit(ctx).face
        camera = start.camera(ctx.info("image"))
        near = around(start, camera)
        self.require(not near.is_empty, "the face is outside of the picture")
        normal, matte = self._seen(ctx, shown, near)
        surface = surface_of(normal, matte, near, start, camera)
        after = refined(points, start, surface, self.by_normals, self.by_matte, check=check).fit.face
        change = Change.between(before.face, after)
        return {
            "add_turn": tuple(round(x, 4) for x in change.turn),
            "add_move": tuple(round(x, 4) for x in change.move),
            **{f"add_form_{name}": round(x, 4) for name, x in change.form},
            **{f"add_expression_{name}": round(x, 4) for name, x in change.expression},
        }

    def _guess(self, ctx: Context, images: Mapping[str, Image], frame: Region, check: Callable[[], None]) -> Face:
        """A face in the picture. Raises RimlightError where there is none."""
        info, rgb = ctx.info("image"), self._rgb(ctx)
        light = normal = matte = None
        if rgb is not None:
            light = finite(images["image"].tensor(MAIN, frame.shift(info.display.x0, info.display.y0))[list(rgb)])
        if "surface" in images:
            normal, matte = self._seen(ctx, images["surface"], frame)
        how = info.pixel_aspect, self.field_of_view, check
        found = None if light is None else guessed(light, normal, matte, *how)
        if found is not None and found.likeness >= _PAINT_LIKE:
            return found.face
        # What is not painted like a face, as clay is not, may be formed like one.
        found = None if normal is None else guessed(None, normal, matte, *how)
        if found is None or found.likeness < _FACE_LIKE:
            raise RimlightError("nothing in the picture looks like a face; drag the landmarks there")
        return found.face

    def _seen(self, ctx: Context, surface: Image, region: Region) -> tuple[Tensor, Tensor | None]:
        """Normals `[3, h, w]` and matte `[1, h, w]` over a region counted from the frame's top left."""
        display = ctx.info("image").display
        where = region.shift(display.x0, display.y0)
        normal = finite(surface.tensor("normal", where)[:3])
        matte = find_channel(self.matte_channel, ctx.info("surface").layers)
        if matte is None or matte[0] not in surface.layers or matte[0] == "normal":
            return normal, None
        return normal, finite(surface.tensor(matte[0], where)[matte[1] : matte[1] + 1]).clamp(0, 1)

    def warnings(self, ctx: Context) -> Sequence[str]:
        if not ctx.connected("image"):
            return ()
        try:
            fit = self.frame_fit(ctx)
        except RimlightError:
            return ()  # the node's error says it
        if fit.error > _POOR * pixels_tall(fit.face, fit.face.camera(ctx.info("image"))):
            return (f"no face fits the landmarks well, they are off by {fit.error:.1f} px, most {fit.worst}",)
        return ()

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        info, fit = ctx.info("image"), self.frame_fit(ctx)
        model = face_model()
        ctx.measured(FACE_ERROR, fit.error / ctx.scale)
        camera = fit.face.camera(info)
        near = around(fit.face, camera)
        if ctx.has_image("surface") and not near.is_empty:
            surface = surface_of(*self._seen(ctx, ctx.image("surface"), near), near, fit.face, camera)
            ctx.measured(NORMALS_ERROR, off_by(fit.face, surface, camera, ctx.check))
        where = from_corner(info, ctx.region).expand(1)
        layers = drawn(
            model, *geometry(fit.face), fit.face.camera(info), where, ctx.device, ctx.check,
            "face" in ctx.layers or MAIN in ctx.layers,
        )  # fmt: skip
        out = {name: x[:, 1:-1, 1:-1] for name, x in layers.items() if name in ctx.layers}
        if MAIN in ctx.layers:
            out[MAIN] = self._shown(ctx, layers)
        return out

    def _shown(self, ctx: ComputeContext, layers: Mapping[str, Tensor]) -> Tensor:
        """The main layer with the face drawn over it."""
        plate = ctx.image("image").tensor(MAIN, ctx.region)
        rgb = ctx.output.layer(MAIN).rgb
        if rgb is None:
            return plate
        inner = slice(1, -1)
        matte = layers["face"][:, inner, inner]
        if self.show == "normal":
            color, cover = layers["normal"][:, inner, inner] * 0.5 + 0.5, matte
        else:
            cover = _grid(layers["uv"]) * matte
            color = cover.new_tensor([0.05, 0.8, 0.3]).reshape(3, 1, 1)
        out = plate.clone()
        out[list(rgb)] = torch.lerp(plate[list(rgb)], color.expand(3, *cover.shape[1:]), cover)
        return out


def _grid(uv: Tensor) -> Tensor:
    """Lines of equal u and v `[1, h, w]`, about a pixel wide; uv : `[2, h + 2, w + 2]`."""
    x = uv * _LINES
    inside = x[:, 1:-1, 1:-1]
    slope = torch.maximum((x[:, 1:-1, 2:] - x[:, 1:-1, :-2]).abs(), (x[:, 2:, 1:-1] - x[:, :-2, 1:-1]).abs()) / 2
    away = (inside - inside.round()).abs() / slope.clamp_min(1e-6)
    return (1.2 - away).clamp(0, 1).amax(0, keepdim=True)
