import torch

from compare import assert_close
from rimlight.engine import Curve
from stage import run, scaled, staged

VALUES = {"format": "64x48", "size": (20.0, 20.0), "octaves": 3}


def test_the_colours_are_its_ends() -> None:
    out = run("Noise", color0=(-1.0, 0.0, 2.0, 1.0), color1=(1.0, 0.0, 6.0, 1.0), **VALUES)["rgba"]
    assert -1 <= float(out[0].min()) < -0.2 and 0.2 < float(out[0].max()) <= 1
    assert_close((out[2] - 2) / 4, (out[0] + 1) / 2, 1e-6)


def test_another_seed_or_depth_is_another_noise() -> None:
    found = [run("Noise", **VALUES, **v)["rgba"] for v in ({}, {"seed": 1}, {"z": 0.5}, {"type": "turbulence"})]
    assert all(not torch.allclose(found[0], other, atol=0.05) for other in found[1:])
    assert_close(found[0], run("Noise", **VALUES)["rgba"], 0)


def test_it_boils() -> None:
    stage = staged("Noise", z=Curve.of((1, 0), (11, 5), interp="linear"), **VALUES)
    assert not torch.allclose(stage.evaluate("node", 1)["rgba"], stage.evaluate("node", 3)["rgba"], atol=0.05)


def test_a_proxy_shows_the_same_noise() -> None:
    values = VALUES | {"octaves": 1, "size": (40.0, 40.0)}
    whole, half = run("Noise", **values), run("Noise", scale=0.5, **values)
    assert_close(half["rgba"], scaled(whole, 0.5)["rgba"], 0.01)
