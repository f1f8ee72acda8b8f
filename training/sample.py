"""The sample sequence: a person at a table with a tea set, the camera passing by, with all light layers and groups; and
the same seen by a camera that stands still, under one light at a time.

All of it is CC0. The camera moves without turning, so that lights at infinity stay where they are in its space and one
rig holds for all frames.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    RGBA,
    Chromaticities,
    DirectionalLight,
    EnvironmentLight,
    FileError,
    Image,
    ImageInfo,
    Layer,
    LayerKind,
    Region,
    Rig,
    WriteOptions,
    Writer,
    direction_of,
    save_rig,
)

from .assets import Assets
from .stage.arrange import Pose, looking, yaw
from .stage.capture import Plan, take
from .stage.heads import made_head
from .stage.lighting import Surroundings
from .stage.mesh import Material, Mesh
from .stage.meshscene import MeshScene
from .stage.models import model, stuff
from .stage.relit import LightStage
from .stage.shapes import quad
from .stage.texture import Texture, color_texture, decoded_srgb, read_picture, to_acescg
from .stage.view import View

WIDTH, HEIGHT, FRAMES = 640, 360, 6
FOV = 34.0
_SEED = 12
_ENVIRONMENT = "envmaps/256x128/brown_photostudio_02.exr"
_PORTRAIT = "portraits/nasa_eileen_collins_astronaut.png"
_ACESCG = (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)
_LOSS = 200.0
"""DWAB's level for light: at twice the size nothing looks better."""
_LOSS_ALONE = 45.0
"""DWAB's level for pictures that are measured."""
_AROUND = ((-60, 12), (-42, 40), (-15, 62), (18, 30), (45, 48), (62, 15), (5, 8), (-25, 20))
"""Azimuth and elevation of the lights that shine one at a time."""
_STILL = 3
"""The frame whose camera sees them."""
_STEPS = {"normal": 64, "depth": 16}
"""Steps a unit in which data are stored, so that they pack well: normals to half a degree, depth to half a millimetre;
all other data have 48 steps.
"""


