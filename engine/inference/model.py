"""The student as the product calls it: one picture at a time, full size, light layers out."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from ..errors import FileError, RimlightError
from ..light import ACESCG, Camera, EnvironmentCache, Rig, WorkingSpace, unit
from ..region import Region
from .apart import take_apart
from .detail import Guide, enlarged, reduce_picture, working_size
from .lights import guess_of_rig, rig_of_guess
from .looks import Looks
from .manifest import Manifest, read_weights
from .relighting import FIELD_OF_VIEW, estimated_albedo, quarter_maps, refine_light, shade_estimate
from .student import Prediction, Student, mixed_codes


@dataclass(frozen=True, eq=False)
class Examined:
    """A picture and what the student saw in it; all that is asked of the picture later comes from here.

    plate : `[1, 3, H, W]`. matte : `[1, 1, H, W]`. small : the plate at the working size. prediction : at half of it.
    """

    plate: Tensor
    matte: Tensor | None
    small: Tensor
    prediction: Prediction


@dataclass(frozen=True, eq=False)
class StudentModel:
    """A student with its manifest, ready to be asked. Pictures are scene-linear in the working space, `[3, H, W]`.

    half : compute in bfloat16, about twice as fast; layers keep float32.
    """

    student: Student
    manifest: Manifest
    device: torch.device
    half: bool = True
    space: WorkingSpace = field(default=ACESCG)

    def examine(self, picture: Tensor, matte: Tensor | None = None, size: int | None = None) -> Examined:
        """Everything the student sees in a picture of any size and exposure.

        matte : `[1, H, W]`, 1 where the subject is. size : pixels of the long side at which to look, by default that of
        the manifest. Raises RimlightError when the shapes do not fit.
        """
        if picture.ndim != 3 or picture.shape[0] != 3 or 0 in picture.shape:
            raise RimlightError(f"student: the picture has the shape {list(picture.shape)}, expected [3, h, w]")
        if matte is not None and matte.shape != (1, *picture.shape[1:]):
            raise RimlightError(
                f"student: the matte has the shape {list(matte.shape)}, expected {[1, *picture.shape[1:]]}"
            )
        plate = picture.to(self.device, torch.float32)[None]
        alpha = None if matte is None else matte.to(self.device, torch.float32)[None]
        height, width = working_size(plate.shape[2], plate.shape[3], size or self.manifest.working_size)
        small = reduce_picture(torch.nan_to_num(plate, 0.0, 0.0, 0.0), height, width)
        with torch.inference_mode(), self._precision():
            seen = self._looks(small, None if alpha is None else reduce_picture(alpha, height, width))
        return Examined(plate, alpha, small, seen)

    def decompose(self, seen: Examined) -> dict[str, Tensor]:
        """The light layers `[C, H, W]` of a picture, by their names.

        `plate = albedo * shading + specular + residual` holds to the last digits: what no surface can explain, negative
        light and what is brighter than highlights are, is in the residual. depth is relative, about 1 in the middle.
        """
        with torch.inference_mode():
            p, plate = seen.prediction, seen.plate
            height, width = plate.shape[-2:]
            guide = Guide(plate, p.level, p.shading.shape[-2], p.shading.shape[-1])
            smooth = enlarged(torch.cat((p.normal, p.depth.log(), p.roughness, p.f0, p.error), 1), height, width)
            normal, depth, plain = torch.split(smooth, [3, 1, 3], 1)
            layers = {
                **take_apart(plate, p, guide),
                "normal": unit(normal, 1),
                "depth": depth.exp(),
                "roughness": plain[:, :1],
                "f0": plain[:, 1:2].expand(-1, 3, -1, -1),
                "shadow": _visibility(p, guide),
                "confidence": torch.exp(-plain[:, 2:]),
            }
            return {name: layer[0] for name, layer in layers.items()}

    def visibility(self, seen: Examined) -> Tensor:
        """The layer `shadow` `[1, H, W]` of `decompose`, by itself."""
        with torch.inference_mode():
            p = seen.prediction
            return _visibility(p, Guide(seen.plate, p.level, p.shading.shape[-2], p.shading.shape[-1]))[0]

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
        height, width = seen.plate.shape[-2:]
        environments = environments or EnvironmentCache()
        first, second = self.refinement(
            seen, rig, like=like, field_of_view=field_of_view, distance=distance, environments=environments
        )
        with torch.inference_mode():
            diffuse, specular = shade_estimate(
                seen.prediction, (rig,), (field_of_view,), distance, self.space, environments
            )
            diffuse, specular = diffuse * first.exp(), specular * second.exp()
        relit = color * enlarged(diffuse, height, width) + enlarged(specular, height, width)
        if seen.matte is not None:
            relit = torch.lerp(seen.plate, relit, seen.matte)
        return relit[0]

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
            p = seen.prediction
            quarter = quarter_maps(p)
            h, w = p.shading.shape[-2:]
            size = quarter.normal.shape[-2:]
            camera = Camera.from_fov(1, 1, field_of_view)
            middle = camera.position(
                p.depth.new_full((1, 1, 1), distance / rig.cm_per_unit), Region(0, 0, 1, 1)
            ).flatten()
            target = guess_of_rig(rig, p.level, middle, self.space)
            dark = estimated_albedo(reduce_picture(seen.small, *size), quarter)
            environments = environments or EnvironmentCache()
            coarse = shade_estimate(quarter, (rig,), (field_of_view,), distance, self.space, environments)
            with self._precision():
                if like is None:
                    code = self._network.light_code(target)
                else:
                    code = like if isinstance(like, Tensor) else like.prediction.code
                fine = refine_light(self._network, p, quarter, dark, coarse, target, code)
            tiny = torch.finfo(torch.float32).tiny
            first, second = (
                enlarged((b.clamp_min(tiny) / a.clamp_min(tiny)).log(), h, w) for a, b in zip(coarse, fine, strict=True)
            )
            return first, second

    @cached_property
    def _network(self) -> Student:
        """The student with weights of the precision it computes in; else they would be rounded at every use."""
        return deepcopy(self.student).to(torch.bfloat16) if self.half else self.student

    @cached_property
    def _looks(self) -> Looks:
        return Looks(self._network)

    def _precision(self) -> AbstractContextManager[None]:
        context: AbstractContextManager[None] = torch.autocast(self.device.type, torch.bfloat16, enabled=self.half)
        if not self.half and self.device.type == "cuda":
            # By default convolutions of float32 keep 10 bits there (TF32), which nobody means who asks for float.
            context = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        return context


def _visibility(p: Prediction, guide: Guide) -> Tensor:
    """How much of the key light arrives `[1, 1, H, W]`, its edges those of the plate."""
    return torch.sigmoid(guide.follow(torch.logit(p.shadow, 1e-3)))


def load_student(path: Path | str, device: torch.device | str = "cpu", half: bool = True) -> StudentModel:
    """The student of a manifest. No code is read with it.

    Raises FileError with a sentence when manifest or weights are missing, damaged or do not fit each other.
    """
    path = Path(path)
    manifest = Manifest.read(path)
    student = Student(manifest.config)
    try:
        student.load_state_dict(read_weights(manifest, path.parent))
    except RuntimeError as error:
        raise FileError(f"{path.parent / manifest.file} does not fit its manifest's config: {error}") from None
    place = torch.device(device)
    student = student.eval().requires_grad_(False).to(place).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return StudentModel(student, manifest, place, half)
