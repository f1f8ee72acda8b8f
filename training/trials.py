"""The light nodes against truth, each beside doing nothing and beside what compositors do without a network."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rimlight.engine import (
    DirectionalLight,
    EnvironmentCache,
    Rig,
    latlong_directions,
    latlong_solid_angles,
    light_level,
)

from . import metrics
from .assets import Assets
from .cases import Case, color_of_light, key_share, make_cases
from .kept import Kept
from .lamp_room import FIELD_OF_VIEW, lamp_room
from .methods import Retinex
from .nodes import run_node, run_to_rig
from .photo_cases import make_photo_cases
from .stage.lighting import Lighting, Surroundings
from .stage.relit import LightStage


@dataclass(frozen=True)
class Trial:
    """What a node is measured in. unit : of the figure. lower : whether less is better. figures : the node, `nothing`,
    and the baseline by its name.
    """

    node: str
    what: str
    unit: str
    lower: bool
    figures: Mapping[str, float]


Pictures = Mapping[str, Tensor]
"""Results by name: `node`, `nothing` and what stands beside them."""


def run_trials(
    views: Path, environments: Sequence[Surroundings], assets: Assets | None, student: str = "", split: str = "test",
    count: int = 2, progress: Callable[[str], None] = lambda said: None, kept: Kept | None = None,
) -> list[Trial]:  # fmt: skip
    """Means over `count` views of each domain, and as many photographs per domain where there are assets.

    student : manifest whose estimates the nodes take; "" is the product's. kept : what need not be tried again.
    Raises FileError without views.
    """
    found: dict[tuple[str, str, str, bool], dict[str, list[float]]] = {}
    kept = kept or Kept()

    def tried(name: str, trials: Iterator[Trial]) -> list[dict[str, Any]]:
        progress(name)
        return [vars(trial) for trial in trials]

    def note(name: str, trials: Iterator[Trial]) -> None:
        for values in kept.once(name, tried, name, trials):
            _note(found, Trial(**values))

    cases = _with_keys(make_cases(views, environments, split, count, 3))
    photographs = [] if assets is None else list(make_photo_cases(assets, split, 3 * count))
    for number, case in enumerate(cases):
        other = cases[(number + count) % len(cases)]
        note(f"nodes on {case.name}", _on_view(case, other, student))
    for case in photographs:
        note(f"nodes on {case.name}", _on_photograph(case, student))
    note("nodes on lamps", _on_lamps(student))
    return [
        Trial(*about, {name: sum(values) / len(values) for name, values in figures.items()})
        for about, figures in sorted(found.items())
    ]


def _with_keys(cases: Iterable[Case]) -> list[Case]:
    """Of each view the lighting whose key gives the largest share: there shadows and directions are to be seen."""
    found: dict[str, Case] = {}
    for case in cases:
        if case.name not in found or key_share(case) > key_share(found[case.name]):
            found[case.name] = case
    return list(found.values())


def _note(found: dict[tuple[str, str, str, bool], dict[str, list[float]]], trial: Trial) -> None:
    figures = found.setdefault((trial.node, trial.what, trial.unit, trial.lower), {})
    for name, value in trial.figures.items():
        if math.isfinite(value):
            figures.setdefault(name, []).append(value)


def _on_view(case: Case, other: Case, student: str) -> Iterator[Trial]:
    picture, mask, matte = case.picture, case.mask, case.matte
    asked: dict[str, Any] = {"student": student, "layers": "estimate"}
    image = _inputs(case)
    retinex = Retinex.albedo(picture)
    stage = LightStage(case.view, EnvironmentCache(8))

    def compare(node: str, what: str, truth: Tensor, pictures: Pictures, where: Tensor = mask) -> Trial:
        fitted = {name: metrics.matched(x, truth, where) for name, x in pictures.items()}
        return Trial(node, what, "dB", False, {n: metrics.display_psnr(x, truth, where) for n, x in fitted.items()})

    even = stage.light(Lighting(torch.ones(3, 16, 32))).beauty
    yield compare("Delight", "flat, against the view under even light", even, {
        "node": run_node("Delight", image, **asked)["rgba"], "nothing": picture,
        "RetinexIntrinsics": retinex,
    })  # fmt: skip
    truth = case.view.albedo
    yield Trial("Intrinsics", "albedo, si-PSNR", "dB", False, {
        name: metrics.albedo_psnr(found, truth, mask) for name, found in {
            "node": run_node("Intrinsics", image, ("albedo",), **asked)["albedo"], "nothing": picture,
            "RetinexIntrinsics": retinex,
        }.items()
    })  # fmt: skip
    relit = run_node("Relight", image | {"rig": case.target.rig}, field_of_view=case.view.fov, **asked)["rgba"]
    yield compare("Relight", "by another rig", case.target.beauty, {"node": relit, "nothing": picture})
    if case.shadow_free is not None and float((case.source.shadow[0] < 0.5).float().mean()) > 0.02:
        everywhere = (case.view.surface > 0.98).float()
        shadows = (1 - case.source.shadow) * (case.view.surface > 0.5)
        classic = {"image": picture, "matte": shadows}
        figures = {
            "node": run_node("ShadowRemove", {"image": picture}, **asked)["rgba"],
            "node, given the matte": run_node("ShadowRemove", {"image": picture, "shadows": shadows}, **asked)["rgba"],
            "nothing": picture,
            "ShadowRemoveClassic, given the matte": run_node("ShadowRemoveClassic", classic, match="mean")["rgba"],
        }
        yield Trial("ShadowRemove", "rendered, the key's cast shadow", "dB", False, {
            name: metrics.display_psnr(x, case.shadow_free, everywhere) for name, x in figures.items()
        })  # fmt: skip
    yield from _estimate(case, asked)
    yield _balance(case, asked)
    key = case.source.rig.lights[0] if len(case.source.rig) else None
    if case.source.key >= 0 and isinstance(key, DirectionalLight):
        wide = _widened(stage, case, key, 90.0)
        yield compare("LightDiffuse", "90 degrees", wide, {
            "node": run_node("LightDiffuse", image, size=90.0, **asked)["rgba"], "nothing": picture,
        })  # fmt: skip
    reference = {"reference": other.target.beauty}
    there = stage.light(Lighting(other.target.illumination)).beauty
    transferred = run_node("ColorTransfer", {"image": picture} | reference)["rgba"]
    yield compare("LightTransfer", "from a picture of something else", there, {
        "node": run_node("LightTransfer", image | reference, **asked)["rgba"], "nothing": picture,
        "ColorTransfer": transferred,
    })  # fmt: skip
    # Each at the same brightness, as the node keeps the exposure.
    between = (picture + there * (picture.mean() / there.mean().clamp_min(1e-9))) / 2
    yield compare("LightMix", "half way, linear", between, {
        "node": run_node("LightMix", image | {"A": other.target.beauty}, a=0.5, mixing="linear", **asked)["rgba"],
        "nothing": picture, "ColorTransfer, mixed": (picture + transferred) / 2,
    })  # fmt: skip
    if matte is not None:
        subject = {"image": picture * matte, "alpha": matte, "background": other.target.beauty}
        yield compare("LightMatch", "a subject before another place", there, {
            "node": run_node("LightMatch", subject, **asked)["rgba"], "nothing": picture, "ColorTransfer": transferred,
        })  # fmt: skip
    yield from _camera(case, student)


def _inputs(case: Case) -> dict[str, Tensor]:
    """What nodes are given of a case."""
    return {"image": case.picture} if case.matte is None else {"image": case.picture, "matte": case.matte}


def _balance(case: Case, asked: Mapping[str, Any]) -> Trial:
    """The colour of the light behind a gel."""
    seen = case.corrupted("gel", 1)
    light = color_of_light(seen.source, seen.view) * seen.gain
    found = {
        "node": run_node("LightBalance", _inputs(seen), output="light", **asked)["rgba"],
        "WhiteBalance": run_node("WhiteBalance", {"image": seen.picture}, method="grey_world", output="light")["rgba"],
        "nothing": torch.ones(3, 1, 1),
    }
    figures = {name: metrics.angle_between(x.mean((1, 2)), light) for name, x in found.items()}
    return Trial("LightBalance", "colour of the light behind a gel", "degrees", True, figures)


def _estimate(case: Case, asked: Mapping[str, Any]) -> Iterator[Trial]:
    """The key's direction, where a key gives most of the light."""
    if key_share(case) < 0.3:
        return
    rig = run_to_rig("LightEstimate", _inputs(case), **asked)
    key = next((light for light in rig.lights if isinstance(light, DirectionalLight)), None)
    if key is None:
        return
    true, ahead = case.source_light.direction[0], torch.tensor([0.0, 0.0, 1.0])
    yield Trial("LightEstimate", "direction of the key", "degrees", True, {
        "node": metrics.angle_between(torch.as_tensor(key.direction), true),
        "at the camera": metrics.angle_between(ahead, true),
    })  # fmt: skip


