"""What batches are drawn from: windows of views from a folder, lit at random, and photographs under shadows.

Nothing that is learned from may come back often under the same light, or it is learned by heart. So a window is made
small before it is lit, which makes lighting cheap, and is lit a few times.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import IterableDataset

from rimlight.engine import EnvironmentCache, FileError, each_tensor

from .assets import Assets
from .augment import Augmentation
from .crops import LitView, light_view
from .photographs import Photographs, ShadowPair, backdrops
from .pool import Pool
from .stage.lighting import KeyLight, Lighting, Surroundings, sample_lighting
from .stage.mapped import evened
from .stage.paint import enamelled, repainted
from .stage.together import BACKDROPS, Windows
from .stage.view import View
from .stage.window import Window, alone, windowed


@dataclass(frozen=True)
class DataConfig:
    """What is trained on.

    views : folders of view files. assets : folder of assets, of which the environment maps and the photographs of the
    training split are used; without one surroundings are made up. domains : only views of these, all when empty.
    lighting : `any`, or `one` light at a time. size : pixels of windows. pairs : pairs of pictures in a batch, each the
    same window under two lights. lightings : of each window. reuse : how often a pair is drawn from a window on
    average. repaint : share of windows whose surfaces are painted anew (see `stage.paint`), so that no shape is met
    often in the same albedo. enamel : share of windows whose metals are painted over. small : share of windows of
    views with a subject that show it alone, as a small part of a wide frame. photographs : share of pairs
    that are photographs of the assets with and without a shadow put over them. pool : windows that are kept to draw
    from: by each worker on a CPU, lit, 0.4 MB a lighting at 96 pixels; on the GPU where there is one. workers :
    processes; 0 does it in the training process and on its device. augmentation : of the input.
    """

    views: tuple[str, ...] = ()
    assets: str = ""
    domains: tuple[str, ...] = ()
    lighting: str = "any"
    size: int = 128
    pairs: int = 2
    lightings: int = 4
    reuse: float = 5.0
    repaint: float = 0.65
    enamel: float = 0.6
    small: float = 0.0
    photographs: float = 0.0
    pool: int = 400
    workers: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)


def find_views(folders: Sequence[Path | str], split: str, domains: Sequence[str] = ()) -> list[Path]:
    """The view files `<split>-<domain>-*.safetensors` of folders, sorted. Raises FileError when there are none."""
    found = sorted(path for folder in folders for path in Path(folder).glob(f"{split}-*.safetensors"))
    if domains:
        found = [path for path in found if domain_of(path) in domains]
    if not found:
        wanted = f" of the domains {', '.join(domains)}" if domains else ""
        named = ", ".join(str(folder) for folder in folders) or "given: none"
        raise FileError(f"in the folders {named} are no views of the split '{split}'{wanted}: render some first")
    return found


def domain_of(path: Path) -> str:
    """The domain in a view's file name."""
    return path.stem.split("-")[1]


def read_environments(assets: Path | str, split: str) -> list[Surroundings]:
    """The environment maps of a split in a folder of assets, as surroundings; none when no folder is named."""
    paths = Assets(Path(assets)).environments(split) if assets else []
    return [_smaller(Surroundings.read(path)) for path in paths]


def _smaller(one: Surroundings) -> Surroundings:
    """Surroundings of at most 64 rows, which light alike and are prepared four times as fast."""
    rows = min(64, one.picture.shape[1])
    picture, rest = (F.interpolate(x[None], (rows, 2 * rows), mode="area")[0] for x in (one.picture, one.rest))
    return replace(one, picture=picture, rest=rest)


def one_light(rng: np.random.Generator) -> Lighting:
    """One of a view's key lights and nothing else, as on a light stage."""
    kelvin = float(np.exp(rng.uniform(math.log(2400), math.log(12000))))
    return Lighting(None, keys=(KeyLight(int(rng.integers(1 << 16)), float(rng.normal(0, 1)), kelvin),), backdrop=0.0)


SMALLEST_CROP = 0.6
"""Of a view: enough to tell its light."""
SMALLEST_VIEW = 0.3
"""Of a window's side, where a view's subject is to be small in it."""
SMALLEST_SUBJECT = 0.015
"""Of a window, of which its matte covers so much: enough to tell its form."""
_LOOK_AGAIN = 16
"""Views after which the folders are looked at again: what is rendered meanwhile is trained on too."""
_KEPT = 64
"""Of photographs, to paint with or to stand behind. They take several times as long to draw as a window to paint, so
each is used a few times.
"""


@dataclass(frozen=True, eq=False)
class Supply:
    """A window, lit or to be lit, and the photographs under shadows that go with it: as many as batches ask for."""

    window: LitView | Windows
    shadowed: tuple[ShadowPair, ...]

    def pin_memory(self) -> Self:
        """In memory that a GPU copies from while the CPU goes on."""
        pinned: Self = each_tensor(self, Tensor.pin_memory)
        return pinned


