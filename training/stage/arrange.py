"""Random scenes of each domain: what stands where, what throws shadows on it, and where the camera is."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rimlight.engine import FileError

from ..assets import IDENTITIES, Assets
from .capture import key_lights
from .forms import made_form
from .heads import Head, made_head
from .mesh import Material, Mesh
from .models import random_model, random_stuff, stuff
from .scanned import scanned_head
from .shapes import BLOCKERS, Vector, blocker, quad, wall

KEYS = 8
"""Key lights of a scene, of which a lighting takes one or two."""


@dataclass(frozen=True)
class Arrangement:
    """Meshes in camera space and centimetres, seen at `fov` degrees. keys : directions `[K, 3]` and diameters `[K]`.

    name : the subject. files : the assets in it.
    """

    meshes: tuple[Mesh, ...]
    fov: float
    keys: tuple[Tensor, Tensor]
    name: str
    files: tuple[Path, ...]


def arranged(domain: str, assets: Assets, split: str, seed: int, rng: np.random.Generator) -> Arrangement:
    """A random scene of a domain. Raises FileError when the assets lack what it is made of."""
    makers: dict[str, Callable[[Assets, str, int, np.random.Generator], Arrangement]] = {
        "heads": _heads, "objects": _objects, "forms": _forms, "rooms": _rooms,
    }  # fmt: skip
    return makers[domain](assets, split, seed, rng)


def _heads(assets: Assets, split: str, seed: int, rng: np.random.Generator) -> Arrangement:
    identity = IDENTITIES + seed if split == "test" else seed % IDENTITIES
    scanned = (assets.root / "heads/ict/ict_model.npz").exists() and rng.random() < 0.2
    head = scanned_head(assets, identity, rng) if scanned else made_head(assets, identity, rng)
    fov = float(rng.uniform(18, 50))
    width = float(np.clip(np.exp(rng.normal(math.log(36), 0.25)), 22, 64))
    width = min(width, 2 * (float(head.centre[1]) - head.floor) / (1.8 if scanned else 1.35))
    camera = head_camera(head, fov, width, rng.normal(0, 24), rng.normal(2, 9), rng.normal(0, 4), rng)
    meshes = list(head.meshes)
    files = list(head.files)
    if rng.random() < 0.25:
        back = float(head.centre[2]) - float(rng.uniform(25, 160))
        material, used = _some_stuff(assets, split, rng)
        across = np.array([1200.0, 0, 0])
        meshes.append(quad(np.array([-600, head.centre[1] - 400, back]), across, np.array([0, 800.0, 0]), material, 90))
        files += used
    keys = key_lights(KEYS, rng)
    seen = [camera.put(m) for m in meshes]
    seen += blockers(keys[0], camera.to(head.centre), width, fov, rng, 0.55)
    return Arrangement(tuple(seen), fov, keys, head.name, tuple(files))


@dataclass(frozen=True)
class Pose:
    """A camera in a scene: `x_camera = turn @ (x - eye)`."""

    turn: Vector
    eye: Vector

    def to(self, point: NDArray[np.floating]) -> Vector:
        """A point of the scene in camera space."""
        return np.asarray(self.turn @ (point - self.eye))

    def put(self, mesh: Mesh) -> Mesh:
        """A mesh of the scene in camera space."""
        return mesh.moved(self.turn, -self.turn @ self.eye)


def looking(target: Vector, distance: float, azimuth: float, elevation: float, roll: float = 0.0) -> Pose:
    """A camera at a distance from a target, in degrees; at azimuth and elevation 0 it looks along -z."""
    a, e, r = (math.radians(x) for x in (azimuth, elevation, roll))
    back = np.array([math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e)])
    right = np.array([math.cos(a), 0.0, -math.sin(a)])
    up = np.cross(back, right)
    right, up = math.cos(r) * right + math.sin(r) * up, math.cos(r) * up - math.sin(r) * right
    return Pose(np.stack((right, up, back)), target + distance * back)


def head_camera(
    head: Head, fov: float, width: float, azimuth: float, elevation: float, roll: float, rng: np.random.Generator
) -> Pose:
    """A camera whose frame is `width` centimetres wide at a head, the eyes a little above its middle."""
    distance = width / 2 / math.tan(math.radians(fov) / 2)
    target = head.centre + np.array([rng.normal(0, 0.05), rng.normal(-0.06, 0.04), 0]) * width + np.array([0, 0, -4])
    return looking(target, distance + 6, azimuth, elevation, roll)


def _objects(assets: Assets, split: str, seed: int, rng: np.random.Generator) -> Arrangement:
    paths = _need(assets.objects(split), assets, "objects/*.glb")
    chosen = [paths[k] for k in rng.integers(len(paths), size=int(rng.choice([1, 2, 3, 4], p=[0.4, 0.3, 0.2, 0.1])))]
    things = [partial(random_model, path, rng) for path in chosen]
    return _standing(things, " ".join(p.stem for p in chosen), chosen, assets, split, rng)


def _forms(assets: Assets, split: str, seed: int, rng: np.random.Generator) -> Arrangement:
    files: list[Path] = []

    def material() -> Material:
        if rng.random() < 0.6:
            return random_stuff(rng)
        found, used = _some_stuff(assets, split, rng)
        files.extend(used)
        return found

    count = int(rng.choice([1, 2, 3, 5], p=[0.35, 0.3, 0.2, 0.15]))
    made = [made_form(rng, material) for _ in range(count)]
    return _standing([partial(_same, form) for form in made], f"forms {seed}", files, assets, split, rng)


def _same(form: tuple[Mesh, ...]) -> tuple[Mesh, ...]:
    return form


def _standing(
    things: Sequence[Callable[[], tuple[Mesh, ...]]], name: str, made_of: Sequence[Path], assets: Assets, split: str,
    rng: np.random.Generator,
) -> Arrangement:  # fmt: skip
    """Things of an extent of 1 beside one another on a ground, or in the air. made_of : the assets in them."""
    meshes: list[Mesh] = []
    grounded = rng.random() < 0.85
    reach = 0.0
    for number, thing in enumerate(things):
        size = float(rng.uniform(12, 34)) * (1.0 if number == 0 else float(rng.uniform(0.4, 1.0)))
        angle = rng.uniform(0, 2 * math.pi)
        away = 0.0 if number == 0 else reach + size * 0.55
        place = np.array([math.sin(angle) * away, 0, math.cos(angle) * away])
        turn = (
            yaw(rng.uniform(0, 2 * math.pi)) if grounded else looking(np.zeros(3), 1, *rng.uniform(-180, 180, 2)).turn
        )
        meshes += [m.moved(turn, place, size) for m in thing()]
        reach = max(reach, size * 0.55) if number == 0 else reach
    points = np.concatenate([m.vertices for m in meshes])
    middle = (points.min(0) + points.max(0)) / 2
    extent = float(np.linalg.norm(points.max(0) - points.min(0)))
    files = list(made_of)
    if grounded:
        material, used = _some_stuff(assets, split, rng)
        files += used
        meshes.append(_floor(600, material, float(np.exp(rng.uniform(math.log(30), math.log(150))))))
        if rng.random() < 0.35:
            material, used = _some_stuff(assets, split, rng)
            files += used
            back = float(points.min(0)[2]) - float(rng.uniform(5, 60))
            meshes.append(
                quad(np.array([-600, 0, back]), np.array([1200.0, 0, 0]), np.array([0, 300.0, 0]), material, 90)
            )
    fov = float(rng.uniform(18, 60))
    width = extent * float(rng.uniform(0.55, 1.15))
    distance = width / 2 / math.tan(math.radians(fov) / 2) + extent * 0.35
    camera = looking(
        middle + rng.normal(0, 0.04, 3) * extent, distance, rng.normal(0, 30), rng.uniform(4, 50), rng.normal(0, 2)
    )
    keys = key_lights(KEYS, rng)
    seen = [camera.put(m) for m in meshes]
    seen += blockers(keys[0], camera.to(middle), width, fov, rng, 0.6)
    return Arrangement(tuple(seen), fov, keys, name, tuple(files))


def _rooms(assets: Assets, split: str, seed: int, rng: np.random.Generator) -> Arrangement:
    paths = _need(assets.objects(split), assets, "objects/*.glb")
    width, depth, height = rng.uniform(260, 560), rng.uniform(300, 600), rng.uniform(230, 320)
    files: list[Path] = []

    def surface() -> Material:
        material, used = _some_stuff(assets, split, rng)
        files.extend(used)
        return material

    x, y, z = np.eye(3)
    left, back = np.array([-width / 2, 0, -depth / 2]), np.array([-width / 2, 0, -depth / 2])
    meshes = [_floor(max(width, depth), surface(), float(rng.uniform(60, 200)))]
    walls = surface()
    tile = float(rng.uniform(80, 250))

    def windows() -> list[tuple[float, float, float, float]]:
        if rng.random() < 0.25:
            return []
        a, b = rng.uniform(0.05, 0.4), rng.uniform(0.5, 0.95)
        return [(float(a), float(b), float(rng.uniform(0.0, 0.4)), float(rng.uniform(0.6, 0.92)))]

    meshes += wall(back, x * width, y * height, walls, tile, windows() if rng.random() < 0.3 else [])
    meshes += wall(left + z * depth, -z * depth, y * height, walls, tile, windows())
    if rng.random() < 0.7:
        meshes += wall(left + x * width, z * depth, y * height, walls, tile, windows())
    if rng.random() < 0.7:
        ceiling = Material((0.75, 0.75, 0.73), roughness=0.9)
        meshes.append(quad(left + y * height, x * width, z * depth, ceiling, 100))
    names: list[str] = []
    spots: list[tuple[Vector, float]] = []
    for _ in range(int(rng.integers(2, 7))):
        path = paths[int(rng.integers(len(paths)))]
        size = float(rng.uniform(35, 130))
        for _ in range(12):
            reach = 0.15 if not spots else 0.42  # the first stands where the camera looks
            spot = np.array([rng.uniform(-reach, reach) * width, 0, rng.uniform(-reach, 0.6 * reach) * depth])
            if all(np.linalg.norm(spot - other) > 0.5 * (size + large) for other, large in spots):
                spots.append((spot, size))
                turn = yaw(rng.uniform(0, 2 * math.pi))
                meshes += [m.moved(turn, spot, size) for m in random_model(path, rng)]
                names.append(path.stem)
                files.append(path)
                break
    fov = float(rng.uniform(35, 60))
    target = np.array([rng.normal(0, 0.1) * width, rng.uniform(40, 110), -0.1 * depth])
    eye = np.array([rng.uniform(-0.3, 0.3) * width, rng.uniform(80, 190), depth * rng.uniform(0.42, 0.7)])
    way = eye - target
    azimuth, elevation = (
        math.degrees(math.atan2(way[0], way[2])),
        math.degrees(math.atan2(way[1], math.hypot(way[0], way[2]))),
    )
    camera = looking(target, float(np.linalg.norm(way)), azimuth, elevation, rng.normal(0, 1.5))
    keys = key_lights(KEYS, rng)
    seen = [camera.put(m) for m in meshes]
    seen += blockers(keys[0], camera.to(target), 150.0, fov, rng, 0.4)
    return Arrangement(tuple(seen), fov, keys, " ".join(names), tuple(files))


def blockers(
    directions: Tensor, middle: Vector, width: float, fov: float, rng: np.random.Generator, share: float
) -> list[Mesh]:
    """Things between a subject and some of its key lights, in camera space, none of them in the picture.

    middle : the subject. width : what the frame shows at it, centimetres. share : of key lights that may have one.
    """
    out = []
    for direction in directions.double().numpy():
        if rng.random() > share:
            continue
        away = width * float(rng.uniform(1.2, 4.0))
        place = middle + direction * away + rng.normal(0, 0.15, 3) * width
        kind = str(rng.choice(BLOCKERS))
        flat = blocker(kind, width * float(rng.uniform(0.5, 1.1)), rng)
        first = np.cross(direction, np.array([0.0, 1.0, 0.0]))
        first = first / max(float(np.linalg.norm(first)), 1e-6)
        mesh = flat.moved(np.stack((-first, np.cross(direction, -first), direction), 1), place)
        if not _in_picture(mesh, fov):
            out.append(mesh)
    return out


def _in_picture(mesh: Mesh, fov: float) -> bool:
    """Whether any of a mesh may be within the frame, judged by its vertices and the middles of its faces."""
    points = np.concatenate((mesh.vertices, mesh.vertices[mesh.faces].mean(1)))
    ahead = -points[:, 2]
    half = math.tan(math.radians(fov) / 2) * 1.15
    return bool(((ahead > -1) & (np.abs(points[:, :2]).max(1) < half * np.maximum(ahead, 1) + 1)).any())


def yaw(angle: float) -> Vector:
    """A turn `[3, 3]` about the vertical axis, radians."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _floor(size: float, material: Material, tile: float) -> Mesh:
    return quad(np.array([-size, 0, size]), np.array([2 * size, 0, 0]), np.array([0, 0, -2 * size]), material, tile)


def _some_stuff(assets: Assets, split: str, rng: np.random.Generator) -> tuple[Material, list[Path]]:
    """A material of the assets, or a plain one, and its files."""
    folders = assets.materials(split)
    if not folders or rng.random() < 0.25:
        return random_stuff(rng), []
    folder = folders[rng.integers(len(folders))]
    return stuff(folder, rng), sorted(folder.glob("*.jpg"))


def _need(paths: Sequence[Path], assets: Assets, what: str) -> Sequence[Path]:
    if not paths:
        raise FileError(f"the folder of assets {assets.root} has no {what} for this split")
    return paths
