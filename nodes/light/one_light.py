"""What one light with a side does to surfaces."""

from torch import Tensor

from rimlight.engine import DirectionalLight, Light, Rig, StandingLight, Surface, WorkingSpace, shade, unit


def arriving(
    light: DirectionalLight | StandingLight, place: Tensor, cm_per_unit: float, space: WorkingSpace
) -> tuple[Tensor, Tensor]:
    """What of a light reaches white surfaces that face it, and the unit vectors towards its middle: `[3, h, w]` each.

    place : where the surfaces are, `[3, h, w]` in units of `cm_per_unit`.
    """
    if isinstance(light, DirectionalLight):  # the same everywhere
        towards, at = place.new_tensor(light.direction).reshape(3, 1, 1), None
    else:
        towards, at = place.new_tensor(light.position).reshape(3, 1, 1) - place, place
    towards = unit(towards)
    (group,) = shade(Surface.of(towards, position=at), Rig((light,), cm_per_unit), space=space)
    return group.shading.expand_as(place), towards.expand_as(place)


def mirrored(light: Light, surface: Surface, cm_per_unit: float, space: WorkingSpace) -> Tensor:
    """The highlights of a light `[3, h, w]`."""
    (group,) = shade(surface, Rig((light,), cm_per_unit), space=space)
    return group.specular


def towards_camera(normal: Tensor, place: Tensor) -> Tensor:
    """Normals `[3, h, w]` of surfaces that can be seen: those turned away are turned back as far as it takes."""
    view = unit(-place)
    away = (normal * view).sum(0, keepdim=True).clamp_max(0)
    return unit(normal - away * view)
