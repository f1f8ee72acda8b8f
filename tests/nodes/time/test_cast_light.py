"""Light fitted to a relit frame and cast anew in others, against lights that are known."""

import math
from dataclasses import replace

import pytest
import torch

from compare import assert_close
from light_scenes import sphere_normals
from rimlight.engine import Camera, Region, direction_of, unit
from rimlight.nodes.learned.shadow_cast import Scene
from rimlight.nodes.ops.light_carry import Change, stops_over
from rimlight.nodes.time.cast_light import Cast, Lit, Surfaces, doubt_of, fitted_with_shadows, left_over
from rimlight.training.shots import FIELD_OF_VIEW, Frame, frame_of

WIDTH, HEIGHT = 128, 72
FRAME = Region(0, 0, WIDTH, HEIGHT)


def surfaces_of(frame: Frame) -> Surfaces:
    camera, there = Camera.from_fov(WIDTH, HEIGHT, FIELD_OF_VIEW), torch.ones(1, HEIGHT, WIDTH)
    layers = frame.layers
    scene = Scene(layers["position"], layers["normal"], there, camera, FRAME, 1.0, 20.0, 1.0, lambda: None)
    return Surfaces.of(scene, 2.0, rendered=True)


def relit_shading(frame: Frame) -> torch.Tensor:
    return frame.layers["shading"] * Change.of(frame.plate, frame.relit).stops.exp2()


def test_the_key_is_found_in_its_own_shadows() -> None:
    """The new light of the shots, 55 and 22 degrees in a scene that the camera looks down on by 12."""
    frame = frame_of("pan", 4, 7, WIDTH, HEIGHT)
    surfaces, shading = surfaces_of(frame), relit_shading(frame)
    found = fitted_with_shadows(shading, torch.ones(1, HEIGHT, WIDTH), surfaces)
    tilt, true = math.radians(12), direction_of(55.0, 22.0).float()
    turn = torch.tensor([[1, 0, 0], [0, math.cos(tilt), -math.sin(tilt)], [0, math.sin(tilt), math.cos(tilt)]])
    off = math.degrees(math.acos(min(1.0, float((turn @ true) @ found.light.direction))))
    assert off < 5
    lit = Cast.of(found, surfaces.scene.normal, torch.eye(3)).on(surfaces)
    error = (stops_over(shading) - lit.stops).abs().mean(0)
    assert float(error.median()) < 0.15
    shadowed = lit.unshadowed.mean(0) - lit.stops.mean(0) > 1
    truly = stops_over(shading).mean(0) < lit.unshadowed.mean(0) - 1
    both, either = float((shadowed & truly).sum()), float((shadowed | truly).sum())
    assert both > 0.5 * either > 100  # most of what is in shadow is where shadows are cast


def test_estimated_shadows_count_as_far_as_they_explain_the_reference() -> None:
    frame = frame_of("pan", 4, 7, WIDTH, HEIGHT)
    shading, true = relit_shading(frame), surfaces_of(frame)
    everywhere = torch.ones(1, HEIGHT, WIDTH)
    right = fitted_with_shadows(shading, everywhere, replace(true, rendered=False))
    assert right.shadows == 1
    # Other surfaces, whose shadows fall elsewhere, under the normals that are there.
    mirrored = replace(true.scene, position=true.scene.position.flip(2) * torch.tensor([-1.0, 1.0, 1.0])[:, None, None])
    wrong = replace(true, scene=mirrored, mixed=None)
    assert fitted_with_shadows(shading, everywhere, wrong).shadows == 1  # what is rendered is not doubted
    found = fitted_with_shadows(shading, everywhere, replace(wrong, rendered=False))
    assert found.shadows == 0
    lit = Cast.of(found, true.scene.normal, torch.eye(3)).on(replace(wrong, rendered=False))
    assert torch.equal(lit.stops, lit.unshadowed) and torch.equal(lit.shadowed, lit.unshadowed)


