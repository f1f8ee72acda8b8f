"""The evaluation in words and pictures: Markdown, JSON, a grid of predictions beside the truth, and photographs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .display import sheet, write_png
from .evaluate import Evaluation, EvaluationConfig, as_json
from .grid import GRID, grid_rows
from .methods import BOUND, StudentMethod
from .photo_sheet import COLUMNS, PHOTOGRAPHS, Photograph
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
_DAMAGED = ("relight_psnr", "albedo_si_psnr", "normal_degrees", "shadow_psnr", "light_degrees", "color_degrees")
"""What is told of each corruption."""


def write_report(
    evaluation: Evaluation, config: EvaluationConfig, about: Mapping[str, Any], student: StudentMethod | None,
    out: Path, photographs: Sequence[Photograph] = (),
) -> Path:  # fmt: skip
    """Write `report.md`, `report.json` and `grid.png` into a folder; returns the path of the first. The photographs are
    those of `PHOTOGRAPHS` beside them.
    """
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_json(evaluation, config, about), indent=2) + "\n"
    (out / "report.json").write_text(text, encoding="utf-8")
    if student is not None:
        write_png(out / "grid.png", sheet(grid_rows(evaluation.pictures, student), (_TILE, _TILE)))
    path = out / "report.md"
    path.write_text(markdown(evaluation, config, about, photographs), encoding="utf-8")
    return path


def markdown(
    evaluation: Evaluation, config: EvaluationConfig, about: Mapping[str, Any], photographs: Sequence[Photograph] = ()
) -> str:
    """The report as Markdown."""
    domains = sorted(evaluation.counts)
    lines = ["# Evaluation of the student", ""]
    lines += [f"- {name}: {value}" for name, value in about.items()]
    cases = ", ".join(f"{count} of {domain}" for domain, count in sorted(evaluation.counts.items()))
    lines += [
        f"- cases of the {config.split} split: {cases}; albedo constancy over {config.constancy} lights of one view"
        " of each domain",
        "- errors are counted on the subject, whose matte is given; on all surfaces where there is none, as in rooms",
        "- n is the number of cases that had the figure; `-` is what a method cannot do or had no case for",
        f"- the best of each row is bold, but for '{BOUND.name}', which is told all that others have to find",
        "",
    ]
    names = list(evaluation.clean)
    for metric, (title, note) in METRICS.items():
        rows = []
        for domain in domains:
            values = [evaluation.clean.get(n, {}).get(domain, {}).get(metric) for n in names]
            if any(v is not None for v in values):
                rivals = [n != BOUND.name for n in names]
                n = evaluation.numbers[domain][metric]
                rows.append([domain, str(n), *_marked(values, rivals, metric in _LOWER)])
        if rows:
            lines += [f"## {title}", "", note, "", *_table(["domain", "n", *names], rows), ""]
    lines += _corruptions(evaluation)
    lines += _nodes(evaluation.trials)
    if evaluation.equivariance:
        lines += [*_costs(evaluation), "", "The grid: " + ", ".join(GRID) + ".", "", "![grid](grid.png)", ""]
    return "\n".join(lines + _photographs(photographs))


def _costs(evaluation: Evaluation) -> list[str]:
    rows = []
    for name, found in evaluation.equivariance.items():
        cost = evaluation.speed[name]
        rows.append([
            name, f"{found['largest']:.2g}", f"{found['mean']:.2g}", f"{cost['apart_ms']:.0f}",
            f"{cost['relight_ms']:.0f}", f"{cost['working_size']:.0f}", f"{cost['network_ms']:.0f}",
            f"{cost['threads']:.0f}", f"{cost['parameters'] / 1e6:.2f} M",
        ])  # fmt: skip
    note = (
        "Milliseconds with a picture of 512x512: taking it apart (`examine` and `decompose`) and, once that is done,"
        " relighting it (`relight`), both as the product does it at the working size of the manifest; and the network"
        " alone at a working size of 512."
    )
    head = [
        "", "f(k x) against k f(x): largest", "mean", "take apart, ms", "relight, ms", "working size",
        "network at 512, ms", "threads", "parameters",
    ]  # fmt: skip
    return ["## Equivariance, speed, size", "", note, "", *_table(head, rows)]


def _photographs(photographs: Sequence[Photograph]) -> list[str]:
    if not photographs:
        return []
    rows = "; ".join(f"{number}. {photograph}" for number, photograph in enumerate(photographs, 1))
    note = f"Through the nodes, without mattes. Across: {', '.join(COLUMNS)}. Down: {rows}."
    return ["## Photographs", "", note, "", f"![photographs]({PHOTOGRAPHS})", ""]


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
    note = "The picture without shadow, which shadow removal is compared with, went through the same camera."
    for name, domains in evaluation.corruptions.items():
        rows = [
            [domain, corruption, *(f"{values[m]:.3g}" if m in values else "-" for m in _DAMAGED)]
            for domain, found in sorted(domains.items())
            for corruption, values in found.items()
        ]
        head = ["domain", "corruption", *(METRICS[m][0] for m in _DAMAGED)]
        lines += [f"## Cameras: {name}", "", note, "", *_table(head, rows), ""]
    return lines


def _marked(values: Sequence[float | None], rivals: Sequence[bool], lower: bool) -> list[str]:
    """Values in words; the best of the rivals is bold."""
    known = [v for v, rival in zip(values, rivals, strict=True) if v is not None and rival]
    best = (min if lower else max)(known, default=None)
    bold = [rival and v is not None and v == best for v, rival in zip(values, rivals, strict=True)]
    return ["-" if v is None else f"**{v:.3g}**" if b else f"{v:.3g}" for v, b in zip(values, bold, strict=True)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]
