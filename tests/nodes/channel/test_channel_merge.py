from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from compare import assert_close
from pictures import hdr, inside, layered
from rimlight.engine import NodeError
from rimlight.nodes.channel.channel_merge import OPERATIONS
from stage import run

EXPECTED: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "union": lambda a, b: 1 - (1 - a) * (1 - b),
    "xor": lambda a, b: a + b - 2 * a * b,
    "difference": lambda a, b: torch.maximum(a - b, b - a),
    "out": lambda a, b: a - a * b,
    "stencil": lambda a, b: b - a * b,
    "minus": lambda a, b: a - b,
    "from": lambda a, b: b - a,
}


@pytest.mark.parametrize("operation", EXPECTED)
def test_the_closed_forms(operation: str) -> None:
    b, a = layered(), layered(seed=30)
    out = run("ChannelMerge", B=b, A=a, operation=operation)
    assert_close(out["rgba"][3], EXPECTED[operation](a["rgba"][3], b["rgba"][3]), 1e-6)
    assert_close(out["rgba"][:3], b["rgba"][:3], 0)


def test_divide_by_nothing_is_nothing() -> None:
    a, b = torch.tensor([[[2.0, 2.0]]]), torch.tensor([[[4.0, 0.0]]])
    assert_close(OPERATIONS["divide"](a, b), torch.tensor([[[0.5, 0.0]]]), 0)


def test_any_channel_goes_anywhere() -> None:
    b, a = layered(), inside()
    out = run("ChannelMerge", B=b, A=a, a="R", b="depth.Z", target="holdout.A", operation="multiply")
    assert_close(out["holdout"], a.tensor("rgba", b.region)[:1] * b["depth"], 0)
    assert_close(out["rgba"], b["rgba"], 0)


def test_a_missing_channel_is_named() -> None:
    with pytest.raises(NodeError, match=r"input 'A' has no channel 'depth\.Z', it has rgba\.R"):
        run("ChannelMerge", B=layered(), A=hdr(), a="depth.Z")
