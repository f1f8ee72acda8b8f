"""Small maps in a larger size: edges of the guide, values of the map."""

import torch

from compare import assert_close
from rimlight.nodes.ops.joint import joint_upsampled


def test_edges_are_where_the_guide_has_them() -> None:
    guide = torch.zeros(1, 64, 64)
    guide[:, :, 37:] = 1  # inside a pixel of the small map
    wanted = guide.clone()
    small = torch.nn.functional.avg_pool2d(guide[None], 8)[0]
    found = joint_upsampled((small > 0.5).float(), small, guide, 0.2)
    plain = torch.nn.functional.interpolate(small[None], (64, 64), mode="bilinear")[0]
    assert float((found - wanted).abs().mean()) < 0.2 * float((plain - wanted).abs().mean())


def test_texture_of_the_guide_does_not_show() -> None:
    random = torch.Generator().manual_seed(2)
    guide = torch.rand(1, 64, 64, generator=random)
    small = torch.nn.functional.avg_pool2d(guide[None], 4)[0]
    flat = torch.full((2, 16, 16), 0.7)
    assert_close(joint_upsampled(flat, small, guide, 0.1), torch.full((2, 64, 64), 0.7), threshold=1e-5)
    slope = torch.linspace(0, 1, 16).expand(1, 16, 16)
    found = joint_upsampled(slope, small, guide, 0.1)
    assert float(found.min()) >= 0 and float(found.max()) <= 1


def test_the_same_size_is_the_same() -> None:
    x = torch.rand(1, 5, 7)
    assert joint_upsampled(x, x, x, 1.0) is x
