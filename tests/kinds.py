"""What the tests over every node need to know: typical values, typical inputs, and which kinds are special."""

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import torch

from models import typical_model
from pictures import FRAME, coordinates, layered, matte, noise, picture
from rimlight.engine import Curve, Image, Layer, LayerKind, Node, NodeError, Port, Region, Source, Spec, registry
from rimlight.engine.plugins import PATH_VARIABLE, load_plugins
from source import ROOT
from stage import Stage

WITHOUT_PIXELS = {
    "image.read": "shows a file",
    "structure.backdrop": "only seen on the canvas",
    "structure.sticky_note": "only seen on the canvas",
    "structure.group": "has an inside",
}
WITHOUT_PIXELS |= {
    f"light.{name}": "puts out lights"
    for name in (
        "directional", "point", "spot", "area", "environment", "gaussians", "harmonics", "place", "rig", "read_rig",
        "write_rig", "view_rig",
    )
} | {
    "light.relight": "takes lights", "light.atmosphere": "takes lights", "learned.light_estimate": "puts out lights",
}  # fmt: skip
"""Kinds that cannot be evaluated on given pictures, with the reason; each has tests of its own."""

VALUES: dict[tuple[str, str], Any] = {
    ("channel.shuffle", "mapping"): "rgba.R=diffuse.G rgba.A=0.5 light=A:diffuse diffuse.B=A:depth.Z",
    ("channel.copy", "mapping"): "rgba.R=diffuse.G alpha=alpha light=normal depth.Z=B:rgba.R",
    ("channel.add_layer", "layer"): "light",
    ("channel.add_layer", "channels"): "R G B",
    ("channel.remove_layer", "channels"): "rgba.B depth",
    ("metadata.modify", "edits"): "shot = B020\n-take",
    ("key.cryptomatte", "matte_list"): "<0.5>, <2>, -<7e-12>",
    ("time.retime", "before"): "hold",
    ("time.retime", "after"): "hold",
    ("transform.crop", "box"): (2.0, 3.0, 11.0, 9.0),
    ("draw.paint", "strokes"): [{"points": [[1, 1], [5, 4]], "size": 4, "color": [2, 1, 0]}],
    ("draw.roto", "shapes"): [
        {"points": [[2, 1], {"at": [13, 4], "in": [0, -3], "out": [0, 3]}, [5, 10]], "feather": 2},
        {"mode": "subtract", "keys": [{"frame": f, "points": [[f, 3], [9, 3], [6, 8]]} for f in (4, 7)]},
        {"closed": False, "width": 2, "opacity": 0.5, "points": [[1, 9], [14, 9]]},
    ],
    ("transform.lens_distortion", "k1"): 0.2,
    ("transform.lens_distortion", "k2"): -0.05,
    ("filter.z_defocus", "math"): "direct",
    ("filter.z_defocus", "z_channel"): "diffuse.R",
    ("filter.z_defocus", "size"): 3.0,
    ("filter.z_defocus", "max_size"): 5.0,
    ("image.radial", "area"): (1.0, 2.0, 13.0, 10.0),
    ("image.ramp", "p0"): (2.0, 1.0),
    ("image.ramp", "p1"): (12.0, 9.0),
    ("image.noise", "size"): (7.0, 5.0),
    ("light.mixer", "lights2"): "key",
    ("image.text", "message"): "a {frame}",
    ("image.text", "position"): (2.0, 3.0),
    ("image.text", "size"): 9.0,
    ("learned.inference", "layers"): "image=diffuse",
    ("time.light_propagate", "references"): "3",
    ("light.environment_convert", "height"): 10,
    ("transform.reformat", "width"): 20,
    ("transform.reformat", "height"): 10,
    ("uv.unwrap", "size"): 21,
    ("uv.flatten", "size"): 21,
    ("uv.flatten", "corner1"): (3.0, 1.5),
    ("uv.flatten", "corner2"): (14.0, 3.0),
    ("uv.flatten", "corner3"): (12.0, 10.5),
    ("uv.flatten", "corner4"): (2.0, 9.0),
    ("learned.inference", "tile"): 9,
}
"""Typical values where the declaration alone does not lead to one."""

MADE: dict[tuple[str, str], Callable[[], Any]] = {("learned.inference", "manifest"): typical_model}
"""Typical values that take a moment to make."""

MEMBERS: dict[str, dict[str, Any]] = {"learned.inference": {"model_strength": 1.5}}
"""Typical values of members of families of numbers."""


OWN_SIZE = {
    "light.environment_convert": ("height",),
    "transform.reformat": ("width", "height"),
    "uv.unwrap": ("size",),
    "uv.flatten": ("size",),
}
"""Parameters that say how large a picture is, whatever the size of those that come in."""

