"""Evaluating and shipping models that are files."""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import torch

from rimlight.engine import FileError, Manifest, ModelStore, RimlightError, Session, load_student

from .assets import Assets
from .data import read_environments
from .evaluate import EvaluationConfig, evaluate
from .evaluation_inputs import inputs_of, machine
from .kept import MEASURED, Kept
from .methods import BASELINES, BOUND, Method, StudentMethod
from .photo_sheet import PHOTOGRAPHS, find_photographs, write_photographs
from .provenance import lineage, told_of
from .report import write_report


def evaluate_files(
    student: Path | None, experts: Sequence[str], views: Path, assets: Path | None, out: Path, config: EvaluationConfig,
    device: str = "auto", say: Callable[[str], None] = print,
) -> Path:  # fmt: skip
    """Evaluate a student's manifest, experts given as NAME=MANIFEST and the baselines; returns the report's path.

    It goes on from what a run that was stopped has measured. student : None leaves all out that needs one. Raises
    RimlightError, before anything is measured where it can.
    """
    place = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    methods: list[Method] = []
    if student is None:
        config = replace(config, nodes=0)
    else:
        methods.append(StudentMethod(load_student(student, place)))
    for name, path in named_files(experts).items():
        methods.append(StudentMethod(load_student(path, place), name))
    methods += [*BASELINES, BOUND]
    folder = None if assets is None else Assets(assets)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"the folder {out} for the report cannot be made: {error.strerror or error}") from None
    kept = Kept.read(out / MEASURED, inputs_of(methods, views, folder, config, place), say)
    environments = read_environments(assets or "", config.split)
    found = evaluate(methods, views, environments, config, say, folder, str(student or ""), kept)
    about = machine()
    shown = next((m for m in methods if isinstance(m, StudentMethod)), None)
    if shown is not None:
        manifest = shown.model.manifest
        about |= {"student": f"{manifest.id} {manifest.version}, sha256 {manifest.sha256}"}
        about |= {"trained": _how_trained(manifest)}
    photographs = find_photographs(folder, config.split) if student is not None and config.nodes else []
    if photographs:
        write_photographs(out / PHOTOGRAPHS, photographs, str(student), say)
    report = write_report(found, config, about, shown, out, photographs)
    kept.remove()
    return report


def _how_trained(manifest: Manifest) -> str:
    """In a line; what the weights build on is in the manifest."""
    told = told_of(manifest)
    before = len(lineage([manifest])) - 1
    told |= {"mean of": len(manifest.trained["mean_of"])} if "mean_of" in manifest.trained else {}
    told |= {"earlier weights": before} if before else {}
    return ", ".join(f"{name} {value}" for name, value in told.items() if name != "sha256")


def installed_student() -> Path:
    """The manifest of the student that nodes take where none is named. Raises RimlightError where there is none."""
    models: ModelStore = Session().evaluator.services["models"]
    return models.student_path()


def named_files(given: Sequence[str]) -> dict[str, Path]:
    """Files by name from arguments NAME=FILE. Raises RimlightError when one is not so."""
    files = {}
    for argument in given:
        name, _, path = argument.partition("=")
        if not name or not path:
            raise RimlightError(f"--expert {argument}: expected NAME=MANIFEST")
        files[name] = Path(path)
    return files


def ship_files(student: Path, report: Path, version: str, out: Path) -> Path:
    """Copy weights into the folder of models under their version, with the figures of their evaluation in the manifest
    and its report beside them; returns the new manifest's path. Raises RimlightError: figures of other weights are none
    of theirs.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise RimlightError(f"--version {version}: expected three numbers, as 0.1.0")
    manifest = Manifest.read(student)
    try:
        figures = json.loads(report.read_text(encoding="utf-8"))
        metrics = {"evaluation": figures["clean"]["student"], "cases": figures["cases"]}
        metrics |= {"nodes": figures["nodes"]}
        measured, split = str(figures["about"]["student"]), str(figures["config"]["split"])
        metrics |= {"equivariance": figures["equivariance"]["student"], "speed": figures["speed"]["student"]}
    except (OSError, ValueError, KeyError) as error:
        raise FileError(f"{report} is no report of a student's evaluation: {error}") from None
    if manifest.sha256 not in measured:
        raise FileError(f"{report} has the figures of other weights: {measured}, expected sha256 {manifest.sha256}")
    if split != "test":
        raise FileError(f"{report} has figures of the {split} split, expected those of the test split")
    out.mkdir(parents=True, exist_ok=True)
    name = f"{manifest.id}-{version}"
    shutil.copyfile(student.parent / manifest.file, out / f"{name}.safetensors")
    shipped = replace(manifest, version=version, file=f"{name}.safetensors", metrics=metrics)
    shipped.write(out / f"{name}.json")
    text = report.with_suffix(".md").read_text(encoding="utf-8")
    text = text.replace("grid.png", f"{name}.jpg").replace(PHOTOGRAPHS, f"{name}-{PHOTOGRAPHS}")
    (out / f"{name}.md").write_text(text, encoding="utf-8")
    grid = cv2.imread(str(report.with_name("grid.png")))
    if grid is not None:
        cv2.imwrite(str(out / f"{name}.jpg"), grid, [cv2.IMWRITE_JPEG_QUALITY, 85])
    if report.with_name(PHOTOGRAPHS).exists():
        shutil.copyfile(report.with_name(PHOTOGRAPHS), out / f"{name}-{PHOTOGRAPHS}")
    load_student(out / f"{name}.json")
    return out / f"{name}.json"
