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
    Node,
    Numbers,
    Region,
    RimlightError,
    Spec,
    Vec2,
    Vec3,
    find_channel,
    listing,
    node,
    numbers,
    param,
    port,
)  # fmt: skip

from ..light.geometry import from_corner
from ..ops.fir import finite
from .change import Change, changed, mode_names
from .fitting import LEAST, TALL, Fit, Points, average, fitted
from .guessing import guessed, landmarks_of
from .model import FACE, Face, face_model, geometry
from .refining import around, off_by, refined, surface_of
from .seen import SEEN, drawn

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
class FaceFit(Node):
    """Fits a face to landmarks in the picture: its pose, its form, its expression, and how it lies in the picture.

    Drag the landmarks to where they are in the picture; left and right are those of the picture. Those that were not
    moved do not count, but for the first four, until which an average face fills the frame. Eyes, nose, mouth and chin
    tell most; ears and the edge of the jaw tell how long and how far turned a face is. `show` draws the face over the
    picture while you do. A landmark that can be animated or linked to a tracker follows the shot. The number on the
    node says how far the landmarks are from the face, in pixels.

    Puts out the picture with the layers `uv`, `position` and `depth` in centimetres, `normal` and `face`, its matte;
    and, in its metadata, the face itself for the other nodes of faces. The face is that of the ICT model (MIT licence):
    skin, ears and neck without hair, and the eyes. After MARCUS-Avatar (2026), the fit by regularised least squares.
    """

    measures: ClassVar[tuple[str, ...]] = (FACE_ERROR, NORMALS_ERROR)
    solves: ClassVar[Mapping[str, str]] = {
        "guess": "look for a face in the picture and in the normals of the surface input, and place all landmarks"
        " there",
        "middle": "place all landmarks as those of an average face in the middle of the frame",
        "refine": "find what is to be added to the fit for the face to have the normals of the surface input, and not"
        " to leave its matte",
    }

    sections: ClassVar[Mapping[str, str]] = {
        "Brows": "brow_left_outer brow_left_inner brow_right_inner brow_right_outer",
        "Eyes": "eye_left_outer eye_left_top eye_left_inner eye_left_bottom"
        " eye_right_inner eye_right_top eye_right_outer eye_right_bottom",
        "Nose": "nose_bridge nose_tip nose_left nose_right",
        "Mouth": "mouth_left mouth_top lips_top lips_bottom mouth_right mouth_bottom",
        "Outline": "chin jaw_left jaw_right ear_left ear_right",
        "Refined": "by_normals by_matte matte_channel add_turn add_move",
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
    brow_left_outer: Vec2 = param(
        default=(770.0, 710.0), unit="px", role="point", doc="outer end of the brow on the left"
    )
    brow_left_inner: Vec2 = param(default=(921.0, 738.0), unit="px", role="point", doc="its inner end")
    brow_right_inner: Vec2 = param(
        default=(999.0, 738.0), unit="px", role="point", doc="inner end of the brow on the right"
    )
    brow_right_outer: Vec2 = param(default=(1150.0, 710.0), unit="px", role="point", doc="its outer end")
    eye_left_outer: Vec2 = param(
        default=(814.0, 653.0), unit="px", role="point", doc="outer corner of the eye on the left"
    )
    eye_left_top: Vec2 = param(
        default=(850.0, 669.0), unit="px", role="point", doc="middle of the edge of its upper lid"
    )
    eye_left_inner: Vec2 = param(default=(899.0, 647.0), unit="px", role="point", doc="its inner corner")
    eye_left_bottom: Vec2 = param(
        default=(851.0, 642.0), unit="px", role="point", doc="middle of the edge of its lower lid"
    )
    eye_right_inner: Vec2 = param(
        default=(1021.0, 647.0), unit="px", role="point", doc="inner corner of the eye on the right"
    )
    eye_right_top: Vec2 = param(
        default=(1070.0, 669.0), unit="px", role="point", doc="middle of the edge of its upper lid"
    )
    eye_right_outer: Vec2 = param(default=(1106.0, 653.0), unit="px", role="point", doc="its outer corner")
    eye_right_bottom: Vec2 = param(
        default=(1069.0, 642.0), unit="px", role="point", doc="middle of the edge of its lower lid"
    )
    nose_bridge: Vec2 = param(
        default=(960.0, 665.0), unit="px", role="point", doc="the nose between the eyes, where it is lowest"
    )
    nose_tip: Vec2 = param(default=(960.0, 554.0), unit="px", role="point", doc="tip of the nose")
    nose_left: Vec2 = param(
        default=(918.0, 502.0), unit="px", role="point", doc="where the wing of the nose on the left meets the lip"
    )
    nose_right: Vec2 = param(default=(1002.0, 502.0), unit="px", role="point", doc="where the wing on the right does")
    mouth_left: Vec2 = param(default=(876.0, 423.0), unit="px", role="point", doc="corner of the mouth on the left")
    mouth_top: Vec2 = param(
        default=(960.0, 456.0), unit="px", role="point", doc="middle of the upper edge of the upper lip"
    )
    lips_top: Vec2 = param(
        default=(960.0, 428.0), unit="px", role="point", doc="middle of the lower edge of the upper lip"
    )
    lips_bottom: Vec2 = param(
        default=(960.0, 426.0), unit="px", role="point", doc="middle of the upper edge of the lower lip"
    )
    mouth_right: Vec2 = param(default=(1044.0, 423.0), unit="px", role="point", doc="corner of the mouth on the right")
    mouth_bottom: Vec2 = param(
        default=(960.0, 392.0), unit="px", role="point", doc="middle of the lower edge of the lower lip"
    )
    chin: Vec2 = param(default=(960.0, 287.0), unit="px", role="point", doc="the chin, in the middle of its edge")
    jaw_left: Vec2 = param(
        default=(776.0, 396.0), unit="px", role="point", doc="anywhere on the edge of the jaw on the left"
    )
    jaw_right: Vec2 = param(
        default=(1144.0, 396.0), unit="px", role="point", doc="anywhere on the edge of the jaw on the right"
    )
    ear_left: Vec2 = param(default=(712.0, 501.0), unit="px", role="point", doc="lowest point of the ear on the left")
    ear_right: Vec2 = param(
        default=(1208.0, 501.0), unit="px", role="point", doc="lowest point of the ear on the right"
    )
    field_of_view: float = param(
        default=30.0, hard=(0.5, 150), soft=(5, 90), unit="deg", doc="angle that the frame is wide"
    )
    fit_lens: bool = param(
        default=False, doc="also find the field of view, near the given one; faces tell little of it"
    )
    form_prior: float = param(
        default=1.0, hard=(0.001, 1000), soft=(0.1, 10),
        doc="how close the form stays to the average face's; lower follows the landmarks",
    )  # fmt: skip
    expression_prior: float = param(
        default=1.0, hard=(0.001, 1000), soft=(0.1, 10), doc="how close the expression stays to a neutral one"
    )
    by_normals: float = param(
        default=0.1, hard=(0, 100), soft=(0, 1),
        doc="how much normals count where the fit is refined: 0.1 for estimated ones, 1 for rendered ones",
    )  # fmt: skip
    by_matte: float = param(
        default=1.0, hard=(0, 100), soft=(0, 1), doc="how much the matte counts there: the face ought to be inside it"
    )
    matte_channel: str = param(default="alpha", role="channel", doc="the matte in the surface input", place="bottom")
    add_turn: Vec3 = param(
        default=(0.0, 0.0, 0.0), soft=(-20, 20), unit="deg", doc="turn that is added to the fit, as a rotation vector"
    )
    add_move: Vec3 = param(default=(0.0, 0.0, 0.0), soft=(-5, 5), unit="cm", doc="move that is added to the fit")
    weight: Numbers = numbers("how much a landmark counts; 0: it is not seen")
    add_form: Numbers = numbers("added to the form of the face, in deviations of people's")
    add_expression: Numbers = numbers("added to the expression of the face")

    def members(self, ctx: Context) -> Sequence[Spec]:
        model = face_model()
        weight, form, expression = type(self).families
        return [
            *(weight.spec(name, default=1.0, hard=(0, 100), soft=(0, 1)) for name in model.landmarks),
            *(form.spec(name, default=0.0, soft=(-2, 2)) for name in mode_names()),
            *(expression.spec(name, default=0.0, soft=(-1, 1)) for name in model.expression_names),
        ]

    def frame_fit(self, ctx: Context) -> Fit:
        """The face in the picture. Raises RimlightError where too few landmarks are in use."""
        return changed(self._points(ctx), Change(self.add_turn, self.add_move, self.add_form, self.add_expression))

    def _points(self, ctx: Context) -> Points:
        info = ctx.info("image")
        frame = info.display
        size = (max(1, frame.width), max(1, frame.height))
        weights = dict(self.weight)
        placed = {name: getattr(self, name) for name in face_model().landmarks if self._moved(ctx, name)}
        if len(placed) < LEAST:
            known = average(size, info.pixel_aspect, self.field_of_view)
        else:
            known = {name: (x, size[1] - y) for name, (x, y) in placed.items()}
        at = tuple((name, x, y, weights.get(name, 1.0)) for name, (x, y) in known.items())
        return Points(
            at, size, info.pixel_aspect, self.field_of_view, self.fit_lens, self.form_prior, self.expression_prior
        )

    def _moved(self, ctx: Context, name: str) -> bool:
        before = self.spec(name).default
        return any(abs(a - b * ctx.scale) > 1e-6 for a, b in zip(getattr(self, name), before, strict=True))

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
        if what != "refine":
            if what == "guess":
                found = self._guess(ctx, images, Region(0, 0, width, height), check)
                known: Mapping[str, tuple[float, float]] = landmarks_of(found, found.camera(info))
            else:
                known = average((width, height), info.pixel_aspect, self.field_of_view)
            return zero | {name: (round(x, 2), round(height - y, 2)) for name, (x, y) in known.items()}
        points = self._points(ctx)
        before, start = fitted(points), self.frame_fit(ctx).face
        camera = start.camera(info)
        near = around(start, camera)
        self.require(not near.is_empty, "the face is outside of the picture")
        normal, matte = self._seen(ctx, images["surface"], near)
        surface = surface_of(normal, matte, near, start, camera)
        after = refined(points, start, surface, self.by_normals, self.by_matte, check=check).fit.face
        change = Change.between(before.face, after)
        return zero | {
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
        height = TALL * ctx.info("image").display.width / (2 * fit.face.tan_x * max(1e-3, -fit.face.place[2]))
        if fit.error > _POOR * height:
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
