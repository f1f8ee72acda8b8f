import pytest

from stage import run


def color(x: float, y: float, **values: float) -> list[float]:
    out = run("ColorBars", format="84x48", **values)["rgba"]
    return [float(v) for v in out[:, int(y * 48), int(x * 84)]]


def test_the_bars() -> None:
    expected = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1)]
    for i, rgb in enumerate(expected):
        assert color((i + 0.5) / 7, 0.3) == pytest.approx([0.75 * c for c in rgb] + [1])
        below = expected[6 - i] if i % 2 == 0 else (0, 0, 0)
        assert color((i + 0.5) / 7, 0.7) == pytest.approx([0.75 * c for c in below] + [1])


def test_the_bottom_row() -> None:
    width = 5 / 28
    assert color(0.5 * width, 0.9) == pytest.approx([0, 33 / 255, 76 / 255, 1])
    assert color(1.5 * width, 0.9) == [1, 1, 1, 1]
    assert color(2.5 * width, 0.9) == pytest.approx([50 / 255, 0, 106 / 255, 1])
    assert color(3.5 * width, 0.9) == [0, 0, 0, 1]
    assert [color(5 / 7 + (i + 0.5) / 21, 0.9)[0] for i in range(3)] == pytest.approx([-0.04, 0, 0.04])
    assert color(6.5 / 7, 0.9) == [0, 0, 0, 1]


def test_the_intensity_is_of_the_bars() -> None:
    assert color(0.05, 0.3, intensity=100) == [1, 1, 1, 1]
