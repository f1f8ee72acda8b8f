"""Shots whose light is known: what their layers say is what is in them."""

import pytest
import torch

from compare import assert_close
from rimlight.training.shots import SHOTS, frame_of

SIZE = (7, 64, 36)


@pytest.mark.parametrize("shot", SHOTS)
def test_layers_add_up_to_the_plate_and_normals_are_unit(shot: str) -> None:
    made = frame_of(shot, 2, *SIZE)
    layers = made.layers
    assert_close(layers["albedo"] * layers["shading"] + layers["specular"], made.plate, threshold=1e-5)
    assert_close(layers["normal"].norm(dim=0, keepdim=True), torch.ones(1, 36, 64), threshold=1e-5)
    assert float((made.relit / made.plate).log2().abs().mean()) > 0.3


def test_what_stands_still_stays_and_what_moves_moves() -> None:
    one, two = (frame_of("subjects", n, *SIZE) for n in (1, 7))
    moved = (one.layers["albedo"] - two.layers["albedo"]).abs().amax(0) > 1e-6
    assert 0.05 < float(moved.float().mean()) < 0.6
    before, after = (frame_of("new light moves", n, *SIZE) for n in (1, 7))
    assert torch.equal(before.plate, after.plate) and not torch.allclose(before.relit, after.relit)
    first, last = (frame_of("plate's light moves", n, *SIZE) for n in (1, 7))
    assert float((first.layers["shading"] - last.layers["shading"]).abs().mean()) > 0.1


def test_the_camera_turns_normals_with_it() -> None:
    """The floor is up in the scene; its normal in the camera's space does not change as the camera goes around."""
    low = [frame_of("orbit", n, *SIZE).layers["normal"][:, -1, -1] for n in (1, 7)]
    assert_close(low[0][:, None, None], low[1][:, None, None], threshold=1e-4)
    wall = [frame_of("orbit", n, *SIZE).layers["normal"][:, 0, 0] for n in (1, 7)]
    assert float((wall[0] - wall[1]).norm()) > 0.5
