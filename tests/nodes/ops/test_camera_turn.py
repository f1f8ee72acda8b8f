"""A camera's turn from its pictures: textured surroundings, viewed in known directions, are the truth."""

import math

import pytest
import torch
from torch import Tensor

from panned import HEIGHT, WIDTH, Change, lens, off, seen, subject
from rimlight.engine import Pose
from rimlight.nodes.ops.camera_turn import TurnFollower
from rimlight.nodes.ops.turn_view import view_of


def followed(poses: list[Pose], change: Change | None = None, matted: bool = False) -> tuple[list[float], TurnFollower]:
    follower, errors = TurnFollower(), []
    for i, pose in enumerate(poses):
        picture, matte = seen(pose), None
        if change is not None:
            picture, matte = change(picture, i)
        link = follower.go_on(view_of(picture, lens(), matte if matted else None))
        errors.append(off(link.rotation, poses[0], pose))
    return errors, follower


PAN = [Pose(20 - 7 * i, 3 * math.sin(i), 2 * math.cos(i)) for i in range(7)]


def test_a_pan_beyond_the_first_frame_is_followed_without_drift() -> None:
    errors, follower = followed(PAN)
    assert max(errors) < 0.02
    assert len(follower.anchors) >= 2  # 42 degrees of 50 leave too little of the first frame


def test_exposure_white_and_noise_do_not_matter() -> None:
    draw = torch.Generator().manual_seed(5)

    def change(picture: Tensor, i: int) -> tuple[Tensor, None]:
        white = torch.tensor([1.3, 1.0, 0.7]).reshape(3, 1, 1) ** math.sin(i)
        noise = 1 + 0.1 * torch.randn(picture.shape, generator=draw)
        return picture * 2.0 ** (2 * math.cos(2 * i)) * white * noise, None

    errors, _ = followed(PAN, change)
    assert max(errors) < 0.05


def test_a_subject_that_is_followed_does_not_count() -> None:
    errors, _ = followed(PAN, subject(0.3))
    assert max(errors) < 0.1  # half a pixel of these small pictures, after 42 degrees
    # Over more than half of the frame it is taken for the world, unless a matte says otherwise.
    slowly = [Pose(-3 * i, math.sin(i), math.cos(i)) for i in range(5)]
    assert max(followed(slowly, subject(0.6))[0]) > 5
    assert max(followed(slowly, subject(0.6), matted=True)[0]) < 0.2  # a pixel


def test_a_jump_that_nothing_announced_is_found() -> None:
    errors, _ = followed([Pose(), Pose(), Pose(pan=12, tilt=-3), Pose(pan=12, tilt=-3)])
    assert max(errors) < 0.02


def test_a_lens_that_zooms_is_no_turn() -> None:
    follower = TurnFollower()
    for i, degrees in enumerate((50.0, 46.0, 42.0)):
        view = lens(degrees)
        pose = Pose(pan=3.0 * i)
        link = follower.go_on(view_of(seen(pose, view), view))
        assert off(link.rotation, Pose(), pose) < 0.02


def test_what_cannot_be_told_is_a_sentence_and_leaves_the_follower_as_it_was() -> None:
    follower = TurnFollower()
    follower.go_on(view_of(seen(PAN[0]), lens()))
    kept = follower.last
    with pytest.raises(ValueError, match="there is too little texture"):
        follower.go_on(view_of(torch.ones(3, HEIGHT, WIDTH), lens()))
    with pytest.raises(ValueError, match="is there a cut"):
        follower.go_on(view_of(seen(Pose(pan=170)), lens()))
    assert follower.last is kept
    assert off(follower.go_on(view_of(seen(PAN[1]), lens())).rotation, PAN[0], PAN[1]) < 0.02
