import pytest

from rimlight.engine import RGB, RGBA, Layer, LayerKind, RimlightError, find_channel, guess_kind, select

NORMAL = Layer("normal", ("X", "Y", "Z"), LayerKind.NORMAL)
DIFFUSE = Layer("diffuse", ("R", "G", "B"))
MASK = Layer("matte", ("A",), LayerKind.MATTE)
LAYERS = (RGBA, DIFFUSE, NORMAL, MASK)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("rgb", {"rgba": (0, 1, 2)}),
        ("rgba", {"rgba": (0, 1, 2, 3)}),
        ("alpha", {"rgba": (3,)}),
        ("r", {"rgba": (0,)}),
        ("none", {}),
        ("diffuse", {"diffuse": (0, 1, 2)}),
        ("diffuse.g", {"diffuse": (1,)}),
        ("normal.X", {"normal": (0,)}),
        ("dif*", {"diffuse": (0, 1, 2)}),
        ("rgb, matte", {"rgba": (0, 1, 2), "matte": (0,)}),
        ("kind:color", {"rgba": (0, 1, 2), "diffuse": (0, 1, 2)}),
        ("all -normal", {"rgba": (0, 1, 2, 3), "diffuse": (0, 1, 2), "matte": (0,)}),
        ("rgba -g", {"rgba": (0, 2, 3)}),
        ("nothing.at.all", {}),
    ],
)
def test_patterns(pattern: str, expected: dict[str, tuple[int, ...]]) -> None:
    assert select(pattern, LAYERS) == expected


def test_rgba_of_a_picture_without_alpha_is_its_colours() -> None:
    assert select("rgba", (RGB,)) == {"rgba": (0, 1, 2)}
    assert select("alpha", (RGB,)) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alpha", ("rgba", 3)),
        ("rgba.A", ("rgba", 3)),
        ("normal.Z", ("normal", 2)),
        ("matte.A", ("matte", 0)),
        ("X", ("normal", 0)),
    ],
)
def test_one_channel(text: str, expected: tuple[str, int]) -> None:
    assert find_channel(text, LAYERS) == expected


def test_a_channel_that_is_not_there() -> None:
    assert find_channel("uv.U", LAYERS) is None


def test_a_kind_may_be_text_and_channels_any_sequence() -> None:
    layer = Layer("key", list("RGBA"), "color")  # type: ignore[arg-type]
    assert layer == Layer("key", ("R", "G", "B", "A")) and layer.kind is LayerKind.COLOR and layer.alpha == 3


@pytest.mark.parametrize(
    ("name", "channels", "kind", "sentence"),
    [
        ("", ("V",), "data", "layer '' has the channels V: both need a name"),
        ("speed", (), "data", "layer 'speed' has the channels none: both need a name"),
        ("speed", ("V",), "number", "layer 'speed': kind 'number': expected color, data, normal,"),
    ],
)
def test_a_layer_that_cannot_be(name: str, channels: tuple[str, ...], kind: LayerKind, sentence: str) -> None:
    with pytest.raises(RimlightError, match=sentence):
        Layer(name, channels, kind)


@pytest.mark.parametrize(
    ("name", "channels", "kind"),
    [
        ("rgba", "RGBA", LayerKind.COLOR),
        ("Z", "Z", LayerKind.DEPTH),
        ("depth", "Z", LayerKind.DEPTH),
        ("ViewLayer.Normal", "XYZ", LayerKind.NORMAL),
        ("P", "XYZ", LayerKind.POSITION),
        ("diffuse_direct", "RGB", LayerKind.COLOR),
        ("motion", ["u", "v"], LayerKind.MOTION),
        ("CryptoObject00", "RGBA", LayerKind.DATA),
        ("shadow", "V", LayerKind.MATTE),
        ("uv", "UV", LayerKind.DATA),
        ("albedo", "RGB", LayerKind.COLOR),
        ("mystery", "QW", LayerKind.DATA),
        ("key", "A", LayerKind.MATTE),
    ],
)
def test_kinds_are_guessed_as_renderers_name_them(name: str, channels: str, kind: LayerKind) -> None:
    assert guess_kind(name, list(channels)) is kind
