"""Pieces of a picture: whole, alike inside, told with their neighbours."""

import torch

from rimlight.nodes.ops.superpixels import superpixels
from truth import SCENE, patches


def test_pieces_cover_the_picture_and_follow_its_edges() -> None:
    x = patches(SCENE, 12)
    pieces = superpixels(x.log2(), 10.0, 0.3)
    count = len(pieces.size)
    assert float(pieces.size.sum()) == SCENE.width * SCENE.height and float(pieces.size.min()) >= 1
    assert 60 < count < 260
    even = pieces.spread(pieces.mean(x))
    blocks = torch.nn.functional.interpolate(
        torch.nn.functional.avg_pool2d(x[None], 10), scale_factor=10.0, mode="nearest"
    )[0]
    assert float((even - x).abs().mean()) < 0.4 * float((blocks - x).abs().mean())


def test_neighbours_touch_once() -> None:
    pieces = superpixels(torch.zeros(1, 20, 30), 10.0, 1.0)
    assert len(pieces.size) == 6
    pairs = {tuple(sorted(pair)) for pair in pieces.touching.t().tolist()}
    assert len(pairs) == pieces.touching.shape[1] == 7


def test_one_pixel_is_one_piece() -> None:
    pieces = superpixels(torch.ones(3, 1, 1), 9.0, 1.0)
    assert pieces.size.tolist() == [1] and pieces.touching.shape == (2, 0)
