"""All that the student is asked in one step of training, as named losses."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from rimlight.engine import (
    LightGuess,
    Prediction,
    Student,
    each_tensor,
    estimated_albedo,
    half_is_faster,
    light_strength,
    quarter_maps,
    refine_light,
    shade_guess,
)

from . import losses
from .batch import Batch


@dataclass(frozen=True)
class LossWeights:
    """What each loss of `estimate_losses`, `relight_losses` and `Teachers.losses` counts, by its name there.

    inverse : dark shading, in which albedo is most in danger. same_albedo : of the two pictures of a pair. light_ratio,
    cast_shadow : of photographs, of whose layers only these are known. confidence : the error that is expected.
    backdrop : what has no surface. code : that a picture's code is that of its light; light_of_code : that a code tells
    its light. relit, relit_similarity : of the relit picture, in nepers and by structure. teacher : experts.
    """

    shading: float = 1.0
    inverse: float = 1.0
    shading_edges: float = 0.5
    albedo: float = 1.5
    albedo_edges: float = 0.5
    same_albedo: float = 0.5
    light_ratio: float = 0.5
    cast_shadow: float = 0.5
    specular: float = 0.4
    normal: float = 1.5
    normal_edges: float = 0.5
    depth: float = 0.3
    roughness: float = 0.3
    f0: float = 0.5
    shadow: float = 0.5
    confidence: float = 0.1
    backdrop: float = 0.4
    light: float = 0.6
    code: float = 0.3
    light_of_code: float = 0.3
    relit_shading: float = 1.0
    relit_specular: float = 0.4
    relit: float = 1.0
    relit_similarity: float = 0.5
    teacher: float = 2.0


def predict(student: Student, batch: Batch, with_matte: bool, autocast: AbstractContextManager[None]) -> Prediction:
    """What the student sees in the pictures of a batch."""
    with autocast:
        seen: Prediction = student(batch.picture, batch.matte if with_matte else None)
    return seen


def estimate_losses(seen: Prediction, truth: Batch) -> dict[str, Tensor]:
    """Errors of the estimated layers and of the light. truth : `Batch.half`."""
    weight, gain = truth.surface, truth.gain[..., None, None] / seen.level
    shading, found = truth.shading * gain, seen.shading / seen.level
    albedo = estimated_albedo(truth.picture, seen)
    specular = truth.picture.clamp_min(0) * seen.share / seen.level
    logs, true_logs = losses.logs(found), losses.logs(shading)
    plain = losses.logs(albedo, 0.02), losses.logs(truth.albedo, 0.02)
    light = truth.light.tinted(truth.gain)
    pair = torch.minimum(weight[0::2], weight[1::2])
    ratio = truth.ratio[1::2]
    change = seen.shading[1::2].log() - seen.shading[0::2].log()
    true_change = (truth.shading[1::2] * truth.gain[1::2, :, None, None]).clamp_min(1e-6).log()
    true_change = true_change - truth.gain[0::2, :, None, None].log()
    known = truth.known.to(weight)
    away = (1 - weight) * known[:, None, None, None]  # of photographs nothing is known to be far
    return {
        "shading": losses.mean((logs - true_logs).abs(), weight),
        "inverse": losses.inverse_error(found, shading, weight),
        "shading_edges": losses.gradient_error(logs, true_logs, weight),
        "albedo": losses.mean((plain[0] - plain[1]).abs(), weight),
        "albedo_edges": losses.gradient_error(*plain, weight),
        "same_albedo": losses.mean((plain[0][0::2] - plain[0][1::2]).abs(), torch.maximum(pair, ratio)),
        "light_ratio": losses.mean((change - true_change).abs(), ratio),
        "cast_shadow": losses.mean((seen.shadow[1::2] - truth.shadow[1::2]).abs(), ratio),
        "specular": losses.log_error(specular, truth.specular * gain, weight),
        "normal": losses.normal_error(seen.normal, truth.normal, weight),
        "normal_edges": losses.gradient_error(seen.normal, truth.normal, weight, 2),
        "depth": losses.depth_error(seen.depth, truth.depth, weight),
        "roughness": losses.mean((seen.roughness - truth.roughness).abs(), weight),
        "f0": losses.mean((seen.f0 - truth.f0).abs(), weight),
        "shadow": losses.mean((seen.shadow - truth.shadow).abs(), weight),
        "confidence": losses.likelihood_error(
            (logs - true_logs).abs().mean(1, keepdim=True).detach(), seen.error, weight
        ),
        "backdrop": losses.backdrop_error(seen.normal, seen.depth, logs, truth.depth, weight, away),
        "light": losses.light_error(seen.light, light, known),
    }


def some(light: LightGuess, pictures: Tensor) -> LightGuess:
    """The lights of some pictures of a batch."""
    return LightGuess(**{f.name: getattr(light, f.name)[pictures] for f in fields(light)})


def leading(seen: Prediction, batch: Batch, count: int) -> tuple[Prediction, Batch]:
    """What was seen of the first `count` pictures of a batch, and these."""

    def cut(value: Any) -> Any:
        return each_tensor(value, lambda x: x[:count])

    return cut(seen), cut(batch)


def partners_light(truth: Batch) -> LightGuess:
    """For each picture the light of the other one of its pair, as that one's camera saw it."""
    gain = truth.gain
    other = torch.arange(len(gain), device=gain.device) ^ 1
    return some(truth.light.tinted(gain), other)


def relight_losses(
    student: Student, seen: Prediction, truth: Batch, autocast: AbstractContextManager[None]
) -> dict[str, Tensor]:
    """Errors of each picture relit by the light of its partner, half of them by the partner's own code.

    truth : `Batch.half().half()`; their lights have to be known.
    """
    target = partners_light(truth)
    other = torch.arange(len(truth.gain), device=truth.gain.device) ^ 1
    quarter = quarter_maps(seen)
    albedo = estimated_albedo(truth.picture, quarter)
    physics = shade_guess(quarter, target, truth.fov)
    with autocast:
        known = student.light_code(target)
        swapped = torch.rand(len(known), 1, device=known.device) < 0.5
        code = torch.where(swapped, seen.code[other], known)
        shading, specular = refine_light(student, seen, quarter, albedo, physics, target, code)
    total = light_strength(target)
    strength = total[:, None, None, None]
    gain = truth.gain[other][..., None, None] / strength
    shading, specular = shading / strength, specular / strength
    true_shading, true_specular = truth.shading[other] * gain, truth.specular[other] * gain
    relit, true_relit = albedo * shading + specular, truth.albedo * true_shading + true_specular
    weight = truth.surface
    return {
        "relit_shading": losses.log_error(shading, true_shading, weight),
        "relit_specular": losses.log_error(specular, true_specular, weight),
        "relit": losses.log_error(relit, true_relit, weight, 0.02),
        "relit_similarity": losses.similarity_error(4 * relit, 4 * true_relit, weight),
        # Codes of known lights have to tell the light; codes of pictures follow them. Drawing them together alone
        # would make all codes the same.
        "code": losses.code_error(seen.code[other], known.detach()),
        "light_of_code": losses.light_error(student.light(known, torch.zeros_like(total), strength), target),
    }


def total_loss(found: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """The sum that is minimised."""
    return torch.stack([getattr(weights, name) * value for name, value in found.items()]).sum()


def precision(device: torch.device, half: bool) -> AbstractContextManager[None]:
    """bfloat16 where it is faster, or full precision."""
    context: AbstractContextManager[None] = (
        torch.autocast(device.type, torch.bfloat16) if half and half_is_faster(device) else nullcontext()
    )
    return context