def write_sample(assets: Assets, out: Path, quality: float = 1.0) -> Iterator[Path]:
    """Write into a folder the frames `tea.####.exr` and the rig `tea.rig` that lit them, the pictures `lights.####.exr`
    under one light of `lights.rig` each, and the portrait `collins.exr`.

    Colour layers are packed by DWAB, with loss; the others without, but rounded. Positions are left out: they follow
    from depth and `field_of_view` 34 degrees. Raises FileError.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"the folder {out} cannot be made: {error.strerror or error}") from None
    lights = rig(Surroundings.read(assets.need(_ENVIRONMENT)))
    save_rig(lights, out / "tea.rig")
    yield out / "tea.rig"
    for frame, layers in enumerate(frames(assets, lights, quality), 1):
        yield _write(out / f"tea.{frame:04d}.exr", layers, _LOSS, {"comments": f"field of view {FOV:g} degrees"})
    one_each = lamps()
    save_rig(one_each, out / "lights.rig")
    yield out / "lights.rig"
    for i, picture in enumerate(lit_one_by_one(assets, one_each, quality), 1):
        yield _write(
            out / f"lights.{i:04d}.exr", {"rgba": picture}, _LOSS_ALONE, {"comments": f"field of view {FOV:g} degrees"}
        )
    display = read_picture(assets.need(_PORTRAIT))[:3]
    linear = to_acescg(decoded_srgb(display))
    comment = "made scene-linear by the inverse of the sRGB encoding alone; the camera's own tone curve is not known"
    yield _write(
        out / "collins.exr", {"rgba": torch.cat((linear, torch.ones_like(linear[:1])))}, 45.0, {"comments": comment}
    )


def _write(path: Path, layers: Mapping[str, Tensor], loss: float, about: Mapping[str, str]) -> Path:
    """Write layers `[C, h, w]` by name as half floats."""
    named = {name: _described(name, x) for name, x in layers.items()}
    tensors = {
        name: x if named[name].kind is LayerKind.COLOR else (x * _STEPS.get(name, 48)).round() / _STEPS.get(name, 48)
        for name, x in layers.items()
    }
    _, h, w = layers["rgba"].shape
    frame = Region(0, 0, w, h)
    info = ImageInfo(
        frame, frame, tuple(named.values()), metadata={"chromaticities": Chromaticities(*_ACESCG), **about}
    )
    lossy = {name: "dwab" for name, layer in named.items() if layer.kind is LayerKind.COLOR}
    options = WriteOptions(depth="half", compression="zip", compressions=lossy, dwa_level=loss)
    Writer().write(Image(info, frame, tensors), path, options)
    return path


def _described(name: str, x: Tensor) -> Layer:
    if name == "rgba":
        return RGBA
    single = Layer(name, ("V",), LayerKind.MATTE)
    return LIGHT_LAYERS.get(name) or (Layer(name, ("R", "G", "B")) if x.shape[0] == 3 else single)


def scene(assets: Assets) -> tuple[tuple[Mesh, ...], tuple[Path, ...]]:
    """The meshes of the sample in its own space, centimetres, and the files that they are made from."""
    rng = np.random.default_rng(_SEED)
    head = made_head(assets, 59, rng, hair="short02", hair_color=1, cloth="male_casualsuit01", smile=0.0)
    person = [m.moved(yaw(math.radians(-12)), -head.centre) for m in head.meshes]
    table, wall = (assets.need(f"materials/{name}/albedo.jpg").parent for name in ("acg_WoodFloor043", "acg_Rock020"))
    plaster = Material((1.0, 1.0, 1.0), _faded(wall / "albedo.jpg"), roughness=0.85)
    tea = assets.need("objects/tea_set_01.glb")
    cups = [m.moved(yaw(math.radians(35)), np.array([23.0, -31.0, 29.0]), 50.0) for m in model(tea)]
    board = quad(np.array([-100.0, -31, 75]), np.array([200.0, 0, 0]), np.array([0, 0, -64.0]), stuff(table, rng), 110)
    back = quad(np.array([-190.0, -150, -85]), np.array([380.0, 0, 0]), np.array([0, 300.0, 0]), plaster, 300)
    files = (*head.files, tea, table / "albedo.jpg", wall / "albedo.jpg")
    return (*person, *cups, board, back), files


def _faded(path: Path) -> Texture:
    """A picture with little contrast about a warm grey: a backdrop that is neither flat nor a subject of its own, and
    without relief, so that its normals take no space.
    """
    picture = color_texture(path).levels[0].float()
    light = picture.mean(0, keepdim=True)
    relative = (light / light.mean() - 1) * 0.28 + 1
    return Texture.of(relative * torch.tensor([0.30, 0.285, 0.26]).reshape(3, 1, 1))


def camera(frame: int) -> Pose:
    """The camera of a frame from 1 on: it goes to the right and a little closer, and never turns."""
    t = (frame - 1) / (FRAMES - 1)
    pose = looking(np.array([9.0, -16.0, 0.0]), 178.0, 0.0, 11.0)
    return Pose(pose.turn, pose.eye + np.array([-8.0 + 16.0 * t, 0.0, -6.0 * t]))


def rig(surroundings: Surroundings) -> Rig:
    """Key, rim and fill."""
    key = _towards(-42, 38)
    back = _towards(106, 26)
    small = torch.nn.functional.interpolate(surroundings.rest[None], (16, 32), mode="area")[0]
    return Rig((
        DirectionalLight(name="key", direction=key, angle=7.0, exposure=-0.1, kelvin=4600.0),
        DirectionalLight(name="rim", direction=back, angle=6.0, exposure=-0.2, kelvin=7800.0),
        EnvironmentLight(name="fill", pixels=small, exposure=-2.8, rotation=40.0),
    ))  # fmt: skip


def frames(assets: Assets, lights: Rig, quality: float = 1.0) -> Iterator[Mapping[str, Tensor]]:
    """The layers `[C, h, w]` of each frame under a rig by name; ACEScg, centimetres.

    quality : a factor on the numbers of rays. Raises FileError when an asset is missing.
    """
    for frame in range(1, FRAMES + 1):
        yield _layers(_seen(assets, lights, frame, quality), lights)


def lamps() -> Rig:
    """The lights that shine one at a time, `lamp1` and so on."""
    return Rig(tuple(
        DirectionalLight(name=f"lamp{i}", direction=_towards(*where), angle=2.0) for i, where in enumerate(_AROUND, 1)
    ))  # fmt: skip


@torch.inference_mode()
def lit_one_by_one(assets: Assets, lights: Rig, quality: float = 1.0) -> Iterator[Tensor]:
    """RGBA `[4, h, w]` under each of the directional lights of a rig alone, with what bounces once."""
    view = _seen(assets, lights, _STILL, quality)
    stage = LightStage(view)
    for group, _ in stage.groups(lights, {name: i for i, name in enumerate(lights.names)}):
        shading = group.shading + stage.bounced(group.shading)
        yield torch.cat((view.albedo * shading + group.specular, view.surface))


def _seen(assets: Assets, lights: Rig, frame: int, quality: float) -> View:
    """A frame of the sample, with the shadows of a rig's directional lights."""
    meshes, _ = scene(assets)
    suns = [light for light in lights if isinstance(light, DirectionalLight)]
    keys = torch.tensor([light.direction for light in suns]), torch.tensor([float(light.angle) for light in suns])
    plan = Plan(
        WIDTH,
        HEIGHT,
        FOV,
        samples=max(1, round(16 * quality)),
        directions=max(16, round(192 * quality)),
        key_rays=max(1, round(64 * quality)),
        bounce=max(1, round(64 * quality)),
    )
    pose = camera(frame)
    seen = MeshScene([pose.put(mesh) for mesh in meshes], math.radians(FOV) / WIDTH)
    return take(seen, plan, frame, {}, keys=keys)


@torch.inference_mode()
def _layers(view: View, lights: Rig) -> dict[str, Tensor]:
    """All layers of a view under the rig; what has bounced once is the residual."""
    stage = LightStage(view)
    groups = stage.groups(lights, {"key": 0, "rim": 1})
    shading = torch.stack([group.shading for group, _ in groups]).sum(0)
    specular = torch.stack([group.specular for group, _ in groups]).sum(0)
    residual = view.albedo * stage.bounced(shading)
    beauty = view.albedo * shading + specular + residual
    layers = {
        "rgba": torch.cat((beauty, view.surface)), "matte": view.matte, "albedo": view.albedo, "shading": shading,
        "specular": specular, "residual": residual, "normal": view.normal, "depth": view.depth,
        "roughness": view.roughness, "f0": view.f0,
        "shadow": groups[0][1].mean(0, keepdim=True),
    }  # fmt: skip
    for group, share in groups:
        layers[f"light_{group.name}_diffuse"] = view.albedo * group.shading
        layers[f"light_{group.name}_specular"] = group.specular
        layers[f"light_{group.name}_shadow"] = share.mean(0, keepdim=True)
    return layers


def _towards(azimuth: float, elevation: float) -> tuple[float, float, float]:
    x, y, z = direction_of(azimuth, elevation).tolist()
    return x, y, z
