"""All that the figures of an evaluation depend on: with anything else it begins anew."""

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from rimlight.engine import FileError, Session, code_key, registry

from .assets import Assets
from .data import find_views
from .evaluate import EvaluationConfig
from .methods import Method, StudentMethod
from .photographs import backdrops


def machine() -> dict[str, str]:
    """What measures, as reports tell it."""
    return {"torch": torch.__version__, "machine": f"{platform.machine()}, {torch.get_num_threads()} threads"}


def inputs_of(
    methods: Sequence[Method], views: Path, assets: Assets | None, config: EvaluationConfig, device: str
) -> dict[str, str]:
    """Hashes and words, by what a sentence calls them. Raises FileError: there are no views, or one cannot be read."""
    return {
        "networks": "; ".join(_network(method) for method in methods if isinstance(method, StudentMethod)),
        "settings": json.dumps(asdict(config)),
        "views": _sha256(find_views((views,), config.split)),
        "assets": _sha256(_read_of(assets, config.split)),
        "devices": ", ".join([device, *machine().values()]),
        "code": _code(),
    }


def _network(method: StudentMethod) -> str:
    manifest = method.model.manifest
    return f"{method.name} {manifest.sha256} at {manifest.working_size}"


def _read_of(assets: Assets | None, split: str) -> Iterator[Path]:
    """Environments and photographs."""
    if assets is not None:
        yield from assets.environments(split)
        photographs = backdrops(assets.root, split)
        yield from photographs.files if photographs else ()


def _sha256(files: Iterable[Path]) -> str:
    """Of names and contents."""
    every = hashlib.sha256()
    for path in files:
        try:
            with path.open("rb") as file:
                every.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise FileError(f"{path} cannot be read: {error.strerror or error}") from None
    return every.hexdigest()


def _code() -> str:
    """Of training, of the engine, and of the nodes, which are in the registry once there is a session."""
    Session()
    return (code_key(StudentMethod) + code_key(registry.find("Intrinsics"))).hex()
