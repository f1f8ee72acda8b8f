"""Batches for training: windows of views from a folder, lit at random, and seen through cameras.

Nothing that is learned from may come back often under the same light, or it is learned by heart. So a window is made
small before it is lit, which makes lighting cheap; it is kept with a few lightings, and drawn a few times as other
pairs and through other cameras, long after one another.

For a training on a CPU other processes do this. For one on a GPU its own process does, on the GPU: what is kept lives
there, and all pairs of a batch are seen together.
"""

import logging
import math
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, IterableDataset

from rimlight.engine import EnvironmentCache, FileError, RimlightError

from .assets import Assets
from .augment import CPU, Augmentation, Recording, draw_recording
from .batch import Batch
from .crops import LitView, Pair, joined_pairs, light_view, seen_by
from .photo_pairs import photo_pairs
from .photographs import Photographs, ShadowPair, backdrops
from .pool import Pool
from .stage.lighting import KeyLight, Lighting, Surroundings, sample_lighting
from .stage.view import View
from .stage.window import Window, windowed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DataConfig:
    """What is trained on.

    views : folders of view files. assets : folder of assets, of which the environment maps and the photographs of the
    training split are used; without one surroundings are made up. domains : only views of these, all when empty.
    lighting : `any`, or `one` light at a time. size : pixels of windows. pairs : pairs of pictures in a batch, each the
    same window under two lights. lightings : of each window. reuse : how often a pair is drawn from a window on
    average. photographs : share of pairs that are photographs of the assets with and without a shadow put over them.
    pool : windows that each worker keeps, 0.4 MB a lighting at 96 pixels. workers : processes; 0 does it in the
    training process, as a training on a GPU always does. augmentation : of the input.
    """

    views: tuple[str, ...] = ()
    assets: str = ""
    domains: tuple[str, ...] = ()
    lighting: str = "any"
    size: int = 128
    pairs: int = 2
    lightings: int = 4
    reuse: float = 5.0
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
_LOOK_AGAIN = 16
"""Views after which the folders are looked at again: what is rendered meanwhile is trained on too."""


