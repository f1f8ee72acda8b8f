"""The marks of paint on a face."""

import torch

from rimlight.nodes.face.paint import marks


def test_marks_know_neither_exposure_nor_the_tone_of_the_skin() -> None:
    light = torch.rand(3, 60, 60, generator=torch.Generator().manual_seed(1)) + 0.05
    first = marks(light, 60)
    assert torch.allclose(marks(light * 8, 60), first, atol=1e-4)
    dark = marks(light * torch.tensor([0.5, 0.35, 0.25])[:, None, None], 60)
    assert float((dark - first)[:, 10:50, 10:50].abs().mean()) < 0.2 * float(first.abs().mean())
