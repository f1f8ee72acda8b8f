"""Rendering many views into a folder: by seed, resumable, by one or several processes."""

import contextlib
import hashlib
import math
import multiprocessing
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Literal

import numpy as np
import torch

from rimlight.engine import FileError, RimlightError

from ..assets import Assets
from .arrange import arranged
from .capture import Plan, take
from .meshscene import MeshScene
from .primitives import random_primitives
from .view import View

Split = Literal["train", "test"]
DOMAINS = ("heads", "objects", "forms", "rooms", "primitives")
_ATTEMPTS = 4
"""Scenes of a seed at most until one shows its subject."""
_MADE_UP = "Apache-2.0 (made up)"
"""The licence of scenes that no assets are in."""
_LEAST_SUBJECT = 0.01
"""The share of a picture that has to show its subject."""
_MIXED = {"heads": 0.4, "objects": 0.2, "forms": 0.2, "rooms": 0.2}
"""Shares of the domains in `mixed`."""


@dataclass(frozen=True)
class Job:
    """What to render: `count` views from `seed` on of a domain (one of `DOMAINS`, or `mixed`) and split into `out`.

    assets : the folder of assets; primitives need none. device : on which primitives are traced; meshes are on the CPU.
    """

    out: Path
    count: int
    domain: str
    split: Split
    seed: int
    plan: Plan
    assets: Path | None = None
    device: str = "cpu"

    def views(self) -> Iterator[tuple[str, int, Path]]:
        """Domain, seed and file of each view, in order."""
        for seed in range(self.seed, self.seed + self.count):
            domain = _mixed(seed) if self.domain == "mixed" else self.domain
            yield domain, seed, self.out / f"{self.split}-{domain}-{seed:08d}.safetensors"


@dataclass(frozen=True)
class Done:
    """A view that is there: its file, whether it was there before, the seconds it took, or why it failed."""

    path: Path
    kept: bool = False
    seconds: float = 0.0
    error: str = ""


def tracing_device(name: str, domain: str) -> str:
    """The device `cpu` or `cuda` on which a domain is traced, of a name or `auto`. Raises RimlightError.

    Rays among meshes are Embree's, which has only the CPU. Devices round differently, so a view is the same for its
    seed on one kind of device.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise RimlightError(f"--device {name}: expected auto, cpu or cuda")
    if name == "cuda" and domain != "primitives":
        raise RimlightError(f"--device cuda: the domain '{domain}' is made of meshes, which are traced on the CPU only")
    if name == "cuda" and not torch.cuda.is_available():
        raise RimlightError("--device cuda: there is no CUDA device here")
    return "cuda" if name != "cpu" and domain == "primitives" and torch.cuda.is_available() else "cpu"


def render(job: Job, workers: int = 1) -> Iterator[Done]:
    """Render what is not there yet. Raises FileError when the folder cannot be made."""
    try:
        job.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"the folder {job.out} cannot be made: {error.strerror or error}") from None
    todo = []
    for domain, seed, path in job.views():
        if path.exists():
            yield Done(path, kept=True)
        else:
            todo.append((job, domain, seed, path))
    with _terminated_as_interrupted():
        if min(workers, len(todo)) <= 1:  # a process takes longer to start than a view to render
            yield from map(_render_one, todo)
            return
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, spawn, _left_to_the_parent) as pool:
            try:
                for done in as_completed([pool.submit(_render_one, task) for task in todo]):
                    yield done.result()
            except BrokenProcessPool:
                raise RimlightError(
                    "a process that rendered views was ended from outside, for want of memory perhaps: what is rendered"
                    " stays, the same command goes on, fewer --workers need less"
                ) from None
            finally:
                pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A termination ends the work as Ctrl-C does, by an exception: no worker is left with nobody to hand a view to."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _left_to_the_parent() -> None:
    """Ctrl-C goes to all processes of a terminal; the parent ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _render_one(task: tuple[Job, str, int, Path]) -> Done:
    job, domain, seed, path = task
    torch.set_num_threads(1)  # waves of rays are small: threads would wait for each other, and workers share the cores
    start = time.perf_counter()
    try:
        view_of(job, domain, seed).save(path)
    except RimlightError as error:
        return Done(path, seconds=time.perf_counter() - start, error=str(error))
    return Done(path, seconds=time.perf_counter() - start)


def view_of(job: Job, domain: str, seed: int) -> View:
    """The view of a domain and seed. Scenes whose subject is out of sight are arranged anew."""
    for attempt in range(_ATTEMPTS):
        view = _attempted(job, domain, seed, random_of(job.split, domain, seed, attempt))
        if float(view.matte.mean()) >= _LEAST_SUBJECT:
            break
    return view


def _attempted(job: Job, domain: str, seed: int, rng: np.random.Generator) -> View:
    about = {"domain": domain, "split": job.split, "seed": str(seed)}
    if domain == "primitives":
        solids, fov = random_primitives(rng)
        about |= {"subject": f"primitives {seed}", "licences": _MADE_UP}
        return take(solids, replace(job.plan, fov=fov), seed, about, job.device)
    if job.assets is None:
        raise RimlightError(f"the domain '{domain}' is made of assets: name their folder with --assets")
    assets = Assets(job.assets)
    found = arranged(domain, assets, job.split, seed, rng)
    about |= {"subject": found.name, "licences": assets.licence(found.files) or _MADE_UP}
    plan = replace(job.plan, fov=found.fov)
    scene = MeshScene(found.meshes, math.radians(found.fov) / plan.width)
    return take(scene, plan, seed, about, keys=found.keys)


def random_of(split: str, domain: str, seed: int, attempt: int = 0) -> np.random.Generator:
    """The random numbers of a view: other ones for every split, domain, seed and attempt."""
    name = int.from_bytes(hashlib.blake2b(f"{split} {domain}".encode(), digest_size=8).digest(), "little")
    return np.random.default_rng([seed, name, attempt] if attempt else [seed, name])


def _mixed(seed: int) -> str:
    """The domain of a seed among those that `mixed` shares out."""
    share, x = 0.0, (seed * 0.6180339887498949) % 1
    for domain, part in _MIXED.items():
        share += part
        if x < share:
            return domain
    return "rooms"
