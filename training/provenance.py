"""What the weights of a run come from, collected while it trains: views and assets say what they are made of."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from rimlight.engine import FileError, Manifest, listing

from .assets import Assets
from .config import TrainConfig
from .data import DataConfig, find_views
from .networks import described
from .photographs import Photographs, backdrops

_MADE_WITH = {"makehuman": "heads made with MakeHuman", "ict": "heads of the ICT face model"}
"""Heads by what the names of their subjects begin with."""
_LONGEST = 600
"""Letters of what others said of their data."""


@dataclass(frozen=True)
class Sources:
    """What a network learned from, each thing once and in order.

    views : what they show. licences : of what is in them. environments, photographs : licences of those. earlier :
    statements of weights begun with, of which no more is known.
    """

    views: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    photographs: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()

    @classmethod
    def of(cls, manifest: Manifest) -> "Sources":
        """Those of weights: as their manifest lists them, or says."""
        kept = manifest.trained.get("sources")
        if kept is None:
            return cls(earlier=(manifest.data,))
        return cls(**{f.name: tuple(kept[f.name]) for f in fields(cls)})

    def joined(self, other: "Sources") -> "Sources":
        """Those of both."""
        return Sources(
            **{f.name: tuple(sorted({*getattr(self, f.name), *getattr(other, f.name)})) for f in fields(self)}
        )

    def statement(self) -> str:
        """What a manifest says of the data."""
        said = []
        if self.views:
            lights = f"photographed environments ({listing(self.environments)}) and " if self.environments else ""
            said.append(
                f"Synthetic views rendered by Rimlight's own light stage of {listing(self.views)}, from what is under"
                f" {listing(self.licences)}; lit by {lights}made-up lights."
            )
        if self.photographs:
            said.append(f"Photographs ({listing(self.photographs)}) behind them or under made-up shadows.")
        if self.earlier:
            said.append(f"Begun with weights of which is said: {_shortened(' '.join(self.earlier))}")
        return " ".join(said)


Told = dict[str, Any]
"""How weights were trained: their sha256, steps and the like."""
_ELSEWHERE = ("sources", "after", "mean_of", "lineage")


@dataclass
class Provenance:
    """Where the weights of a run come from. after : the weights it began with, see `told_of`; empty without. lineage :
    these and all that they build on.

    sources : of those, of the experts, and of the run until now.
    """

    data: DataConfig
    after: Mapping[str, Any]
    lineage: Mapping[str, Told]
    sources: Sources
    _read: set[Path] = field(default_factory=set)

    @classmethod
    def of(cls, config: TrainConfig, out: Path) -> "Provenance":
        """That of the run in a folder; of one that goes on, with what it has learned from until now.

        Raises FileError: there are no views, assets are missing, or a manifest cannot be read.
        """
        begun, after, before = _begun(config, out)
        for path in config.experts.values():
            begun = begun.joined(Sources.of(Manifest.read(Path(path))))
        made = cls(config.data, after, before, begun.joined(_of_assets(config.data)))
        made._add(find_views(config.data.views, "train", config.data.domains))
        return made

    def look_again(self) -> None:
        """Take in what has been rendered since."""
        with contextlib.suppress(FileError):  # that there are none any more is told to whoever trains on them
            self._add(find_views(self.data.views, "train", self.data.domains))

    def _add(self, views: Iterable[Path]) -> None:
        shown, licences = set(), set()
        for path in views:
            if path in self._read:
                continue
            self._read.add(path)
            about = _header(path)
            if about is not None:
                shown.add(_shows(about))
                licences |= _names(about.get("licences") or "no licence told")
        self.sources = self.sources.joined(Sources(views=tuple(shown), licences=tuple(licences)))


def check_same_run(config: TrainConfig, out: Path, provenance: Provenance) -> None:
    """Raise FileError where the run in a folder is of another network than the configuration, or of another start."""
    path = out / "config.json"
    kept = TrainConfig.read(path) if path.exists() else config
    if kept.student != config.student:
        asked, had = described(config.student), described(kept.student)
        raise FileError(f"the run in {out} is of {had}, not of {asked}: train that into another folder")
    if kept.start == config.start:
        return
    given = Manifest.read(Path(config.start)).sha256 if config.start else ""
    if given != provenance.after.get("sha256", ""):
        asked, had = (one or "no other weights" for one in (config.start, kept.start))
        raise FileError(f"the run in {out} began with {had}, not with {asked}: train that into another folder")


def _begun(config: TrainConfig, out: Path) -> tuple[Sources, Mapping[str, Any], Mapping[str, Told]]:
    """What the weights held before, see `Provenance`; of a run that goes on by its own manifest, as those that it began
    with may be gone.
    """
    own = out / "student.json"
    if (out / "checkpoint.pt").exists() and own.exists():
        manifest = Manifest.read(own)
        after = manifest.trained.get("after", {})
        before = {sha256: told for sha256, told in lineage([manifest]).items() if sha256 != manifest.sha256}
        return Sources.of(manifest), after, before
    if not config.start:
        return Sources(), {}, {}
    base = Manifest.read(Path(config.start))
    return Sources.of(base), told_of(base), lineage([base])


def told_of(manifest: Manifest) -> Told:
    """The weights of a manifest as those that build on them name them: without what they themselves build on."""
    return _told(manifest.sha256, manifest.trained)


def lineage(manifests: Iterable[Manifest]) -> dict[str, Told]:
    """All weights that those of manifests build on, and these, by sha256, each once: `after` and `mean_of` of them are
    the sha256 of others.
    """
    found: dict[str, Told] = {}
    for manifest in manifests:
        found.update(manifest.trained.get("lineage", {}))
        _gather(manifest.sha256, manifest.trained, found)
    return found


def _gather(sha256: str, trained: Mapping[str, Any], found: dict[str, Told]) -> None:
    """Manifests up to version 0.7.0 have what they build on within one another."""
    after, parts = trained.get("after"), trained.get("mean_of", ())
    own = {name: value for name, value in _told(sha256, trained).items() if name != "sha256"}
    own |= {"after": after["sha256"]} if after else {}
    own |= {"mean_of": [part["sha256"] for part in parts]} if parts else {}
    found.setdefault(sha256, own)
    for part in (after, *parts) if after else parts:
        if part["sha256"] not in found:
            _gather(part["sha256"], part, found)


def _told(sha256: str, trained: Mapping[str, Any]) -> Told:
    return {"sha256": sha256} | {name: value for name, value in trained.items() if name not in _ELSEWHERE}


def _of_assets(data: DataConfig) -> Sources:
    if not data.assets:
        return Sources()
    assets = Assets(Path(data.assets))
    around = data.lighting != "one"
    photographs: Photographs | None = None
    if data.photographs:
        photographs = Photographs(assets, "train")
    elif around:
        photographs = backdrops(data.assets, "train")
    return Sources(
        environments=tuple(_names(assets.licence(assets.environments("train")))) if around else (),
        photographs=tuple(_names(assets.licence(photographs.files))) if photographs else (),
    )


def _header(path: Path) -> Mapping[str, str] | None:
    """What a view says of itself; None where it cannot be read, which is told to whoever trains on it."""
    try:
        with safe_open(path, "pt") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError):
        return None


def _shows(about: Mapping[str, str]) -> str:
    domain = about.get("domain", "things")
    return _MADE_WITH.get(about.get("subject", "").partition(" ")[0], domain) if domain == "heads" else domain


def _names(licences: str) -> set[str]:
    """The licences in a line of `licence, author; licence, author`."""
    return {part.partition(", ")[0] for part in licences.split("; ") if part}


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST].rpartition(" ")[0] + " …"
