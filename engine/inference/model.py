"""The student as the product calls it: one picture at a time, full size, light layers out."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import torch
from torch import Tensor

from ..cores import Check, unchecked
from ..errors import FileError, RimlightError
from ..light.environment import EnvironmentCache
from ..light.photometry import ACESCG, WorkingSpace
from ..light.rig import Rig
from ..light.values import unit
from .apart import take_apart
from .close import Near, laid_over, part_of_subject, taken_apart
from .codes import mixed_codes
from .detail import Guide, Rows, by_strips, enlarged, enlarging, look_size, put_together, reduce_picture
from .lights import rig_of_guess
from .looks import Looks
from .manifest import Manifest, read_weights
from .precision import half_is_faster
from .recording import Recordings
from .relighting import FIELD_OF_VIEW, Target, View, refined, relit, shade_estimate, target_of
from .sky import find_sky
from .student import Prediction, Student

_SMOOTH = ("normal", "depth", "roughness", "f0", "shadow", "confidence")
"""Layers beside those that a plate is the sum of."""
_RECORDED = 4
"""Kinds of targets, times sizes of pictures, for which a GPU keeps in mind how they are relit."""


@dataclass(frozen=True, eq=False)
class Examined:
    """A picture and what the student saw in it; all that is asked of the picture later comes from here.

    plate : `[1, 3, H, W]`. matte : `[1, 1, H, W]`. small : the plate at the working size. prediction : at half of it.
    near : of a subject that is a small part of the plate what is seen of it by itself; the prediction has it too, and
    finer maps.
    """

    plate: Tensor
    matte: Tensor | None
    small: Tensor
    prediction: Prediction
    near: Near | None = None


@dataclass(frozen=True, eq=False)
class StudentModel:
    """A student with its manifest, ready to be asked. Pictures are scene-linear in the working space, `[3, H, W]`.

    half : compute in bfloat16, about twice as fast where a device has it in hardware; layers keep float32.
    """

    student: Student
    manifest: Manifest
    device: torch.device
    half: bool = True
    space: WorkingSpace = field(default=ACESCG)

    def examine(
        self, picture: Tensor, matte: Tensor | None = None, size: int | None = None, check: Check = unchecked
    ) -> Examined:
        """Everything the student sees in a picture of any size and exposure.

        matte : `[1, H, W]`, 1 where the subject is; one that is a small part of the frame is looked at from near.
        size : pixels of the short side at which to look, by default that of the manifest. check : called between looks,
        but on a GPU; what it raises is raised here. Raises RimlightError when the shapes do not fit.
        """
        if picture.ndim != 3 or picture.shape[0] != 3 or 0 in picture.shape:
            raise RimlightError(f"student: the picture has the shape {list(picture.shape)}, expected [3, h, w]")
        if matte is not None and matte.shape != (1, *picture.shape[1:]):
            raise RimlightError(
                f"student: the matte has the shape {list(matte.shape)}, expected {[1, *picture.shape[1:]]}"
            )
        plate = picture.to(self.device, torch.float32)[None]
        alpha = None if matte is None else cover_of(matte.to(self.device, torch.float32))[None]
        height, width = look_size(plate.shape[2], plate.shape[3], size or self.manifest.working_size)
        small = reduce_picture(torch.nan_to_num(plate, 0.0, 0.0, 0.0), height, width)
        with torch.inference_mode(), self._precision():
            small_alpha, near = None if alpha is None else reduce_picture(alpha, height, width), None
            seen = self._looks(small, small_alpha, check)
            if alpha is not None and small_alpha is not None:
                near = self._closer(seen, plate, alpha, small_alpha, size or self.manifest.working_size, check)
                if near is not None:
                    seen = laid_over(near, (plate.shape[2], plate.shape[3]), alpha)
        return Examined(plate, alpha, small, seen, near)

    def _closer(
        self, whole: Prediction, plate: Tensor, matte: Tensor, small_matte: Tensor, size: int, check: Check
    ) -> Near | None:
        """What is seen from near of a subject that is a small part of the plate."""
        part = part_of_subject(small_matte, (plate.shape[2], plate.shape[3]), size)
        if part is None:
            return None
        height, width = look_size(part.height, part.width, size)
        cut = reduce_picture(torch.nan_to_num(part.of(plate), 0.0, 0.0, 0.0), height, width)
        return Near(part, self._looks(cut, reduce_picture(part.of(matte), height, width), check), whole)

    def decompose(self, seen: Examined, check: Check = unchecked) -> dict[str, Tensor]:
        """The light layers `[C, H, W]` of a picture, by their names.

        `plate = albedo * shading + specular + residual` holds to the last digits: what no surface can explain, the sky,
        negative light and what is brighter than highlights are, is in the residual. depth is relative, about 1 in the
        middle. confidence is 0 in the sky. check : called between strips of rows; what it raises is raised here.
        """
        with torch.inference_mode():
            p, plate = seen.prediction, seen.plate
            height, width = plate.shape[-2:]
            guide = Guide(plate, p.level, p.shading.shape[-2], p.shading.shape[-1], check)
            sky = find_sky(plate, p.level, p.depth)
            check()
            if seen.matte is not None:
                sky = sky * (1 - seen.matte)
            if seen.near is not None and seen.matte is not None:
                found = taken_apart(plate, seen.near, sky, seen.matte, check)
            else:
                found = take_apart(plate, p, guide, sky, check)
            smooth = enlarging(torch.cat((p.normal, p.depth.log(), p.roughness, p.f0, p.error), 1), height, width)
            layers = {name: plate.new_empty(1, 3 if name == "normal" else 1, height, width) for name in _SMOOTH}
            arrives = _arrives(p, guide)

            def strip(rows: slice) -> None:
                normal, depth, roughness, f0, error = torch.split(smooth(rows), [3, 1, 1, 1, 1], 1)
                sure = error.neg().exp_().mul_(1 - sky[..., rows, :])
                made = unit(normal, 1), depth.exp(), roughness, f0, arrives(rows), sure
                for name, x in zip(_SMOOTH, made, strict=True):
                    layers[name][..., rows, :] = x

            by_strips(strip, plate, check)
            layers["f0"] = layers["f0"].expand(-1, 3, -1, -1)
            return {name: layer[0] for name, layer in (found | layers).items()}

    def visibility(self, seen: Examined) -> Tensor:
        """The layer `shadow` `[1, H, W]` of `decompose`, by itself."""
        with torch.inference_mode():
            p = seen.prediction
            arrives = _arrives(p, Guide(seen.plate, p.level, p.shading.shape[-2], p.shading.shape[-1]))
            return put_together(arrives, seen.plate)[0]

    def estimate_light(self, seen: Examined) -> Rig:
        """The light of a picture as an editable rig: a directional light `key` and an environment `around`."""
        return rig_of_guess(seen.prediction.light, 0, self.space)

    def relight(
        self,
        seen: Examined,
        rig: Rig,
        *,
        like: Examined | Tensor | None = None,
        field_of_view: float = FIELD_OF_VIEW,
        distance: float = 100.0,
        albedo: Tensor | None = None,
        environments: EnvironmentCache | None = None,
    ) -> Tensor:
        """The picture `[3, H, W]` under a rig: physics on the estimated layers, refined by the student.

        The result is linear in the strength of the rig. Where there is a matte, the plate stays outside it.

        like : another picture, whose illumination code is taken in place of the rig's own, or a code from
        `mixed_code`. field_of_view : degrees that the frame is wide. distance : centimetres to the subject, for lights
        with a position. albedo : `[3, H, W]`, if it is there already from `decompose`. environments : where prepared
        environments are kept between calls.
        """
        color = (self.decompose(seen)["albedo"] if albedo is None else albedo.to(self.device))[None]
        with torch.inference_mode():
            view, target = self._target(seen, rig, like, field_of_view, distance, environments)
            work = partial(relit, self._network, self._precision, view)
            key = (view, target.settings())
            found = self._relit(work, key, seen.prediction, seen.small, target, color, seen.plate, seen.matte)
        return found[0]

    def mixed_code(self, parts: Sequence[tuple[float, Examined]]) -> Tensor:
        """The illumination code `[1, n]` between those of pictures, or beyond: their sum by weights of any sign, as
        long as every code. Half way between two it is half way in direction, and twice a code is that code.
        """
        with torch.inference_mode():
            return mixed_codes([(weight, seen.prediction.code) for weight, seen in parts])

    def without_shadow(self, seen: Examined) -> Tensor:
        """The picture `[3, H, W]` without the cast shadows of its key light: where the key does not arrive, the shading
        that it would give is added. Texture, highlights and residual stay.
        """
        layers = self.decompose(seen)
        with torch.inference_mode():
            p = seen.prediction
            key = self.estimate_light(seen).matching("key")
            diffuse, _ = shade_estimate(p, (key,), (FIELD_OF_VIEW,), space=self.space)
            missing = enlarged(diffuse, *seen.plate.shape[-2:])[0] * (1 - layers["shadow"])
            return seen.plate[0] + layers["albedo"] * missing

    def refinement(
        self,
        seen: Examined,
        rig: Rig,
        *,
        like: Examined | Tensor | None = None,
        field_of_view: float = FIELD_OF_VIEW,
        distance: float = 100.0,
        environments: EnvironmentCache | None = None,
    ) -> tuple[Tensor, Tensor]:
        """What the student adds to the shading and to the specular light that physics gives of a rig, cast shadows and
        bounces among it: natural logarithms of ratios `[1, 3, h, w]` at half the working size.
        """
        with torch.inference_mode():
            view, target = self._target(seen, rig, like, field_of_view, distance, environments)
            work = partial(refined, self._network, self._precision, view)
            return self._refined(work, (view, target.settings()), seen.prediction, seen.small, target)

    def _target(
        self,
        seen: Examined,
        rig: Rig,
        like: Examined | Tensor | None,
        field_of_view: float,
        distance: float,
        environments: EnvironmentCache | None,
    ) -> tuple[View, Target]:
        view = View(field_of_view, distance / rig.cm_per_unit)
        code = like.prediction.code if isinstance(like, Examined) else like
        return view, target_of(rig, view, seen.prediction.normal, self.space, environments, code)

    @cached_property
    def _network(self) -> Student:
        """The student with weights of the precision it computes in; else they would be rounded at every use."""
        return deepcopy(self.student).to(torch.bfloat16) if self.half else self.student

    @cached_property
    def _looks(self) -> Looks:
        return Looks(self._network)

    @cached_property
    def _refined(self) -> Recordings[tuple[Tensor, Tensor]]:
        return Recordings(_RECORDED)

    @cached_property
    def _relit(self) -> Recordings[Tensor]:
        return Recordings(_RECORDED)

    def _precision(self) -> AbstractContextManager[None]:
        context: AbstractContextManager[None] = torch.autocast(self.device.type, torch.bfloat16, enabled=self.half)
        if not self.half and self.device.type == "cuda":
            # By default convolutions of float32 keep 10 bits there (TF32), which nobody means who asks for float.
            context = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        return context


def cover_of(matte: Tensor) -> Tensor:
    """How much of each pixel a matte, of any shape, covers: 0 to 1, and nothing where it is no number."""
    return torch.nan_to_num(matte, 0.0, 1.0, 0.0).clamp(0, 1)


def _arrives(p: Prediction, guide: Guide) -> Rows:
    """How much of the key light arrives `[1, 1, n, W]`, its edges those of the plate."""
    follow = guide.follow(torch.logit(p.shadow, 1e-3))
    return lambda rows: follow(rows).sigmoid_()


def load_student(path: Path | str, device: torch.device | str = "cpu", half: bool | None = None) -> StudentModel:
    """The student of a manifest. No code is read with it.

    half : compute in bfloat16; None: where the device is faster in it.

    Raises FileError with a sentence when manifest or weights are missing, damaged or do not fit each other.
    """
    path = Path(path)
    manifest = Manifest.read(path)
    weights = read_weights(manifest, path.parent)
    try:
        with torch.device("meta"):  # sizes that the weights do not have cost no memory
            student = Student(manifest.config)
        student.load_state_dict(weights, assign=True)
    except (RuntimeError, ValueError, IndexError) as error:
        raise FileError(f"{path.parent / manifest.file} does not fit its manifest's config: {error}") from None
    place = torch.device(device)
    student = student.eval().requires_grad_(False).to(place).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return StudentModel(student, manifest, place, half_is_faster(place) if half is None else half)
