"""Pictures of the surroundings: turned, blurred, converted, and their key light taken out."""

import math

import pytest
import torch
from torch import Tensor

from pictures import noise, picture
from rimlight.engine import DirectionalLight, EnvironmentLight, Image, NodeError, Region, Rig
from stage import Stage, run, staged

SIZE = Region(0, 0, 64, 32)


def directions(height: int = 32, width: int = 64) -> Tensor:
    e = (0.5 - (torch.arange(height) + 0.5) / height)[:, None] * math.pi
    a = ((torch.arange(width) + 0.5) / width - 0.5)[None] * 2 * math.pi
    return torch.stack((e.cos() * a.sin(), e.sin() * torch.ones_like(a), -e.cos() * a.cos()))


def areas(height: int = 32, width: int = 64) -> Tensor:
    edges = (0.5 - torch.arange(height + 1, dtype=torch.float64) / height) * math.pi
    return ((edges.sin()[:-1] - edges.sin()[1:]) * 2 * math.pi / width)[:, None].expand(height, width)


def sky(sun: float = 200.0) -> Image:
    """A sky that gets brighter to the top, opaque, with a warm disc of 7 degrees at azimuth 50, elevation 30."""
    around = directions()
    up = (around[1] + 1.5) * torch.tensor([0.2, 0.3, 0.5])[:, None, None]
    a, e = math.radians(50), math.radians(30)
    axis = torch.tensor([math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e)])
    disc = (around * axis[:, None, None]).sum(0) > math.cos(math.radians(7))
    light = up + disc * sun * torch.tensor([1.0, 0.8, 0.5])[:, None, None]
    return picture(torch.cat((light, torch.ones(1, 32, 64))), SIZE)


def even(*values: float) -> Image:
    return picture(torch.tensor(values)[:, None, None].expand(-1, 32, 64).clone(), SIZE)


@pytest.mark.parametrize(("degrees", "columns"), [(90, -16), (-90, 16), (180, 32), (45, -8)])
def test_a_turn_by_whole_pixels_is_a_roll(degrees: float, columns: int) -> None:
    image = picture(noise(4, SIZE), SIZE)
    out = run("EnvironmentRotate", image, rotation=degrees)
    assert torch.allclose(out["rgba"], image["rgba"].roll(columns, -1), atol=1e-3)


def test_a_turn_is_that_of_the_environment_light() -> None:
    stage = Stage().given("sky", sky()).given("plate", _front())
    stage.add("T", "EnvironmentRotate", {"image": "sky"}, rotation=70)
    stage.add("A", "light.environment", {"image": "T"}).add("B", "light.environment", {"image": "sky"}, rotation=70)
    for light in "AB":
        stage.add(f"R{light}", "Relight", {"image": "plate", "rig": light}, samples=0)
    assert torch.allclose(stage.evaluate("RA")["rgba"], stage.evaluate("RB")["rgba"], rtol=0.05)


def _front() -> Image:
    normal = torch.nn.functional.normalize(noise(3, Region(0, 0, 6, 4)), dim=0)
    return picture({"normal": normal, "albedo": torch.ones(3, 4, 6)}, Region(0, 0, 6, 4))


def test_a_whole_turn_costs_nothing() -> None:
    assert staged("EnvironmentRotate", sky(), rotation=720).vertex("node").alias == ("given_image", 1)


@pytest.mark.parametrize("blur", ["roughness", "irradiance"])
def test_even_surroundings_stay_as_they_are(blur: str) -> None:
    image = even(0.25, 3.0, -0.5, 1.0)
    out = run("EnvironmentBlur", image, blur=blur, roughness=0.6)
    assert torch.allclose(out["rgba"], image["rgba"], atol=1e-5)


def test_the_irradiance_of_light_that_grows_upwards() -> None:
    light = (1 + directions()[1:2]).expand(3, -1, -1).clone()
    out = run("EnvironmentBlur", picture(light, SIZE), blur="irradiance")
    # The cosine lobe keeps the mean and two thirds of what is linear in the direction.
    assert torch.allclose(out["rgba"], 1 + directions()[1:2].expand(3, -1, -1) * 2 / 3, atol=5e-3)


def test_irradiance_has_the_frame_of_any_picture() -> None:
    frame = Region(0, 0, 40, 32)
    out = run("EnvironmentBlur", picture(torch.full((3, 32, 40), 2.0), frame), blur="irradiance")
    assert torch.allclose(out["rgba"], torch.full((3, 32, 40), 2.0), atol=1e-5)


def test_blur_keeps_the_energy_and_spreads_it() -> None:
    before, after = sky()["rgba"][:3], run("EnvironmentBlur", sky(), roughness=0.5)["rgba"][:3]
    total = (before * areas()).sum((1, 2))
    assert torch.allclose((after * areas()).sum((1, 2)), total, rtol=0.02)
    assert float(after.max()) < 0.2 * float(before.max())
    assert staged("EnvironmentBlur", sky(), roughness=0).vertex("node").alias is not None


def test_one_pixel_that_is_not_finite_spoils_nothing() -> None:
    x = sky()["rgba"].clone()
    x[:, 3, 4], x[:, 20, 9] = math.inf, math.nan
    for blur in ("roughness", "irradiance"):
        assert bool(torch.isfinite(run("EnvironmentBlur", picture(x, SIZE), blur=blur)["rgba"]).all())


def test_other_layers_pass() -> None:
    layers = {"rgba": sky()["rgba"], "depth": noise(1, SIZE)}
    out = run("EnvironmentRotate", picture(layers, SIZE), rotation=30)
    assert torch.equal(out["depth"], layers["depth"])


