"""Everything from a folder of assets to an evaluated student, by one command that can be stopped and given again.

OUT/views      views of both splits
OUT/base       a student straight from the truth
OUT/experts/*  one a domain, grown out of the base
OUT/student    the base, distilled from the experts and the truth
OUT/report     its evaluation

Each part goes on where it was. More minutes or more views make the parts longer; what grew out of a base that has
changed since begins anew.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rimlight.engine import FileError, Manifest

from .checks import device_kind, writable_folder
from .config import TrainConfig, sizes_of
from .data import DataConfig
from .evaluate import EvaluationConfig
from .experts import DOMAINS, expert_config
from .shipping import evaluate_files
from .stage.capture import Plan
from .stage.render import Job, Split, render
from .train import train

BASE, EXPERT = 0.5, 0.08
"""Shares of the minutes that the base and each expert get; the student gets the rest."""
PHOTOGRAPHS = 0.1
"""Share of pairs that are photographs, for the base and the student."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class PipelineConfig:
    """What to make. minutes : of training in all, rendering and evaluation beside them. views, test_views : how many of
    each split. view_size : pixels across and down. domain : what they show. data : sizes and counts of batches; its
    folders are filled in. network : `full` or `small`; "" is that of `start`, or full. start : manifest of weights that
    the base begins with, of the same network or a smaller one.
    """

    assets: str = ""
    minutes: float = 600.0
    views: int = 2000
    test_views: int = 120
    view_size: int = 256
    domain: str = "mixed"
    data: DataConfig = field(default_factory=DataConfig)
    network: str = ""
    start: str = ""
    processes: int = 0
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)


class Stopped(Exception):
    """Someone stopped the training of a part."""


def run_pipeline(config: PipelineConfig, out: Path, device: str = "auto", say: Say = print) -> Path | None:
    """Make what is missing; returns the student's report, or None when it was stopped before.

    Raises RimlightError, before anything heavy where what it needs is missing.
    """
    device_kind(device)
    sizes_of(Path(config.start) if config.start else None, config.network)
    writable_folder(out)
    (out / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")
    try:
        return _Run(config, out, device, say).report()
    except Stopped as stopped:
        say(f"{stopped} was stopped: the same command goes on")
        return None


@dataclass(frozen=True)
class _Run:
    config: PipelineConfig
    out: Path
    device: str
    say: Say

    def report(self) -> Path:
        """Make what is missing, part by part; the report's path. Raises Stopped, RimlightError."""
        self._render("train", self.config.views)
        self._render("test", self.config.test_views)
        base = self._base()
        experts = {domain: self._expert(domain, base) for domain in DOMAINS if self._can_teach(domain)}
        student = self._student(base, experts)
        return self._evaluated(student, experts)

    def _evaluated(self, student: Path, experts: Mapping[str, Path]) -> Path:
        report = self.out / "report" / "report.md"
        if report.exists() and Manifest.read(student).sha256 in report.read_text(encoding="utf-8"):
            return report
        self.say("evaluation")
        named = [f"{domain}={path}" for domain, path in experts.items()]
        assets = Path(self.config.assets) if self.config.assets else None
        views = self.out / "views"
        return evaluate_files(student, named, views, assets, report.parent, self.config.evaluation, self.device)

    def _render(self, split: Split, count: int) -> None:
        config = self.config
        assets = Path(config.assets) if config.assets else None
        plan = Plan(config.view_size, config.view_size)
        job = Job(self.out / "views", count, config.domain, split, 0, plan, assets)
        made, failures = 0, []
        for done in render(job, os.cpu_count() or 1):
            made += not (done.kept or done.error)
            failures += [done.error] if done.error else []
        self.say(f"views of the split {split}: {count}, {made} of them new")
        if failures:
            raise FileError(f"{len(failures)} views of the split {split} could not be rendered: {failures[0]}")

    def _can_teach(self, domain: str) -> bool:
        return bool(self.config.assets) or DOMAINS[domain].photographs == 0

    def _base(self) -> Path:
        return self._part("base", self._config(BASE, self.config.start))

    def _expert(self, domain: str, base: Path) -> Path:
        minutes = EXPERT * self.config.minutes
        config = expert_config(domain, self._data(), minutes, start=base, processes=self.config.processes)
        return self._part(f"experts/{domain}", config, base)

    def _student(self, base: Path, experts: Mapping[str, Path]) -> Path:
        config = self._config(1 - BASE - len(experts) * EXPERT, str(base))
        named = {domain: str(path) for domain, path in experts.items()}
        return self._part("student", replace(config, experts=named), base)

    def _config(self, share: float, start: str) -> TrainConfig:
        sizes = sizes_of(Path(start) if start else None, self.config.network)
        data = replace(self._data(), photographs=PHOTOGRAPHS if self.config.assets else 0.0)
        minutes = share * self.config.minutes
        return TrainConfig(data=data, student=sizes, minutes=minutes, start=start, processes=self.config.processes)

    def _data(self) -> DataConfig:
        return replace(self.config.data, views=(str(self.out / "views"),), assets=self.config.assets)

    def _part(self, name: str, config: TrainConfig, base: Path | None = None) -> Path:
        """The manifest of a part that was trained for all its minutes. Raises Stopped."""
        folder, minutes = self.out / name, config.minutes
        manifest = folder / "student.json"
        if base is not None and manifest.exists() and not _grew_out_of(manifest, base):
            self.say(f"{name} grew out of another base: it begins anew")
            shutil.rmtree(folder)
        if not _trained(manifest, minutes):
            self.say(f"{name}: {minutes:g} minutes in all")
            train(config, folder, True, self.device)
        if not _trained(manifest, minutes):
            raise Stopped(name)
        return manifest


def _trained(manifest: Path, minutes: float) -> bool:
    """Whether there are weights that were trained for as long, as exactly as manifests tell it."""
    return manifest.exists() and float(Manifest.read(manifest).trained["minutes"]) >= round(minutes, 3)


def _grew_out_of(manifest: Path, base: Path) -> bool:
    after: Mapping[str, object] = Manifest.read(manifest).trained.get("after", {})
    return after.get("sha256") == Manifest.read(base).sha256
