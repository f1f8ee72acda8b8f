"""Short shots whose light is known: a camera and things that move, under the light of the plate and under another one.

Balls and boxes before a wall are traced in closed form and lit by the engine, with the shadows of the key lights. Of
each frame there is the plate, what it looks like relit, and the light layers of both.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import Camera, DirectionalLight, Region, Rig, Surface, direction_of, shade

from .stage.primitives import Primitives, Solid, Texture

FIELD_OF_VIEW = 40.0
"""Degrees that the frame is wide."""
_FINE = 2
"""Rays along a pixel's side."""
_AWAY = 110.0
"""Centimetres from the camera to the middle of the scene."""
Color = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """A key with a shadow, and even light from all around. Angles in degrees, in the scene's space."""

    azimuth: float
    elevation: float
    key: Color
    around: Color


BEFORE = Light(-40.0, 45.0, (1.5, 1.45, 1.3), (0.3, 0.33, 0.4))
AFTER = Light(55.0, 22.0, (2.6, 1.3, 0.55), (0.12, 0.16, 0.3))


@dataclass(frozen=True)
class Moment:
    """Where everything is at one time, `t` from 0 to 1. pan, orbit : degrees that the camera turns where it stands, and
    around the scene. track : centimetres that it moves to the right. moved : 0 to 1, how far the subjects are on their
    way.
    """

    pan: float = 0.0
    orbit: float = 0.0
    track: float = 0.0
    moved: float = 0.0
    before: Light = BEFORE
    after: Light = AFTER


SHOTS: Mapping[str, Callable[[float], Moment]] = {
    "pan": lambda t: Moment(pan=16 * (t - 0.5)),
    "track": lambda t: Moment(track=60 * (t - 0.5)),
    "orbit": lambda t: Moment(orbit=50 * (t - 0.5)),
    "subjects": lambda t: Moment(moved=t),
    "track, subjects": lambda t: Moment(track=40 * (t - 0.5), moved=t),
    "plate's light moves": lambda t: Moment(moved=t, before=_turned(BEFORE, 60 * (t - 0.5))),
    "new light moves": lambda t: Moment(after=_turned(AFTER, -70 * t)),
}
"""Shots by name, from the time 0 to 1 to where things are."""