def extracted(image: Image, **values: object) -> Rig:
    found = run("EnvironmentExtractKey", image=image, **values)
    assert isinstance(found, Rig)
    return found


def test_the_key_light_is_where_the_sun_is_and_no_energy_is_lost() -> None:
    rig = extracted(sky())
    assert rig.names == ("key", "environment")
    key, rest = rig.lights
    assert isinstance(key, DirectionalLight) and isinstance(rest, EnvironmentLight)
    assert isinstance(key.direction, tuple) and rest.pixels is not None
    x, y, z = key.direction
    assert math.degrees(math.atan2(x, z)) == pytest.approx(50, abs=1.5)
    assert math.degrees(math.asin(y)) == pytest.approx(30, abs=1.5)
    flux = torch.tensor(key.color, dtype=torch.float64) * 2 ** float(key.exposure) * math.pi
    after = (rest.pixels * areas()).sum((1, 2)) + flux
    assert torch.allclose(after, (sky()["rgba"][:3] * areas()).sum((1, 2)), rtol=1e-4)
    assert float(rest.pixels.max()) < 2


def test_removing_the_key_leaves_what_the_environment_light_has() -> None:
    out = run("EnvironmentRemoveKey", sky())
    assert torch.equal(out["rgba"][:3], extracted(sky()).lights[1].pixels)
    assert torch.equal(out["rgba"][3:], torch.ones(1, 32, 64))


def test_key_and_rest_are_added_to_a_rig_under_their_names() -> None:
    stage = Stage().given("sky", sky()).add("fill", "light.point", light_name="fill")
    values = {"key_name": "sun", "rest_name": "dome"}
    stage.add("K", "EnvironmentExtractKey", {"rig": "fill", "image": "sky"}, **values)
    assert stage.info("K").names == stage.evaluate("K").names == ("fill", "sun", "dome")
    assert stage.set("K", rest=False).evaluate("K").names == ("fill", "sun")
    assert stage.set("K", disable=True).evaluate("K").names == ("fill",)


def test_a_name_that_layers_cannot_have_is_refused() -> None:
    with pytest.raises(NodeError, match="key_name 'my sun': layers are named after it"):
        extracted(sky(), key_name="my sun")


def test_even_surroundings_have_no_key() -> None:
    with pytest.raises(NodeError, match="no key light"):
        extracted(even(0.5, 0.5, 0.5))
    assert torch.equal(run("EnvironmentRemoveKey", even(0.5, 0.5, 0.5))["rgba"], even(0.5, 0.5, 0.5)["rgba"])


def gradient() -> Image:
    """Each channel is a component of the direction: a picture that says itself where its pixels look."""
    return picture(directions(), SIZE)


@pytest.mark.parametrize(
    ("target", "size"),
    [("latlong", (64, 32)), ("cube", (96, 16)), ("cross", (64, 48)), ("mirror", (32, 32)), ("angular", (64, 64))],
)
def test_sizes_keep_the_detail(target: str, size: tuple[int, int]) -> None:
    info = staged("EnvironmentConvert", gradient(), target=target).info("node")
    assert (info.display.width, info.display.height) == size


def test_the_cross_is_whole_where_its_faces_meet() -> None:
    out = run("EnvironmentConvert", gradient(), target="cross", height=96)["rgba"]
    ahead, behind = out[:, 32:64, 32:64], out[:, 32:64, 96:]
    assert torch.allclose(ahead.mean((1, 2)) * torch.tensor([0, 0, 1.0]), ahead.mean((1, 2)), atol=0.01)
    assert float(ahead[2].max()) < -0.5 and float(behind[2].min()) > 0.5
    assert float(out[1, :32, 32:64].min()) > 0.5 > -0.5 > float(out[1, 64:, 32:64].max())
    step = 0.12  # what neighbours may differ by, of two faces as of one
    assert float(out[:, 32:64].diff(dim=-1).abs().max()) < step
    assert float(out[:, :, 32:64].diff(dim=1).abs().max()) < step
    assert bool((out[:, :32, :32] == 0).all()) and bool((out[:, 64:, 64:] == 0).all())


@pytest.mark.parametrize("shape", ["cube", "cross", "mirror", "angular"])
def test_there_and_back(shape: str) -> None:
    stage = Stage().given("sky", gradient()).add("C", "EnvironmentConvert", {"image": "sky"}, target=shape, height=192)
    stage.add("B", "EnvironmentConvert", {"image": "C"}, source=shape, target="latlong", height=32)
    out = stage.evaluate("B")
    assert out.region == SIZE
    error = (out["rgba"] - gradient()["rgba"]).norm(dim=0)
    seen = directions()[2] > -0.95 if shape == "mirror" else torch.ones(32, 64, dtype=torch.bool)
    assert float(error[seen].max()) < 0.08


def test_a_chrome_ball_shows_the_camera_in_its_middle_and_nothing_beside_it() -> None:
    x = torch.cat((directions(), torch.ones(1, 32, 64)))
    out = run("EnvironmentConvert", picture(x, SIZE), target="mirror", height=65)["rgba"]
    assert torch.allclose(out[:3, 32, 32], torch.tensor([0.0, 0.0, 1.0]), atol=0.02)
    assert bool((out[:, 0, 0] == 0).all()) and float(out[3, 32, 1]) == 1
    # At sine 45 degrees from the middle the ball shows what is straight to the right.
    assert torch.allclose(out[:3, 32, round(32 + 32.5 * math.sqrt(0.5))], torch.tensor([1.0, 0, 0]), atol=0.05)


def test_a_picture_of_another_shape_is_a_sentence() -> None:
    with pytest.raises(NodeError, match=r"shape cube of 64 x 32 pixels: expected 192 x 32"):
        run("EnvironmentConvert", gradient(), source="cube")