class Supplies(IterableDataset[Supply]):
    """Endless supplies on the CPU; other ones for every seed and worker. unlit : windows are to be lit together, on a
    GPU. damaged : views left out, and why.
    """

    def __init__(self, config: DataConfig, seed: int = 0, unlit: bool = False) -> None:
        self.config = config
        self.seed = seed
        self.unlit = unlit
        self.drawn = 0
        self.paths = find_views(config.views, "train", config.domains)
        self.damaged: dict[Path, str] = {}
        self.textures: Pool[Tensor] = Pool(_KEPT, reuse=8.0)
        self.backdrops: Pool[Tensor] = Pool(_KEPT, reuse=8.0)

    def __iter__(self) -> Iterator[Supply]:
        rng = np.random.default_rng([self.seed, worker_number()])
        surroundings = read_environments(self.config.assets, "train")
        photographs = self._photographs(int(rng.integers(1 << 31)))
        cache = EnvironmentCache(256)
        behind = backdrops(self.config.assets, "train")
        due = 0.0
        while True:
            window = self._window(rng, surroundings, behind, cache)
            due += shadowed_share(self.config)
            shadowed = tuple(next(photographs) for _ in range(int(due)))
            due -= len(shadowed)
            yield Supply(window, shadowed)

    def _photographs(self, seed: int) -> Iterator[ShadowPair]:
        if self.config.photographs:
            yield from Photographs(Assets(Path(self.config.assets)), "train").pairs(self.config.size, seed)

    def _window(
        self, rng: np.random.Generator, surroundings: list[Surroundings], behind: Photographs | None,
        cache: EnvironmentCache,
    ) -> LitView | Windows:  # fmt: skip
        config = self.config
        with torch.inference_mode():
            view = self._view(rng)
            photographs: list[Tensor] = []
            if config.lighting == "one":
                lightings = [one_light(rng) for _ in range(config.lightings)]
            else:
                photographs = [self._backdrop(behind, rng) for _ in range(BACKDROPS)] if behind else []
                lightings = [sample_lighting(rng, surroundings, photographs) for _ in range(config.lightings)]
            if rng.random() < config.small and float(view.matte.mean()) > SMALLEST_SUBJECT:
                window = windowed(alone(view), _wide(view, rng), config.size)
            else:
                window = windowed(view, self._place(view, rng), config.size)
            if rng.random() < config.enamel:
                window = enamelled(window)
            if rng.random() < config.repaint:
                window = repainted(window, rng, partial(self._texture, behind, rng) if behind else None)
            if self.unlit:
                return Windows.of(window, lightings, photographs)
            return light_view(window, lightings, cache)

    def _texture(self, behind: Photographs, rng: np.random.Generator) -> Tensor:
        """A texture to paint with."""
        if self.textures.hungry():
            self.textures.add(evened(behind.texture(self.config.size, rng)), rng)
        return self.textures.draw(rng)

    def _backdrop(self, behind: Photographs, rng: np.random.Generator) -> Tensor:
        """A photograph to stand behind a window."""
        if self.backdrops.hungry():
            self.backdrops.add(behind.behind(self.config.size, rng), rng)
        return self.backdrops.draw(rng)

    def _view(self, rng: np.random.Generator) -> View:
        """A random view. One that cannot be read is left out from then on. Raises FileError when none is left."""
        self.drawn += 1
        if self.drawn % _LOOK_AGAIN == 0:
            found = find_views(self.config.views, "train", self.config.domains)
            self.paths = [path for path in found if path not in self.damaged]
        while self.paths:
            path = self.paths[rng.integers(len(self.paths))]
            try:
                return View.load(path)
            except FileError as error:
                self.damaged[path] = str(error)
                self.paths.remove(path)
        raise FileError(f"none of {len(self.damaged)} views can be read: {next(iter(self.damaged.values()))}")

    def _place(self, view: View, rng: np.random.Generator) -> Window:
        shortest = min(view.height, view.width)
        least = min(1.0, max(SMALLEST_CROP, self.config.size / shortest * 0.75))  # not enlarged much
        side = round(shortest * float(rng.uniform(least, 1.0)))
        top, left = (int(rng.integers(n - side + 1)) for n in (view.height, view.width))
        return top, left, side


def _wide(view: View, rng: np.random.Generator) -> Window:
    """A square that the view is a part of, at a random place in it: half of them stand on its lower edge."""
    longest = max(view.height, view.width)
    least = max(SMALLEST_VIEW, math.sqrt(SMALLEST_SUBJECT / float(view.matte.mean())))
    side = round(longest / float(rng.uniform(least, 1.0)))
    left = -int(rng.integers(side - view.width + 1))
    top = view.height - side if rng.random() < 0.5 else -int(rng.integers(side - view.height + 1))
    return top, left, side


def shadowed_share(config: DataConfig) -> float:
    """How many photographs a batch has for each of its other pairs. The first pair always has its truth."""
    photographs = (config.pairs - 1) * config.photographs
    return photographs / (config.pairs - photographs)


def worker_number() -> int:
    """Which of a loader's processes this is; 0 in the training's own."""
    worker = torch.utils.data.get_worker_info()
    return 0 if worker is None else int(worker.id)
