"""What a face is fitted to in a picture, and what is added to the fit: the parameters of FaceFit."""
# ruff: noqa: RUF009  a function declares each landmark

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rimlight.engine import Context, Node, Numbers, Spec, Vec2, Vec3, numbers, param

from .change import Change, changed, mode_names
from .fitting import LEAST, Fit, Points, average
from .model import face_model


def _landmark(x: float, y: float, doc: str) -> Any:
    return param(default=(x, y), soft=(0, 1920), unit="px", role="point", doc=doc)


@dataclass(frozen=True)
class FitParameters(Node):
    """A node with the landmarks of a face in its input `image`, and with what tells how they are fitted."""

    sections: ClassVar[Mapping[str, str]] = {
        "Brows": "brow_left_outer brow_left_inner brow_right_inner brow_right_outer",
        "Eyes": "eye_left_outer eye_left_top eye_left_inner eye_left_bottom"
        " eye_right_inner eye_right_top eye_right_outer eye_right_bottom",
        "Nose": "nose_bridge nose_tip nose_left nose_right",
        "Mouth": "mouth_left mouth_top lips_top lips_bottom mouth_right mouth_bottom",
        "Outline": "chin jaw_left jaw_right ear_left ear_right",
        "Refined": "by_normals by_matte matte_channel add_turn add_move",
        "Weights of Landmarks": "weight",
        "Added Form": "add_form",
        "Added Expression": "add_expression",
    }

    brow_left_outer: Vec2 = _landmark(770.0, 710.0, "outer end of the brow on the left")
    brow_left_inner: Vec2 = _landmark(921.0, 738.0, "inner end of the brow on the left")
    brow_right_inner: Vec2 = _landmark(999.0, 738.0, "inner end of the brow on the right")
    brow_right_outer: Vec2 = _landmark(1150.0, 710.0, "outer end of the brow on the right")
    eye_left_outer: Vec2 = _landmark(814.0, 653.0, "outer corner of the eye on the left")
    eye_left_top: Vec2 = _landmark(850.0, 669.0, "middle of the edge of the upper lid on the left")
    eye_left_inner: Vec2 = _landmark(899.0, 647.0, "inner corner of the eye on the left")
    eye_left_bottom: Vec2 = _landmark(851.0, 642.0, "middle of the edge of the lower lid on the left")
    eye_right_inner: Vec2 = _landmark(1021.0, 647.0, "inner corner of the eye on the right")
    eye_right_top: Vec2 = _landmark(1070.0, 669.0, "middle of the edge of the upper lid on the right")
    eye_right_outer: Vec2 = _landmark(1106.0, 653.0, "outer corner of the eye on the right")
    eye_right_bottom: Vec2 = _landmark(1069.0, 642.0, "middle of the edge of the lower lid on the right")
    nose_bridge: Vec2 = _landmark(960.0, 665.0, "the nose between the eyes, where it is lowest")
    nose_tip: Vec2 = _landmark(960.0, 554.0, "tip of the nose")
    nose_left: Vec2 = _landmark(918.0, 502.0, "where the wing of the nose on the left meets the lip")
    nose_right: Vec2 = _landmark(1002.0, 502.0, "where the wing of the nose on the right meets the lip")
    mouth_left: Vec2 = _landmark(876.0, 423.0, "corner of the mouth on the left")
    mouth_top: Vec2 = _landmark(960.0, 456.0, "middle of the upper edge of the upper lip")
    lips_top: Vec2 = _landmark(960.0, 428.0, "middle of the lower edge of the upper lip")
    lips_bottom: Vec2 = _landmark(960.0, 426.0, "middle of the upper edge of the lower lip")
    mouth_right: Vec2 = _landmark(1044.0, 423.0, "corner of the mouth on the right")
    mouth_bottom: Vec2 = _landmark(960.0, 392.0, "middle of the lower edge of the lower lip")
    chin: Vec2 = _landmark(960.0, 287.0, "the chin, in the middle of its edge")
    jaw_left: Vec2 = _landmark(776.0, 396.0, "anywhere on the edge of the jaw on the left")
    jaw_right: Vec2 = _landmark(1144.0, 396.0, "anywhere on the edge of the jaw on the right")
    ear_left: Vec2 = _landmark(712.0, 501.0, "lowest point of the ear on the left")
    ear_right: Vec2 = _landmark(1208.0, 501.0, "lowest point of the ear on the right")
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
        default=1.0,
        hard=(0, 100),
        soft=(0, 1),
        doc="how much the matte counts where the fit is refined: the face ought to be inside it",
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
        return changed(self.points(ctx), Change(self.add_turn, self.add_move, self.add_form, self.add_expression))

    def points(self, ctx: Context) -> Points:
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
