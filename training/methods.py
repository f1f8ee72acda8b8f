"""What is compared: students, baselines that have no network, and what physics could do at best."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from rimlight.engine import Examined, StudentModel, Surface, guess_of_rig, light_strength, shade

from .cases import Case
from .nodes import run_node
from .stage.relit import LightStage


class Method:
    """A way of taking light apart and putting it back. What it cannot do is None."""

    name: str

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        """Light layers by name; those it does not know are missing."""
        return {}

    def relit(self, case: Case) -> Tensor | None:
        """The case's picture under its target's light `[3, h, w]`."""
        return None

    def shadow_free(self, case: Case) -> Tensor | None:
        """The case's picture without the shadow of its key light."""
        return None

    def direction(self, case: Case) -> Tensor | None:
        """Towards the key light `[3]`."""
        return None

    def color(self, case: Case) -> Tensor | None:
        """The colour of the light on the surfaces `[3]`, of any strength."""
        return None


@dataclass
class StudentMethod(Method):
    """A student, or an expert, of a manifest. It is given the picture and the matte; answers are on the CPU, as cases
    are, wherever it computes. It looks once at a case, whatever it is asked of it.
    """

    model: StudentModel
    name: str = "student"
    _looked: "tuple[Case, Examined, Mapping[str, Tensor]] | None" = field(default=None, init=False, repr=False)

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        return {name: layer.cpu() for name, layer in self._look(case)[1].items()}

    def relit(self, case: Case) -> Tensor:
        seen, layers = self._look(case)
        rig, fov = case.target.rig, case.view.fov
        return self.model.relight(seen, rig, field_of_view=fov, albedo=layers["albedo"]).cpu()

    def shadow_free(self, case: Case) -> Tensor:
        return self.model.without_shadow(self._look(case)[0]).cpu()

    def direction(self, case: Case) -> Tensor:
        return self._look(case)[0].prediction.light.direction[0].cpu()

    def color(self, case: Case) -> Tensor:
        return self.layers(case)["shading"][:, case.view.surface[0] > 0.5].mean(1)

    def _look(self, case: Case) -> tuple[Examined, Mapping[str, Tensor]]:
        if self._looked is None or self._looked[0] is not case:
            seen = self.model.examine(case.picture, case.matte)
            self._looked = (case, seen, self.model.decompose(seen))
        return self._looked[1:]


class Identity(Method):
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


class Retinex(Method):
    """Guided-filter Retinex; relit by even light of the target's strength and colour."""

    name = "guided retinex"

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        return {"albedo": self.albedo(case.picture)}

    @staticmethod
    def albedo(picture: Tensor) -> Tensor:
        """The albedo `[3, h, w]` of a picture."""
        size = picture.shape[1] / 8
        return run_node("RetinexIntrinsics", {"image": picture}, ("albedo",), method="guided", size=size)["albedo"]

    def relit(self, case: Case) -> Tensor:
        target = guess_of_rig(case.target.rig, case.picture, case.view.middle)
        level = target.key[0] + target.environment[0].mean((1, 2))
        return self.albedo(case.picture) * level[:, None, None]


class RingMatch(Method):
    """Shadow removal by the mean of a ring about the shadow, which is given: the true shadow is its matte."""

    name = "ring match (true matte)"

    def shadow_free(self, case: Case) -> Tensor:
        matte = (1 - case.source.shadow) * (case.view.surface > 0.5)
        inputs = {"image": case.picture, "matte": matte}
        return run_node("ShadowRemoveClassic", inputs, match="mean", ring=12.0, gap=2.0)["rgba"]


class WhitePatch(Method):
    """The colour of the brightest hundredth of the picture."""

    name = "white patch"

    def color(self, case: Case) -> Tensor:
        found = run_node("WhiteBalance", {"image": case.picture}, method="white_patch", output="light")
        return found["rgba"].mean((1, 2))


class Quotient(Method):
    """The quotient of a ball over the subject under the true lights of picture and target."""

    name = "quotient of a ball (true lights)"

    def layers(self, case: Case) -> Mapping[str, Tensor]:
        return {} if case.matte is None else {"normal": _ball(case.matte)}

    def relit(self, case: Case) -> Tensor | None:
        if case.matte is None:
            return None
        surface = Surface.of(_ball(case.matte), f0=0.0)
        lit, unlit = (
            sum((g.shading for g in shade(surface, rig)), torch.zeros_like(case.picture))
            for rig in (case.target.rig, case.source.rig)
        )
        dark = 0.02 * float(light_strength(case.source_light))
        ratio = (lit + dark).log2() - (unlit + dark).log2()
        return case.picture * ratio.clamp(-6, 6).exp2()


class TrueLayers(Method):
    """All layers and all lights as they are, by physics alone: without cast shadows and what has bounced. A student
    whose estimates were perfect and that refined nothing would be as good as this.
    """

    name = "true layers (no cast shadows)"

    def relit(self, case: Case) -> Tensor:
        view, lit = case.view, torch.zeros_like(case.picture)
        for group in shade(LightStage(view).surface, case.target.rig):
            lit = lit + view.albedo * group.shading + group.specular
        return lit * view.surface + case.picture * (1 - view.surface)


BASELINES: tuple[Method, ...] = (Identity(), Retinex(), RingMatch(), WhitePatch(), Quotient())
BOUND = TrueLayers()
"""What others are not to be measured by: it is told all that they have to find."""


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
