"""Mattes and despill on known colours."""

import pytest
import torch

from rimlight.nodes.ops import key


def picture(*colors: tuple[float, ...], device: torch.device | str = "cpu") -> torch.Tensor:
    return torch.tensor(colors, device=device).t()[:, None, :].contiguous()


GREEN = (0.1, 0.8, 0.15)
SKIN = (0.6, 0.4, 0.3)


def test_luma_key() -> None:
    x = torch.tensor([-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 9.0]).expand(3, 1, -1)
    assert key.luma_key(x, (0, 0.5)).flatten().tolist() == pytest.approx([0, 0, 0.5, 1, 1, 1, 1], abs=1e-6)
    band = key.luma_key(x, (0, 0.5), (0.5, 1)).flatten().tolist()
    assert band == pytest.approx([0, 0, 0.5, 1, 0.5, 0, 0], abs=1e-6)
    x = torch.tensor([0.4, 0.6]).expand(3, 1, -1)
    assert key.luma_key(x, (0.5, 0.5)).flatten().tolist() == [0, 1]


def test_difference_key(device: torch.device) -> None:
    clean = picture((1.0, 1.0, 1.0), (0.5, 0.5, 0.5), (0, 0, 0), (8.0, 8.0, 8.0), device=device)
    x = picture((1.0, 1.0, 1.0), (0.5, 0.75, 0.5), (0, 0, 0), (8.0, 4.0, 9.0), device=device)
    assert key.difference_key(x, clean, 0, 0.5).flatten().tolist() == pytest.approx([0, 0.5, 0, 1])
    relative = key.difference_key(x, clean, 0, 1, relative=True).flatten().tolist()
    assert relative == pytest.approx([0, 1 / 3, 0, 0.5])
    assert key.difference_key(x * 16, clean * 16, 0, 1, relative=True).flatten().tolist() == pytest.approx(relative)


def test_chroma_key(device: torch.device) -> None:
    bright = tuple(4 * v for v in GREEN)
    x = picture(GREEN, bright, SKIN, (0.0, 0.0, 0.0), (0.7, 0.7, 0.7), (0.2, 0.1, 0.9), (-0.2, 0.1, 0.0), device=device)
    matte = key.chroma_key(x, GREEN).flatten().tolist()
    assert matte[:2] == [0, 0]
    assert matte[2:6] == pytest.approx([1, 1, 1, 1])
    mixed = picture(
        *[tuple(k * a + (1 - k) * b for a, b in zip(GREEN, SKIN, strict=True)) for k in (0.0, 0.3, 0.6, 1.0)]
    )
    edge = key.chroma_key(mixed, GREEN, low=0, high=1).flatten().tolist()
    assert edge == sorted(edge, reverse=True)
    assert edge[0] == pytest.approx(1)
    assert edge[-1] == pytest.approx(0, abs=1e-6)
    narrow = key.chroma_key(picture((0.1, 0.8, 0.5)), GREEN, acceptance=20).item()
    wide = key.chroma_key(picture((0.1, 0.8, 0.5)), GREEN, acceptance=170).item()
    assert narrow > wide
    with pytest.raises(ValueError, match="is grey"):
        key.chroma_key(x, (0.5, 0.5, 0.5))


def test_despill(device: torch.device) -> None:
    x = picture((0.2, 0.8, 0.4), (0.6, 0.4, 0.3), (-0.5, 6.0, 0.5), device=device)
    limits: dict[key.Limit, list[float]] = {"average": [0.3, 0.4, 0], "max": [0.4, 0.4, 0.5], "min": [0.2, 0.3, -0.5]}
    for limit, green in limits.items():
        clean, spill = key.despill(x, "green", limit)
        assert clean[1, 0].tolist() == pytest.approx(green, abs=1e-6)
        assert torch.equal(clean[::2], x[::2])
        assert torch.allclose(clean[1:2] + spill, x[1:2])
    half, _ = key.despill(x, "green", amount=0.5)
    assert half[1, 0, 0].item() == pytest.approx(0.55)
    assert key.despill(x, "red")[0][0, 0].tolist() == pytest.approx([0.2, 0.35, -0.5])
    with pytest.raises(ValueError, match="no screen 'cyan'"):
        key.despill(x, "cyan")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no spill limit 'mean'"):
        key.despill(x, "green", "mean")  # type: ignore[arg-type]