def _turned(light: Light, degrees: float) -> Light:
    return Light(light.azimuth + degrees, light.elevation, light.key, light.around)


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame. plate, relit : `[3, h, w]`, scene-linear. layers : light layers of the plate by name: `albedo`,
    `shading`, `specular`, `normal`, `depth`, `position`.
    """

    plate: Tensor
    relit: Tensor
    layers: Mapping[str, Tensor]


@lru_cache(maxsize=256)
def frame_of(shot: str, number: int, count: int = 13, width: int = 256, height: int = 144) -> Frame:
    """Frame `number`, from 1 on, of a shot of `SHOTS` that is `count` frames long. Raises KeyError."""
    moment = SHOTS[shot]((number - 1) / max(1, count - 1))
    scene = Primitives(_solids(moment.moved), *_camera(moment))
    size = (width * _FINE, height * _FINE)
    camera = Camera.from_fov(*size, FIELD_OF_VIEW)
    rays = camera.rays(Region(0, 0, *size), torch.zeros(1)).flatten(1)
    chance = torch.full_like(rays[0], 0.5)
    met = scene.meet(torch.zeros_like(rays), rays, chance)

    def picture(x: Tensor) -> Tensor:
        return x.reshape(-1, size[1], size[0])

    def small(x: Tensor) -> Tensor:
        return F.avg_pool2d(x[None], _FINE)[0]

    surface = Surface.of(picture(met.normal), view=-picture(rays), roughness=picture(met.roughness), f0=picture(met.f0))

    def lit(light: Light) -> tuple[Tensor, Tensor]:
        """Shading and specular `[3, H, W]`."""
        towards = scene.turn.T @ direction_of(light.azimuth, light.elevation).float()
        x, y, z = towards.tolist()
        seen = scene.opens(met.start, towards[:, None].expand_as(met.start), chance).float()
        key = DirectionalLight(name="key", direction=(x, y, z), color=light.key)
        (group,) = shade(surface, Rig((key,)), visibility={"key": picture(seen)})
        return group.shading + torch.tensor(light.around)[:, None, None], group.specular

    albedo = picture(met.albedo)
    (shading, specular), (after, shine) = lit(moment.before), lit(moment.after)
    plate = small(albedo * shading + specular)
    thin, clear = small(albedo), small(specular)
    layers = {
        "albedo": thin, "specular": clear, "shading": (plate - clear) / thin.clamp_min(1e-6),
        "normal": F.normalize(small(picture(met.normal)), dim=0), "depth": small(picture(met.distance)),
        "position": small(picture(rays * met.distance)),
    }  # fmt: skip
    return Frame(plate, small(albedo * after + shine), layers)


def _camera(moment: Moment) -> tuple[Tensor, Tensor]:
    """The turn `[3, 3]` from camera to scene and the eye `[3]`."""
    azimuth, elevation = math.radians(moment.orbit), math.radians(12)
    back = torch.tensor([
        math.sin(azimuth) * math.cos(elevation), math.sin(elevation), math.cos(azimuth) * math.cos(elevation)
    ])  # fmt: skip
    right = torch.tensor([math.cos(azimuth), 0.0, -math.sin(azimuth)])
    up = torch.linalg.cross(back, right)
    turn = torch.stack((right, up, back), 1)
    eye = torch.tensor([0.0, 12.0, 0.0]) + _AWAY * back + moment.track * right
    return turn @ _about_y(moment.pan), eye


def _about_y(degrees: float) -> Tensor:
    a = math.radians(degrees)
    return torch.tensor([[math.cos(a), 0.0, math.sin(a)], [0.0, 1.0, 0.0], [-math.sin(a), 0.0, math.cos(a)]])


def _solids(moved: float) -> tuple[Solid, ...]:
    """The things in the scene; a ball that rolls past and a box that turns are the subjects."""
    return (
        _solid("box", (0, -5, 0), (300, 5, 300), 0, "noise", 9, (0.5, 0.42, 0.33), (0.22, 0.17, 0.12)),
        _solid("box", (0, 60, -60), (300, 90, 5), 0, "noise", 14, (0.55, 0.55, 0.5), (0.25, 0.3, 0.35)),
        _solid("sphere", (-27, 13, -12), (13, 13, 13), 30, "noise", 4, (0.6, 0.2, 0.15), (0.25, 0.1, 0.1)),
        _solid("box", (33, 14, -25), (9, 14, 9), 25, "noise", 5, (0.25, 0.4, 0.5), (0.6, 0.6, 0.55)),
        _solid("box", (4, 20, -42), (26, 20, 4), -8, "noise", 6, (0.6, 0.55, 0.2), (0.35, 0.25, 0.1)),
        _solid(
            "sphere", (-22 + 44 * moved, 9, 22), (9, 9, 9), 25 * moved, "noise", 3, (0.5, 0.5, 0.55), (0.2, 0.3, 0.5),
            subject=True,
        ),
        _solid(
            "box", (-2 + 4 * moved, 10, -5), (8, 10, 8), 10 + 60 * moved, "noise", 4, (0.6, 0.4, 0.35),
            (0.3, 0.15, 0.2), subject=True,
        ),
    )  # fmt: skip


def _solid(
    shape: str, centre: Color, half: Color, turn: float, kind: str, size: float, first: Color, second: Color,
    subject: bool = False,
) -> Solid:  # fmt: skip
    texture = Texture(kind, size, first, second, (0.45, 0.6), (0.04, 0.04, 0.04))
    return Solid(shape, centre, half, _about_y(turn), texture, subject)
