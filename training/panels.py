"""Pictures of progress: what the student sees beside the truth, one row a picture."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import Student, estimated_albedo, light_strength, quarter_maps, refine_light, shade_estimate

from .augment import primaries
from .data import Batch
from .objective import partners_light, precision, predict, rigs_of

_SIZE = 128


def shown(x: Tensor, exposure: float = 1.0) -> Tensor:
    """Scene-linear ACEScg `[3, h, w]` for a display, 0..1."""
    rgb = torch.einsum("ij,jhw->ihw", primaries()[0].to(x), x.float() * exposure).clamp(0, 1)
    return torch.where(rgb <= 0.0031308, rgb * 12.92, 1.055 * rgb.clamp_min(1e-6) ** (1 / 2.4) - 0.055)


def sheet(rows: Sequence[Sequence[Tensor]], size: int = _SIZE) -> Tensor:
    """Tiles `[1 or 3, h, w]` in 0..1 put together, `[3, H, W]`."""
    lines = []
    for row in rows:
        tiles = [F.interpolate(t[None].float().expand(1, 3, -1, -1), (size, size), mode="bilinear")[0] for t in row]
        lines.append(torch.cat(tiles, 2))
    return torch.cat(lines, 1)


def write_png(path: Path, picture: Tensor) -> None:
    """Write a display-referred picture `[3, h, w]` in 0..1."""
    pixels = (picture.clamp(0, 1) * 255).round().byte().flip(0).permute(1, 2, 0).cpu().numpy()
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.ascontiguousarray(pixels))


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
    physics = shade_estimate(quarter, rigs_of(target), truth.fov.tolist())
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
            shown(batch.picture[i], scale),
            shown(albedo[i] * there), shown(truth.albedo[i] * there),
            shown(seen.shading[i], 0.3 * scale), shown(truth.shading[i] * truth.gain[i, :, None, None], 0.3 * scale),
            shown(truth.picture[i].clamp_min(0) * seen.share[i], scale), shown(truth.specular[i], scale),
            seen.normal[i] * 0.5 + 0.5, (truth.normal[i] * 0.5 + 0.5) * there,
            seen.shadow[i], truth.shadow[i] * there,
            shown((small[i] * physics[0][i] + physics[1][i]) * far),
            shown((small[i] * shading[i] + specular[i]) * far),
            shown(true_relit * truth.gain[other, :, None, None] * far),
            seen.roughness[i], truth.roughness[i] * there, seen.error[i].clamp(0, 1),
        ])  # fmt: skip
    return sheet(rows)
