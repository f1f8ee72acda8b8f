"""The folder of assets: what is in it, under which licences, and which of it is for tests alone.

    LICENSES.csv                one row a file: file, author, licence (other columns are ignored)
    envmaps/256x128/*.exr       lat-long environments, linear Rec.709
    envmaps/src/*.hdr           some of them at 1024x512
    heads/makehuman/            base.npz, targets.npz, proxy_*.npz, manifest.json, tex/
    heads/ict/                  ict_model.npz, mh_skin_to_ict_uv.npz
    objects/*.glb               models with textures
    materials/*/                albedo.jpg, and normal, roughness, metallic or arm (occlusion, roughness, metal)
    portraits/*                 photographs

Whatever is missing is done without, but for what a domain is made of.
"""

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rimlight.engine import FileError

IDENTITIES = 9000
"""Identity seeds of heads from here on are of the test split alone."""

_TEST_SHARE = 0.22
"""Of families of assets. Names decide, so that what is added later moves nothing to the other side."""
_WEAK = re.compile(r"^mk_")
"""Objects whose licence is weakly documented: they are trained on and never shown."""
_ATLAS = re.compile(r"^bjs_")
"""Materials that are unfolded models, not made to repeat."""


@dataclass(frozen=True)
class Assets:
    """A folder of assets. Raises FileError when it is none."""

    root: Path

    def __post_init__(self) -> None:
        if not self.root.is_dir():
            raise FileError(f"the folder of assets {self.root} does not exist")

    @cached_property
    def licences(self) -> Mapping[str, str]:
        """Licence and author of each file, by its path inside the folder."""
        manifest = self.root / "LICENSES.csv"
        try:
            with manifest.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
        except OSError as error:
            raise FileError(
                f"{manifest}, the manifest of licences, cannot be read: {error.strerror or error}"
            ) from None
        if rows and not {"file", "licence"} <= rows[0].keys():
            raise FileError(f"{manifest} has the columns {', '.join(rows[0])}, expected file and licence among them")
        return {row["file"]: f"{row['licence']}, {row.get('author') or 'unknown author'}" for row in rows}

    def licence(self, paths: Iterable[Path]) -> str:
        """The licences of some files in one line, each once. Raises FileError where the manifest lacks one."""
        found = []
        for path in paths:
            name = path.relative_to(self.root).as_posix()
            if name not in self.licences:
                raise FileError(f"{self.root / 'LICENSES.csv'} says nothing of {name}; what has no licence is not used")
            found.append(self.licences[name])
        return "; ".join(dict.fromkeys(found))

    def environments(self, split: str) -> list[Path]:
        """Environment maps of a split."""
        return _of_split(self._files("envmaps/256x128/*.exr"), split)

    def objects(self, split: str) -> list[Path]:
        """Models of a split; those with weak evidence of their licence are never in the test split."""
        files = self._files("objects/*.glb")
        weak = [path for path in files if _WEAK.match(path.name)]
        sound = _of_split([path for path in files if path not in weak], split)
        return sound if split == "test" else [*sound, *weak]

    def materials(self, split: str) -> list[Path]:
        """Folders of materials of a split, those that repeat."""
        folders = [path.parent for path in self._files("materials/*/albedo.jpg")]
        return _of_split([folder for folder in folders if not _ATLAS.match(folder.name)], split)

    def photographs(self, split: str) -> list[Path]:
        """Photographs of a split."""
        return [path for path in self._files("portraits/*.*") if _drawn(path.stem) == (split == "test")]

    def panoramas(self, split: str) -> list[Path]:
        """Environment maps of a split at a size at which they can be looked at."""
        return _of_split(self._files("envmaps/src/*.hdr"), split)

    def need(self, pattern: str) -> Path:
        """A file by its path inside the folder. Raises FileError where it is missing."""
        path = self.root / pattern
        if not path.exists():
            raise FileError(f"the folder of assets {self.root} has no {pattern}")
        return path

    def _files(self, pattern: str) -> list[Path]:
        """The files of a pattern that the manifest of licences names."""
        found = sorted(self.root.glob(pattern))
        return [path for path in found if path.relative_to(self.root).as_posix() in self.licences]


def _of_split(paths: list[Path], split: str) -> list[Path]:
    return [path for path in paths if is_test(path.stem) == (split == "test")]


def is_test(name: str) -> bool:
    """Whether an asset is of the test split. Variants, as `brick_01` and `brick_02` or `king_black`, stay together."""
    family = re.sub(r"(_?\d+[a-zA-Z]?|_black|_white)+$", "", name.lower())
    return _drawn(family)


def _drawn(name: str) -> bool:
    draw = hashlib.blake2b(name.encode(), digest_size=4).digest()
    return int.from_bytes(draw, "little") / 2**32 < _TEST_SHARE
