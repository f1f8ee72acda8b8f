from compare import assert_close
from pictures import layered
from stage import run


def test_layers_and_channels_go() -> None:
    out = run("RemoveLayer", layered(), channels="diffuse depth rgba.G")
    assert out.info.names == ("rgba", "normal")
    assert out.info.layer("rgba").channels == ("R", "B", "A")
    assert_close(out["rgba"], layered()["rgba"][[0, 2, 3]], 0)


def test_only_what_is_named_stays() -> None:
    out = run("RemoveLayer", layered(), operation="keep", channels="alpha kind:normal")
    assert {layer.name: layer.channels for layer in out.info.layers} == {"rgba": ("A",), "normal": ("X", "Y", "Z")}


def test_everything_may_go() -> None:
    assert run("RemoveLayer", layered(), channels="all").layers == {}
