"""How well PhotometricStereo tells normals and albedo, by the number of lights, beside the student's guess.

Subjects of held-out views are lit by 4 to 12 lights, one at a time, with the shadows and highlights of the view, light
from all around of 3 % and noise. `python benchmarks/several_lights.py VIEWS [--count N]` prints medians over the
subjects of the mean angle of normals in degrees and of the median error of albedo in percent: of the student, which
looks at the mean of the pictures; of the node; and of the node with the student's normals wired. It takes about a
minute on two idle cores.
"""

import argparse
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rimlight.engine import RGB, DirectionalLight, Image, ImageInfo, Region, Rig, Session, Surface, angles_of, shade
from rimlight.engine.io.write import write_image
from rimlight.training import metrics
from rimlight.training.stage import View

import torch
from torch import Tensor

COUNTS = (4, 6, 8, 12)
LEAST = 0.45
"""The cosine to the camera's axis, from which on a light may stand."""
AMBIENT, NOISE = 0.03, 0.002


def captured(view: View, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Pictures `[n, 3, h, w]` of a view under one light each, and the directions of these `[n, 3]`."""
    front = (view.directions[:, 2] > LEAST).nonzero()[:, 0]
    chosen = front[torch.randperm(len(front), generator=generator)[:count]]
    surface, seen, pictures = Surface.of(view.normal, roughness=view.roughness, f0=view.f0), view.visibility(), []
    for i in chosen.tolist():
        light = DirectionalLight(direction=tuple(view.directions[i].tolist()))  # type: ignore[arg-type]
        (group,) = shade(surface, Rig((light,)))
        clean = view.albedo * (group.shading * seen[i] + AMBIENT) + group.specular * seen[i]
        grain = torch.randn(clean.shape, generator=generator) * clean.clamp_min(0.01).sqrt()
        pictures.append(clean + NOISE * grain)
    return torch.stack(pictures), view.directions[chosen]


def written(picture: Tensor, path: Path) -> str:
    """A picture `[3, h, w]` as a file, for Read."""
    frame = Region(0, 0, picture.shape[2], picture.shape[1])
    write_image(Image(ImageInfo(frame, frame, (RGB,)), frame, {"rgba": picture}), path)
    return str(path)


def paint_error(found: Tensor, view: View, mask: Tensor) -> float:
    """Median error of an albedo in percent of the true one, which counts as 0.02 at least."""
    error = (found - view.albedo).abs().mean(0) / view.albedo.mean(0).clamp_min(0.02)
    return 100 * float(error[metrics.inside(mask)].median())


def measured(view: View, count: int, folder: Path, generator: torch.Generator) -> Iterator[tuple[str, float, float]]:
    """By way: angle of normals and error of albedo."""
    mask = view.matte * (view.surface > 0.99)
    pictures, directions = captured(view, count, generator)
    s, rig = Session(), ""
    wires = {}
    for i, (picture, direction) in enumerate(zip(pictures, directions, strict=True)):
        file = written(picture, folder / f"shot{i}.exr")
        wires[f"image{i + 1}" if i else "image"] = s.add("Read", file=file)
        azimuth, elevation = angles_of(tuple(direction.tolist()))  # type: ignore[arg-type]
        rig = s.add("DirectionalLight", inputs={"rig": rig} if rig else {}, azimuth=azimuth, elevation=elevation)
    guess = s.add("Intrinsics", s.add("Read", file=written(pictures.mean(0), folder / "mean.exr")))
    values = {"field_of_view": view.fov}
    alone = s.add("PhotometricStereo", inputs={**wires, "rig": rig}, **values)
    helped = s.add("PhotometricStereo", inputs={**wires, "rig": rig, "normals": guess}, **values)
    for way, node in (("student", guess), ("alone", alone), ("with its normals", helped)):
        found = s.evaluate(node, frame=1, layers=("normal", "albedo"))
        paint = found["albedo"][:3]
        if way == "student":
            paint = metrics.matched(paint, view.albedo, mask)
        yield way, metrics.angles(found["normal"][:3], view.normal, mask), paint_error(paint, view, mask)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("views", type=Path)
    parser.add_argument("--count", type=int, default=6, help="views of each domain")
    arguments = parser.parse_args()
    generator, found = torch.Generator().manual_seed(1), defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for domain in ("heads", "forms", "objects"):
            for path in sorted(arguments.views.glob(f"test-{domain}-*.safetensors"))[: arguments.count]:
                view = View.load(path)
                for count in COUNTS:
                    for way, normals, paint in measured(view, count, Path(folder), generator):
                        found[domain, count, way].append((normals, paint))
    print("| subjects | lights | by | n | normals | albedo |")
    print("|---|---|---|---|---|---|")
    for (domain, count, way), rows in found.items():
        medians = " | ".join(f"{statistics.median(column):.1f}" for column in zip(*rows, strict=True))
        print(f"| {domain} | {count} | {way} | {len(rows)} | {medians} |")


if __name__ == "__main__":
    main()