SMALL: dict[str, dict[str, Any]] = {
    "uv.unwrap": {"size": 13},
    "uv.flatten": {
        "size": 13, "corner1": (3.0, 1.5), "corner2": (14.0, 3.0), "corner3": (12.0, 10.5), "corner4": (2.0, 9.0),
    },
}  # fmt: skip
"""What stands for the defaults of kinds whose picture would be large whatever they are given: a tile of it near the
corner would hold nothing.
"""


MAPS = {("transform.st_map", "field"), ("transform.i_distort", "field")}
"""Inputs that say where pixels go: noise there would ask for filters as large as the picture."""


def gentle(data: Region) -> Image:
    """A picture whose every layer changes slowly, from 0 to 1."""
    x, y = coordinates(data)
    u, v = (x - data.x0) / max(1, data.width), (y - data.y0) / max(1, data.height)
    like = layered(data)
    layers = {
        name: torch.stack([(u, 1 - v, u * v, 1 - u)[c] for c in range(old.shape[0])])
        for name, old in like.layers.items()
    }
    return Image(like.info, data, layers)


def with_ids(data: Region, seed: int) -> Image:
    """A rendered frame with two ranked layers of a cryptomatte, of six things."""
    like = layered(data, seed)
    ids = torch.tensor([0.0, 0.5, 2.0, -3.25, 7e-12, 3e30])
    ranks = {}
    for i in range(2):
        values = noise(4, data, seed + 30 + i).abs().remainder(1.0)
        values[0::2] = ids[(values[0::2] * len(ids)).long()]
        values[1::2] /= 4
        ranks[f"crypto_object0{i}"] = values
    made = picture({**like.layers, **ranks}, data=data)
    return Image(like.info.with_(layers=made.info.layers), data, made.layers)


TAKEN_APART = {"light.recombine", "light.mixer"}
"""Kinds that work on light layers and light groups: their pictures have some more layers."""


def taken_apart(data: Region, seed: int) -> Image:
    """A rendered frame with albedo, shading and a light group."""
    like = layered(data, seed)
    names = ("albedo", "shading", "light_key_diffuse")
    more = {name: noise(3, data, seed + 20 + i) for i, name in enumerate(names)}
    made = picture({**like.layers, **more}, data=data)
    return Image(like.info.with_(layers=made.info.layers), data, made.layers)


ON_FACES = {"face.homogenise", "face.complete", "face.maps", "face.render"}
ON_SURFACES = {"uv.unwrap", "uv.wrap"} | ON_FACES
"""Kinds that need to know where on a surface pixels are, and those that need to know of a face."""


def on_surface(data: Region, seed: int) -> Image:
    """A rendered frame with uv, of a face."""
    like, uv = layered(data, seed), gentle(data)["rgba"][:2].clone()
    info = like.info.with_layer(Layer("uv", ("U", "V"), LayerKind.DATA))
    face = {"rimlight:face": '{"turn":[0,0.2,0],"place":[0,0,-60],"tan_x":0.25,"identity":[],"expression":{}}'}
    return Image(info.with_(metadata={**info.metadata, **face}), data, {**like.layers, "uv": uv})


def every_kind() -> list[str]:
    """All kinds of the product and of the example plugins."""
    folder = ROOT / "plugins"
    with mock.patch.dict(os.environ, {PATH_VARIABLE: str(folder)} if folder.is_dir() else {}):
        load_plugins()
    return [cls.kind for cls in registry if not cls.kind.startswith(("test.", "toy."))]


def cls_of(kind: str) -> type[Node]:
    return registry.find(kind)


def typical(spec: Spec) -> Any:
    """A legal value that is not the default; None where none can be told from the declaration."""
    if (spec.owner, spec.name) in VALUES:
        return VALUES[spec.owner, spec.name]
    if (spec.owner, spec.name) in MADE:
        return MADE[spec.owner, spec.name]()
    if spec.type is bool:
        return not spec.default
    if spec.choices:
        return next(choice for choice in spec.choices if choice != spec.default)
    if spec.type is str:
        by_role = {
            "channels": "rgba" if spec.default == "all" else "all",
            "channel": "rgba.R",
            "format": "20x10",
            "layer": "diffuse",
            "text": "some text",
        }
        return by_role.get(spec.role)
    if spec.type is Curve:
        return Curve.of((0.0, 0.1), (1.0, 0.8))
    if spec.type not in (float, int):
        return None
    if spec.size == 1:
        return _number(spec, spec.default, 0.3)
    return tuple(_number(spec, value, 0.3 + 0.1 * i) for i, value in enumerate(spec.default))


