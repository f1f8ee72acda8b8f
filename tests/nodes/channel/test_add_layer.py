import torch

from compare import assert_close
from pictures import hdr, layered
from rimlight.engine import LIGHT_LAYERS, LayerKind
from stage import run, staged


def test_a_layer_is_added_with_its_colour() -> None:
    out = run("AddLayer", hdr(), layer="key", channels="R G B", color=(0.1, 0.2, -3.0, 0.4))
    assert out.info.layer("key").channels == ("R", "G", "B")
    assert_close(out["key"][:, 3, 4], torch.tensor([0.1, 0.2, -3.0]), 0)
    assert_close(out["rgba"], hdr()["rgba"], 0)


def test_channels_follow_the_name_or_the_kind() -> None:
    assert run("AddLayer", hdr(), layer="normal").info.layer("normal") == LIGHT_LAYERS["normal"]
    assert run("AddLayer", hdr(), layer="motion").info.layer("motion").channels == ("X", "Y")
    made = run("AddLayer", hdr(), layer="weights", layer_kind="data").info.layer("weights")
    assert (made.kind, made.channels) == (LayerKind.DATA, ("V",))


def test_channels_that_are_there_stay() -> None:
    out = run("AddLayer", layered(), layer="diffuse", channels="R G B A", color=0.5)
    assert_close(out["diffuse"][:3], layered()["diffuse"], 0)
    assert bool((out["diffuse"][3] == 0.5).all())


def test_nothing_to_add_passes_through() -> None:
    assert staged("AddLayer", layered(), layer="diffuse").vertex("node").alias == ("given_image", 1)
