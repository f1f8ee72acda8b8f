"""The evaluation in words and pictures: Markdown, JSON, and a grid of predictions beside the truth."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .display import sheet, write_png
from .evaluate import Evaluation, EvaluationConfig, as_json, pictures_of
from .methods import StudentMethod
from .trials import Trial

METRICS: Mapping[str, tuple[str, str]] = {
    "relight_psnr": ("Relight, PSNR", "dB, higher is better; as shown, after the best single factor"),
    "relight_psnr_absolute": ("Relight, PSNR absolute", "dB, higher is better; no factor"),
    "relight_ssim": ("Relight, SSIM", "higher is better"),
    "relight_flip": ("Relight, FLIP", "lower is better"),
    "albedo_si_psnr": ("Albedo, si-PSNR", "dB, higher is better; linear, after the best single factor"),
    "albedo_constancy": (
        "Albedo over lights, std / mean", "lower is better; of photographs with and without the shadow over them",
    ),
    "normal_degrees": ("Normals", "degrees, mean; lower is better"),
    "shadow_psnr": ("Shadow removal, PSNR", "dB, higher is better; cast shadow of the key light"),
    "shadow_psnr_inside": ("Shadow removal, inside", "dB"),
    "shadow_psnr_edge": ("Shadow removal, edge", "dB"),
    "shadow_psnr_outside": ("Shadow removal, outside", "dB"),
    "light_degrees": ("Key light's direction", "degrees, median where there is a key; lower is better"),
    "color_degrees": ("Colour of the light", "degrees, mean; lower is better"),
}  # fmt: skip
_TILE = 160
_LOWER = ("relight_flip", "albedo_constancy", "normal_degrees", "light_degrees", "color_degrees")
GRID = (
    "input", "albedo", "true", "shading", "true", "normal", "true", "relit", "true", "without shadow", "true",
)  # fmt: skip


def write_report(
    evaluation: Evaluation, config: EvaluationConfig, about: Mapping[str, Any], student: StudentMethod | None, out: Path
) -> Path:
    """Write `report.md`, `report.json` and `grid.png` into a folder; returns the path of the first."""
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_json(evaluation, config, about), indent=2) + "\n"
    (out / "report.json").write_text(text, encoding="utf-8")
    if student is not None:
        write_png(out / "grid.png", sheet(pictures_of(evaluation, student), (_TILE, _TILE)))
    path = out / "report.md"
    path.write_text(markdown(evaluation, config, about), encoding="utf-8")
    return path


def markdown(evaluation: Evaluation, config: EvaluationConfig, about: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    domains = sorted(evaluation.counts)
    lines = ["# Evaluation of the student", ""]
    lines += [f"- {name}: {value}" for name, value in about.items()]
    cases = ", ".join(f"{count} of {domain}" for domain, count in sorted(evaluation.counts.items()))
    lines += [
        f"- cases of the {config.split} split: {cases}; albedo constancy over {config.constancy} lights of one view"
        " of each domain",
        "- errors are counted on the subject, or on all surfaces where there is none",
        "- the best of each row is bold; `-` is what a method cannot do or had no case for",
        "",
    ]
    names = list(evaluation.clean)
    for metric, (title, note) in METRICS.items():
        rows = []
        for domain in domains:
            values = [evaluation.clean.get(n, {}).get(domain, {}).get(metric) for n in names]
            if any(v is not None for v in values):
                rows.append([domain, *_marked(values, metric in _LOWER)])
        if rows:
            lines += [f"## {title}", "", note, "", *_table(["domain", *names], rows), ""]
    lines += _corruptions(evaluation)
    lines += _nodes(evaluation.trials)
    if not evaluation.equivariance:
        return "\n".join(lines)
    lines += ["## Equivariance, speed, size", ""]
    rows = []
    for name, found in evaluation.equivariance.items():
        fast = evaluation.speed[name]
        rows.append([
            name, f"{found['largest']:.2g}", f"{found['mean']:.2g}", f"{fast['milliseconds_512']:.0f}",
            f"{fast['threads']:.0f}", f"{fast['parameters'] / 1e6:.2f} M",
        ])  # fmt: skip
    head = ["", "f(k x) against k f(x): largest", "mean", "ms at 512x512", "threads", "parameters"]
    lines += _table(head, rows)
    return "\n".join(lines) + "\n\nThe grid: " + ", ".join(GRID) + ".\n\n![grid](grid.png)\n"


def _nodes(trials: Sequence[Trial]) -> list[str]:
    """Each node beside doing nothing and beside what does without a network."""
    rows = []
    for trial in trials:
        best = (min if trial.lower else max)(trial.figures.values())
        found = {name: f"**{v:.3g}**" if v == best else f"{v:.3g}" for name, v in trial.figures.items()}
        others = ", ".join(f"{name} {found[name]}" for name in trial.figures if name not in ("node", "nothing"))
        what = f"{trial.what}; {trial.unit}{', less is better' if trial.lower else ''}"
        rows.append([trial.node, what, found["node"], found.get("nothing", "-"), others or "-"])
    if not rows:
        return []
    note = "Nodes in a graph, with this student, beside the picture as it was and beside what has no network."
    return ["## Light nodes", "", note, "", *_table(["node", "what", "node", "nothing", "others"], rows), ""]


def _corruptions(evaluation: Evaluation) -> list[str]:
    lines: list[str] = []
    for name, found in evaluation.corruptions.items():
        rows = [
            [corruption, *(f"{values[m]:.2f}" if m in values else "-" for m in _FEW)]
            for corruption, values in found.items()
        ]
        head = ["corruption", *(METRICS[m][0] for m in _FEW)]
        lines += [f"## Cameras: {name}", "", "Means over all domains.", "", *_table(head, rows), ""]
    return lines


_FEW = ("relight_psnr", "albedo_si_psnr", "normal_degrees")


def _marked(values: Sequence[float | None], lower: bool) -> list[str]:
    known = [v for v in values if v is not None]
    best = min(known) if lower else max(known)
    return ["-" if v is None else f"**{v:.3g}**" if v == best else f"{v:.3g}" for v in values]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]
