"""What a training is asked for, and what of it may change when it goes on."""

import dataclasses
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rimlight.engine import FileError, Manifest, RimlightError, StudentConfig

from .augment import Augmentation
from .data import DataConfig
from .growth import check_growth
from .networks import described, network_of
from .objective import LossWeights


@dataclass(frozen=True)
class TrainConfig:
    """A run. minutes : how long it is to take in all, over all resumptions; the rate falls to 0 over the last `decay`
    share of them. steps : at most so many; 0 for no limit. rate : of Muon; of AdamW a third. mean_over : steps that the
    running mean of the weights reaches back. relit_pairs : how many pairs of each batch are relit, 0 for a
    third of them. half : bfloat16.
    start : manifest of weights to begin with, of the same network or a smaller one; "" begins anew. experts :
    manifests of experts by domain, that are learned from beside the truth.
    threads : of each process on a CPU; 0 leaves one core to each worker. processes : that share out batches; 0 is one
    for each GPU, one on a CPU; on GPUs never more than there are.
    """

    data: DataConfig = field(default_factory=DataConfig)
    student: StudentConfig = field(default_factory=StudentConfig)
    weights: LossWeights = field(default_factory=LossWeights)
    minutes: float = 60.0
    steps: int = 0
    rate: float = 1.2e-3
    warm_up: int = 200
    decay: float = 0.5
    weight_decay: float = 0.01
    clip: float = 20.0
    mean_over: int = 1000
    relit_pairs: int = 0
    start: str = ""
    experts: Mapping[str, str] = field(default_factory=dict)
    half: bool = True
    seed: int = 0
    checkpoint_minutes: float = 3.0
    panel_minutes: float = 5.0
    log_steps: int = 20
    threads: int = 0
    processes: int = 0

    def write(self, path: Path) -> None:
        """Write it so that the name always holds a whole configuration. Raises FileError."""
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            temporary.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n", encoding="utf-8")
            os.replace(temporary, path)
        except OSError as error:
            raise FileError(f"{path} could not be written: {error.strerror or error}") from None

    @classmethod
    def read(cls, path: Path) -> "TrainConfig":
        """Raises FileError."""
        try:
            made: TrainConfig = _made(cls, json.loads(path.read_text(encoding="utf-8")))
            return made
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise FileError(f"{path} cannot be read as a training's configuration: {error}") from None


_NESTED: Mapping[str, type] = {
    "data": DataConfig, "student": StudentConfig, "weights": LossWeights, "augmentation": Augmentation,
}  # fmt: skip


def _made(cls: type, values: Mapping[str, Any]) -> Any:
    """A dataclass of its JSON form."""
    made = {k: _made(_NESTED[k], v) if k in _NESTED else tuple(v) if isinstance(v, list) else v
            for k, v in values.items()}  # fmt: skip
    return cls(**made)


def sizes_of(start: Path | None, name: str) -> StudentConfig:
    """The sizes of a name, which weights to begin with have to fit into; "" is as they are, or the full ones.

    Raises FileError, RimlightError.
    """
    if start is None:
        return network_of(name or "full")
    if not name:
        return Manifest.read(start).config
    sizes = network_of(name)
    check_growth(sizes, start)
    return sizes


_RUN = {"minutes": "minutes", "processes": "processes", "expert": "experts", "start": "start"}
_DATA = ("views", "assets", "workers")
"""What may change when a run goes on, by option: how long it takes, on what machine, and where things are. Weights that
it began with may have moved; that they are the same is checked by whoever reads them.
"""


def resumed(config: TrainConfig, out: Path, given: Collection[str]) -> TrainConfig:
    """The configuration of the run in a folder, in which what was given replaces what may change.

    given : names of options, as `minutes`. Raises RimlightError where one is given that may not change and does.
    """
    kept = TrainConfig.read(out / "config.json")
    for name in ("size", "pairs", "photographs", "small"):
        asked, had = getattr(config.data, name), getattr(kept.data, name)
        if name in given and asked != had:
            raise RimlightError(f"--{name} {asked}: the run in {out} has {had}, which stays{_ELSEWHERE}")
    if "network" in given and config.student != kept.student:
        raise RimlightError(f"--network: the run in {out} is of {described(kept.student)}, which stays{_ELSEWHERE}")
    if "domain" in given and _domain(config.data) != _domain(kept.data):
        raise RimlightError(f"the run in {out} is of another domain's expert: train this one into another folder")
    data = {name: getattr(config.data, name) for name in _DATA if name in given}
    run = {own: getattr(config, own) for name, own in _RUN.items() if name in given}
    return replace(kept, data=replace(kept.data, **data), **run)


def _domain(data: DataConfig) -> tuple[str, float]:
    """What tells the experts of domains apart."""
    return data.lighting, data.photographs


_ELSEWHERE = "; leave the option out, or train into another folder"
