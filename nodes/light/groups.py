"""Light groups as layers: `light_<name>_diffuse`, `_specular` and `_shadow`."""

from rimlight.engine import Layer, LayerKind, Rig

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
