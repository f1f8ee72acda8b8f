"""How good a student is, beside its experts and beside baselines without a network, on views it has never seen."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from . import metrics
from .assets import Assets
from .cases import Case, Planned, case_of, color_of_light, counted, key_share, make_stack, plan_cases
from .corruptions import CORRUPTIONS
from .data import domain_of, find_views
from .display import displayed
from .kept import Kept
from .methods import Method, StudentMethod
from .photo_cases import plan_photo_cases
from .stage.lighting import Surroundings
from .stage.view import View
from .timing import equivariance, speed
from .trials import Trial, run_trials

Found = dict[str, dict[str, dict[str, float]]]
"""Mean of each metric, by method and domain."""
Damaged = dict[str, dict[str, dict[str, dict[str, float]]]]
"""Mean of each metric, by method, domain and corruption."""
Measured = list[tuple[str, str, float]]
"""Method, metric and value."""


@dataclass(frozen=True)
class EvaluationConfig:
    """views, lights : held-out views of each domain and lightings of each. constancy : lights over which an albedo has
    to stay, on one view of each domain. corrupted : cases per domain that each camera corruption is tried on.
    photographs : with a shadow put over them, where assets are given. nodes : views of each domain on which the light
    nodes are tried; 0 leaves them out, and photographs through them.
    """

    split: str = "test"
    views: int = 8
    lights: int = 2
    constancy: int = 20
    corrupted: int = 4
    photographs: int = 12
    nodes: int = 2


@dataclass(frozen=True)
class Evaluation:
    """Everything that was measured. clean : by method and domain. numbers : over how many pictures each mean is, by
    domain and metric. corruptions : of the students. equivariance, speed : by student. counts : cases by domain.
    trials : the light nodes. pictures : cases for the grid.
    """

    clean: Found
    numbers: dict[str, dict[str, int]]
    corruptions: Damaged
    equivariance: dict[str, dict[str, float]]
    speed: dict[str, dict[str, float]]
    counts: dict[str, int]
    trials: list[Trial]
    pictures: list[Case] = field(repr=False)


def evaluate(
    methods: Sequence[Method],
    views: Path,
    environments: Sequence[Surroundings],
    config: EvaluationConfig | None = None,
    progress: Callable[[str], None] = lambda said: None,
    assets: Assets | None = None,
    student: str = "",
    kept: Kept | None = None,
) -> Evaluation:
    """Measure methods on the held-out views of a folder, and on photographs where assets are given; and the light nodes
    with the student of a manifest, "" being the product's. What is kept of an earlier run is not measured again.

    Raises FileError when there are no views.
    """
    config, kept = config or EvaluationConfig(), kept or Kept()
    values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    damaged: dict[tuple[str, str, str, str], list[float]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    pictures: list[Case] = []
    students = [m for m in methods if isinstance(m, StudentMethod)]
    for planned in _planned(views, environments, config, assets):
        domain = planned.domain
        counts[domain] += 1
        if counts[domain] <= 3:
            pictures.append(planned.case)
        for method, metric, value in kept.once(planned.name, _on_case, planned, methods, progress):
            values[method, domain, metric].append(value)
        if not students or counts[domain] > config.corrupted:
            continue
        for corruption in ("none", *CORRUPTIONS):
            name = f"{planned.name} {corruption}"
            for method, metric, value in kept.once(name, _through, planned, students, corruption, counts[domain]):
                damaged[method, domain, corruption, metric].append(value)
    for domain, path in _first_views(views, config).items():
        name = f"{domain} over lights"
        for method, metric, value in kept.once(name, _over_lights, path, methods, environments, config.constancy):
            values[method, domain, metric].append(value)
    return Evaluation(
        clean=_nested(values),
        numbers=_numbers(values),
        corruptions=_damaged(damaged),
        equivariance={s.name: kept.once(f"{s.name}, equivariance", equivariance, s, pictures[0]) for s in students},
        speed={s.name: kept.once(f"{s.name}, speed", speed, s) for s in students},
        counts=dict(counts),
        trials=run_trials(views, environments, assets, student, config.split, config.nodes, progress, kept)
        if config.nodes
        else [],
        pictures=pictures,
    )


def _planned(
    views: Path, environments: Sequence[Surroundings], config: EvaluationConfig, assets: Assets | None
) -> Iterator[Planned]:
    yield from plan_cases(views, environments, config.split, config.views, config.lights)
    if assets is not None and config.photographs > 0:
        yield from plan_photo_cases(assets, config.split, config.photographs)


def _on_case(planned: Planned, methods: Sequence[Method], progress: Callable[[str], None]) -> Measured:
    progress(planned.case.name)
    return [(method.name, *item) for method in methods for item in measure(method, planned.case).items()]


def _through(planned: Planned, students: Sequence[StudentMethod], corruption: str, seed: int) -> Measured:
    """Students on a case as a camera saw it."""
    seen = planned.case if corruption == "none" else planned.case.corrupted(corruption, seed)
    return [(student.name, *item) for student in students for item in measure(student, seen, few=True).items()]


def measure(method: Method, case: Case, few: bool = False) -> dict[str, float]:
    """The metrics of a method on a case; those it has nothing for are missing. few : one of each kind, which takes
    little time.
    """
    found = _shadow(method, case, few)
    if not case.known:
        return found if few else found | _steadiness(method, case)
    mask, truth = case.mask, case.target.beauty
    layers = method.layers(case)
    if "albedo" in layers:
        found["albedo_si_psnr"] = metrics.albedo_psnr(layers["albedo"], case.view.albedo, mask)
    if "normal" in layers:
        found["normal_degrees"] = metrics.angles(layers["normal"], case.view.normal, mask)
    relit = method.relit(case)
    if relit is not None:
        fitted = metrics.matched(relit, truth, mask)
        found["relight_psnr"] = metrics.display_psnr(fitted, truth, mask)
        if not few:
            found["relight_psnr_absolute"] = metrics.display_psnr(relit, truth, mask)
            found["relight_ssim"] = metrics.similarity(fitted, truth, mask)
            flip = metrics.flip(fitted, truth, mask)
            if flip is not None:
                found["relight_flip"] = flip
    return found | _light(method, case)


def _shadow(method: Method, case: Case, few: bool) -> dict[str, float]:
    truth, visibility = case.shadow_free, case.source.shadow
    zones = metrics.shadow_zones(visibility, case.view.surface)
    if truth is None or float(zones["inside"].float().mean()) < 0.01:
        return {}
    found = method.shadow_free(case)
    if found is None:
        return {}
    result = {"shadow_psnr": metrics.display_psnr(found, truth, (case.view.surface > 0.98).float())}
    for name, zone in zones.items():
        if not few and int(zone.sum()) > 50:
            exposure = metrics.shown_exposure(truth, case.view.surface)
            a, b = (displayed(x, exposure)[:, zone[0]] for x in (found, truth))
            result[f"shadow_psnr_{name}"] = metrics.psnr(a, b)
    return result


def _steadiness(method: Method, case: Case) -> dict[str, float]:
    """Of a photograph's albedo with and without the shadow over it."""
    if case.shadow_free is None:
        return {}
    albedos = [method.layers(replace(case, picture=x)).get("albedo") for x in (case.picture, case.shadow_free)]
    known = [albedo for albedo in albedos if albedo is not None]
    return {"albedo_constancy": metrics.constancy(known, case.mask)} if len(known) == 2 else {}


