import torch

from compare import assert_close
from pictures import FRAME, layered, noise, picture
from stage import run, staged


def test_rgb_is_multiplied_by_alpha() -> None:
    x = layered()["rgba"]
    assert_close(run("Premult", layered())["rgba"], torch.cat((x[:3] * x[3:], x[3:])), 0)


def test_every_colour_layer_by_any_channel() -> None:
    a = layered()
    out = run("Premult", a, channels="kind:color", alpha="depth.Z")
    assert_close(out["diffuse"], a["diffuse"] * a["depth"], 0)
    assert_close(out["normal"], a["normal"], 0)


def test_the_alpha_itself_is_never_multiplied() -> None:
    a = layered()
    assert_close(run("Premult", a, channels="all")["rgba"][3], a["rgba"][3], 0)


def test_unpremult_takes_it_back_where_there_is_alpha() -> None:
    a = layered()
    back = run("Unpremult", run("Premult", a))["rgba"]
    solid = a["rgba"][3] > 0
    assert_close(back[:, solid], a["rgba"][:, solid], relative=1e-5)


def test_without_alpha_light_stays() -> None:
    x = torch.cat((noise(3, FRAME), torch.zeros(1, 12, 16)))
    assert_close(run("Unpremult", picture(x))["rgba"], x, 0)


def test_a_picture_without_alpha_counts_as_opaque() -> None:
    stage = staged("Unpremult", picture(noise(3, FRAME)))
    vertex = stage.vertex("node")
    assert vertex.alias == ("given_image", 1)
    assert vertex.node.warnings(vertex.ctx) == ("the picture has no channel 'rgba.A', so it counts as opaque",)
