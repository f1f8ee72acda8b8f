"""How much of a subject is told where it is a small part of a wide frame, with its matte and without.

Subjects of held-out views are put before photographs of the test split, at three shares of the height of a 960x540
frame. `python benchmarks/small_subject.py VIEWS ASSETS [--count N] [--student FILE]` prints means over the subjects, by
domain, size and way of looking: the frame alone; with the matte, looked at with the frame only; and with the matte from
near too. Heads a third of it high are measured on their faces as well, with a rough oval about the face for a matte.
Angles of normals and of the key's direction in degrees; PSNR in dB of the albedo after the best factor, and
of the subject relit by another light, as it is shown. It takes about two minutes on two idle cores.
"""

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from rimlight.engine import StudentModel, load_student, unit
from rimlight.engine.inference import model as model_module
from rimlight.training import metrics
from rimlight.training.cases import Case, make_cases
from rimlight.training.data import backdrops, read_environments
from rimlight.training.photographs import Photographs
from rimlight.training.shipping import installed_student

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

HEIGHT, WIDTH = 540, 960
SHARES = (0.2, 0.35, 0.6)
"""Of the frame's height, that a view is high."""
WAYS = ("frame", "matte", "matte, near")
FACES, OVAL = 0.35, "oval, near"
"""At which share faces are measured by themselves, and the way of looking with an oval about them."""


@dataclass(frozen=True, eq=False)
class Put:
    """A case's subject in a wide frame. where : rows and columns of the view in it."""

    case: Case
    picture: Tensor
    matte: Tensor
    where: tuple[slice, slice]
    mask: Tensor

    def small(self, layer: Tensor) -> Tensor:
        """A layer of the view, means over the subject, as large as it is in the frame."""
        return _small(layer * self.case.mask, self.mask.shape[-1]) / _small(
            self.case.mask, self.mask.shape[-1]
        ).clamp_min(1e-4)

    def of(self, layer: Tensor) -> Tensor:
        """A layer of the frame, where the view is."""
        rows, columns = self.where
        return layer[:, rows, columns]


def _small(layer: Tensor, side: int) -> Tensor:
    return F.interpolate(layer[None], (side, side), mode="area")[0]


def put(case: Case, behind: Photographs, share: float, rng: np.random.Generator) -> Put:
    """A case's subject at a random place before a random photograph about as bright as it."""
    assert case.matte is not None
    back = behind.draw(WIDTH, rng)[0][:, :HEIGHT].clone()
    back *= (
        float(case.picture[:, metrics.inside(case.mask)].mean())
        / float(back.mean())
        * float(np.exp(rng.normal(0, 0.4)))
    )
    side = round(share * HEIGHT)
    top, left = int(rng.integers(HEIGHT - side)), int(rng.integers(WIDTH - side))
    where = slice(top, top + side), slice(left, left + side)
    matte, front = torch.zeros(1, HEIGHT, WIDTH), torch.zeros_like(back)
    matte[:, where[0], where[1]] = _small(case.matte, side)
    front[:, where[0], where[1]] = _small(case.picture * case.matte, side)
    return Put(case, front + back * (1 - matte), matte, where, (_small(case.mask, side) > 0.98).float())


def oval(one: Put) -> tuple[Tensor, Tensor]:
    """An oval about where a head's face is `[1, HEIGHT, WIDTH]`, as one would draw it, and what of the view is well
    inside it: as wide as most of the upper half of what its matte shows, below its upper edge.
    """
    matte = one.matte[0]
    rows = (matte.sum(1) > 0.5).nonzero().flatten().tolist()
    across = matte[rows[0] : (rows[0] + rows[-1]) // 2 + 1].sum(0)
    columns = (across > 0.3 * across.max()).nonzero().flatten().tolist()
    middle, half = (columns[0] + columns[-1]) / 2, max(1.0, (columns[-1] - columns[0]) / 2)
    y, x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    away = ((x - middle) / (0.8 * half)).square() + ((y - rows[0] - 1.25 * half) / (1.05 * half)).square()
    return ((1.25 - away) / 0.5).clamp(0, 1)[None], one.of((away < 0.8).float()[None]) * one.mask


def measured(model: StudentModel, one: Put, way: str) -> tuple[float, float, float, float]:
    """Normals, albedo, the subject relit and the key's direction."""
    with patch.object(
        model_module, "part_of_subject", model_module.part_of_subject if "near" in way else lambda *_: None
    ):
        seen = model.examine(one.picture, None if way == WAYS[0] else one.matte)
    layers, view = model.decompose(seen), one.case.view
    relit = one.of(model.relight(seen, one.case.target.rig, field_of_view=view.fov, albedo=layers["albedo"]))
    truth = one.small(one.case.target.beauty)
    direction = seen.prediction.light.direction[0]
    return (
        metrics.angles(one.of(layers["normal"]), unit(one.small(view.normal)), one.mask),
        metrics.albedo_psnr(one.of(layers["albedo"]), one.small(view.albedo), one.mask),
        metrics.display_psnr(metrics.matched(relit, truth, one.mask), truth, one.mask),
        metrics.angle_between(direction, one.case.source_light.direction[0]),
    )


def subjects(views: Path, assets: Path, count: int) -> Iterator[Case]:
    environments = read_environments(assets, "test")
    return (case for case in make_cases(views, environments, "test", count, 1) if case.matte is not None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("views", type=Path)
    parser.add_argument("assets", type=Path)
    parser.add_argument("--count", type=int, default=6, help="views of each domain")
    parser.add_argument("--student", type=Path, help="a manifest; else the product's own")
    arguments = parser.parse_args()
    model = load_student(arguments.student or installed_student())
    behind = backdrops(arguments.assets, "test")
    if behind is None:
        parser.error(f"{arguments.assets} has no photographs of the test split")
    rng, found = np.random.default_rng(3), defaultdict(list)
    for case in subjects(arguments.views, arguments.assets, arguments.count):
        for share in SHARES:
            one = put(case, behind, share, rng)
            if float(one.mask.sum()) >= 50:
                for way in WAYS:
                    found[case.domain, share, way].append(measured(model, one, way))
            if share == FACES and case.domain == "heads":
                matte, face = oval(one)
                if float(face.sum()) >= 50:
                    for way in (WAYS[0], WAYS[2], OVAL):
                        looked = replace(one, mask=face, matte=matte if way == OVAL else one.matte)
                        found["faces", share, way].append(measured(model, looked, way))
    print("| subjects | of the height | looked at | n | normals | albedo | relit | key |")
    print("|---|---|---|---|---|---|---|---|")
    for (domain, share, way), rows in sorted(
        found.items(), key=lambda item: (*item[0][:2], (*WAYS, OVAL).index(item[0][2]))
    ):
        means = " | ".join(f"{statistics.mean(column):.1f}" for column in zip(*rows, strict=True))
        print(f"| {domain} | {share:g} | {way} | {len(rows)} | {means} |")


if __name__ == "__main__":
    main()
