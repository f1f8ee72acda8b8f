"""What a step of training computes: the losses of a batch and their gradients.

On a GPU that is recorded at the first batch and replayed for all that follow: the operations are always the same, and
there are so many small ones that Python would take several times as long to begin them as a GPU to do them.
"""

from dataclasses import fields
from typing import NamedTuple

from torch import Tensor

from rimlight.engine import Recording, Student

from .batch import Batch
from .config import TrainConfig
from .distill import Teachers
from .objective import estimate_losses, leading, precision, predict, relight_losses, total_loss


class Learned(NamedTuple):
    """losses : by name, the total among them. gradients : of the student's parameters, in their order."""

    losses: dict[str, Tensor]
    gradients: list[Tensor | None]


class Gradients:
    """Computes what a student is to learn from batches; the gradients are left in its parameters."""

    def __init__(self, config: TrainConfig, student: Student, teachers: Teachers) -> None:
        self._config = config
        self._student = student
        self._teachers = teachers
        self._relit = 2 * (config.relit_pairs or -(-config.data.pairs // 3))
        self._recorded: dict[bool, Recording[Learned]] = {}

    def of(self, batch: Batch, with_matte: bool) -> dict[str, Tensor]:
        """The losses of a batch by name. with_matte : whether the student is shown the matte."""
        known = int(batch.known.sum())  # pictures whose light is known come first
        # What experts are asked for differs from batch to batch, and so does the work where too few are relit.
        if batch.picture.device.type != "cuda" or self._teachers.experts or known < self._relit:
            return self._learn(batch, with_matte, min(known, self._relit)).losses
        values = [getattr(batch, f.name) for f in fields(Batch)]
        if with_matte not in self._recorded:
            self._recorded[with_matte] = Recording(
                lambda *x: self._learn(Batch(*x), with_matte, self._relit),
                values,
                like=self._recorded.get(not with_matte),
            )
        losses, gradients = self._recorded[with_matte](*values)
        for parameter, gradient in zip(self._student.parameters(), gradients, strict=True):
            parameter.grad = gradient
        return losses

    def _learn(self, batch: Batch, with_matte: bool, relit: int) -> Learned:
        """relit : how many pictures are relit too."""
        config, device = self._config, batch.picture.device
        seen = predict(self._student, batch, with_matte, precision(device, config.half))
        truth = batch.half()
        found = estimate_losses(seen, truth)
        part = leading(seen, truth.half(), relit)
        found |= relight_losses(self._student, *part, precision(device, config.half))
        if self._teachers.experts:
            found |= self._teachers.losses(seen, batch, precision(device, config.half))
        total = total_loss(found, config.weights)
        self._student.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        losses = {name: value.detach() for name, value in {"total": total, **found}.items()}
        return Learned(losses, [parameter.grad for parameter in self._student.parameters()])
