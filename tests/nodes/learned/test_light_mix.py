"""Between lights and beyond."""

import pytest
import torch
from torch import Tensor

from compare import assert_close
from lit_scenes import brighter, plate, scene, sky, sun
from rimlight.engine import Curve, FittedLight, NodeError, direction_of
from rimlight.nodes.learned.coded import mixed_light
from stage import Stage, run
from truth import psnr

OWN, A, B = (sun(0, 40), sky(-1)), (sun(-70, 20, 0.5), sky(-1)), (sun(70, 10, 0.5, (1.2, 1.0, 0.6)), sky(-1))
IMAGE = scene(*OWN)


def mixed(a: float = 0.0, b: float = 0.0, **values: object) -> Tensor:
    out: Tensor = run("LightMix", IMAGE, A=scene(*A, seed=7), B=scene(*B, seed=8), a=a, b=b, **values)["rgba"]
    return out


def change(out: Tensor) -> Tensor:
    return (out[:3] / IMAGE["rgba"][:3]).log2()


def test_without_weights_the_picture_stays() -> None:
    assert torch.equal(mixed(), IMAGE["rgba"])
    assert torch.equal(mixed(a=1, b=1, mix=0.0), IMAGE["rgba"])


def test_a_whole_weight_is_a_transfer() -> None:
    for weights, reference in (({"a": 1.0}, scene(*A, seed=7)), ({"b": 1.0}, scene(*B, seed=8))):
        for mixing, exposure in (("stops", 0.0), ("linear", 0.0), ("linear", 1.0)):
            other = run("LightTransfer", IMAGE, reference=reference, exposure=exposure)["rgba"]
            found = mixed(**weights, mixing=mixing, exposure=exposure)
            assert_close(found, other, threshold=2e-4, relative=2e-3)


def test_weights_go_on_evenly_and_beyond() -> None:
    steps = [change(mixed(a=a, flatten=0, limit=20, exposure=1)) for a in (-1.0, 0.5, 1.0, 2.0)]
    for step, weight in zip(steps, (-1.0, 0.5, 1.0, 2.0), strict=True):
        assert_close(step, steps[2] * weight, threshold=0.08, relative=0.08)
    between = change(mixed(a=0.5, b=0.5, flatten=0, limit=20, exposure=1))
    both = [change(mixed(**w, flatten=0, limit=20, exposure=1)) for w in ({"a": 1.0}, {"b": 1.0})]
    assert_close(between, (both[0] + both[1]) / 2, threshold=0.05)


def test_linear_light_adds_up_and_never_goes_out() -> None:
    values = {"flatten": 0, "limit": 20, "exposure": 1, "mixing": "linear"}
    one = change(mixed(a=1.0, **values)).exp2()
    half = change(mixed(a=0.5, **values)).exp2()
    assert_close(half, (1 + one) / 2, threshold=0.03, relative=0.06)
    away = mixed(a=-4.0, **values)
    assert bool(torch.isfinite(away).all()) and float(away[:3].min()) >= 0


@pytest.mark.parametrize("exposure", [0.0, 0.5])
def test_how_a_reference_was_exposed_does_not_weigh_its_light(exposure: float) -> None:
    """Half of each light is in the picture; only as far as `exposure` says is a brighter one more of it."""
    reference, values = scene(*A, seed=7), {"a": 0.5, "mixing": "linear", "exposure": exposure}
    one, two = (change(run("LightMix", IMAGE, A=a, **values)["rgba"]) for a in (reference, brighter(reference, 16.0)))
    if exposure == 0:
        assert_close(one, two, threshold=1e-3)
    else:
        assert 0.5 < float((two - one).mean()) < 2.0  # half of 4 stops on half of the light


@pytest.mark.parametrize("degrees", [40.0, 90.0, 120.0])
def test_light_that_travels_is_that_between_where_a_blend_of_pixels_has_both(degrees: float) -> None:
    """Two frames of a fixed camera, the sun turned between them: the frame half way."""
    one, other = sun(-degrees / 2, 25), sun(degrees / 2, 25)
    way = torch.tensor(one.direction) + torch.tensor(other.direction)
    first, last, truth = (scene(x, sky(-1)) for x in (one, other, one.with_(direction=tuple(way / way.norm()))))
    found = run("LightMix", first, A=last, a=0.5, mixing="travel", exposure=1.0)["rgba"][:3]
    blend = (first["rgba"][:3] + last["rgba"][:3]) / 2
    assert psnr(found, truth["rgba"][:3]) > psnr(blend, truth["rgba"][:3]) + 8
    whole = run("LightMix", first, A=last, a=1.0, mixing="travel", exposure=1.0)["rgba"][:3]
    assert psnr(whole, last["rgba"][:3]) > 35


def test_the_nearer_light_shows_more() -> None:
    normal = IMAGE["normal"]
    left, right = normal[0] < -0.5, normal[0] > 0.5
    sides = [change(mixed(a=1 - t, b=t)).mean(0) for t in (0.0, 0.5, 1.0)]
    ratio = [float(side[right].mean() - side[left].mean()) for side in sides]
    assert ratio == sorted(ratio) and ratio[0] < 0 < ratio[2]


