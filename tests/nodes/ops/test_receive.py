import pytest

from pictures import FRAME
from rimlight.engine import LIGHT_LAYERS, RGB, RGBA, ImageInfo, Layer, LayerKind
from rimlight.nodes.ops.receive import receiving

DIFFUSE = Layer("diffuse", ("R", "G", "B"))


def info(*layers: Layer) -> ImageInfo:
    return ImageInfo(FRAME, FRAME, layers)


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("alpha", {"rgba": (3,)}), ("rgba", {"rgba": (0, 1, 2, 3)}), ("rgb -rgba.G", {"rgba": (0, 2)}),
        ("diffuse", {"diffuse": (0, 1, 2)}), ("diffuse.R, alpha", {"rgba": (3,), "diffuse": (0,)}), ("none", {}),
        ("light_*", {}), ("A", {"rgba": (3,)}),
    ],
)  # fmt: skip
def test_channels_that_are_there_are_chosen(pattern: str, chosen: dict[str, tuple[int, ...]]) -> None:
    given = info(RGBA, DIFFUSE)
    assert receiving(given, pattern) == (given, chosen)


def test_missing_channels_are_made_after_the_others() -> None:
    out, chosen = receiving(info(RGB, DIFFUSE), "rgba diffuse.A")
    assert [layer.channels for layer in out.layers] == [("R", "G", "B", "A")] * 2
    assert chosen == {"rgba": (0, 1, 2, 3), "diffuse": (3,)}


def test_missing_layers_are_made_and_the_main_one_comes_first() -> None:
    out, chosen = receiving(info(DIFFUSE), "alpha head shadow id.X")
    assert out.names == ("rgba", "diffuse", "head", "shadow", "id")
    assert out.layer("rgba").channels == ("A",)
    assert out.layer("shadow") == LIGHT_LAYERS["shadow"]
    assert out.layer("id").kind is LayerKind.DATA
    assert chosen == {"rgba": (0,), "head": (0,), "shadow": (0,), "id": (0,)}


def test_a_channel_in_small_letters_is_found() -> None:
    given = info(RGBA, Layer("light", ("r", "g", "b")))
    assert receiving(given, "light.r") == (given, {"light": (0,)})