def _number(spec: Spec, default: float, share: float) -> float:
    low, high = spec.soft or (default - 1, default + 1.5)
    if spec.unit in ("px", "frames"):
        low, high = max(low, default - 3), min(high, default + 3)  # tiny pictures, short clips
    value = low + (high - low) * share
    if value == default or (spec.type is int and round(value) == default):
        value = low + (high - low) * 0.8
    hard_low, hard_high = spec.hard
    value = value if hard_low is None else max(value, hard_low)
    value = value if hard_high is None else min(value, hard_high)
    return round(value) if spec.type is int else value


def takes_pictures(port: Port) -> bool:
    return port.type in (object, Any, Image)


def draws(kind: str) -> bool:
    """Whether a kind makes a picture out of pictures, or of nothing."""
    cls = cls_of(kind)
    made = cls.result in (object, Image) and kind not in WITHOUT_PIXELS
    return made and all(takes_pictures(port) for port in cls.ports if not port.optional)


def sockets_of(cls: type[Node]) -> list[str]:
    """The sockets that are wired for a test: those for pictures but the mask, two of a port that takes many."""
    found = []
    for port in cls.ports:
        if takes_pictures(port) and (port.name != "mask" or not port.optional):
            found += [port.name, f"{port.name}2"] if port.many else [port.name]
    return found


def inputs(cls: type[Node], data: Region = FRAME, masked: bool = False) -> dict[str, Image]:
    """A picture for every socket: rendered layers of random light; coverage for the mask."""
    rendered = taken_apart if cls.kind in TAKEN_APART else with_ids if cls.kind == "key.cryptomatte" else layered
    rendered = on_surface if cls.kind in ON_SURFACES else rendered
    found = {
        socket: rendered(data, 10 * i + 1) if (cls.kind, socket) not in MAPS else gentle(data)
        for i, socket in enumerate(sockets_of(cls))
        if socket != "mask"
    }
    if cls.port("mask") is not None and (masked or "mask" in sockets_of(cls)):
        found["mask"] = picture(matte(data).expand(4, -1, -1).clone(), data=data)
    return found


def stage_for(kind: str, pictures: Mapping[str, Image], values: Mapping[str, Any] = {}, **settings: Any) -> Stage:
    """A stage with `node` of this kind on these pictures. Without a cache, so that every evaluation computes."""
    stage = Stage(host_bytes=0, **settings)
    for socket, given in pictures.items():
        stage.given(f"given_{socket}", given)
    return stage.add("node", kind, {socket: f"given_{socket}" for socket in pictures}, **values)


def attempt(stage: Stage, **request: Any) -> Image | None:
    """What `node` puts out; None where it refuses with a sentence of its own. Any other mistake is raised."""
    try:
        return stage.evaluate("node", **request)
    except NodeError as error:
        if " failed with " in error.reason or " put out " in error.reason:
            raise
        return None


@functools.cache
def _active(kind: str) -> tuple[tuple[str, Any], ...]:
    """Typical values for as many parameters at once as give a picture; what they refuse with a sentence is left out."""
    cls, values = cls_of(kind), dict(MEMBERS.get(kind, {}))
    given = inputs(cls, masked=True)

    def add(more: list[tuple[str, Any]]) -> None:
        """Take all, or where they are refused what is accepted of one half and then of the other."""
        if more and attempt(stage_for(kind, given, values | dict(more))) is not None:
            values.update(more)
        elif len(more) > 1:
            add(more[: len(more) // 2])
            add(more[len(more) // 2 :])

    told = ((spec.name, typical(spec)) for spec in cls.specs if not spec.cosmetic and spec.name != "disable")
    add([(name, value) for name, value in told if value is not None])
    return tuple(values.items())


def active(kind: str) -> dict[str, Any]:
    return dict(_active(kind))


def plain(kind: str) -> dict[str, Any]:
    """The defaults, on a small picture."""
    return dict(SMALL.get(kind, {}))


def settings(kind: str) -> Iterator[dict[str, Any]]:
    """Values to test a kind with: its defaults, typical values, and those with every other choice and switch."""
    yield plain(kind)
    base = active(kind)
    if base:
        yield base
    for spec in cls_of(kind).specs:
        if spec.name in base and (spec.choices or spec.type is bool):
            others = spec.choices or (True, False)
            for choice in others:
                if choice != base[spec.name]:
                    yield base | {spec.name: choice}


def is_generator(cls: type[Node]) -> bool:
    return issubclass(cls, Source) or not sockets_of(cls)


def main_socket(cls: type[Node]) -> str:
    """The socket that passes through."""
    return cls().through


def storage(x: torch.Tensor) -> int:
    return x.untyped_storage().data_ptr()
