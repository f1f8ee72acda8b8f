"""Batches for training: views from a folder, lit at random, cropped, and seen through cameras.

Lighting a view costs more than a step of the student on small machines, so every view is lit a few times, kept for a
while, and drawn again and again in other crops, pairs and cameras.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from rimlight.engine import EnvironmentCache, FileError, LightGuess, guess_of_rig

from .assets import Assets
from .augment import Augmentation, photograph, recorded_gain
from .batch import Batch
from .photo_pairs import photo_pair
from .photographs import Photographs, ShadowPair
from .stage.lighting import KeyLight, Lighting, Surroundings, sample_lighting
from .stage.relit import LightStage
from .stage.view import View


@dataclass(frozen=True)
class DataConfig:
    """What is trained on.

    views : folders of view files. assets : folder of assets, of which the environment maps of the training split are
    used; without one surroundings are made up.
    domains : only views of these, all when empty. lighting : `any`, or `one` light at a time. size : pixels of crops.
    pairs : pairs of pictures in a batch, each the same crop under two lights. lightings : of each view that are kept.
    reuse : how often a pair is drawn from a view on average. photographs : share of pairs that are photographs of the
    assets with and without a shadow put over them. pool : views that each worker keeps. workers : processes; 0 does it
    in the training process. augmentation : of the input.
    """

    views: tuple[str, ...] = ()
    assets: str = ""
    domains: tuple[str, ...] = ()
    lighting: str = "any"
    size: int = 128
    pairs: int = 2
    lightings: int = 4
    reuse: float = 24.0
    photographs: float = 0.0
    pool: int = 48
    workers: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True, eq=False)
class LitView:
    """A view's layers `[11, h, w]` (`_LAYERS`), and per lighting its pictures `[L, 10, h, w]` (`_LIGHT`) and light."""

    layers: Tensor
    pictures: Tensor
    lights: tuple[LightGuess, ...]
    one_light: tuple[bool, ...]
    fov: float
    domain: str


_LAYERS = {"surface": 1, "albedo": 3, "normal": 3, "depth": 1, "roughness": 1, "f0": 1, "matte": 1}
_LIGHT = {"clean": 3, "shading": 3, "specular": 3, "shadow": 1}


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


def one_light(rng: np.random.Generator, environments: Sequence[Surroundings] = ()) -> Lighting:
    """One of a view's key lights and nothing else, as on a light stage; what is around is not used."""
    kelvin = float(np.exp(rng.uniform(math.log(2400), math.log(12000))))
    return Lighting(None, keys=(KeyLight(int(rng.integers(1 << 16)), float(rng.normal(0, 1)), kelvin),), backdrop=0.0)


def light_view(view: View, lightings: Sequence[Lighting], environments: EnvironmentCache | None = None) -> LitView:
    """A view under some lightings."""
    stage = LightStage(view, environments)
    f0 = view.f0.mean(0, keepdim=True)
    layers = torch.cat((view.surface, view.albedo, view.normal, view.depth, view.roughness, f0, view.matte))
    distance = float(view.depth[view.surface > 0.5].median()) if bool((view.surface > 0.5).any()) else 100.0
    middle = torch.tensor([0.0, 0.0, -distance])
    pictures, lights = [], []
    for lit in stage.light_all(lightings):
        pictures.append(torch.cat((lit.beauty, lit.shading, lit.specular, lit.shadow)))
        lights.append(guess_of_rig(lit.rig, view.albedo, middle))
    single = tuple(lighting.environment is None and len(lighting.keys) == 1 for lighting in lightings)
    return LitView(layers, torch.stack(pictures), tuple(lights), single, view.fov, view.about.get("domain", ""))


def crop_pair(
    lit: LitView, chosen: tuple[int, int], size: int, window: tuple[int, int, int], flip: bool,
    camera: Sequence[tuple[np.random.Generator, Augmentation] | None] = (None, None),
) -> Batch:  # fmt: skip
    """A pair of a batch: a square window (top, left, side) of a view under two of its lightings, brought to `size`.

    camera : random numbers and augmentation for the input of each; None keeps it clean.
    """
    top, left, side = window
    rows, columns = slice(top, top + side), slice(left, left + side)
    surface = lit.layers[:1, rows, columns]
    flat = torch.cat((surface, lit.layers[1:-1, rows, columns] * surface, lit.layers[-1:, rows, columns]))
    pictures = lit.pictures[list(chosen)][:, :, rows, columns]
    pictures = torch.cat((pictures[:, :3], pictures[:, 3:] * surface), 1)
    layers = _resized(flat[None], size)[0]
    pictures = _resized(pictures, size)
    if flip:
        layers, pictures = layers.flip(-1), pictures.flip(-1)
    share = layers[:1]
    named = dict(zip(_LAYERS, torch.split(layers, list(_LAYERS.values())), strict=True))
    for name in ("albedo", "normal", "depth", "roughness", "f0"):
        named[name] = named[name] / share.clamp_min(1e-4)
    named["normal"] = F.normalize(named["normal"] * (1 - 2 * torch.tensor([flip, 0, 0]))[:, None, None], dim=0)
    parts = []
    for number, picture, how in zip(chosen, pictures, camera, strict=True):
        light = dict(zip(_LIGHT, torch.split(picture, list(_LIGHT.values())), strict=True))
        for name in ("shading", "specular", "shadow"):
            light[name] = light[name] / share.clamp_min(1e-4)
        clean = light["clean"]
        seen = clean if how is None else photograph(clean, *how)
        gain = torch.ones(3) if how is None else recorded_gain(clean, seen, share)
        values = {**named, **light, "picture": seen, "gain": gain}
        guess = lit.lights[number]
        parts.append(Batch(
            **{k: v[None] for k, v in values.items()},
            direction=guess.direction * torch.tensor([-1.0 if flip else 1.0, 1, 1]), key=guess.key, angle=guess.angle,
            environment=guess.environment.flip(-1) if flip else guess.environment,
            fov=torch.tensor([_narrowed(lit.fov, side / lit.layers.shape[2])]),
            one_light=torch.tensor([lit.one_light[number]]), known=torch.tensor([True]),
            ratio=torch.zeros_like(share)[None],
        ))  # fmt: skip
    return Batch.joined(parts)


