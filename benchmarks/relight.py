"""Relighting 1080p layers: by three lights, by an environment, and what moving one light of three costs.

Also by lights of size at the final tier, and the first picture of a drag at half size.
"""

import itertools
import math
import statistics
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rimlight.engine import Session, Settings, Tier

import numpy as np
import OpenImageIO as oiio
import torch
from comp_chain import HEIGHT, WIDTH
from harness import Figure, paired, versions

GIB = 1 << 30
LAYERS = {"albedo": "RGB", "normal": "XYZ", "position": "XYZ", "roughness": "V"}


def layers() -> dict[str, torch.Tensor]:
    """A ball of 60 cm before a wall, seen at 40 degrees: albedo, normal, position in cm, roughness."""
    y, x = torch.meshgrid(torch.arange(HEIGHT) + 0.5, torch.arange(WIDTH) + 0.5, indexing="ij")
    tan = math.tan(math.radians(20))
    rays = torch.stack(
        ((x / (WIDTH / 2) - 1) * tan, (1 - y / (HEIGHT / 2)) * tan * HEIGHT / WIDTH, -torch.ones_like(x))
    )
    a, b = (rays**2).sum(0), rays[2] * -200
    root = b * b - a * (200**2 - 60**2)
    hit = root > 0
    position = torch.where(hit, rays * ((b - root.clamp_min(0).sqrt()) / a), rays * 300)
    center = torch.tensor([0.0, 0.0, -200.0])[:, None, None]
    wall = torch.tensor([0.0, 0.0, 1.0])[:, None, None]
    normal = torch.where(hit, (position - center) / 60, wall)
    albedo = 0.2 + 0.6 * torch.rand((3, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(1))
    return {"albedo": albedo, "normal": normal, "position": position, "roughness": torch.full_like(x, 0.35)[None]}


def write_layers(path: Path) -> None:
    made = layers()
    rgba = torch.cat((made["albedo"], torch.ones((1, HEIGHT, WIDTH))))
    planes = torch.cat((rgba, *made.values())).permute(1, 2, 0).numpy()
    spec = oiio.ImageSpec(WIDTH, HEIGHT, planes.shape[2], "float")
    spec.channelnames = [*"RGBA", *(f"{name}.{c}" for name, channels in LAYERS.items() for c in channels)]
    out = oiio.ImageOutput.create(str(path))
    if not out.open(str(path), spec) or not out.write_image(np.ascontiguousarray(planes)):
        raise OSError(out.geterror())
    out.close()


def three_lights(path: Path, device: str) -> Session:
    session = Session(Settings(host_bytes=4 * GIB, device=device))
    session.add("Read", name="Layers", file=str(path), raw=True)
    session.add("light.directional", name="Sun", azimuth=60, elevation=20)
    session.add("light.point", name="Lamp", inputs={"rig": "Sun"}, position=(-150, 20, -60))
    session.add("light.spot", name="Spot", inputs={"rig": "Lamp"}, position=(100, 150, -100))
    for name, parameter in (("Sun", "sun"), ("Lamp", "lamp"), ("Spot", "spot")):
        session.set(name, light_name=parameter)
    session.add("Relight", name="Relight", inputs={"image": "Layers", "rig": "Spot"})
    session.add("light.environment", name="Sky", light_name="sky")
    session.add("Relight", name="ByTheSky", inputs={"image": "Layers", "rig": "Sky"})
    session.add("Atmosphere", name="Air", inputs={"image": "Layers", "rig": "Spot"})
    session.evaluate("Layers")
    return session


def lights_of_size(path: Path, device: str) -> Session:
    """A sun of 4 degrees, a lamp of 20 cm and a window of 60 x 40 cm."""
    session = Session(Settings(host_bytes=4 * GIB, device=device))
    session.add("Read", name="Layers", file=str(path), raw=True)
    session.add("light.directional", name="Sun", light_name="sun", azimuth=60, elevation=20, angle=4)
    session.add("light.point", name="Lamp", inputs={"rig": "Sun"}, light_name="lamp", position=(-150, 20, -60), size=20)
    session.add("light.area", name="Spot", inputs={"rig": "Lamp"}, light_name="window", position=(100, 150, -100))
    session.set("Spot", width=60, height=40)
    session.add("Relight", name="Relight", inputs={"image": "Layers", "rig": "Spot"})
    session.evaluate("Layers")
    return session


def _dragged(session: Session, node: str, knob: str, relight: str, scale: float = 1.0) -> Callable[[], Any]:
    moved = itertools.count(1)

    def run() -> Any:
        session.set(node, "drag", **{knob: 20 + 0.01 * next(moved)})
        return session.evaluate(relight, layers=("rgba",), tier=Tier.DRAFT, scale=scale)

    return run


def _everything(session: Session, tier: Tier, node: str = "Relight") -> Callable[[], Any]:
    """All three lights turned, so that all three are computed again."""
    moved = itertools.count(1)

    def run() -> Any:
        step = 0.01 * next(moved)
        session.set("Sun", "drag", azimuth=60 + step)
        session.set("Lamp", "drag", position=(-150 + step, 20, -60))
        session.set("Spot", "drag", position=(100 + step, 150, -100))
        return session.evaluate(node, layers=("rgba",), tier=tier)

    return run


def relight_1080p(rounds: int, device: str = "cpu") -> list[Figure]:
    """The peer is the time that reading the layers and writing the picture once takes on this machine."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "layers.exr"
        write_layers(path)
        session, soft = three_lights(path, device), lights_of_size(path, device)
        source = session.evaluate("Layers")
        planes = torch.cat([source[name] for name in LAYERS])
        draft, final = "draft tier, with shadows", "final tier, lights of size, with shadows"
        candidates: dict[str, tuple[Callable[[], object], str]] = {
            "3_lights_1080p": (_everything(session, Tier.DRAFT), draft),
            "drag_1_of_3_1080p": (_dragged(session, "Sun", "azimuth", "Relight"), draft),
            "drag_1_of_3_540p": (_dragged(session, "Sun", "azimuth", "Relight", 0.5), f"{draft}, half size"),
            "environment_1080p": (_dragged(session, "Sky", "rotation", "ByTheSky"), draft),
            "3_sizes_final_1080p": (_everything(soft, Tier.FINAL), final),
            "air_drag_1_of_3_1080p": (_dragged(session, "Sun", "azimuth", "Air"), draft),
            "air_3_lights_final_1080p": (_everything(session, Tier.FINAL, "Air"), "final tier, with shadows"),
        }
        runs = {name: run for name, (run, _) in candidates.items()}
        times = paired(runs | {"bytes": planes.clone}, max(3, rounds // 3), device)
        floor = statistics.median(times["bytes"])
        figures = []
        for name, (_, what) in candidates.items():
            value = statistics.median(times[name])
            note = f"{what}; the peer copies the layers once"
            figures.append(
                Figure(f"relight_{name}", value, "ms", "bytes", floor, value / floor, device, versions(), note=note)
            )
        return figures
