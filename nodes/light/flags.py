"""What flags let through of each light at the surfaces of a picture."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import Tensor

from rimlight.engine import (
    DirectionalLight,
    Flag,
    Model,
    Reflectance,
    Region,
    Rig,
    StandingLight,
    Tier,
    depth_of,
    flag_shares,
)  # fmt: skip

from ..ops.progress import shared

if TYPE_CHECKING:
    from .scene import Scene


def let_through(scene: "Scene", plain: Rig, flags: tuple[Flag, ...]) -> Mapping[str, Tensor]:
    """The shares `[3, h, w]` of a light that flags let through, `diffuse` and, where it is another one, `specular`.

    They are kept apart from what the light shows, so that nothing is shaded again when a flag moves.
    """
    n, ctx = scene.node, scene.ctx
    (light,) = plain.lights
    rig = plain.with_flags(flag.with_(name="", lights="") for flag in flags)
    alike = isinstance(light, DirectionalLight | StandingLight)
    names = ("diffuse",) if alike else ("diffuse", "specular")
    rays = {Tier.DRAFT: 4, Tier.STUDENT: 9, Tier.FINAL: n.shadow_rays}[ctx.tier]
    gloss = () if alike else (n.roughness,)
    key = ("flags", rig.key(), rays, gloss, n.field_of_view, n.depth_is, scene.key)

    def make() -> Mapping[str, Tensor]:
        camera = n.pinhole(scene.image.info)
        out = {name: ctx.zeros(3) for name in names}

        def work(band: Region) -> None:
            surface = scene.surface(band, Model())
            grain = depth_of(surface.located(f"flag '{flags[0].name}'")) * (2 * camera.tan_x / camera.width)
            found = flag_shares(
                Reflectance(surface), rig, rig.lights[0], rays=rays, grain=grain,
                environments=ctx.service("environments"), check=ctx.check,
            )  # fmt: skip
            place = (slice(None), *scene.region.slices_of(band))
            for name, x in zip(names, found, strict=False):
                out[name][place] = x

        first, *others = scene.bands()
        work(first)  # alone: what it prepares of surroundings serves the others
        shared(work, others)
        return out

    return ctx.part(key, names, make)