def test_a_light_on_its_way_turns_and_goes_in_stops() -> None:
    around = torch.ones(3, 4, 5)
    one = Cast(unit(torch.tensor([1.0, 0.0, 0.0])), torch.full((3,), 1.0), around)
    two = Cast(unit(torch.tensor([0.0, 0.0, 1.0])), torch.full((3,), 4.0), 16 * around)
    half = one.towards(two, 0.5)
    assert_close(half.direction[None], torch.tensor([[0.5, 0.0, 0.5]]).sqrt(), threshold=1e-5)
    assert_close(half.key[None], torch.full((1, 3), 2.0), threshold=1e-5)
    assert_close(half.around, 4 * around, threshold=1e-4)
    assert one.apart(two) == pytest.approx(90, abs=1e-3) and half.apart(one) == pytest.approx(45, abs=1e-3)
    assert_close(one.towards(one, 0.3).direction[None], one.direction[None])
    assert one.moves_to(two) == 1 and one.moves_to(one.towards(two, 0.05)) == 0
    opposite = Cast(-one.direction, one.key, around)
    assert bool(torch.isfinite(one.towards(opposite, 0.5).direction).all())


def test_the_light_of_a_reference_turns_with_the_camera() -> None:
    normal, _ = sphere_normals(32)
    angle = math.radians(30)
    turn = torch.tensor([[math.cos(angle), 0, math.sin(angle)], [0, 1, 0], [-math.sin(angle), 0, math.cos(angle)]])
    light = fitted_with_shadows(
        torch.einsum("c,chw->hw", unit(torch.tensor([0.3, 0.4, 0.8])), normal).clamp_min(0)[None].repeat(3, 1, 1) + 0.2,
        torch.ones(1, 32, 32), _ball(normal),
    )  # fmt: skip
    plain, turned = (Cast.of(light, unit(normal), t) for t in (torch.eye(3), turn))
    assert_close((turn @ turned.direction)[None], plain.direction[None], threshold=1e-5)
    assert float((turned.around - plain.around).abs().max()) < 1


def _ball(normal: torch.Tensor) -> Surfaces:
    camera, frame = Camera.from_fov(32, 32, 20.0), Region(0, 0, 32, 32)
    position = camera.position(torch.full((1, 32, 32), 100.0) - 5 * normal[2:], frame)
    scene = Scene(position, unit(normal), torch.ones(1, 32, 32), camera, frame, 1.0, 20.0, 1.0, lambda: None)
    return Surfaces.of(scene, 2.0, rendered=False)


def test_shadows_are_not_cast_twice() -> None:
    """Where a reference is in a shadow whose caster it does not show, the caster darkens nothing when it comes."""
    lit = Lit(*(torch.full((3, 1, 1), x) for x in (-3.0, -3.0, 0.0)))
    before = torch.zeros(3, 1, 1)
    assert_close(lit.over(torch.full((3, 1, 1), -3.0), before, 0.0), torch.full((3, 1, 1), -3.0))
    assert_close(lit.over(torch.full((3, 1, 1), -0.2), before, 0.0), torch.full((3, 1, 1), -3.0))
    gone = Lit(*(torch.full((3, 1, 1), x) for x in (0.0, -3.0, 0.0)))
    dark = torch.full((3, 1, 1), -3.0)
    assert_close(gone.over(torch.full((3, 1, 1), 3.0), dark, 0.0), torch.zeros(3, 1, 1))
    assert_close(gone.over(torch.full((3, 1, 1), 5.0), before, 0.0), torch.full((3, 1, 1), 5.0))  # painted glow


def test_what_is_left_of_shadows_goes_with_the_light_and_the_rest_stays() -> None:
    left = torch.tensor([0.2, -0.3, 3.0]).reshape(3, 1, 1)
    assert_close(left_over(left, 0.0, 0.0), left)
    assert_close(left_over(left, 90.0, 0.0), torch.tensor([0.2, -0.3, 0.5]).reshape(3, 1, 1), threshold=1e-5)
    assert_close(left_over(left, 90.0, 4.0), left)  # a fit that is off by so much tells nothing of shadows
    assert doubt_of(torch.full((3, 8, 8), -0.5)) == pytest.approx(1.5) and doubt_of(torch.zeros(3, 0, 0)) == 0