def test_weights_are_keyframed() -> None:
    s = Stage().given("i", IMAGE).given("a", scene(*A, seed=7))
    s.add("M", "LightMix", {"image": "i", "A": "a"}, a=Curve.of((1, 0.0), (11, 1.0)))
    assert torch.equal(s.evaluate("M", frame=1)["rgba"], IMAGE["rgba"])
    assert_close(s.evaluate("M", frame=6)["rgba"], run("LightMix", IMAGE, A=scene(*A, seed=7), a=0.5)["rgba"], 1e-5)


def assert_scaled(found: Tensor, before: Tensor, factor: float) -> None:
    """All but single places, where the vector that the student's normal is made of is next to nothing, and which way it
    points hangs on how numbers were rounded.
    """
    assert_close(found, before * factor, threshold=1e-5, relative=1e-4, allowed=0.001, hard=1e-3)


def test_it_grows_with_the_exposure() -> None:
    for image in (IMAGE, plate(*OWN)):
        one = run("LightMix", image, A=plate(*A), a=0.7, precision="float")["rgba"]
        two = run("LightMix", brighter(image, 5.3), A=plate(*A), a=0.7, precision="float")["rgba"]
        assert_scaled(two[:3], one[:3], 5.3)


def test_a_reference_that_is_lacking_is_a_sentence() -> None:
    with pytest.raises(NodeError, match=r"b is 0\.5, but input 'B' is not connected"):
        run("LightMix", IMAGE, A=scene(*A), b=0.5)


# -- by illumination codes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mixing", ["stops", "linear"])
def test_by_code_a_whole_weight_is_a_transfer(mixing: str) -> None:
    assert torch.equal(mixed(by="code", mixing=mixing), IMAGE["rgba"])
    other = run("LightTransfer", IMAGE, reference=scene(*A, seed=7), by="code")["rgba"]
    assert_close(mixed(a=1.0, by="code", mixing=mixing), other, threshold=2e-4, relative=2e-3)


@pytest.mark.parametrize("mixing", ["stops", "linear"])
def test_by_code_weights_lead_without_steps_from_the_picture_and_beyond(mixing: str) -> None:
    s = Stage(host_bytes=1 << 28).given("i", IMAGE).given("a", scene(*A, seed=7)).given("b", scene(*B, seed=8))
    s.add("M", "LightMix", {"image": "i", "A": "a", "B": "b"}, by="code", mixing=mixing, flatten=0, precision="float")

    def at(a: float, b: float = 0.0) -> Tensor:
        out: Tensor = s.set("M", a=a, b=b).evaluate("M")["rgba"]
        return out

    near = [float(change(at(a)).abs().max()) for a in (1e-4, -1e-4)]
    assert 0 < max(near) < 0.02
    for a in (0.3, 1.0, 1.4):
        step = change(at(a + 1e-4, 0.2)) - change(at(a - 1e-4, 0.2))
        assert 0 < float(step.abs().max()) < 0.05
    for a in (-4.0, 4.0):
        out = at(a, -a)
        assert bool(torch.isfinite(out).all()) and float(out[:3].min()) >= 0


@pytest.mark.parametrize("mixing", ["stops", "linear"])
def test_by_code_the_nearer_light_shows_more(mixing: str) -> None:
    normal = IMAGE["normal"]
    left, right = normal[0] < -0.5, normal[0] > 0.5
    sides = [change(mixed(a=1 - t, b=t, by="code", mixing=mixing, flatten=0)).mean(0) for t in (0.0, 0.5, 1.0)]
    ratio = [float(side[right].mean() - side[left].mean()) for side in sides]
    assert ratio == sorted(ratio) and ratio[0] < 0 < ratio[2]


def test_by_code_it_grows_with_the_exposure() -> None:
    for image in (IMAGE, plate(*OWN)):
        one = run("LightMix", image, A=plate(*A), a=0.7, by="code", precision="float")["rgba"]
        two = run("LightMix", brighter(image, 5.3), A=plate(*A), a=0.7, by="code", precision="float")["rgba"]
        assert_scaled(two[:3], one[:3], 5.3)


def fitted(azimuth: float, key: float, fill: float, around: float) -> FittedLight:
    level = torch.tensor([1.0, 0.9, 0.8])
    sky = around * level.reshape(3, 1, 1).expand(3, 8, 16)
    return FittedLight(direction_of(azimuth, 20), key * level, direction_of(-azimuth, 0), fill * level, sky, 1.0)


def test_between_lights_the_key_turns_and_the_level_goes_in_stops() -> None:
    one, two = fitted(-40, 0.6, 0.1, 0.3), fitted(40, 4.0, 0.0, 12.0)
    whole = mixed_light([(0.0, one), (1.0, two)])
    for name in ("direction", "key", "fill_direction", "fill", "around"):
        torch.testing.assert_close(getattr(whole, name), getattr(two, name))
    middle = mixed_light([(0.5, one), (0.5, two)])
    torch.testing.assert_close(middle.direction[0], torch.tensor(0.0), atol=1e-6, rtol=0)
    total = middle.key + middle.fill + middle.around.mean((1, 2))
    torch.testing.assert_close(total, 4 * torch.tensor([1.0, 0.9, 0.8]))
    torch.testing.assert_close(middle.key / total, torch.full((3,), (0.6 + 0.25) / 2))
    beyond = mixed_light([(-2.0, one), (3.0, two)])
    assert float(beyond.direction[0]) > float(two.direction[0])
    assert float(beyond.key.max()) == 0 and float(beyond.around.min()) > 0