def _resized(x: Tensor, size: int) -> Tensor:
    if x.shape[-2:] == (size, size):
        return x
    return F.interpolate(x, (size, size), mode="bilinear", antialias=True, align_corners=False)


def _narrowed(fov: float, share: float) -> float:
    return 2 * math.degrees(math.atan(math.tan(math.radians(fov) / 2) * share))


SMALLEST_CROP = 0.6
"""Of a view: enough to tell its light."""
_LOOK_AGAIN = 16
"""Views after which the folders are looked at again: what is rendered meanwhile is trained on too."""


class Batches(IterableDataset[Batch]):
    """Endless batches; other ones for every seed and worker."""

    def __init__(self, config: DataConfig, seed: int = 0) -> None:
        self.config = config
        self.seed = seed
        self.drawn = 0
        self.paths = find_views(config.views, "train", config.domains)

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        if worker is not None:
            torch.set_num_threads(1)
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        surroundings = read_environments(self.config.assets, "train")
        photos = self._photographs(int(rng.integers(1 << 31)))
        cache = EnvironmentCache(256)
        pool: list[LitView] = []
        due = 0.0
        while True:
            while len(pool) < min(8, self.config.pool) or due >= 1:
                due = max(0.0, due - 1)
                fresh = self._lit(rng, surroundings, cache)
                if len(pool) < self.config.pool:
                    pool.append(fresh)
                else:
                    pool[rng.integers(len(pool))] = fresh
            # A first pair always has its truth; photographs come last.
            photographs = int((rng.random(self.config.pairs - 1) < self.config.photographs).sum())
            rendered = self.config.pairs - photographs
            parts = [self._pair(pool[rng.integers(len(pool))], rng) for _ in range(rendered)]
            parts += [photo_pair(next(photos), rng, self.config.augmentation) for _ in range(photographs)]
            yield Batch.joined(parts)
            due += rendered / self.config.reuse

    def _lit(self, rng: np.random.Generator, surroundings: list[Surroundings], cache: EnvironmentCache) -> LitView:
        self.drawn += 1
        if self.drawn % _LOOK_AGAIN == 0:
            self.paths = find_views(self.config.views, "train", self.config.domains)
        path = self.paths[rng.integers(len(self.paths))]
        with torch.inference_mode():
            draw = one_light if self.config.lighting == "one" else sample_lighting
            lightings = [draw(rng, surroundings) for _ in range(self.config.lightings)]
            return light_view(View.load(path), lightings, cache)

    def _photographs(self, seed: int) -> Iterator[ShadowPair]:
        if not self.config.photographs:
            return iter(())
        return Photographs(Assets(Path(self.config.assets)), "train").pairs(self.config.size, seed)

    def _pair(self, lit: LitView, rng: np.random.Generator) -> Batch:
        config = self.config
        first, second = rng.choice(len(lit.lights), 2, replace=False)
        shortest = min(lit.layers.shape[1:])
        least = min(1.0, max(SMALLEST_CROP, config.size / shortest * 0.75))  # not enlarged much
        side = round(shortest * float(rng.uniform(least, 1.0)))
        top, left = (int(rng.integers(n - side + 1)) for n in lit.layers.shape[1:])
        camera = [(rng, config.augmentation)] * 2
        with torch.inference_mode():
            return crop_pair(lit, (int(first), int(second)), config.size, (top, left, side), rng.random() < 0.5, camera)


def load_batches(config: DataConfig, seed: int) -> Iterator[Batch]:
    """Endless batches, made by the config's workers while the caller computes."""
    loader = DataLoader(
        Batches(config, seed), batch_size=None, num_workers=config.workers,
        prefetch_factor=4 if config.workers else None,
        multiprocessing_context="spawn" if config.workers else None,
    )  # fmt: skip
    return iter(loader)
