"""Light groups as layers: `light_<name>_diffuse`, `_specular` and `_shadow`."""

from rimlight.engine import ImageInfo, Layer, LayerKind, Rig

_RGB = ("R", "G", "B")


def group_layers(rig: Rig) -> dict[str, tuple[Layer, Layer, Layer]]:
    """The layers of each light by its unique name: what the diffuse and the specular part show, and its visibility."""
    return {
        name: (
            Layer(f"light_{name}_diffuse", _RGB),
            Layer(f"light_{name}_specular", _RGB),
            Layer(f"light_{name}_shadow", ("V",), LayerKind.MATTE),
        )
        for name in rig.names
    }


def shown_layers(rig: Rig, info: ImageInfo) -> dict[str, tuple[str, ...]]:
    """Those layers of a picture that show what each active light of a rig gives to surfaces, by its unique name:
    `light_<name>`, or its diffuse and its specular part; none where the picture has none.
    """
    active = set(rig.active().lights)
    found = {}
    for name, light in zip(rig.names, rig.lights, strict=True):
        whole, parts = f"light_{name}", (f"light_{name}_diffuse", f"light_{name}_specular")
        there = (whole,) if info.has(whole) else tuple(n for n in parts if info.has(n))
        found[name] = there if light in active else ()
    return found
