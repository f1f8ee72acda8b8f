"""Distillation: the student learns from the truth where there is one, and from the expert of each picture's domain.

Experts see clean pixels and the matte; the student sees what a camera made of them. So it is taught to answer as if the
picture were clean, by someone who knows more.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from rimlight.engine import Prediction, RimlightError, Student, load_student

from . import losses
from .batch import Batch
from .experts import DOMAINS
from .objective import some


@dataclass(frozen=True, eq=False)
class Teachers:
    """Experts by their domain. Each process has its own, where its batches are."""

    experts: Mapping[str, Student]

    @classmethod
    def read(cls, files: Mapping[str, str]) -> "Teachers":
        """Experts of manifests. Raises RimlightError when a domain is unknown or a file cannot be read."""
        for domain in files:
            if domain not in DOMAINS:
                raise RimlightError(f"there is no domain '{domain}', there are {', '.join(DOMAINS)}")
        return cls({domain: load_student(Path(path)).student for domain, path in files.items()})

    def losses(self, seen: Prediction, batch: Batch, autocast: AbstractContextManager[None]) -> dict[str, Tensor]:
        """How far what the student saw is from what the expert of each picture's domain sees in its clean pixels."""
        one = batch.one_light if "one_light" in self.experts else torch.zeros_like(batch.one_light)
        chosen = {"one_light": one, "synthetic": batch.known & ~one, "photographs": ~batch.known}
        total = seen.shading.new_zeros(())
        for domain, expert in self.experts.items():
            pictures = chosen[domain].nonzero()[:, 0]
            if len(pictures) == 0:
                continue
            with torch.no_grad(), autocast:
                told: Prediction = expert.to(batch.clean.device)(batch.clean[pictures], batch.matte[pictures])
            share = len(pictures) / len(batch.picture)
            total = total + share * lesson(seen, told, batch, pictures)
        return {"teacher": total}


def lesson(seen: Prediction, told: Prediction, batch: Batch, pictures: Tensor) -> Tensor:
    """The distance between a student's and an expert's answers to some pictures of a batch."""
    weight = torch.nn.functional.avg_pool2d(torch.maximum(batch.surface, batch.ratio)[pictures], 2)
    gain = batch.gain[pictures]
    level = seen.level[pictures]
    shading = losses.logs(seen.shading[pictures] / level)
    expected = losses.logs(told.shading * gain[..., None, None] / level)
    return (
        losses.mean((shading - expected).abs(), weight)
        + 0.5 * losses.gradient_error(shading, expected, weight)
        + losses.mean((seen.share[pictures] - told.share).abs(), weight)
        + losses.normal_error(seen.normal[pictures], told.normal, weight)
        + 0.3 * losses.mean((seen.depth[pictures].log() - told.depth.log()).abs(), weight)
        + 0.3 * losses.mean((seen.roughness[pictures] - told.roughness).abs(), weight)
        + 0.5 * losses.mean((seen.f0[pictures] - told.f0).abs(), weight)
        + 0.5 * losses.mean((seen.shadow[pictures] - told.shadow).abs(), weight)
        + 0.5 * losses.light_error(some(seen.light, pictures), told.light.tinted(gain))
    )
