"""The parameters of Relight."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from rimlight.engine import param

from ..learned.base import Asking
from .geometry import Lit


@dataclass(frozen=True)
class RelightParameters(Asking, Lit):
    """What Relight is told of surfaces, shadows and how bright lights are."""

    sections: ClassVar[Mapping[str, str]] = {
        "Estimated Surfaces": "refine detail residual distance relief inflate",
        "Materials": "roughness f0 diffuse_model compensate conserve",
        "Shadows": "shadows occlude reach near thickness bias tolerance soften samples shadow_rays",
        "Camera": "field_of_view depth_is cm_per_unit",
        "Student": "matte_channel student working_size precision",
    }

    plate: str = param(
        default="replace", choices=("replace", "add"), place="top",
        doc="whether the lit picture takes the place of the main layer, or is added to it",
    )  # fmt: skip
    light_exposure: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="exposure of all lights", place="top")
    plate_exposure: float = param(
        default=0.0,
        soft=(-8, 8),
        unit="stops",
        doc="exposure of the main layer where light is added to it",
        place="top",
    )
    level: str = param(
        default="auto", choices=("auto", "light", "plate"),
        doc="what 0 stops are: light: what the lights say; plate: what a white surface has in the plate's own light, "
        "by the layer shading; auto: plate where the albedo is estimated, but light for lights that were "
        "measured, as those of LightEstimate",
    )  # fmt: skip
    layers: str = param(
        default="auto", choices=("auto", "estimate", "input"),
        doc="auto: a picture with albedo and normal is lit by its layers, of others the student estimates what is "
        "missing; estimate: all is estimated; input: nothing is, and what is missing is an error",
    )  # fmt: skip
    refine: float = param(
        default=0.5,
        hard=(0, 1),
        soft=(0, 1),
        doc="how much the student adds to physics where surfaces are estimated: 0 none, 1 all; in shots 0 is steadier",
    )
    detail: float = param(
        default=0.7, hard=(0, 2), soft=(0, 1),
        doc="how much of the plate's small lights and darks, folds and pores, stays where surfaces are estimated",
    )  # fmt: skip
    residual: float = param(
        default=1.0, hard=(0, None), soft=(0, 1),
        doc="how much of what is no surface, the sky, lamps and windows, stays where surfaces are estimated",
    )  # fmt: skip
    distance: float = param(
        default=100.0, hard=(0.01, None), soft=(20, 1000), unit="cm",
        doc="how far away the middle of the picture is, where depth is estimated",
    )  # fmt: skip
    relief: float = param(
        default=1.0, hard=(0, None), soft=(0, 3), doc="how deep estimated depth is: 0 flat, 1 as estimated"
    )
    inflate: float = param(
        default=0.6, hard=(0, 1), soft=(0, 1),
        doc="how round a subject is towards the edge of its matte, where normals are estimated: 0 as estimated, 1 as "
        "if its outline were blown up, a disc to a ball",
    )  # fmt: skip
    tolerance: float = param(
        default=4.0, hard=(0, None), soft=(0, 20), unit="cm",
        doc="by how much estimated surfaces have to stand out to cast a shadow: more against ragged shadows",
    )  # fmt: skip
    soften: float = param(
        default=12.0, hard=(0, 90), soft=(0, 45), unit="deg",
        doc="how wide a light is at least for shadows of estimated surfaces: more is softer",
    )  # fmt: skip
    roughness: float = param(
        default=0.5, hard=(0, 1), soft=(0, 1), doc="roughness where no layer says: 0 is a mirror, 1 is matt"
    )
    f0: float = param(
        default=0.04,
        hard=(0, 1),
        soft=(0, 1),
        doc="how much surfaces mirror, seen from the front, where no layer says: 0.04 for most things, 0.5 and more "
        "for metals",
    )
    diffuse_model: str = param(
        default="lambert",
        choices=("lambert", "burley"),
        doc="lambert scatters evenly; burley is darker or lighter at grazing angles, by roughness",
    )
    compensate: bool = param(
        default=True,
        doc="give back the light that bounces more than once in rough surfaces: without, rough metals are too dark",
    )
    conserve: bool = param(
        default=False,
        doc="leave to the diffuse part only what highlights do not mirror, as base colours of materials mean it",
    )
    shadows: bool = param(default=True, doc="cast shadows")
    occlude: bool = param(default=True, doc="shadow light from all around by what is near, as folds and corners are")
    reach: float = param(
        default=0.0,
        hard=(0, None),
        soft=(0, 500),
        unit="cm",
        doc="how far shadows reach; 0: as far as the picture shows",
    )
    near: float = param(
        default=50.0,
        hard=(0.001, None),
        soft=(1, 200),
        unit="cm",
        doc="how far away things may be that shadow light from all around",
    )
    thickness: float = param(
        default=20.0, hard=(0, None), soft=(0, 100), unit="cm", doc="how deep surfaces are at most: light passes behind"
    )
    bias: float = param(
        default=1.0,
        hard=(0, None),
        soft=(0, 10),
        doc="how far above the surface shadow rays start, in widths of a pixel: more against specks, less where "
        "contact shadows are lost",
    )
    samples: int = param(
        default=32,
        hard=(0, 4096),
        soft=(0, 256),
        doc="directions per pixel and light at the final tier: more are smoother; 0: approximate, as drafts do",
    )
    shadow_rays: int = param(
        default=16,
        hard=(1, 1024),
        soft=(1, 64),
        doc="rays per pixel and light with size at the final tier: more are smoother",
    )