def _widened(stage: LightStage, case: Case, key: DirectionalLight, degrees: float) -> Tensor:
    """The view with its key light replaced by a disc of the same energy that is seen `degrees` wide."""
    zero = torch.zeros(3, 32, 64)
    cosine = torch.einsum("c,chw->hw", torch.tensor(key.direction), latlong_directions(32, 64, zero))[None]
    disc = (cosine > math.cos(math.radians(degrees / 2))).float()
    level = light_level(key).reshape(3, 1, 1) * math.pi
    disc = disc * level / (disc * cosine * latlong_solid_angles(32, 64, zero)).sum()
    ((group, _),) = stage.groups(Rig((key,)), {key.name: case.source.key})
    albedo, surface = case.view.albedo, case.view.surface
    wide = stage.light(Lighting(disc, backdrop=0.0))
    added = albedo * wide.shading + wide.specular
    return case.picture + surface * (added - albedo * group.shading - group.specular)


def _camera(case: Case, student: str) -> Iterator[Trial]:
    """What a camera did to a picture, undone."""
    picture, everywhere = case.picture, torch.ones_like(case.mask)
    white = float(picture.mean(0).flatten().kthvalue(int(picture[0].numel() * 0.85)).values)
    cut = picture.clamp_max(white)
    lost = (picture > white).any(0, keepdim=True).float()
    if float(lost.mean()) > 0.01:
        rebuilt = run_node("Declip", {"image": cut}, level=(white,) * 3)["rgba"]
        yield Trial("Declip", "what was cut off, mean error", "stops", True, {
            name: float((x.clamp_min(white) / picture.clamp_min(white)).log2().abs()[:, lost[0] > 0.5].mean())
            for name, x in {"node": rebuilt, "nothing": cut}.items()
        })  # fmt: skip
    level = float(picture.mean())
    noise = torch.Generator().manual_seed(len(case.name))
    dark = picture / max(level, 1e-9) * 0.18 / 16
    noisy = dark + torch.randn(dark.shape, generator=noise) * (0.0015**2 + 0.0004 * dark.clamp_min(0)).sqrt()
    lift: dict[str, Any] = {"student": student, "amount": 4.0}
    gain = run_node("LowLight", {"image": noisy}, output="gain", **lift)["rgba"].exp2()
    truth = dark * gain
    yield Trial("LowLight", "lifted by up to 4 stops, against the same without noise", "dB", False, {
        name: metrics.display_psnr(x, truth, everywhere) for name, x in {
            "node": run_node("LowLight", {"image": noisy}, **lift)["rgba"], "Exposure by the same": noisy * gain,
        }.items()
    })  # fmt: skip


