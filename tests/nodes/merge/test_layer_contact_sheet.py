import torch

from compare import assert_close
from pictures import layered, picture
from rimlight.engine import Region
from stage import run


def test_every_layer_has_a_cell_of_the_main_layer() -> None:
    wide = {name: torch.cat((x, x), 2) for name, x in layered().layers.items()}
    sheet = picture(wide, Region(0, 0, 32, 12))
    out = run("LayerContactSheet", sheet, labels=False, format="64x24")["rgba"]
    assert_close(out[:3, :12, :32], wide["rgba"][:3], 0)
    assert_close(out[:3, :12, 32:], wide["diffuse"], 0)
    assert_close(out[:3, 12:, :32], wide["normal"], 0)
    assert_close(out[:3, 12:, 32:], wide["depth"].expand(3, -1, -1), 0)
    assert bool((out[3] == 1).all())


def test_layers_are_chosen() -> None:
    out = run("LayerContactSheet", picture(dict(layered().layers)), layers="depth", labels=False)
    assert_close(out["rgba"][:3], layered()["depth"].expand(3, -1, -1), 0)
    assert not run("LayerContactSheet", layered(), layers="none")["rgba"].any()


def test_names_are_written_at_the_bottom_left() -> None:
    frame = Region(0, 0, 120, 80)
    black = picture({"rgba": torch.zeros(4, 80, 120)}, frame)
    out = run("LayerContactSheet", black, label_size=20)["rgba"]
    assert float(out[0, 40:].max()) > 0.9 and not out[:3, :40].any()
    assert torch.equal(out[0], out[1]) and torch.equal(out[0], out[2])  # white, on an edge that is black
    grey = picture({"rgba": torch.full((4, 80, 120), 0.5)}, frame)
    edged = run("LayerContactSheet", grey, label_size=20)["rgba"]
    assert float(edged[:3, 40:].min()) < 0.1 and torch.equal(edged[0], edged[1])


def test_normals_and_depth_are_made_readable() -> None:
    normal = torch.zeros(3, 12, 16)
    normal[0], normal[2] = -0.6, 0.8
    depth = torch.linspace(50, 450, 16).expand(1, 12, 16).clone()
    color = torch.full((4, 12, 16), 3.0)
    image = picture({"rgba": color, "normal": normal, "depth": depth})
    out = {name: run("LayerContactSheet", image, layers=name, labels=False, readable=True)["rgba"]
           for name in ("rgba", "normal", "depth")}  # fmt: skip
    assert_close(out["rgba"][:3], color[:3], 0)
    assert_close(out["normal"][:3], normal * 0.5 + 0.5, 1e-6)
    assert_close(out["depth"][:3], ((450 - depth) / 400).expand(3, -1, -1), 1e-5)
    flat = picture({"rgba": color, "depth": torch.full((1, 12, 16), 7.0)})
    assert_close(run("LayerContactSheet", flat, layers="depth", labels=False, readable=True)["rgba"][:3],
                 torch.full((3, 12, 16), 7.0), 0)  # fmt: skip
