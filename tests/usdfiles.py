"""USD files written by hand, and what their lights give a surface, summed over the lights as UsdLux defines them."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rimlight.engine import LINEAR_REC709, Light, light_level, load_rig

Floats = npt.NDArray[np.float64]


def stage(path: Path, body: str, *, up: str = "Y", metres: float = 0.01, more: str = "") -> Path:
    """A `.usda` file with some prims in it."""
    path.write_text(f'#usda 1.0\n(\n    upAxis = "{up}"\n    metersPerUnit = {metres}\n    {more}\n)\n{body}\n')
    return path


def prim(kind: str, name: str = "a", attributes: str = "", apis: str = "", matrix: Floats | None = None) -> str:
    """A prim with attributes, one to a line, and a matrix for row vectors."""
    lines = [line for line in attributes.strip().splitlines() if line.strip()]
    if matrix is not None:
        lines.append(transform(matrix))
    schemas = ", ".join(f'"{api}"' for api in apis.split())
    head = f" (prepend apiSchemas = [{schemas}])" if schemas else ""
    return f'def {kind} "{name}"{head}\n{{\n    ' + "\n    ".join(lines) + "\n}"


def transform(matrix: Floats) -> str:
    """The attributes of a prim with a matrix for row vectors."""
    rows = ", ".join(f"({', '.join(repr(float(v)) for v in row)})" for row in matrix)
    return f'matrix4d xformOp:transform = ( {rows} )\nuniform token[] xformOpOrder = ["xformOp:transform"]'


def one(path: Path, **options: object) -> Light:
    """The only light of a file, of which there is nothing to tell."""
    told: list[str] = []
    (light,) = load_rig(path, tell=told.append, **options).lights  # type: ignore[arg-type]
    assert not told
    return light


def read(folder: Path, kind: str, attributes: str = "", *, apis: str = "", **options: object) -> Light:
    """The light of a file with one prim, colours as they are in the file."""
    return one(stage(folder / "a.usda", prim(kind, "a", attributes, apis)), space=LINEAR_REC709, **options)


def level(light: Light) -> list[float]:
    """How bright a light is, in linear Rec.709."""
    return [float(v) for v in light_level(light, LINEAR_REC709)]


def turn_x(degrees: float) -> Floats:
    """A rotation about x for row vectors, 4x4: +y goes to +z at 90."""
    s, c = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return np.array([[1, 0, 0, 0], [0, c, s, 0], [0, -s, c, 0], [0, 0, 0, 1.0]])


def turn_y(degrees: float) -> Floats:
    """A rotation about y for row vectors, 4x4: +z goes to +x at 90."""
    s, c = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return np.array([[c, 0, -s, 0], [0, 1, 0, 0], [s, 0, c, 0], [0, 0, 0, 1.0]])


def turn_z(degrees: float) -> Floats:
    """A rotation about z for row vectors, 4x4: +x goes to +y at 90."""
    s, c = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return np.array([[c, s, 0, 0], [-s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])


def moved(x: float, y: float, z: float) -> Floats:
    """A translation for row vectors, 4x4."""
    matrix = np.eye(4)
    matrix[3, :3] = x, y, z
    return matrix


def scaled(x: float, y: float, z: float) -> Floats:
    return np.diag([x, y, z, 1.0])


Shaping = Callable[[Floats], Floats]
"""What a light sends into directions of its own space, relative to what it would without a cone."""


def cone(angle: float, softness: float = 0.0, focus: float = 0.0) -> Shaping:
    """ShapingAPI as its documentation has it."""

    def share(directions: Floats) -> Floats:
        cosine = -directions[2]
        off = np.arccos(np.clip(cosine, -1, 1))
        cut = math.radians(angle)
        start = (1 - softness) * cut
        t = np.clip((off - start) / max(cut - start, 1e-12), 0, 1)
        return np.asarray((1 - t * t * (3 - 2 * t)) * (off <= cut) * np.abs(cosine) ** focus)

    return share


def lit(
    luminance: float, kind: str, size: tuple[float, ...], matrix: Floats, places: Floats, normals: Floats,
    shaping: Shaping | None = None, count: int = 100,
) -> Floats:  # fmt: skip
    """Irradiance / pi `[n]` on surfaces at `[n, 3]` with normals `[n, 3]`, all in the space that `matrix` leads to.

    The light's surface is cut into small pieces in its own space, and what each sends is added up.
    """
    points, areas, faces = _pieces(kind, size, count)
    around = matrix[:3, :3]
    world = points @ around + matrix[3, :3]
    # Areas and normals of pieces go by the cofactors of what places go by.
    cofactors = np.linalg.det(around) * np.linalg.inv(around).T
    vectors = (faces * areas[:, None]) @ cofactors * np.sign(np.linalg.det(around))
    total = np.zeros(len(places))
    back = np.linalg.inv(around)
    for i, (place, normal) in enumerate(zip(places, normals, strict=True)):
        way = world - place
        distance = np.linalg.norm(way, axis=1)
        way = way / distance[:, None]
        sent = np.clip(-(way * vectors).sum(1), 0, None) * np.clip(way @ normal, 0, None) / distance**2
        if shaping is not None:
            own = -way @ back
            sent = sent * shaping((own / np.linalg.norm(own, axis=1, keepdims=True)).T)
        total[i] = luminance * sent.sum() / math.pi
    return total


def _pieces(kind: str, size: tuple[float, ...], count: int) -> tuple[Floats, Floats, Floats]:
    """Points, areas and outward normals of a light's surface in its own space."""
    u, v = (x.ravel() for x in np.meshgrid((np.arange(count) + 0.5) / count, (np.arange(count) + 0.5) / count))
    n = count * count
    ahead = np.tile([0.0, 0.0, -1.0], (n, 1))
    if kind == "rect":
        width, height = size
        return np.stack(((u - 0.5) * width, (v - 0.5) * height, 0 * u), 1), np.full(n, width * height / n), ahead
    if kind == "disk":
        (radius,) = size
        r, phi = radius * np.sqrt(u), 2 * math.pi * v
        return np.stack((r * np.cos(phi), r * np.sin(phi), 0 * u), 1), np.full(n, math.pi * radius**2 / n), ahead
    if kind == "sphere":
        (radius,) = size
        z, phi = 2 * u - 1, 2 * math.pi * v
        out = np.stack((np.sqrt(1 - z * z) * np.cos(phi), np.sqrt(1 - z * z) * np.sin(phi), z), 1)
        return radius * out, np.full(n, 4 * math.pi * radius**2 / n), out
    radius, length = size
    phi = 2 * math.pi * v
    out = np.stack((0 * u, np.cos(phi), np.sin(phi)), 1)
    return (
        radius * out + np.stack(((u - 0.5) * length, 0 * u, 0 * u), 1),
        np.full(n, 2 * math.pi * radius * length / n),
        out,
    )