def _on_lamps(student: str) -> Iterator[Trial]:
    """One of two lamps in the picture put out, with the light that it throws."""
    lit, truth = lamp_room(), lamp_room((0.0, 1.0))
    dark = run_node(
        "LightSources", {"image": lit}, exposure1=-30.0, count=2, least=6.0, field_of_view=FIELD_OF_VIEW,
        student=student, layers="estimate",
    )["rgba"]  # fmt: skip
    everywhere = torch.ones_like(lit[:1])
    figures = {"node": dark, "nothing": lit}
    yield Trial("LightSources", "one of two lamps put out with its light", "dB", False, {
        name: metrics.display_psnr(x, truth, everywhere) for name, x in figures.items()
    })  # fmt: skip


def _on_photograph(case: Case, student: str) -> Iterator[Trial]:
    """Photographs under a shadow: taken away, lightened, and painted away."""
    truth = case.shadow_free
    matte = 1 - case.source.shadow
    whole = float((matte > 0.95).float().mean())
    if truth is None or whole < 0.02:
        return
    asked: dict[str, Any] = {"student": student}
    everywhere = torch.ones_like(matte)
    image = {"image": case.picture}
    given = image | {"shadows": matte}
    classic = run_node("ShadowRemoveClassic", image | {"matte": matte}, match="mean")["rgba"]
    yield Trial("ShadowRemove", "photographs", "dB", False, {
        name: metrics.display_psnr(x, truth, everywhere) for name, x in {
            "node": run_node("ShadowRemove", image, **asked)["rgba"],
            "node, given the matte": run_node("ShadowRemove", given, edges="matte", **asked)["rgba"],
            "node, its edges looked for": run_node("ShadowRemove", given, **asked)["rgba"],
            "nothing": case.picture, "ShadowRemoveClassic, given the matte": classic,
        }.items()
    })  # fmt: skip
    depth = float(-case.source.shading[:, matte[0] > 0.95].mean().log2())
    half = truth * case.source.shading * (matte * depth / 2).exp2()
    edited = run_node("ShadowEdit", given, amount=depth / 2, **asked)["rgba"]
    yield Trial("ShadowEdit", "photographs, half of the depth, given the matte", "dB", False, {
        name: metrics.display_psnr(x, half, everywhere)
        for name, x in {"node": edited, "nothing": case.picture}.items()
    })  # fmt: skip
    strokes = _strokes(matte)
    painted = run_node("LightScribble", image | {"brighten": strokes}, brighten_by=depth, reach=400.0, **asked)
    inside = (matte > 0.95).float()
    yield Trial("LightScribble", "photographs, a shadow stroked away, inside it", "dB", False, {
        name: metrics.display_psnr(x, truth, inside) for name, x in {
            "node": painted["rgba"], "nothing": case.picture,
            "Exposure under the strokes": case.picture * (strokes * depth).exp2(),
        }.items()
    })  # fmt: skip


def _strokes(matte: Tensor) -> Tensor:
    """Broken horizontal strokes `[1, h, w]` that stay inside a matte, as a hand would draw them."""
    core = -torch.nn.functional.max_pool2d(-(matte > 0.95).float()[None], 7, 1, 3)[0]
    rows = (torch.arange(matte.shape[1]) % 24 < 4).float()[:, None]
    columns = (torch.arange(matte.shape[2]) % 48 < 32).float()[None]
    return core * rows * columns
