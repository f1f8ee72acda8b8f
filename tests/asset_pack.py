"""A tiny folder of assets, made up: one model, one material, one environment, one head of a few hundred triangles."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np

LICENCE = "CC0-1.0"


def make_pack(root: Path) -> Path:
    """Write the folder. Needs trimesh, which the models are written with."""
    rng = np.random.default_rng(1)
    _environment(root / "envmaps/256x128/studio.exr")
    _environment(root / "envmaps/256x128/dancing_hall.exr")
    for name in ("bricks", "acg_Marble006"):  # one of each split
        _picture(root / f"materials/{name}/albedo.jpg", rng, (64, 64, 3))
        _picture(root / f"materials/{name}/normal.jpg", rng, (64, 64, 3), flat=True)
    for name in ("crate", "bell_pepper"):
        _model(root / f"objects/{name}.glb")
    for name in ("photograph_a", "photograph_b", "photograph_c", "photograph_d", "photograph_e", "photograph_f"):
        _picture(root / f"portraits/{name}.png", rng, (96, 128, 3))
    _head(root / "heads/makehuman", rng)
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    with (root / "LICENSES.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "author", "licence"))
        rows.writerows((name, "the tests", LICENCE) for name in files)
    return root


def _environment(path: Path) -> None:
    import OpenImageIO as oiio

    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((16, 32, 3), 0.3, np.float32)
    pixels[:6] = (0.6, 0.8, 1.2)
    pixels[3:5, 20:23] = 40.0
    buffer = oiio.ImageBuf(pixels)
    assert buffer.write(str(path)), buffer.geterror()


def _picture(path: Path, rng: np.random.Generator, shape: tuple[int, ...], *, flat: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full(shape, (255, 128, 128)) if flat else cv2.GaussianBlur(rng.uniform(20, 235, shape), (0, 0), 2)
    assert cv2.imwrite(str(path), pixels.astype(np.uint8))


def _model(path: Path) -> None:
    import trimesh
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    box = trimesh.creation.box((2.0, 4.0, 2.0))
    uv = np.asarray(box.vertices)[:, :2] / 4 + 0.5
    picture = Image.fromarray(np.full((8, 8, 3), (200, 100, 50), np.uint8))
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=picture, metallicFactor=0.0, roughnessFactor=0.4)
    box.visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    trimesh.Scene(box).export(path)


def _head(folder: Path, rng: np.random.Generator) -> None:
    """MakeHuman's arrays in small: a ball with a bump for a nose, and proxies bound to it."""
    import trimesh

    (folder / "tex").mkdir(parents=True)
    ball = trimesh.creation.icosphere(subdivisions=3, radius=1.2)
    v, f = np.asarray(ball.vertices, np.float32), np.asarray(ball.faces, np.int32)
    v = v + np.array([0, 8.0, 0], np.float32)
    uv = np.stack((np.arctan2(v[:, 0], v[:, 2]) / 6.3 + 0.5, (v[:, 1] - 6.8) / 2.4), 1).astype(np.float32)
    np.savez(folder / "base.npz", v=v, vt=uv, fv=f, ft=f)
    names = ["nose/nose-width-incr", "nose/nose-width-decr", "asym/asym-nose-1-l", "macrodetails/caucasian-male-young"]
    names += [f"asym/asym-ear-{k}-l" for k in range(6)]
    names += [f"expression/units/{race}/mouth-{k}" for race in ("caucasian", "asian", "african") for k in range(3)]
    index = np.tile(np.arange(len(v), dtype=np.uint16), len(names))
    offsets = rng.integers(-30, 30, (len(index), 3)).astype(np.int16)
    starts = np.arange(len(names) + 1, dtype=np.int64) * len(v)
    np.savez(folder / "targets.npz", names=np.array(names), idx=index, d=offsets, off=starts)
    front = np.flatnonzero(v[f][:, :, 2].mean(1) > 0.9).astype(np.int64)
    parts = {
        "eyes_high-poly": front, "hair_mop": np.flatnonzero(v[f][:, :, 1].mean(1) > 8.6), "brow_thin": front,
        "lash_thin": front, "cloth_male_shirt": np.flatnonzero(v[f][:, :, 1].mean(1) < 7.2),
        "cloth_female_shirt": np.flatnonzero(v[f][:, :, 1].mean(1) < 7.2),
    }  # fmt: skip
    for name, faces in parts.items():
        _proxy(folder / f"proxy_{name}.npz", v, uv, f[faces])
        kind, _, rest = name.partition("_")
        texture = "eye_brown" if kind == "eyes" else f"{kind}_{rest}"
        pixels = rng.uniform(20, 200, (32, 32, 4))
        pixels[..., 3] = np.where(np.arange(32) % 8 < 6, 255, 0)
        assert cv2.imwrite(str(folder / f"tex/{texture}.png"), pixels.astype(np.uint8))
    _picture(folder / "tex/skin.jpg", rng, (64, 64, 3))
    skins = [{"file": "tex/skin.jpg", "who": f"young_{race}_male"} for race in ("caucasian", "asian", "african")]
    (folder / "manifest.json").write_text(json.dumps({"skins": skins}), encoding="utf-8")


def _proxy(path: Path, v: np.ndarray, uv: np.ndarray, faces: np.ndarray) -> None:
    """The faces lifted a little off the base mesh, each vertex bound to one of it."""
    used, index = np.unique(faces, return_inverse=True)
    index = index.reshape(-1, 3).astype(np.int32)
    bound = np.repeat(used[:, None], 3, 1).astype(np.int32)
    weights = np.tile(np.array([1, 0, 0], np.float16), (len(used), 1))
    lift = (v[used] - v.mean(0)) * 0.03
    np.savez(
        path, I=bound, W=weights, D=lift.astype(np.float32), scale=np.zeros((3, 3), np.float32), uv=uv[used], fv=index,
        ft=index, delete=np.zeros(0, np.int32),
    )  # fmt: skip
