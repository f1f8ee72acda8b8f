"""The ledger: plate = albedo * shading + specular + residual."""

import pytest
import torch

from pictures import FRAME, noise, picture, plate
from rimlight.engine import Image, NodeError
from stage import Stage, run


def layers(*names: str) -> Image:
    found = {name: noise(3, FRAME, 20 + i) for i, name in enumerate(("albedo", "shading", "specular", "residual"))}
    return picture({"rgba": plate(FRAME, 5)} | {name: found[name] for name in names})


def test_layers_add_up() -> None:
    given = layers("albedo", "shading", "specular", "residual")
    out = run("Recombine", given)["rgba"]
    assert torch.equal(out[:3], given["albedo"] * given["shading"] + given["specular"] + given["residual"])
    assert torch.equal(out[3], given["rgba"][3])
    part = run("Recombine", layers("albedo", "shading"), diffuse=2)["rgba"]
    assert torch.equal(part[:3], 2 * given["albedo"] * given["shading"])


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_with_a_plate_the_ledger_closes(scale: float) -> None:
    given, whole = layers("albedo", "shading", "specular"), picture(plate(FRAME, 9) * scale)
    out = run("Recombine", given, whole)
    explained = given["albedo"] * given["shading"] + given["specular"]
    size = torch.maximum(explained.abs(), whole["rgba"][:3].abs())
    assert bool(((out["rgba"][:3] - whole["rgba"][:3]).abs() <= size * 2**-23).all())
    assert bool((explained + out["residual"] - whole["rgba"][:3]).abs().le(size * 2**-23).all())


def test_what_is_not_explained_is_reported() -> None:
    given = picture({"rgba": torch.ones(3, 12, 16), "albedo": torch.ones(3, 12, 16), "shading": torch.ones(3, 12, 16)})
    whole = picture(torch.full((3, 12, 16), 1.25))
    stage = Stage().given("a", given).given("b", whole).add("R", "Recombine", {"image": "a", "plate": "b"})
    found = stage.vertex("R").node.report(stage.evaluate("R"))
    assert found == "residual: 20 % of the picture on average, 0.25 at most"


def test_without_changes_weights_keep_the_plate_and_with_them_the_residual_stays() -> None:
    given, whole = layers("albedo", "shading", "specular"), picture(plate(FRAME, 9))
    plain, brighter = run("Recombine", given, whole), run("Recombine", given, whole, specular=3)
    assert torch.equal(plain["residual"], brighter["residual"])
    gain = brighter["rgba"][:3] - plain["rgba"][:3]
    assert torch.allclose(gain, 2 * given["specular"], rtol=1e-4, atol=1e-3)


def test_what_is_missing_is_a_sentence() -> None:
    with pytest.raises(NodeError, match="the image has no layer 'shading', it has rgba, albedo"):
        run("Recombine", layers("albedo"))
    with pytest.raises(NodeError, match="the plate has no main layer with red, green and blue, it has albedo"):
        run("Recombine", layers("albedo", "shading"), picture({"albedo": torch.ones(3, 12, 16)}))
