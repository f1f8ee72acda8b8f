"""Heads that vary: MakeHuman's targets and proxies, and the modes of the ICT face model."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .mesh import Array

RACES = ("caucasian", "asian", "african")
CM_PER_UNIT = 10.0
"""MakeHuman measures in decimetres."""

_DETAILS = ("nose", "mouth", "eyes", "cheek", "chin", "ears", "forehead", "head", "eyebrows", "neck")
_WAYS = (
    "-decr", "-incr", "-down", "-up", "-in", "-out", "-backward", "-forward", "-concave", "-convex", "-compress",
    "-uncompress",
)  # fmt: skip
"""Folders of MakeHuman's targets that are details of a head, and how the names of targets end that go opposite ways."""
_PARTING = ("closure", "open", "part", "eversion")
"""Expressions that are used with restraint: there are no teeth behind the lips, and few portraits have closed eyes."""
_QUIET = ("head", "neck")
"""Parts that vary less: their targets change the whole head."""


@dataclass(frozen=True)
class Person:
    """Who a head is. male, old : 0 to 1. race : weights of `RACES`, summing to 1."""

    male: float
    old: float
    race: tuple[float, float, float]

    @property
    def mainly(self) -> str:
        return RACES[int(np.argmax(self.race))]


@dataclass(frozen=True, eq=False)
class Human:
    """MakeHuman's base mesh and shape targets, decimetres. Corners of faces have a vertex and a uv of their own."""

    vertices: Array
    uv: Array
    faces: NDArray[np.int64]
    uv_faces: NDArray[np.int64]
    targets: Mapping[str, tuple[NDArray[np.int64], Array]]

    def shaped(self, weights: Mapping[str, float]) -> Array:
        """The vertices with targets added; a name that there is not changes nothing."""
        v = self.vertices.copy()
        for name, weight in weights.items():
            if weight and name in self.targets:
                index, offset = self.targets[name]
                v[index] += offset * weight
        return v


@lru_cache(1)
def human(folder: Path) -> Human:
    """The generator of a `heads/makehuman` folder."""
    base, packed = np.load(folder / "base.npz"), np.load(folder / "targets.npz")
    names, starts = packed["names"], packed["off"]
    index, offset = packed["idx"].astype(np.int64), packed["d"].astype(np.float32) / 1000
    targets = {str(name): (index[a:b], offset[a:b]) for name, a, b in zip(names, starts[:-1], starts[1:], strict=True)}
    return Human(
        base["v"].astype(np.float32), base["vt"], base["fv"].astype(np.int64), base["ft"].astype(np.int64), targets
    )


def random_person(rng: np.random.Generator) -> Person:
    """A random person; most are mainly of one descent."""
    a, b, c = rng.dirichlet([0.35, 0.35, 0.35])
    return Person(float(rng.random() < 0.5), float(rng.beta(1, 2)), (float(a), float(b), float(c)))


def identity(person: Person, rng: np.random.Generator, names: Mapping[str, object]) -> dict[str, float]:
    """Weights of the targets that make a person's head."""
    weights: dict[str, float] = {}
    weight, muscle = float(rng.normal(0, 0.5)), float(np.clip(rng.normal(0, 0.4), -0.9, 0.9))
    for sex, share in (("male", person.male), ("female", 1 - person.male)):
        for age, part in (("old", person.old), ("young", 1 - person.old)):
            for race, mix in zip(RACES, person.race, strict=True):
                weights[f"macrodetails/{race}-{sex}-{age}"] = share * part * mix
            stem = f"macrodetails/universal-{sex}-{age}"
            heavy = min(abs(weight), 1.0)
            weights[f"{stem}-averagemuscle-{'max' if weight > 0 else 'min'}weight"] = share * part * heavy
            strong = abs(muscle) * (1 - heavy)
            weights[f"{stem}-{'max' if muscle > 0 else 'min'}muscle-averageweight"] = share * part * strong
    for ways in _details(tuple(names)).values():
        if rng.random() < 0.5:
            chosen = ways[rng.integers(len(ways))]
            quiet = 0.6 if chosen[0].split("/")[0] in _QUIET else 1.0
            amount = min(abs(float(rng.normal(0, 0.35))), 0.9) * quiet
            weights |= dict.fromkeys(chosen, amount)
    uneven = sorted(name for name in names if name.startswith("asym/asym-"))
    for name in rng.choice(uneven, 6, replace=False) if uneven else ():
        weights[str(name)] = float(rng.uniform(0, 0.35))
    return weights


@lru_cache(1)
def _details(names: tuple[str, ...]) -> dict[str, list[list[str]]]:
    """For each detail of a face the ways in which it can go, each the targets of both sides."""
    details: dict[str, dict[str, list[str]]] = {}
    for name in names:
        both = name.replace("/l-", "/").replace("/r-", "/")
        if name.split("/")[0] not in _DETAILS or "age" in both:
            continue
        way = next((w for w in _WAYS if both.endswith(w)), "")
        details.setdefault(both.removesuffix(way) if way else both, {}).setdefault(both, []).append(name)
    return {detail: [ways[way] for way in sorted(ways)] for detail, ways in sorted(details.items())}


