"""The pictures of the evaluation: held-out views under held-out lights, with everything that is true of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import (
    DirectionalLight,
    EnvironmentCache,
    LightGuess,
    Rig,
    guess_of_rig,
    picture_level,
    shade,
)

from .augment import recorded_gains
from .corruptions import CORRUPTIONS
from .data import domain_of, find_views
from .stage.lighting import Surroundings, sample_lighting
from .stage.relit import LightStage, Lit
from .stage.view import View


@dataclass(frozen=True, eq=False)
class Case:
    """A picture to be taken apart and relit.

    picture : `[3, h, w]`, what methods are given, with the subject's matte `[1, h, w]`; None where there is no subject.
    view : the layers that are true. source, target : the view under the light of the picture and under the wanted one.
    shadow_free : the picture without the shadow of its key light, None where there is no key. mask : `[1, h, w]`, where
    errors are counted. known : whether layers and lights are; of a photograph only what it is without its shadow.
    gain : `[3]`, by how much a camera scaled the channels.
    """

    name: str
    domain: str
    picture: Tensor
    matte: Tensor | None
    view: View
    source: Lit
    target: Lit
    source_light: LightGuess
    shadow_free: Tensor | None
    mask: Tensor
    known: bool = True
    gain: Tensor = field(default_factory=lambda: torch.ones(3))

    def corrupted(self, corruption: str, seed: int) -> "Case":
        """The same through a corruption of `CORRUPTIONS`, as is the picture without shadow: the camera that took one
        takes the other.
        """
        level = float(picture_level(self.picture[None]))

        def seen(picture: Tensor) -> Tensor:
            rng = np.random.default_rng([seed, len(self.name)])
            return CORRUPTIONS[corruption](picture / level, rng) * level

        picture = seen(self.picture)
        gain = recorded_gains(self.picture[None], picture[None], self.view.surface[None])[0]
        free = None if self.shadow_free is None else seen(self.shadow_free)
        return replace(self, picture=picture, shadow_free=free, gain=gain)


@dataclass(frozen=True, eq=False)
class Planned:
    """A case that is made when it is asked for, as lighting takes about as long as measuring. name : no other's."""

    name: str
    domain: str
    make: Callable[[], Case]

    @cached_property
    def case(self) -> Case:
        """The case, made once."""
        return self.make()


def plan_cases(
    folder: Path, environments: Sequence[Surroundings], split: str = "test", views: int = 8, lights: int = 2
) -> Iterator[Planned]:
    """For each domain of a folder the first `views` views under `lights` lightings each, the same every time.

    Raises FileError when there are no views of the split.
    """
    around = EnvironmentCache(64)
    counts: dict[str, int] = {}
    for path in find_views((folder,), split):
        domain = domain_of(path)
        counts[domain] = counts.get(domain, 0) + 1
        if counts[domain] > views:
            continue
        stage = cache(partial(_stage, path, around))
        for number in range(lights):
            make = partial(_lit_case, stage, environments, counts[domain], number)
            yield Planned(f"{path.stem} {number}", domain, make)


def make_cases(
    folder: Path, environments: Sequence[Surroundings], split: str = "test", views: int = 8, lights: int = 2
) -> Iterator[Case]:
    """The cases of `plan_cases`, all of them made."""
    return (planned.case for planned in plan_cases(folder, environments, split, views, lights))


def _stage(path: Path, around: EnvironmentCache) -> LightStage:
    return LightStage(View.load(path), around)


def _lit_case(stage: Callable[[], LightStage], environments: Sequence[Surroundings], count: int, number: int) -> Case:
    """The case of a domain's view of a count under a lighting of a number."""
    lit = stage()
    rng = np.random.default_rng([count, number, 0xE7A1])
    source, target = lit.light_all([sample_lighting(rng, environments) for _ in range(2)])
    return case_of(lit.view, source, target, _shadow_free(lit.view, lit, source))


def make_stack(view: View, environments: Sequence[Surroundings], lights: int) -> list[Lit]:
    """One view under many lights."""
    stage = LightStage(view, EnvironmentCache(64))
    rng = np.random.default_rng(0x57AC)
    return stage.light_all([sample_lighting(rng, environments) for _ in range(lights)])


def has_subject(view: View) -> bool:
    """Whether there is a subject that a matte would be cut of. The matte of a room has its furniture, and a picture of
    a room is about the room.
    """
    return view.about.get("domain") != "rooms" and float(_of_subject(view).float().mean()) > 0.02


def counted(view: View) -> Tensor:
    """Where errors are counted `[1, h, w]`: on the subject, on all surfaces where there is none."""
    return (_of_subject(view) if has_subject(view) else view.surface > 0.98).float()


def _of_subject(view: View) -> Tensor:
    return (view.matte > 0.9) & (view.surface > 0.98)


def case_of(view: View, source: Lit, target: Lit | None = None, shadow_free: Tensor | None = None) -> Case:
    """The case of a view under two lights; the target is the source where none is given."""
    return Case(
        name=f"{view.about.get('domain', '')} {view.about.get('seed', '')}",
        domain=view.about.get("domain", ""),
        picture=source.beauty,
        matte=view.matte if has_subject(view) else None,
        view=view,
        source=source,
        target=target or source,
        source_light=guess_of_rig(source.rig, view.albedo, view.middle),
        shadow_free=shadow_free,
        mask=counted(view),
    )


def _shadow_free(view: View, stage: LightStage, lit: Lit) -> Tensor | None:
    """The picture with the key light unhindered wherever it faces the surface."""
    first = lit.rig.lights[0] if len(lit.rig) else None
    if lit.key < 0 or not isinstance(first, DirectionalLight):
        return None
    (key,) = shade(stage.surface, Rig((first,)))
    return lit.beauty + view.surface * (1 - lit.shadow) * (view.albedo * key.shading + key.specular)


def key_share(case: Case) -> float:
    """How much of the light on a surface facing the key the key gives."""
    key = float(case.source_light.key.mean())
    around = float(case.source_light.environment.mean())
    return key / max(key + around, 1e-9)


def color_of_light(lit: Lit, view: View) -> Tensor:
    """The colour `[3]` of the light on the surfaces of a view: the mean of the shading."""
    mask = view.surface[0] > 0.5
    return lit.shading[:, mask].mean(1)
