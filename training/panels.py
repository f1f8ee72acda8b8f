"""Pictures of progress: what the student sees beside the truth, one row a picture."""

import torch
from torch import Tensor

from rimlight.engine import Student, estimated_albedo, light_strength, quarter_maps, refine_light, shade_guess

from .batch import Batch
from .display import displayed, sheet
from .objective import partners_light, precision, predict

_SIZE = 128


@torch.no_grad()
def panel(student: Student, batch: Batch, half: bool = True) -> Tensor:
    """For each picture: input, albedo, shading, specular, normal, shadow, physics alone under its partner's light,
    the same refined, roughness and error; where there is a truth, it follows.
    """
    autocast = precision(batch.picture.device, half)
    seen = predict(student, batch, True, autocast)
    truth = batch.half()
    quarter_truth = truth.half()
    quarter = quarter_maps(seen)
    target = partners_light(truth)
    physics = shade_guess(quarter, target, truth.fov)
    small = estimated_albedo(quarter_truth.picture, quarter)
    with precision(batch.picture.device, half):
        shading, specular = refine_light(student, seen, quarter, small, physics, target, student.light_code(target))
    strength = light_strength(target)[:, None, None, None]
    albedo = estimated_albedo(truth.picture, seen)
    rows = []
    for i in range(len(batch.picture)):
        scale, there = 0.4 / float(seen.level[i]), truth.surface[i]
        far = (0.5 / strength[i]) * 2
        other = i ^ 1
        true_relit = quarter_truth.albedo[i] * quarter_truth.shading[other] + quarter_truth.specular[other]
        rows.append([
            displayed(batch.picture[i], scale),
            displayed(albedo[i] * there), displayed(truth.albedo[i] * there),
            displayed(seen.shading[i], 0.3 * scale),
            displayed(truth.shading[i] * truth.gain[i, :, None, None], 0.3 * scale),
            displayed(truth.picture[i].clamp_min(0) * seen.share[i], scale), displayed(truth.specular[i], scale),
            seen.normal[i] * 0.5 + 0.5, (truth.normal[i] * 0.5 + 0.5) * there,
            seen.shadow[i], truth.shadow[i] * there,
            displayed((small[i] * physics[0][i] + physics[1][i]) * far),
            displayed((small[i] * shading[i] + specular[i]) * far),
            displayed(true_relit * truth.gain[other, :, None, None] * far),
            seen.roughness[i], truth.roughness[i] * there, seen.error[i].clamp(0, 1),
        ])  # fmt: skip
    return sheet(rows, (_SIZE, _SIZE))
