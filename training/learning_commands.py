"""`rimlight train all`, `student`, `expert`, `distill`, `evaluate` and `ship`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from .config import TrainConfig
    from .data import DataConfig

Views = Annotated[
    list[Path] | None, typer.Option(help="Folder of rendered views; may be given several times.", show_default=False)
]
Out = Annotated[Path, typer.Option(help="Folder of the run.")]
AssetsFolder = Annotated[Path | None, typer.Option(help="Folder of assets, for environment maps and photographs.")]
Minutes = Annotated[float, typer.Option(min=0.01, help="Minutes the run takes in all.")]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with the run in the folder, by its config.json; of the other options only views, assets, experts,"
        " minutes, workers, processes and device may be others.",
    ),
]
Size = Annotated[int, typer.Option(min=32, max=1024, help="Pixels of crops.")]
Pairs = Annotated[
    int | None,
    typer.Option(min=1, help="Pairs of pictures in a batch; left out, what fits the device.", show_default=False),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=0, help="Processes that make batches, or windows for a GPU; left out, none on a CPU, the cores for a GPU.",
        show_default=False,
    ),
]  # fmt: skip
Photographs = Annotated[
    float, typer.Option(min=0, max=1, help="Share of pairs that are photographs with a shadow put over them.")
]
Small = Annotated[
    float, typer.Option(min=0, max=1, help="Share of windows that show their subject as a small part of a wide frame.")
]
Network = Annotated[
    str, typer.Option(help="full or small; else that of --start, or full. May be larger than that of --start.")
]
Processes = Annotated[
    int | None,
    typer.Option(
        min=0, help="Processes that learn together; left out, one a GPU, or one a core where there are no workers.",
        show_default=False,
    ),
]  # fmt: skip
Start = Annotated[Path | None, typer.Option(help="Manifest of weights to begin with.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]


def student(
    ctx: typer.Context,
    out: Out,
    views: Views = None,
    assets: AssetsFolder = None,
    minutes: Minutes = 60.0,
    resume: Resume = False,
    size: Size = 128,
    pairs: Pairs = None,
    photographs: Photographs = 0.0,
    small: Small = 0.0,
    workers: Workers = None,
    processes: Processes = None,
    network: Network = "",
    start: Start = None,
    device: Device = "auto",
) -> None:
    """Train a student straight from the truth of rendered views."""
    from .config import TrainConfig, sizes_of

    data, processes = _fitted(views, assets, size, photographs, small, device, pairs, workers, processes)
    config = TrainConfig(
        data=data, student=sizes_of(start, network), minutes=minutes, start=str(start or ""), processes=processes
    )
    _train(ctx, config, out, resume, device)


def expert(
    ctx: typer.Context,
    domain: Annotated[str, typer.Argument(help="synthetic, one_light or photographs.")],
    out: Out,
    views: Views = None,
    assets: AssetsFolder = None,
    minutes: Minutes = 60.0,
    resume: Resume = False,
    size: Size = 128,
    pairs: Pairs = None,
    workers: Workers = None,
    processes: Processes = None,
    start: Start = None,
    device: Device = "auto",
) -> None:
    """Train a larger network that knows one domain.

    With --start it grows out of those weights: the same network with more blocks.
    """
    from .experts import expert_config

    data, processes = _fitted(views, assets, size, 0.0, 0.0, device, pairs, workers, processes)
    config = expert_config(domain, data, minutes, start=start, processes=processes)
    _train(ctx, config, out, resume, device)


def distill(
    ctx: typer.Context,
    out: Out,
    views: Views = None,
    expert: Annotated[
        list[str] | None, typer.Option(help="DOMAIN=MANIFEST of an expert; may be given several times.")
    ] = None,
    assets: AssetsFolder = None,
    minutes: Minutes = 60.0,
    resume: Resume = False,
    size: Size = 128,
    pairs: Pairs = None,
    photographs: Photographs = 0.0,
    small: Small = 0.0,
    workers: Workers = None,
    processes: Processes = None,
    network: Network = "",
    start: Start = None,
    device: Device = "auto",
) -> None:
    """Train a student from experts and the truth together."""
    from .config import TrainConfig, sizes_of
    from .shipping import named_files

    data, processes = _fitted(views, assets, size, photographs, small, device, pairs, workers, processes)
    config = TrainConfig(
        data=data, student=sizes_of(start, network), minutes=minutes, start=str(start or ""), processes=processes,
        experts={domain: str(path) for domain, path in named_files(expert or []).items()},
    )  # fmt: skip
    _train(ctx, config, out, resume, device, needed=("views", "expert"))


def _fitted(
    views: list[Path] | None, assets: Path | None, size: int, photographs: float, small: float, device: str,
    pairs: int | None, workers: int | None, processes: int | None,
) -> tuple["DataConfig", int]:  # fmt: skip
    """What a run learns from, and by how many processes: what was typed, and for the rest what fits the machine."""
    from .data import DataConfig
    from .machine import Machine, fitted

    data = DataConfig(
        tuple(str(folder) for folder in views or []), str(assets or ""), size=size, photographs=photographs, small=small
    )
    return fitted(data, Machine.here(device), pairs, workers, processes)


def _train(
    ctx: typer.Context,
    config: "TrainConfig",
    out: Path,
    resume: bool,
    device: str,
    needed: tuple[str, ...] = ("views",),
) -> None:
    """Train by what was typed, or go on by what the folder keeps and what was typed of what may change.

    needed : options without which a run cannot begin.
    """
    from .config import resumed
    from .train import train

    given = {name for name in ctx.params if str(getattr(ctx.get_parameter_source(name), "name", "")) == "COMMANDLINE"}
    if resume and (out / "config.json").exists():
        config = resumed(config, out, given)
    else:
        for name in needed:
            if name not in given:
                raise typer.BadParameter("a run cannot begin without it", param_hint=f"--{name}")
    print(train(config, out, resume, device))


def evaluate(
    views: Annotated[Path, typer.Option(help="Folder of rendered views, with some of the test split.")],
    out: Annotated[Path, typer.Option(help="Folder of the report.")],
    student: Annotated[Path | None, typer.Option(help="Manifest of the student; else the product's own.")] = None,
    expert: Annotated[list[str] | None, typer.Option(help="NAME=MANIFEST of an expert; may be repeated.")] = None,
    assets: AssetsFolder = None,
    count: Annotated[int, typer.Option(min=1, help="Views of each domain.")] = 8,
    lights: Annotated[int, typer.Option(min=1, help="Lightings of each view.")] = 2,
    constancy: Annotated[int, typer.Option(min=0, help="Lights over which an albedo has to stay.")] = 20,
    corrupted: Annotated[int, typer.Option(min=0, help="Cases of each domain for every camera corruption.")] = 4,
    photographs: Annotated[int, typer.Option(min=0, help="Photographs with a shadow put over them.")] = 12,
    nodes: Annotated[int, typer.Option(min=0, help="Views of each domain that the light nodes are tried on.")] = 2,
    split: Annotated[
        Literal["test", "train"],
        typer.Option(help="train: on views it has learned from, to tell how much it has learned them by heart."),
    ] = "test",
    baselines_only: Annotated[bool, typer.Option("--baselines-only", help="Measure what needs no student.")] = False,
    device: Device = "auto",
) -> None:
    """Compare students, experts and baselines on held-out views. The report is written into a folder.

    It can be stopped at any minute; the same command goes on.
    """
    from .evaluate import EvaluationConfig
    from .shipping import evaluate_files, installed_student

    if baselines_only and student is not None:
        raise typer.BadParameter("there is a student to measure", param_hint="--baselines-only")
    measured = None if baselines_only else student or installed_student()
    config = EvaluationConfig(split, count, lights, constancy, corrupted, photographs, nodes)
    print(evaluate_files(measured, expert or [], views, assets, out, config, device))


def everything(
    out: Annotated[Path, typer.Option(help="Folder of all that is made.")],
    assets: AssetsFolder = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="Minutes of training in all.")] = 600.0,
    views: Annotated[int, typer.Option(min=1, help="Views to train on.")] = 2000,
    test_views: Annotated[int, typer.Option(min=1, help="Views to evaluate on.")] = 120,
    view_size: Annotated[int, typer.Option(min=16, max=4096, help="Pixels of views, across and down.")] = 256,
    domain: Annotated[str, typer.Option(help="heads, objects, forms, rooms, primitives or mixed.")] = "mixed",
    size: Size = 128,
    pairs: Pairs = None,
    workers: Workers = None,
    processes: Processes = None,
    network: Network = "",
    start: Start = None,
    device: Device = "auto",
) -> None:
    """Go all the way from assets to a student and its report. It renders, trains, teaches and evaluates.

    It can be stopped at any minute; the same command goes on. More minutes or views go on from what is there.
    """
    from .data import DataConfig
    from .machine import Machine, fitted
    from .pipeline import PipelineConfig, run_pipeline

    data, processes = fitted(DataConfig(size=size), Machine.here(device), pairs, workers, processes)
    config = PipelineConfig(
        str(assets or ""), minutes, views, test_views, view_size, domain, data, network, str(start or ""), processes
    )
    report = run_pipeline(config, out, device, lambda said: print(said, flush=True))
    if report is None:
        raise typer.Exit(130)
    print(report)


def average(
    student: Annotated[list[Path], typer.Option(help="Manifest of weights; given twice or more.")],
    out: Annotated[Path, typer.Option(help="Folder of the mean.")],
) -> None:
    """Take the mean of the weights of several runs. One of them goes on from another."""
    from .average import average_files

    print(average_files(student, out))


def ship(
    student: Annotated[Path, typer.Option(help="Manifest of the weights to ship.")],
    report: Annotated[Path, typer.Option(help="report.json of their evaluation.")],
    version: Annotated[str, typer.Option(help="Version, as 0.1.0.")],
    out: Annotated[Path, typer.Option(help="Folder of models.")],
) -> None:
    """Put weights and their report where the product looks."""
    from .shipping import ship_files

    print(ship_files(student, report, version, out))


def add_to(app: typer.Typer) -> None:
    """Add the commands to `rimlight train`."""
    app.command("all")(everything)
    app.command("student")(student)
    app.command("expert")(expert)
    app.command("distill")(distill)
    app.command("average")(average)
    app.command("evaluate")(evaluate)
    app.command("ship")(ship)