def _light(method: Method, case: Case) -> dict[str, float]:
    found = {}
    if key_share(case) > 0.3:
        direction = method.direction(case)
        if direction is not None:
            found["light_degrees"] = metrics.angle_between(direction, case.source_light.direction[0])
    color = method.color(case)
    if color is not None:
        found["color_degrees"] = metrics.angle_between(color, color_of_light(case.source, case.view) * case.gain)
    return found


def _first_views(views: Path, config: EvaluationConfig) -> dict[str, Path]:
    """The view of each domain whose albedo is looked at under many lights."""
    found: dict[str, Path] = {}
    for path in find_views((views,), config.split):
        found.setdefault(domain_of(path), path)
    return found if config.constancy > 1 else {}


def _over_lights(path: Path, methods: Sequence[Method], environments: Sequence[Surroundings], lights: int) -> Measured:
    """Constancy of albedo over lights of a view."""
    view = View.load(path)
    found: Measured = []
    cases = [case_of(view, lit) for lit in make_stack(view, environments, lights)]
    for method in methods:
        albedos = [found_layers.get("albedo") for found_layers in map(method.layers, cases)]
        known = [albedo for albedo in albedos if albedo is not None]
        if len(known) == len(cases):
            found.append((method.name, "albedo_constancy", metrics.constancy(known, counted(view))))
    return found


def _nested(values: Mapping[tuple[str, str, str], list[float]]) -> Found:
    """Means; of directions of light the median."""
    found: Found = {}
    for (method, domain, name), numbers in values.items():
        kept = _finite(numbers)
        if kept:
            middle = float(torch.tensor(kept).median()) if name == "light_degrees" else sum(kept) / len(kept)
            found.setdefault(method, {}).setdefault(domain, {})[name] = middle
    return found


def _damaged(values: Mapping[tuple[str, str, str, str], list[float]]) -> Damaged:
    """As `_nested`, of each corruption."""
    found: Damaged = {}
    for corruption in dict.fromkeys(key[2] for key in values):
        some = {(m, domain, name): numbers for (m, domain, c, name), numbers in values.items() if c == corruption}
        for method, domains in _nested(some).items():
            for domain, metric in domains.items():
                found.setdefault(method, {}).setdefault(domain, {})[corruption] = metric
    return found


def _numbers(values: Mapping[tuple[str, str, str], list[float]]) -> dict[str, dict[str, int]]:
    """How many figures each mean is of. All methods see the same cases, so those that answer have as many."""
    found: dict[str, dict[str, int]] = {}
    for (_, domain, name), numbers in values.items():
        of_domain = found.setdefault(domain, {})
        of_domain[name] = max(of_domain.get(name, 0), len(_finite(numbers)))
    return found


def _finite(numbers: Sequence[float]) -> list[float]:
    return [x for x in numbers if math.isfinite(x)]


def as_json(evaluation: Evaluation, config: EvaluationConfig, about: Mapping[str, Any]) -> dict[str, Any]:
    """The figures, ready for a JSON file."""
    return {
        "about": dict(about),
        "cases": evaluation.counts,
        "config": vars(config),
        "clean": evaluation.clean,
        "numbers": evaluation.numbers,
        "corruptions": evaluation.corruptions,
        "equivariance": evaluation.equivariance,
        "speed": evaluation.speed,
        "nodes": [vars(trial) for trial in evaluation.trials],
    }
