"""Light groups weighted after the fact."""

import pytest
import torch

from pictures import FRAME, noise, picture
from rimlight.engine import Image
from stage import Stage, run

NAMES = ("light_key_diffuse", "light_key_specular", "light_rim_diffuse", "light_fill", "light_key_shadow", "other")


def groups() -> Image:
    """Light groups of either sign, and a main layer that has them and something else."""
    layers = {name: noise(1 if name.endswith("shadow") else 3, FRAME, 7 + i) for i, name in enumerate(NAMES)}
    rest = noise(3, FRAME, 99)
    total = rest + sum((layers[name] for name in NAMES[:4]), start=torch.zeros_like(rest))
    return picture({"rgba": torch.cat((total, torch.full((1, 12, 16), 0.5))), **layers})


def test_slots_weigh_the_lights_they_name() -> None:
    given = groups()
    out = run(
        "LightMixer", given, lights1="*", exposure1=1, lights2="rim, fill", exposure2=-1, color2=(1, 0.5, 0),
    )  # fmt: skip
    low = torch.tensor([0.5, 0.25, 0.0])[:, None, None]
    expected = {"light_key_diffuse": 2, "light_key_specular": 2, "light_rim_diffuse": low, "light_fill": low}
    total = given["rgba"][:3]
    for name, weight in expected.items():
        assert torch.equal(out[name], given[name] * weight)
        total = total + given[name] * (weight - 1)
    assert torch.allclose(out["rgba"][:3], total, atol=1e-4)
    for name in ("light_key_shadow", "other"):
        assert torch.equal(out[name], given[name])
    assert torch.equal(out["rgba"][3], given["rgba"][3])


def test_at_its_defaults_it_is_not_there() -> None:
    stage = Stage().given("plate", groups()).add("M", "LightMixer", {"image": "plate"})
    assert stage.vertex("M").alias == ("plate", 1)


def test_solo_shows_some_lights_alone() -> None:
    given = groups()
    out = run("LightMixer", given, solo="key", exposure1=2)
    total = 4 * (given["light_key_diffuse"] + given["light_key_specular"])
    assert torch.allclose(out["rgba"][:3], total, rtol=1e-5, atol=1e-4)


def test_muted_lights_are_out_whatever_else_is_said() -> None:
    given = groups()
    out = run("LightMixer", given, mute="rim, f*", lights1="rim", exposure1=3)
    total = given["rgba"][:3] - given["light_rim_diffuse"] - given["light_fill"]
    assert torch.allclose(out["rgba"][:3], total, rtol=1e-5, atol=1e-4)
    assert not out["light_fill"].any() and torch.equal(out["light_key_diffuse"], given["light_key_diffuse"])
    alone = run("LightMixer", given, mute="fill", solo="key fill")
    total = given["light_key_diffuse"] + given["light_key_specular"]
    assert torch.allclose(alone["rgba"][:3], total, rtol=1e-5, atol=1e-4)


def test_a_light_that_is_out_is_black_also_where_it_is_infinite() -> None:
    layers = dict(groups().layers)
    layers["light_fill"] = layers["light_fill"].clone()
    layers["light_fill"][:, 3, 4], layers["light_fill"][:, 5, 6] = torch.inf, torch.nan
    for values in ({"mute": "fill"}, {"lights1": "fill", "color1": (0.0, 0.0, 0.0)}):
        out = run("LightMixer", picture(layers), solo="fill key", **values)
        assert not out["light_fill"].any()
        assert torch.equal(out["rgba"][:3], layers["light_key_diffuse"] + layers["light_key_specular"])


@pytest.mark.parametrize("clipped", [False, True])
def test_no_light_leaves_less_than_nothing_where_it_is_infinite(clipped: bool) -> None:
    given = groups()
    layers = {name: given[name].clone() for name in given.info.names}
    layers["light_fill"][:, 3, 4], layers["rgba"][:3, 3, 4] = torch.inf, 65504.0 if clipped else torch.inf
    layers["rgba"][0, 5, 6] = torch.inf  # of something else
    given = picture(layers)
    muted = run("LightMixer", given, mute="fill", lights1="rim", exposure1=1.0)["rgba"]
    assert torch.equal(muted[:3, 3, 4], 2 * layers["light_rim_diffuse"][:, 3, 4]) and muted[0, 5, 6] == torch.inf
    for exposure, color in ((1.0, (1, 1, 1)), (-1.0, (1, 1, 1)), (0.0, (0.5, 1, 1))):
        lit = run("LightMixer", given, lights1="fill", exposure1=exposure, color1=color)["rgba"]
        assert bool((lit[:2, 3, 4] == torch.inf).all()) and not bool(lit.isnan().any())


def test_it_equals_lighting_again() -> None:
    normal = torch.nn.functional.normalize(noise(3, FRAME, 3), dim=0)
    stage = Stage().given("plate", picture({"normal": normal, "albedo": noise(3, FRAME, 4).abs()}))
    stage.add("key", "light.directional", light_name="key").add(
        "rim", "light.directional", {"rig": "key"}, light_name="rim"
    )
    stage.add("R", "Relight", {"image": "plate", "rig": "rim"}, shadows=False)
    stage.add("M", "LightMixer", {"image": "R"}, lights1="key", exposure1=1.5, lights2="rim", color2=(2, 1, 0.5))
    mixed = stage.evaluate("M")["rgba"]
    again = stage.set("key", exposure=1.5).set("rim", color=(2, 1, 0.5)).evaluate("R")["rgba"]
    assert torch.allclose(mixed, again, rtol=1e-4, atol=1e-4)


def test_a_name_that_is_not_there_is_a_warning() -> None:
    stage = Stage().given("plate", groups()).add("M", "LightMixer", {"image": "plate"}, lights2="kye rim", mute="fil")
    vertex = stage.set("M", exposure1=1).vertex("M")
    assert vertex.node.warnings(vertex.ctx) == [
        f"no light group is called '{name}', there are fill, key, rim" for name in ("fil", "kye")
    ]


@pytest.mark.parametrize("name", ["light_", "lightning", "rgba", "light_key_shadow"])
def test_other_layers_are_no_groups(name: str) -> None:
    x = noise(3, FRAME)
    stage = Stage().given("plate", picture({"rgba": x, name: x} if name != "rgba" else {"rgba": x}))
    assert stage.add("M", "LightMixer", {"image": "plate"}, exposure1=1).vertex("M").alias == ("plate", 1)