class Batches(IterableDataset[Batch]):
    """Endless batches on a device; other ones for every seed and worker."""

    def __init__(self, config: DataConfig, seed: int = 0, device: torch.device = CPU) -> None:
        self.config = config
        self.seed = seed
        self.device = device
        self.drawn = 0
        self.paths = find_views(config.views, "train", config.domains)
        self.damaged: dict[Path, str] = {}  # views that are left out, and why

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        if worker is not None:
            torch.set_num_threads(1)
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        surroundings = [one.to(self.device) for one in read_environments(self.config.assets, "train")]
        photographs = self._photographs(int(rng.integers(1 << 31)))
        cache = EnvironmentCache(256)
        behind = backdrops(self.config.assets, "train")
        pool = Pool(lambda: self._lit(rng, surroundings, behind, cache), self.config.pool, self.config.reuse)
        while True:
            pool.renew(rng)
            yield self._batch(pool, photographs, rng)

    @torch.no_grad()
    def _batch(self, pool: Pool[LitView], photographs: Iterator[ShadowPair], rng: np.random.Generator) -> Batch:
        config = self.config
        # A first pair always has its truth; photographs come last.
        others = int((rng.random(config.pairs - 1) < config.photographs).sum())
        pairs, cameras = [], []
        for _ in range(config.pairs - others):
            lit = pool.draw(rng)
            first, second = rng.choice(len(lit.one_light), 2, replace=False)
            pairs.append(Pair(lit, (int(first), int(second)), rng.random() < 0.5))
            cameras += self._cameras(rng)
        parts = [joined_pairs(pairs)]
        if others:
            shadowed = []
            for _ in range(others):
                shadowed.append(next(photographs))
                cameras += self._cameras(rng)
            parts.append(photo_pairs(shadowed))
        return seen_by(Batch.joined(parts), cameras)

    def _cameras(self, rng: np.random.Generator) -> list[Recording | None]:
        """The cameras of a pair."""
        shape = (3, self.config.size, self.config.size)
        return [draw_recording(rng, self.config.augmentation, shape, self.device) for _ in range(2)]

    def _lit(
        self, rng: np.random.Generator, surroundings: list[Surroundings], behind: Photographs | None,
        cache: EnvironmentCache,
    ) -> LitView:  # fmt: skip
        config = self.config
        with torch.inference_mode():
            view = self._view(rng)
            if config.lighting == "one":
                lightings = [one_light(rng) for _ in range(config.lightings)]
            else:
                photographs = [behind.behind(config.size, rng).to(self.device) for _ in range(2)] if behind else []
                lightings = [sample_lighting(rng, surroundings, photographs) for _ in range(config.lightings)]
            return light_view(windowed(view, self._window(view, rng), config.size), lightings, cache)

    def _view(self, rng: np.random.Generator) -> View:
        """A random view. One that cannot be read is left out from then on. Raises FileError when none is left."""
        self.drawn += 1
        if self.drawn % _LOOK_AGAIN == 0:
            found = find_views(self.config.views, "train", self.config.domains)
            self.paths = [path for path in found if path not in self.damaged]
        while self.paths:
            path = self.paths[rng.integers(len(self.paths))]
            try:
                return View.load(path, self.device)
            except FileError as error:
                self.damaged[path] = str(error)
                self.paths.remove(path)
        raise FileError(f"none of {len(self.damaged)} views can be read: {next(iter(self.damaged.values()))}")

    def _photographs(self, seed: int) -> Iterator[ShadowPair]:
        """Photographs under shadows, which a CPU makes. Where it has a GPU to feed, that keeps them, and draws them
        again as often as views.
        """
        config = self.config
        if not config.photographs:
            return
        made = Photographs(Assets(Path(config.assets)), "train").pairs(config.size, seed)
        if self.device.type == "cpu":
            yield from made
        rng = np.random.default_rng([seed, 1])
        pool = Pool(lambda: next(made).to(self.device), config.pool * config.lightings, config.reuse)
        while True:
            pool.renew(rng)
            pair = pool.draw(rng)
            yield pair.mirrored() if rng.random() < 0.5 else pair

    def _window(self, view: View, rng: np.random.Generator) -> Window:
        shortest = min(view.height, view.width)
        least = min(1.0, max(SMALLEST_CROP, self.config.size / shortest * 0.75))  # not enlarged much
        side = round(shortest * float(rng.uniform(least, 1.0)))
        top, left = (int(rng.integers(n - side + 1)) for n in (view.height, view.width))
        return top, left, side


class _Handed(IterableDataset[Batch | RimlightError | str]):
    """Batches; before one what is to be told of views that are left out, and at the end the error that ended them. An
    exception of a worker would be told with its traceback.
    """

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[Batch | RimlightError | str]:
        told: set[Path] = set()
        try:
            for batch in self.batches:
                for path in self.batches.damaged.keys() - told:
                    told.add(path)
                    yield f"{self.batches.damaged[path]}; it is left out"
                yield batch
        except RimlightError as error:
            yield error


def load_batches(config: DataConfig, seed: int, device: torch.device = CPU) -> Iterator[Batch]:
    """Endless batches on a device. For a CPU the config's workers make them while the caller computes; for a GPU the
    caller's process does, there.

    Views that cannot be read are left out, which is logged once. Raises RimlightError, here or from the iterator.
    """
    workers = config.workers if device.type == "cpu" else 0
    loader = DataLoader(
        _Handed(Batches(config, seed, device)), batch_size=None, num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="spawn" if workers else None, worker_init_fn=_outlive_signals,
    )  # fmt: skip
    return _taken(iter(loader))


def _taken(made: Iterator[Batch | RimlightError | str]) -> Iterator[Batch]:
    """The batches of what was handed over."""
    told: set[str] = set()
    for one in made:
        if isinstance(one, RimlightError):
            raise one
        if isinstance(one, Batch):
            yield one
        elif one not in told:  # every worker tells it
            told.add(one)
            log.warning(one)


def _outlive_signals(worker: int) -> None:
    """Ctrl-C and terminations go to all of a group: workers have to outlive the step that their parent finishes. They
    end with it.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
