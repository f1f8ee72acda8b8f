"""Light groups as layers: `light_<name>_diffuse`, `_specular` and `_shadow`."""

from rimlight.engine import Layer, LayerKind, Rig

_RGB = ("R", "G", "B")
PARTS = ("diffuse", "specular", "shadow")


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


def light_of(layer: str) -> str:
    """The light whose light a layer is, also where it has no parts (`light_key`); empty for shadows and all others."""
    if not layer.startswith("light_"):
        return ""
    name = layer.removeprefix("light_")
    stem, _, part = name.rpartition("_")
    if part == "shadow":
        return ""
    return stem if part in PARTS and stem else name
