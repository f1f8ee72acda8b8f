"""Lamps made up by formula as IES and EULUMDAT files; `python tests/profiles.py` writes those that ship."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

Candela = Callable[[float, float], float]
"""Of a vertical and a horizontal angle, in degrees."""


def lumens_of(candela: Candela, steps: int = 720) -> float:
    """The light to all sides of a lamp of type C, by the middle of small patches."""
    size = math.pi / steps
    total = 0.0
    for i in range(steps):
        v = (i + 0.5) * size
        ring = sum(candela(math.degrees(v), (j + 0.5) * 720 / steps) for j in range(steps // 2))
        total += ring * math.sin(v) * size * (4 * math.pi / steps)
    return total


def ies(
    vertical: Sequence[float],
    horizontal: Sequence[float],
    candela: Candela,
    *,
    kind: int = 1,
    head: str = "IESNA:LM-63-2002",
    tilt: str = "NONE",
    lumens: float = -1.0,
    multiplier: float = 1.0,
    unit: int = 2,
    ballast: float = 1.0,
    own: float = 1.0,
    about: Sequence[str] = ("[TEST] none", "[MANUFAC] made up by a formula"),
) -> str:
    """The text of an IES file; the candelas in it are those of `candela` over all its factors."""
    lines = [head, *about, f"TILT={tilt}"] if head else [*about, f"TILT={tilt}"]
    if tilt == "INCLUDE":
        lines += ["1", "3", "0 45 90", "1 0.9 0.8"]
    lines.append(f"1 {lumens:.8g} {multiplier:g} {len(vertical)} {len(horizontal)} {kind} {unit} 0.1 0.1 0.05")
    lines.append(f"{ballast:g} {own:g} 50")
    lines += _rows(vertical) + _rows(horizontal)
    scale = 1 / (multiplier * ballast * own)
    for h in horizontal:
        lines += _rows([candela(v, h) * scale for v in vertical])
    return "\n".join(lines) + "\n"


def ldt(symmetry: int, planes: int, vertical: Sequence[float], candela: Candela, lumens: float = 1000.0) -> str:
    """The text of a EULUMDAT file. candela : of its own planes, which count from across the lamp."""
    around = [i * 360 / planes for i in range(planes)]
    half, quarter = planes // 2 + 1, planes // 4 + 1
    parts = {
        0: around,
        1: around[:1],
        2: around[:half],
        3: [*around[planes - quarter + 1 :], *around[:quarter]],
        4: around[:quarter],
    }
    lines = ["made up", "1", str(symmetry), str(planes), f"{360 / planes:g}", str(len(vertical))]
    lines += [f"{vertical[1] - vertical[0]:g}", "report", "lamp, by formula", "1", "lamp.ldt", "2026"]
    lines += ["100", "100", "50", "100", "100", "50", "50", "50", "50", "100", "100", "1,0", "0", "1"]
    lines += ["1", "LED", f"{lumens:g}", "3000 K", "80", "50", *["0"] * 10]
    lines += [f"{c:g}" for c in around] + [f"{v:g}" for v in vertical]
    lines += [f"{candela(v, c) * 1000 / lumens:.8g}" for c in parts[symmetry] for v in vertical]
    return "\n".join(lines) + "\n"


def _rows(values: Sequence[float]) -> list[str]:
    """Numbers in lines short enough for every program."""
    return [" ".join(f"{round(v, 6):.8g}" for v in values[i : i + 12]) for i in range(0, len(values), 12)]


def _smooth(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


def wall_washer(v: float, h: float) -> float:
    """Wide along the wall, which is to the right of where it points, and steep towards it."""
    a, b = math.radians(v), math.radians(h)
    forward, right, up = math.cos(a), math.sin(a) * math.cos(b), math.sin(a) * math.sin(b)
    across, along = math.degrees(math.atan2(right, forward)), math.degrees(math.asin(min(max(up, -1.0), 1.0)))
    return 1200 * math.exp(-(((across - 35) / 22) ** 2) - (along / 48) ** 2) * _smooth(forward / 0.25)


def narrow_spot(v: float, h: float) -> float:
    """A beam of ten degrees, the ring that its reflector throws, and a little spill."""
    spill = 120 * max(math.cos(math.radians(v)), 0.0) ** 4
    return 12000 * math.exp(-((v / 5) ** 2)) + 500 * math.exp(-(((v - 16) / 1.6) ** 2)) + spill * _smooth((88 - v) / 30)


def skirted_bulb(v: float, h: float) -> float:
    """A bulb in an oval skirt: it shines out below and above, and a little through the cloth."""
    wide = 50 + 7 * math.cos(math.radians(2 * h))
    below, above = _smooth((wide - v) / 8), _smooth((v - 180 + 0.6 * wide) / 8)
    return 75 * (0.14 + 0.86 * max(below, above))


NARROW = [0.5 * i for i in range(41)] + [22.0, 24.0, 26.0, 28.0] + [30.0 + 5 * i for i in range(13)]
SHIPPED: dict[str, tuple[Candela, Sequence[float], Sequence[float]]] = {
    "wall_washer": (wall_washer, [2.5 * i for i in range(37)], [5.0 * i for i in range(37)]),
    "narrow_spot": (narrow_spot, NARROW, [0.0]),
    "skirted_bulb": (skirted_bulb, [2.0 * i for i in range(91)], [7.5 * i for i in range(13)]),
}
"""The candelas, the vertical and the horizontal angles of the files in `resources/profiles`."""


if __name__ == "__main__":
    folder = Path(__file__).parents[1] / "resources" / "profiles"
    for name, (candela, vertical, horizontal) in SHIPPED.items():
        doc = (candela.__doc__ or "").strip()
        about = (
            f"[TEST] {name}", "[TESTLAB] none, made up by a formula", "[ISSUEDATE] 2026-11-26", "[MANUFAC] Rimlight",
            f"[LUMINAIRE] {doc}",
        )  # fmt: skip
        text = ies(vertical, horizontal, candela, lumens=round(lumens_of(candela), 2), about=about)
        (folder / f"{name}.ies").write_text(text, encoding="ascii")