def expression(
    person: Person, rng: np.random.Generator, names: Mapping[str, object], strength: float
) -> dict[str, float]:
    """Weights of a few expression units; those of one side mostly come with the other side's."""
    stem = f"expression/units/{person.mainly}/"
    units = sorted(name for name in names if name.startswith(stem))
    weights: dict[str, float] = {}
    if not units or strength <= 0:
        return weights
    for name in map(str, rng.choice(units, 3, replace=False)):
        amount = float(rng.uniform(0, strength)) * (0.35 if any(word in name for word in _PARTING) else 1.0)
        weights[name] = amount
        other = name.replace("-left-", "-right-") if "-left-" in name else name.replace("-right-", "-left-")
        if rng.random() < 0.8:
            weights[other] = amount
    return weights


@dataclass(frozen=True, eq=False)
class Proxy:
    """Something bound to MakeHuman's mesh: hair, brows, lashes, eyes, clothes."""

    corners: NDArray[np.int64]
    weights: Array
    offsets: Array
    scale: Array
    uv: Array
    faces: NDArray[np.int64]
    uv_faces: NDArray[np.int64]
    hides: NDArray[np.int64]

    def fitted(self, body: Array) -> Array:
        """The vertices on a body's vertices: points of its triangles, and an offset that grows with it."""
        size = np.ones(3, np.float32)
        for axis, (first, second, length) in enumerate(self.scale):
            if first != second:
                size[axis] = abs(body[int(first), axis] - body[int(second), axis]) / length
        on = (body[self.corners] * self.weights[..., None]).sum(1)
        fitted: Array = (on + self.offsets * size).astype(np.float32)
        return fitted


@lru_cache(48)
def proxy(path: Path) -> Proxy:
    """A proxy of a `proxy_*.npz` file."""
    p = np.load(path)
    return Proxy(
        p["I"].astype(np.int64), p["W"].astype(np.float32), p["D"].astype(np.float32), p["scale"], p["uv"],
        p["fv"].astype(np.int64), p["ft"].astype(np.int64), p["delete"].astype(np.int64),
    )  # fmt: skip


def unwelded(
    vertices: Array, uv: Array, faces: NDArray[np.int64], uv_faces: NDArray[np.int64]
) -> tuple[Array, Array, NDArray[np.int64]]:
    """Vertices, uv and faces in which each pair of a vertex and a uv is one vertex."""
    pairs, corners = np.unique(faces.ravel() * (1 << 32) + uv_faces.ravel(), return_inverse=True)
    return vertices[pairs >> 32], uv[pairs & 0xFFFFFFFF], corners.reshape(-1, 3)


@dataclass(frozen=True, eq=False)
class FaceModel:
    """The ICT face model, centimetres: mean, identity modes (of unit deviation) and expressions."""

    mean: Array
    uv: Array
    faces: NDArray[np.int64]
    uv_faces: NDArray[np.int64]
    polygon: NDArray[np.int64]
    modes: NDArray[np.int16]
    mode_scale: Array
    expressions: NDArray[np.int16]
    expression_scale: Array
    names: tuple[str, ...]

    def shaped(self, own: np.random.Generator, rng: np.random.Generator, expression: float) -> Array:
        """The vertices of the identity drawn from `own`, with an expression of `rng`.

        Modes beyond two deviations look wrong and are not used.
        """
        weights = np.clip(own.normal(0, 0.8, len(self.modes)), -2, 2) * self.mode_scale
        v = self.mean + np.tensordot(weights.astype(np.float32), self.modes.astype(np.float32), 1)
        usable = [n for n in self.names if "Pupil" not in n]
        for name in map(str, rng.choice(usable, 3, replace=False)):
            amount = float(rng.uniform(0, expression)) * (0.5 if "jaw" in name or "Blink" in name else 1.0)
            for one in {name, name.replace("_L", "_R"), name.replace("_R", "_L")}:
                k = self.names.index(one)
                v = v + amount * self.expression_scale[k] * self.expressions[k].astype(np.float32)
        return np.asarray(v, np.float32)


@lru_cache(1)
def face_model(path: Path) -> FaceModel:
    """The model of an `ict_model.npz` file."""
    m = np.load(path)
    return FaceModel(
        m["mean"], m["uv"], m["fv"].astype(np.int64), m["ft"].astype(np.int64), m["poly"].astype(np.int64), m["id_q"],
        m["id_scale"], m["ex_q"], m["ex_scale"], tuple(str(n) for n in m["ex_names"]),
    )  # fmt: skip
