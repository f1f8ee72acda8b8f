"""What is compared: students, and baselines that have no network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from rimlight.engine import StudentModel, Surface, guess_of_rig, light_strength, shade

from .cases import Case, middle_of
from .nodes import run_node


class Method(Protocol):
    """A way of taking light apart and putting it back. What it cannot do is None."""

    name: str

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        """Light layers by name; those it does not know are missing."""

    def relit(self, case: Case) -> Tensor | None:
        """The case's picture under its target's light `[3, h, w]`."""

    def shadow_free(self, case: Case) -> Tensor | None:
        """The case's picture without the shadow of its key light."""

    def direction(self, case: Case) -> Tensor | None:
        """Towards the key light `[3]`."""

    def color(self, case: Case) -> Tensor | None:
        """The colour of the light on the surfaces `[3]`, of any strength."""


@dataclass
class StudentMethod:
    """A student, or an expert, of a manifest. It is given the picture and the matte; answers are on the CPU, as cases
    are, wherever it computes.
    """

    model: StudentModel
    name: str = "student"

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        found = self.model.decompose(self.model.examine(case.picture, case.matte))
        return {name: layer.cpu() for name, layer in found.items()}

    def relit(self, case: Case) -> Tensor:
        seen = self.model.examine(case.picture, case.matte)
        return self.model.relight(seen, case.target.rig, field_of_view=case.view.fov).cpu()

    def shadow_free(self, case: Case) -> Tensor:
        return self.model.without_shadow(self.model.examine(case.picture, case.matte)).cpu()

    def direction(self, case: Case) -> Tensor:
        return self.model.examine(case.picture, case.matte).prediction.light.direction[0].cpu()

    def color(self, case: Case) -> Tensor:
        layers = self.layers(case)
        return layers["shading"][:, case.view.surface[0] > 0.5].mean(1)


class Identity:
    """The picture as it is."""

    name = "identity"

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        return {"albedo": case.picture, "normal": _facing(case.picture)}

    def relit(self, case: Case) -> Tensor:
        return case.picture

    def shadow_free(self, case: Case) -> Tensor:
        return case.picture

    def direction(self, case: Case) -> Tensor:
        return torch.tensor([0.0, 0.0, 1.0])

    def color(self, case: Case) -> Tensor:
        return torch.ones(3)


class Retinex:
    """Guided-filter Retinex; relit by even light of the target's strength and colour."""

    name = "guided retinex"

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        names = ("albedo", "shading", "specular", "residual")
        image = {"image": case.picture}
        return run_node("RetinexIntrinsics", image, names, method="guided", size=case.picture.shape[1] / 8)

    def relit(self, case: Case) -> Tensor:
        target = guess_of_rig(case.target.rig, case.picture, middle_of(case.view))
        level = target.key[0] + target.environment[0].mean((1, 2))
        return self.layers(case)["albedo"] * level[:, None, None]

    def shadow_free(self, case: Case) -> None:
        return None

    def direction(self, case: Case) -> None:
        return None

    def color(self, case: Case) -> None:
        return None


class RingMatch:
    """Shadow removal by the mean of a ring about the shadow, which is given: the true shadow is its matte."""

    name = "ring match (true matte)"

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        return {}

    def relit(self, case: Case) -> None:
        return None

    def shadow_free(self, case: Case) -> Tensor:
        matte = (1 - case.source.shadow) * (case.view.surface > 0.5)
        inputs = {"image": case.picture, "matte": matte}
        return run_node("ShadowRemoveClassic", inputs, match="mean", ring=12.0, gap=2.0)["rgba"]

    def direction(self, case: Case) -> None:
        return None

    def color(self, case: Case) -> None:
        return None


class WhitePatch:
    """The colour of the brightest hundredth of the picture."""

    name = "white patch"

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        return {}

    def relit(self, case: Case) -> None:
        return None

    def shadow_free(self, case: Case) -> None:
        return None

    def direction(self, case: Case) -> None:
        return None

    def color(self, case: Case) -> Tensor:
        found = run_node("WhiteBalance", {"image": case.picture}, method="white_patch", output="light")
        return found["rgba"].mean((1, 2))


class Quotient:
    """The quotient of a ball over the subject under the true lights of picture and target."""

    name = "quotient of a ball (true lights)"

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        return {"normal": _ball(case.matte)}

    def relit(self, case: Case) -> Tensor:
        surface = Surface.of(_ball(case.matte), f0=0.0)
        lit, unlit = (
            sum((g.shading for g in shade(surface, rig)), torch.zeros_like(case.picture))
            for rig in (case.target.rig, case.source.rig)
        )
        dark = 0.02 * float(light_strength(case.source_light))
        ratio = (lit + dark).log2() - (unlit + dark).log2()
        return case.picture * ratio.clamp(-6, 6).exp2()

    def shadow_free(self, case: Case) -> None:
        return None

    def direction(self, case: Case) -> None:
        return None

    def color(self, case: Case) -> None:
        return None


BASELINES: tuple[Method, ...] = (Identity(), Retinex(), RingMatch(), WhitePatch(), Quotient())


def _facing(like: Tensor) -> Tensor:
    return torch.tensor([0.0, 0.0, 1.0])[:, None, None].expand_as(like)


def _ball(matte: Tensor) -> Tensor:
    """Normals `[3, h, w]` of an ellipsoid that fills the bounds of a matte, facing ahead outside it."""
    _, height, width = matte.shape
    rows, columns = (matte[0] > 0.5).nonzero(as_tuple=True)
    if len(rows) == 0:
        rows, columns = torch.tensor([0, height - 1]), torch.tensor([0, width - 1])
    (top, bottom), (left, right) = ((int(v.min()), int(v.max()) + 1) for v in (rows, columns))
    y = -(torch.arange(height)[:, None] + 0.5 - (top + bottom) / 2) / ((bottom - top) / 2)
    x = (torch.arange(width)[None] + 0.5 - (left + right) / 2) / ((right - left) / 2)
    x, y = x.expand(height, width), y.expand(height, width)
    inside = 1 - x * x - y * y
    z = inside.clamp_min(0).sqrt()
    normal = torch.stack((x, y, z)) * (inside > 0) + torch.tensor([0.0, 0.0, 1.0])[:, None, None] * (inside <= 0)
    return torch.nn.functional.normalize(normal, dim=0)
