"""The student's light nodes at 1080p: the first picture, a picture after a slider moved, and a light that is dragged.

The nodes and their settings are those of the gallery, over a plate of 1080 rows without light layers, so that all of
them are estimated. `first`: the plate has changed and what the node takes is there; the student looks at it. `drag`:
one parameter has changed. `python benchmarks/light_nodes.py [NODES]` takes under five minutes on two idle cores.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rimlight.engine import Reader, Session, Tier
from rimlight.engine.allocator import tune
from rimlight.engine.manual.gallery import Example, open_example, read_examples, resources
from rimlight.engine.plugins import load_plugins

import numpy as np
import OpenImageIO as oiio
import torch
from harness import Figure, sync, versions

Tell = Callable[[list[Figure]], object]
WIDTH, HEIGHT = 1920, 1080
SECONDS = 4.0
"""After so long no further run of a candidate is begun; one is made whatever it takes."""


def quiet(figures: list[Figure]) -> None:
    """Nobody watches."""


def write_plate(path: Path) -> None:
    """The tea table three times as large, with grain, and its matte."""
    layers = Reader().pixels(resources() / "plates" / "tea.0001.exr", ["rgba", "matte"])
    small = torch.cat((layers["rgba"][:3], layers["matte"]))[None]
    x = torch.nn.functional.interpolate(small, (HEIGHT, WIDTH), mode="bicubic", align_corners=False)[0]
    x[:3] += 0.002 * torch.randn((3, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(1))
    planes = torch.cat((x[:3], torch.ones_like(x[:1]), x[3:].clamp(0, 1))).permute(1, 2, 0).numpy()
    spec = oiio.ImageSpec(WIDTH, HEIGHT, 5, "half")
    spec.channelnames = [*"RGBA", "matte.V"]
    out = oiio.ImageOutput.create(str(path))
    if not out.open(str(path), spec) or not out.write_image(np.ascontiguousarray(planes)):
        raise OSError(out.geterror())
    out.close()


def opened(example: Example, plate: Path, device: str) -> Session:
    """The gallery's graph over the large plate, with an exposure in between that makes it another plate."""
    read = {"kind": "image.read", "version": 1, "values": {"file": str(plate)}}
    other = {"kind": "color.exposure", "version": 1, "inputs": {"image": "Large"}}
    session = open_example(replace(example, graph={**example.graph, "Large": read, "Plate": other}), device)
    session.evaluate("Plate")
    return session


def knob(session: Session, example: Example) -> str:
    """The parameter of the node that one drags: the first in stops, degrees or Kelvin that the example sets, else the
    first number in its panel. None for nodes whose lights are dragged.
    """
    specs = {spec.name: spec for spec in session.graph["After"].cls.specs if spec.type is float and spec.size == 1}
    if example.node == "light.relight":
        return ""
    told = [name for name in example.shown if name in specs and specs[name].unit in ("stops", "deg", "K")]
    return next(iter((*told, *(name for name in specs if name != "mix"))), "")


def timed(prepare: Callable[[], object], run: Callable[[], object], device: str) -> list[float]:
    """Milliseconds of some runs after one that is not counted; `prepare` is not timed."""
    times: list[float] = []
    begin = time.perf_counter()
    for turn in itertools.count():
        prepare()
        sync(device)
        start = time.perf_counter()
        run()
        sync(device)
        if turn or time.perf_counter() - begin > SECONDS:
            times.append(1000 * (time.perf_counter() - start))
        if times and (time.perf_counter() - begin > SECONDS or len(times) == 3):
            return times
    raise AssertionError


def figures_of(example: Example, plate: Path, device: str) -> list[Figure]:
    """The first picture of a node and one after a drag, at the tier of a still picture in the viewer."""
    session, steps = opened(example, plate, device), itertools.count(1)
    inputs = dict(session.graph["After"].inputs)
    name = knob(session, example)

    def another_plate() -> None:
        session.set("Plate", "drag", stops=(0.001 * next(steps),) * 3)
        for source in inputs.values():
            session.evaluate(source, tier=Tier.STUDENT)

    def turned() -> None:
        value = float(session.value("After", name))
        session.set("After", "drag", **{name: value + (0.001 if value < 0.5 else -0.001)})  # many end at 1

    def show() -> Any:
        return session.evaluate("After", tier=Tier.STUDENT)

    first = timed(another_plate, show, device)
    found = [_figure(f"{example.node}_first", first, device, "student tier, the student's look at the plate included")]
    if name:
        found.append(
            _figure(f"{example.node}_drag", timed(turned, show, device), device, f"student tier, {name} moved")
        )
    return found


def dragged_light(plate: Path, device: str) -> list[Figure]:
    """A light over estimates, moved: what the viewer asks for while it is dragged and when it stops."""
    example = next(e for e in read_examples() if e.node == "light.relight" and not e.script)
    session, steps = opened(example, plate, device), itertools.count(1)
    light = next(name for name, state in session.graph.items() if state.kind == "light.directional")
    start = float(session.value(light, "azimuth"))

    def moved() -> None:
        session.set(light, "drag", azimuth=start + 0.1 * next(steps))

    found = []
    for what, tier, scale in (
        ("draft_quarter", Tier.DRAFT, 0.25), ("draft_half", Tier.DRAFT, 0.5), ("student", Tier.STUDENT, 1.0),
    ):  # fmt: skip

        def show(tier: Tier = tier, scale: float = scale) -> Any:
            return session.evaluate("After", layers=("rgba",), tier=tier, scale=scale)

        note = f"{tier} tier at scale {scale:g}, one of two lights moved"
        found.append(_figure(f"moved_light_{what}", timed(moved, show, device), device, note))
    return found


def _figure(name: str, times: list[float], device: str, note: str) -> Figure:
    return Figure(name, statistics.median(times), "ms", device=device, versions=versions(), note=note)


def light_nodes_1080p(
    rounds: int = 3, device: str = "cpu", only: tuple[str, ...] = (), tell: Tell = quiet
) -> list[Figure]:
    """All of it. `rounds` is there for the runner: runs are so long that time decides how many there are."""
    load_plugins()
    seen: set[str] = set()
    found: list[Figure] = []
    with TemporaryDirectory() as folder:
        plate = Path(folder) / "plate.exr"
        write_plate(plate)
        if not only or "light.relight" in only:
            found += dragged_light(plate, device)
            tell(found)
        for example in read_examples():
            if example.script or example.node in seen or (only and example.node not in only):
                continue
            seen.add(example.node)
            made = figures_of(example, plate, device)
            found += made
            tell(made)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nodes", nargs="*", help="kinds, default all of the gallery")
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    tune()
    light_nodes_1080p(device=given.device, only=tuple(given.nodes), tell=show)


def show(figures: list[Figure]) -> None:
    for item in figures:
        print(f"{item.name:32} {item.value:9.0f} ms   {item.note}", flush=True)


if __name__ == "__main__":
    main()
