"""The device that is not there refuses what a GPU refuses, and nothing else."""

import pytest
import torch

from elsewhere import PLACE, Elsewhere, MixedDevices


def test_what_a_gpu_refuses_is_refused() -> None:
    with Elsewhere():
        x = torch.ones(3).to(PLACE)
        assert x.device == PLACE and (x * 2 + torch.zeros(3, device=x.device)).device == PLACE
        assert x.new_tensor([1.0]).device == PLACE and torch.zeros_like(x).device == PLACE
        for wrong in (
            lambda: x + torch.ones(3), lambda: torch.cat((x, torch.zeros(1))), lambda: torch.ones(3).mul_(x),
            lambda: x[torch.tensor([0, 1])], x.numpy, lambda: torch.stack([torch.linspace(0, 1, 3), x]),
            lambda: torch.where(x > 0, torch.arange(3), x),
        ):  # fmt: skip
            with pytest.raises(MixedDevices):
                wrong()


def test_values_are_right_and_what_waits_is_noted() -> None:
    with Elsewhere() as place:
        x = torch.arange(4.0, device=PLACE)
        assert place.asked_back == []
        y = torch.nn.functional.pad((x * torch.tensor(2.0))[None], (1, 1))
        assert y.nanmedian(1).values.device == PLACE and place.asked_back == []
        assert y.cpu().tolist() == [[0, 0, 2, 4, 6, 0]] and y.cpu().device.type == "cpu"
        assert float(y[0, 2]) == 2 and len(x[x > 1]) == 2
        assert place.asked_back == ["cpu", "cpu", "__float__", "__getitem__"]
