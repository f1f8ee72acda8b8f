import pytest
import torch

from compare import assert_close, assert_same
from pictures import hdr, inside, layered, overscan
from rimlight.engine import LayerKind, NodeError, ParameterError
from rimlight.nodes.channel.shuffle import Shuffle
from stage import run, staged


def test_channels_go_where_the_mapping_says() -> None:
    a = layered()
    out = run("Shuffle", a, mapping="rgba.R=diffuse.G, A = 0.5\nB=R")
    assert_close(out["rgba"][0], a["diffuse"][1], 0)
    assert_close(out["rgba"][1], a["rgba"][1], 0)
    assert_close(out["rgba"][2], a["rgba"][0], 0)
    assert bool((out["rgba"][3] == 0.5).all())
    for name in ("diffuse", "normal", "depth"):
        assert_close(out[name], a[name], 0)


def test_one_source_fills_all_channels_on_its_left() -> None:
    a = layered()
    out = run("Shuffle", a, mapping="rgb=depth.Z")
    assert_close(out["rgba"][:3], a["depth"].expand(3, -1, -1), 0)
    assert_close(out["rgba"][3], a["rgba"][3], 0)


def test_a_whole_layer_goes_by_names_and_else_in_order() -> None:
    a = layered()
    out = run("Shuffle", a, mapping="rgba=diffuse light=normal")
    assert_close(out["rgba"], torch.cat((a["diffuse"], a["rgba"][3:])), 0)
    assert_close(out["light"], a["normal"], 0)
    assert out.info.layer("light").channels == ("X", "Y", "Z")
    assert out.info.layer("light").kind is LayerKind.NORMAL
    assert_close(run("Shuffle", a, mapping="rgba=normal")["rgba"][:3], a["normal"], 0)


def test_made_layers_have_the_kind_of_their_name() -> None:
    info = run("Shuffle", layered(), mapping="shadow.V=A depth2.Z=1 key.rgb=rgb").info
    assert [info.layer(n).kind for n in ("shadow", "depth2", "key")] == [
        LayerKind.MATTE, LayerKind.DEPTH, LayerKind.COLOR,
    ]  # fmt: skip


def test_a_second_picture_gives_channels() -> None:
    b, a = inside(), overscan()
    out = run("Shuffle", B=b, A=a, mapping="alpha=A:R")
    assert out.info.data == a.info.data
    assert_close(out["rgba"][3], a["rgba"][0], 0)
    assert_close(out["rgba"][:3], b.tensor("rgba", a.region)[:3], 0)


def test_a_whole_layer_moves_without_a_copy() -> None:
    a = layered()
    out = run("Shuffle", a, mapping="key=diffuse")
    assert out["key"].untyped_storage().data_ptr() == a["diffuse"].untyped_storage().data_ptr()


def test_what_is_missing_is_named_or_black() -> None:
    with pytest.raises(NodeError, match=r"input 'B' has no 'diffuse.G', it has rgba.R, rgba.G, rgba.B, rgba.A"):
        run("Shuffle", hdr(), mapping="rgba.R=diffuse.G")
    assert not run("Shuffle", hdr(), mapping="rgba.R=diffuse.G", missing="black")["rgba"][0].any()
    with pytest.raises(NodeError, match=r"'A:R' takes from input 'A', which is not connected"):
        run("Shuffle", hdr(), mapping="R=A:R")
    with pytest.raises(NodeError, match=r"4 channels on the left and 3 on the right"):
        run("Shuffle", layered(), mapping="key.rgba=diffuse")
    with pytest.raises(NodeError, match=r"without saying its channels, write 'key.rgb=...'"):
        run("Shuffle", layered(), mapping="key=1")


@pytest.mark.parametrize("text", ["rgba.R", "=R", "rgba.R=", "R=C:x!", "a b", "R=1=2"])
def test_a_mapping_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="is no assignment"):
        run("Shuffle", hdr(), mapping=text)


def test_the_text_is_tidied_and_an_empty_one_changes_nothing() -> None:
    assert Shuffle.spec("mapping").check(" R = G,\n A=1 ") == "R=G A=1"
    assert staged("Shuffle", hdr()).vertex("node").alias == ("given_B", 1)


@pytest.mark.parametrize("name", Shuffle.presets)
def test_presets_work(name: str) -> None:
    a, b = layered(), layered(seed=7)
    out = run("Shuffle", B=a, A=b, mapping=Shuffle.presets[name])
    if name == "swap red and blue":
        assert_close(out["rgba"], a["rgba"][[2, 1, 0, 3]], 0)
    elif name == "swap inputs":
        assert_same({"rgba": out["rgba"]}, {"rgba": b["rgba"]})
    else:
        assert not torch.equal(out["rgba"], a["rgba"])
