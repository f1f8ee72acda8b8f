"""`rimlight train …`: the commands of training."""

import os
from pathlib import Path
from typing import Annotated, cast

import typer

from . import learning_commands

app = typer.Typer(
    name="train",
    help="Make training data and train the models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def common() -> None:
    """Make training data and train the models."""


@app.command("render")
def render(
    out: Annotated[Path, typer.Option(help="Folder for the views.")],
    assets: Annotated[Path | None, typer.Option(help="Folder of assets; primitives need none.")] = None,
    count: Annotated[int, typer.Option(min=1, help="How many views.")] = 100,
    size: Annotated[int, typer.Option(min=16, max=4096, help="Pixels across and down.")] = 256,
    domain: Annotated[str, typer.Option(help="heads, objects, forms, rooms, primitives or mixed.")] = "mixed",
    split: Annotated[str, typer.Option(help="train or test.")] = "train",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first view; the others count on.")] = 0,
    directions: Annotated[int, typer.Option(min=16, max=4096, help="Directions whose visibility is kept.")] = 128,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
    device: Annotated[
        str, typer.Option(help="cpu, cuda or auto, for primitives; rays among meshes are traced on the CPU, by Embree.")
    ] = "cpu",
) -> None:
    """Render views that any light can be put on. Views that are there already are kept."""
    from rimlight.engine import RimlightError

    from .stage.capture import Plan
    from .stage.render import DOMAINS, Job, Split, tracing_device
    from .stage.render import render as run

    if domain not in (*DOMAINS, "mixed"):
        raise RimlightError(f"--domain {domain}: expected one of {', '.join((*DOMAINS, 'mixed'))}")
    place = tracing_device(device, domain)
    plan = Plan(size, size, directions=directions)
    job = Job(out, count, domain, cast(Split, _split(split)), seed, plan, assets, place)
    kept = failed = 0
    for number, done in enumerate(run(job, workers or os.cpu_count() or 1), 1):
        kept += done.kept
        failed += bool(done.error)
        if not done.kept:
            said = f"FAILED {done.error}" if done.error else f"{done.seconds:.1f} s"
            print(f"[{number}/{count}] {done.path.name}: {said}", flush=True)
    print(f"{count - kept - failed} made, {kept} kept, {failed} failed in {out}")
    if failed:
        raise typer.Exit(3)


@app.command("contact-sheet")
def contact_sheet(
    views: Annotated[Path, typer.Argument(help="Folder of views.")],
    out: Annotated[Path, typer.Argument(help="The PNG to write.")],
    count: Annotated[int, typer.Option(min=1, help="How many views.")] = 100,
    seed: Annotated[int, typer.Option(help="Which views, and which lights.")] = 0,
    assets: Annotated[
        Path | None, typer.Option(help="Folder of assets, for its environment maps and photographs.")
    ] = None,
    split: Annotated[str, typer.Option(help="Assets of train or test.")] = "train",
) -> None:
    """Draw a sheet of random views under random lights. Their layers stand beside them."""
    from .assets import Assets
    from .contact_sheet import contact_sheet as draw
    from .photographs import backdrops
    from .stage.lighting import Surroundings

    surroundings = [Surroundings.read(path) for path in Assets(assets).environments(_split(split))] if assets else []
    print(f"{draw(views, out, count, seed, surroundings, backdrops(assets or '', split))} views in {out}")


@app.command("photographs")
def photographs(
    assets: Annotated[Path, typer.Argument(help="Folder of assets.")],
    out: Annotated[Path, typer.Argument(help="The PNG to write.")],
    count: Annotated[int, typer.Option(min=1, help="How many photographs.")] = 24,
    seed: Annotated[int, typer.Option(help="Which ones.")] = 0,
    split: Annotated[str, typer.Option(help="train or test.")] = "train",
) -> None:
    """Draw a sheet of photographs with light and shadow put on. Beside each stand its truth and its matte."""
    from .assets import Assets
    from .contact_sheet import photograph_sheet

    print(f"{photograph_sheet(Assets(assets), _split(split), out, count, seed)} photographs in {out}")


@app.command("sample")
def sample(
    assets: Annotated[Path, typer.Option(help="Folder of assets.")],
    out: Annotated[Path, typer.Option(help="Folder for the frames.")],
    quality: Annotated[float, typer.Option(min=0.01, help="A factor on the numbers of rays.")] = 1.0,
) -> None:
    """Make the sample sequence and the sample photograph. `resources/plates` holds them."""
    import torch

    from .assets import Assets
    from .sample import write_sample

    torch.set_num_threads(1)
    for path in write_sample(Assets(assets), out, quality):
        print(f"{path} ({path.stat().st_size / 1024:.0f} KiB)", flush=True)


@app.command("face")
def face(
    assets: Annotated[Path, typer.Option(help="Folder of assets.")],
    out: Annotated[Path, typer.Option(help="The npz file to write.")],
) -> None:
    """Cut the morphable face that ships from the ICT model. It is `resources/face/face.npz`."""
    from .assets import Assets
    from .face_asset import write_face

    path = write_face(Assets(assets), out)
    print(f"{path} ({path.stat().st_size / 1024:.0f} KiB)")


@app.command("face-paint")
def face_paint(
    assets: Annotated[Path, typer.Option(help="Folder of assets.")],
    out: Annotated[Path, typer.Option(help="The npz file to write.")],
) -> None:
    """Measure on portraits how faces look. `resources/face/paint.npz` holds it; FaceFit's guess goes by it."""
    from .assets import Assets
    from .face_paint import write_paint

    path = write_paint(Assets(assets), out)
    print(f"{path} ({path.stat().st_size / 1024:.0f} KiB)")


def _split(name: str) -> str:
    """A split by its name. Raises RimlightError when it is none."""
    from rimlight.engine import RimlightError

    if name not in ("train", "test"):
        raise RimlightError(f"--split {name}: expected train or test")
    return name


learning_commands.add_to(app)
