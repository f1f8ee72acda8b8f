"""Heads as meshes: skin, eyes, brows, lashes, hair and clothes of a seed. Centimetres; the face looks along +z."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rimlight.engine import FileError

from ..assets import Assets
from .mesh import Array, Material, Mesh
from .morph import CM_PER_UNIT, Person, expression, human, identity, proxy, random_person, unwelded
from .texture import Texture, alpha_texture, color_texture, decoded_srgb, read_picture, to_acescg

Rgb = tuple[float, float, float]

HAIR_COLORS: tuple[Rgb, ...] = (
    (0.012, 0.009, 0.008), (0.03, 0.018, 0.012), (0.07, 0.035, 0.018), (0.13, 0.07, 0.035), (0.30, 0.19, 0.09),
    (0.42, 0.30, 0.16), (0.16, 0.05, 0.018), (0.22, 0.21, 0.20), (0.42, 0.41, 0.39),
)  # fmt: skip
"""Mean albedos, ACEScg: two of black, three of brown, fair, red, two of grey hair."""
_GREY = (7, 8)
"""Which of them old people have more often than not."""


@dataclass(frozen=True)
class Head:
    """The meshes of a head and what they are made from.

    centre : `[3]` between the eyes. floor : height at which the mesh ends, so that it may not be in the picture.
    """

    meshes: tuple[Mesh, ...]
    centre: Array
    floor: float
    name: str
    files: tuple[Path, ...]


def made_head(
    assets: Assets,
    seed: int,
    rng: np.random.Generator,
    *,
    hair: str | None = None,
    hair_color: int | None = None,
    cloth: str | None = None,
    smile: float = 0.7,
) -> Head:
    """The MakeHuman head of an identity seed. `hair` and `cloth` name proxies, "" is none, None is a random one."""
    folder = assets.need("heads/makehuman/base.npz").parent
    base, base_files = human(folder), (folder / "base.npz", folder / "targets.npz")
    own = np.random.default_rng([seed, 0x4EAD])
    person = random_person(own)
    shape = identity(person, own, base.targets)
    feeling = expression(person, rng, base.targets, smile if rng.random() < 0.8 else 0.0)
    body = base.shaped(shape | feeling)
    kit = _Kit(folder, body)
    bald = rng.random() < (0.15 if person.male > 0.5 else 0.04)
    style = ("" if bald else kit.pick("hair", rng)) if hair is None else hair
    dress = _dress(folder, person, rng) if cloth is None else cloth
    tint = HAIR_COLORS[_hair_color(person, rng) if hair_color is None else hair_color]
    skin, flesh = skin_of(folder, person, rng)
    hidden = np.zeros(len(body), bool)
    if dress:
        hidden[kit.hides(dress)] = True
    shown = ~hidden[base.faces].all(1)
    v, uv, f = unwelded(body, base.uv, base.faces[shown], base.uv_faces[shown])
    meshes = [
        Mesh.of(v, f, uv, flesh),
        kit.eyes(rng),
        kit.strands("brow", kit.pick("brow", rng), 0.6, tint),
        kit.strands("lash", kit.pick("lash", rng), 0.6, None),
    ]
    if style:
        meshes.append(kit.strands("hair", style, float(rng.uniform(0.5, 0.75)), tint))
    if dress:
        meshes.append(kit.cloth(dress, rng))
    if style.startswith("short") and rng.random() < 0.08:
        meshes.append(kit.cloth("fedora01", rng))
    scaled = tuple(m.moved(np.eye(3), np.zeros(3), CM_PER_UNIT) for m in meshes)
    centre = kit.eye_centre * CM_PER_UNIT
    return Head(scaled, centre, float(centre[1]) - 60, f"makehuman {seed}", (*base_files, skin, *kit.used))


def skin_of(folder: Path, person: Person, rng: np.random.Generator) -> tuple[Path, Material]:
    """A skin that suits a person, a little lighter or darker than its picture."""
    skins = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["skins"]
    sex = "male" if person.male > 0.5 else "female"
    wanted = [s for s in skins if s["who"].split("_")[1] == person.mainly]
    alike = [s for s in wanted if s["who"].split("_")[2] == sex] or wanted or skins
    path = folder / str(alike[rng.integers(len(alike))]["file"])
    r, g, b = np.exp(rng.normal(-0.05, 0.12) + rng.normal(0, 0.03, 3))
    material = Material(
        (float(r), float(g), float(b)),
        color_texture(path),
        roughness=float(rng.uniform(0.42, 0.6)),
        f0=float(rng.uniform(0.026, 0.038)),
    )
    return path, material


def _hair_color(person: Person, rng: np.random.Generator) -> int:
    if person.old > 0.45 and rng.random() < 0.6:
        return int(rng.choice(_GREY))
    if person.mainly != "caucasian":
        return int(rng.integers(3))
    return int(rng.integers(len(HAIR_COLORS)))


def _dress(folder: Path, person: Person, rng: np.random.Generator) -> str:
    sex = "male" if person.male > 0.5 else "female"
    names = sorted(path.stem.removeprefix("proxy_cloth_") for path in folder.glob(f"proxy_cloth_{sex}_*.npz"))
    return str(rng.choice(names)) if names else ""


class _Kit:
    """The proxies of a folder on one body; `used` are their files so far."""

    def __init__(self, folder: Path, body: Array) -> None:
        self.folder, self.body = folder, body
        self.used: list[Path] = []
        eyes = proxy(folder / "proxy_eyes_high-poly.npz")
        self.eye_centre: Array = eyes.fitted(body).mean(0)

    def pick(self, kind: str, rng: np.random.Generator) -> str:
        """The name of a random proxy of a kind."""
        names = sorted(path.stem.removeprefix(f"proxy_{kind}_") for path in self.folder.glob(f"proxy_{kind}_*.npz"))
        if not names:
            raise FileError(f"{self.folder} has no proxy_{kind}_*.npz")
        return str(rng.choice(names))

    def hides(self, cloth: str) -> NDArray[np.int64]:
        """The body's vertices that clothes cover."""
        return proxy(self._file(f"proxy_cloth_{cloth}.npz")).hides

    def strands(self, kind: str, name: str, roughness: float, tint: Rgb | None) -> Mesh:
        """Hair, brows or lashes: cards cut out by their alpha, in the colour `tint` or their own."""
        picture = self._file(f"tex/{kind}_{name}.png")
        color = color_texture(picture) if tint is None else _tinted(picture, tint)
        material = Material((1.0, 1.0, 1.0), color, roughness=roughness, opacity=alpha_texture(picture), f0=0.04)
        return self._mesh(f"{kind}_{name}", material)

    def cloth(self, name: str, rng: np.random.Generator) -> Mesh:
        """Clothes or a hat, in a random shade of their colours."""
        picture = self._file(f"tex/cloth_{name}.png")
        r, g, b = np.exp(rng.normal(-0.1, 0.25) + rng.normal(0, 0.15, 3))
        color = color_texture(picture)
        if rng.random() < 0.6:  # dyed
            r, g, b = np.exp(rng.uniform(np.log(0.03), np.log(0.6))) * np.exp(rng.normal(0, 0.4, 3))
            color = _tinted(picture, (1.0, 1.0, 1.0))
        opacity = alpha_texture(picture)
        whole = float(opacity.levels[0].min()) > 0.5
        material = Material(
            (float(r), float(g), float(b)),
            color,
            roughness=float(rng.uniform(0.6, 0.95)),
            opacity=None if whole else opacity,
            f0=0.03,
        )
        return self._mesh(f"cloth_{name}", material)

    def eyes(self, rng: np.random.Generator) -> Mesh:
        """Both eyes, in a random colour."""
        pictures = sorted(self.folder.glob("tex/eye_*.png"))
        if not pictures:
            raise FileError(f"{self.folder} has no tex/eye_*.png")
        picture = pictures[rng.integers(len(pictures))]
        self.used.append(picture)
        material = Material(
            (0.9, 0.9, 0.9), color_texture(picture), roughness=0.12, opacity=alpha_texture(picture), f0=0.03
        )
        return self._mesh("eyes_high-poly", material)

    def _mesh(self, name: str, material: Material) -> Mesh:
        found = proxy(self._file(f"proxy_{name}.npz"))
        v, uv, f = unwelded(found.fitted(self.body), found.uv, found.faces, found.uv_faces)
        return Mesh.of(v, f, uv, material)

    def _file(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            raise FileError(f"{path} is missing")
        if path not in self.used:
            self.used.append(path)
        return path


@lru_cache(32)
def _tinted(path: Path, tint: Rgb) -> Texture:
    """A picture of hair or cloth in another colour: its lights and darks about the mean `tint`."""
    picture = read_picture(path)
    light = to_acescg(decoded_srgb(picture[:3])).mean(0, keepdim=True)
    share = picture[3:4] if picture.shape[0] == 4 else torch.ones_like(light)
    mean = (light * share).sum() / share.sum().clamp_min(1e-6)
    relative = (light / mean.clamp_min(1e-6)).clamp(0.2, 3)
    return Texture.of(relative * torch.tensor(tint).reshape(3, 1, 1))
