"""How good a student is, beside its experts and beside baselines without a network, on views it has never seen."""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from . import metrics
from .assets import Assets
from .corruptions import CORRUPTIONS
from .cases import Case, case_of, color_of_light, key_share, make_cases, make_stack, subject_mask
from .data import domain_of, find_views
from .methods import Method, StudentMethod
from .panels import shown
from .photo_cases import make_photo_cases
from .stage.lighting import Surroundings
from .stage.view import View
from .trials import Trial, run_trials

Found = dict[str, dict[str, dict[str, float]]]
"""Mean of each metric, by method and domain."""


@dataclass(frozen=True)
class EvaluationConfig:
    """views, lights : held-out views of each domain and lightings of each. constancy : lights over which an albedo has
    to stay, on one view of each domain. corrupted : cases per domain that each camera corruption is tried on.
    photographs : with a shadow put over them, where assets are given. nodes : views of each domain on which the light
    nodes are tried.
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
    """Everything that was measured. clean : by method and domain. corruptions : of the students, by method, corruption
    and metric. equivariance, speed : by student. trials : the light nodes. pictures : cases for the grid.
    """

    clean: Found
    corruptions: Found
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
) -> Evaluation:
    """Measure methods on the held-out views of a folder, and on photographs where assets are given; and the light nodes
    with the student of a manifest, "" being the product's. Raises FileError when there are no views.
    """
    config = config or EvaluationConfig()
    values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    damaged: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    pictures: list[Case] = []
    students = [m for m in methods if isinstance(m, StudentMethod)]
    for case in _cases(views, environments, config, assets):
        progress(case.name)
        counts[case.domain] += 1
        if counts[case.domain] <= 3:
            pictures.append(case)
        for method in methods:
            for name, value in measure(method, case).items():
                values[method.name, case.domain, name].append(value)
        if counts[case.domain] > config.corrupted or not case.known:
            continue
        for one in students:
            for corruption in ("none", *CORRUPTIONS):
                seen = case if corruption == "none" else case.corrupted(corruption, counts[case.domain])
                found = measure(one, seen, few=True)
                for name, value in found.items():
                    damaged[one.name, corruption, name].append(value)
    for domain, name, value in _constancies(methods, views, environments, config):
        values[name, domain, "albedo_constancy"].append(value)
    return Evaluation(
        clean=_nested(values),
        corruptions=_nested(damaged),
        equivariance={s.name: equivariance(s, pictures[0]) for s in students},
        speed={s.name: speed(s) for s in students},
        counts=dict(counts),
        trials=run_trials(views, environments, assets, student, config.split, config.nodes, progress)
        if config.nodes
        else [],
        pictures=pictures,
    )


def _cases(
    views: Path, environments: Sequence[Surroundings], config: EvaluationConfig, assets: Assets | None
) -> Iterator[Case]:
    yield from make_cases(views, environments, config.split, config.views, config.lights)
    if assets is not None and config.photographs > 0:
        yield from make_photo_cases(assets, config.split, config.photographs)


def measure(method: Method, case: Case, few: bool = False) -> dict[str, float]:
    """The metrics of a method on a case; those it has nothing for are missing. few : only relight, albedo, normals."""
    if not case.known:
        return _shadow(method, case) | _steadiness(method, case)
    found: dict[str, float] = {}
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
    if few:
        return found
    found |= _shadow(method, case) | _light(method, case)
    return found


def _shadow(method: Method, case: Case) -> dict[str, float]:
    truth, visibility = case.shadow_free, case.source.shadow
    zones = metrics.shadow_zones(visibility, case.view.surface)
    if truth is None or float(zones["inside"].float().mean()) < 0.01:
        return {}
    found = method.shadow_free(case)
    if found is None:
        return {}
    result = {"shadow_psnr": metrics.display_psnr(found, truth, (case.view.surface > 0.98).float())}
    for name, zone in zones.items():
        if int(zone.sum()) > 50:
            exposure = metrics.exposure_of(truth, case.view.surface)
            a, b = (shown(x, exposure)[:, zone[0]] for x in (found, truth))
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
        found["color_degrees"] = metrics.angle_between(color, color_of_light(case.source, case.view))
    return found


def _constancies(
    methods: Sequence[Method], views: Path, environments: Sequence[Surroundings], config: EvaluationConfig
) -> list[tuple[str, str, float]]:
    """Domain, method and constancy of albedo over many lights of one view of each domain."""
    found: list[tuple[str, str, float]] = []
    done: set[str] = set()
    for path in find_views((views,), config.split):
        domain = domain_of(path)
        if domain in done or config.constancy < 2:
            continue
        done.add(domain)
        view = View.load(path)
        cases = [case_of(view, lit) for lit in make_stack(view, environments, config.constancy)]
        for method in methods:
            albedos = [found_layers.get("albedo") for found_layers in map(method.layers, cases)]
            known = [albedo for albedo in albedos if albedo is not None]
            if len(known) == len(cases):
                found.append((domain, method.name, metrics.constancy(known, subject_mask(view))))
    return found


def equivariance(method: StudentMethod, case: Case) -> dict[str, float]:
    """The largest and the mean difference, relative to the mean, between `f(k x)` and `k f(x)` for several k."""
    worst: list[float] = []
    means: list[float] = []
    plain = method.model.decompose(method.model.examine(case.picture, case.matte))
    for k in (2.0**-10, 1 / 7.3, 3.7, 2.0**10):
        scaled = method.model.decompose(method.model.examine(case.picture * k, case.matte))
        for name in ("shading", "specular"):
            error = (scaled[name] / k - plain[name]).abs() / plain[name].mean()
            worst.append(float(error.max()))
            means.append(float(error.mean()))
    return {"largest": max(worst), "mean": sum(means) / len(means)}


def speed(method: StudentMethod, size: int = 512, runs: int = 5) -> dict[str, float]:
    """Milliseconds of one look at a picture of size x size, the median of some runs after two of warming up; threads
    and parameters.
    """
    model = method.model
    picture = torch.rand(3, size, size, device=model.device)
    times = []
    for _ in range(runs + 2):
        start = time.perf_counter()
        model.examine(picture, size=size)
        if model.device.type == "cuda":
            torch.cuda.synchronize()
        times.append((time.perf_counter() - start) * 1e3)
    return {
        "milliseconds_512": sorted(times[2:])[runs // 2],
        "threads": float(torch.get_num_threads()),
        "parameters": float(model.manifest.parameters),
    }


def _nested(values: Mapping[tuple[str, str, str], list[float]]) -> Found:
    """Means; of directions of light the median."""
    found: Found = {}
    for (method, domain, name), numbers in values.items():
        kept = [x for x in numbers if math.isfinite(x)]
        if kept:
            middle = float(torch.tensor(kept).median()) if name == "light_degrees" else sum(kept) / len(kept)
            found.setdefault(method, {}).setdefault(domain, {})[name] = middle
    return found


def as_json(evaluation: Evaluation, config: EvaluationConfig, about: Mapping[str, Any]) -> dict[str, Any]:
    """The figures, ready for a JSON file."""
    return {
        "about": dict(about),
        "cases": evaluation.counts,
        "config": vars(config),
        "clean": evaluation.clean,
        "corruptions": evaluation.corruptions,
        "equivariance": evaluation.equivariance,
        "speed": evaluation.speed,
        "nodes": [vars(trial) for trial in evaluation.trials],
    }


def pictures_of(evaluation: Evaluation, student: StudentMethod) -> list[list[Tensor]]:
    """Rows of the picture grid: input, albedo, true albedo, shading, true, normal, true, relit, true, without shadow,
    true; as they are shown.
    """
    rows = []
    for case in evaluation.pictures:
        if not case.known:
            rows.append(_photograph_row(case, student))
            continue
        layers = student.layers(case)
        there = case.view.surface
        exposure = metrics.exposure_of(case.picture, case.mask)
        shade_at = metrics.exposure_of(case.source.shading, case.mask)
        far = metrics.exposure_of(case.target.beauty, case.mask)
        free = case.picture if case.shadow_free is None else case.shadow_free
        relit = metrics.matched(student.relit(case), case.target.beauty, case.mask)
        rows.append([
            shown(case.picture, exposure),
            shown(layers["albedo"]), shown(case.view.albedo),
            shown(layers["shading"], shade_at), shown(case.source.shading, shade_at),
            layers["normal"] * 0.5 + 0.5, (case.view.normal * 0.5 + 0.5) * there,
            shown(relit, far), shown(case.target.beauty, far),
            shown(student.shadow_free(case), exposure), shown(free, exposure),
        ])  # fmt: skip
    return rows


def _photograph_row(case: Case, student: StudentMethod) -> list[Tensor]:
    """A row of the grid of which little is true."""
    layers = student.layers(case)
    exposure, shade_at = (metrics.exposure_of(x, case.mask) for x in (case.picture, layers["shading"]))
    free = case.picture if case.shadow_free is None else case.shadow_free
    empty = torch.zeros_like(case.picture)
    return [
        shown(case.picture, exposure),
        shown(layers["albedo"], metrics.exposure_of(layers["albedo"], case.mask)), empty,
        shown(layers["shading"], shade_at), empty,
        layers["normal"] * 0.5 + 0.5, empty,
        empty, empty,
        shown(student.shadow_free(case), exposure), shown(free, exposure),
    ]  # fmt: skip
