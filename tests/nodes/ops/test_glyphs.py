from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rimlight.nodes.ops.glyphs import TextStyle, default_font, draw_text

REGION = (0, 0, 200, 90)
STYLE = TextStyle(default_font(), 30.0)


def span(x: torch.Tensor, dim: int) -> tuple[int, int]:
    lit = (x[0] > 0.02).any(dim).nonzero().flatten()
    return int(lit[0]), int(lit[-1])


def test_letters_stand_on_the_baseline_at_their_size() -> None:
    found = draw_text("HHH", (20, 60), replace(STYLE, size=40.0), REGION)
    top, bottom = span(found, 1)
    assert bottom == 59
    # Capitals of this font are 0.729 em high.
    assert bottom - top + 1 == pytest.approx(0.729 * 40, abs=1)
    assert float(found.max()) == pytest.approx(1, abs=1e-6)
    assert float(found.min()) == 0


def test_area_grows_with_the_square_of_the_size() -> None:
    areas = [float(draw_text("Rim", (5, 70), replace(STYLE, size=s), REGION).sum()) / s**2 for s in (9.5, 20.0, 60.25)]
    assert areas == pytest.approx([areas[-1]] * 3, rel=0.02)


def test_fractions_of_a_pixel_move_the_text() -> None:
    x = torch.arange(200) + 0.5

    def center(at: float) -> float:
        found = draw_text("light", (at, 50), STYLE, REGION)[0]
        return float((found.sum(0) * x).sum() / found.sum())

    assert center(20.25) - center(20) == pytest.approx(0.25, abs=0.01)
    assert center(27) - center(20) == pytest.approx(7, abs=1e-3)


def test_a_tile_equals_the_crop() -> None:
    for size in (12.0, 31.3):
        style = replace(STYLE, size=size, align="center", vertical="center")
        whole = draw_text("key\nand fill", (99.6, 44.3), style, REGION)
        for tile in ((60, 20, 101, 50), (100, 40, 150, 80), (0, 0, 5, 5)):
            found = draw_text("key\nand fill", (99.6, 44.3), style, tile)
            torch.testing.assert_close(found, whole[:, tile[1] : tile[3], tile[0] : tile[2]], rtol=0, atol=1e-6)


def test_alignment() -> None:
    left = span(draw_text("mmm", (100, 50), STYLE, REGION), 0)
    center = span(draw_text("mmm", (100, 50), replace(STYLE, align="center"), REGION), 0)
    right = span(draw_text("mmm", (100, 50), replace(STYLE, align="right"), REGION), 0)
    assert left[0] >= 100
    assert right[1] < 100
    assert (center[0] + center[1]) / 2 == pytest.approx(100, abs=1)
    middle = span(draw_text("|", (100, 45), replace(STYLE, vertical="center"), REGION), 1)
    assert sum(middle) / 2 == pytest.approx(44.5, abs=0.6)
    assert span(draw_text("|", (100, 45), replace(STYLE, vertical="top"), REGION), 1)[0] == 45
    assert span(draw_text("a\n|", (100, 85), replace(STYLE, vertical="bottom"), REGION), 1)[1] == 84


def test_leading_and_tracking() -> None:
    lines = draw_text("H\nH", (20, 35), replace(STYLE, leading=1.5), REGION)
    one = draw_text("H", (20, 35), STYLE, REGION)
    torch.testing.assert_close(lines[:, 45:85], one[:, :40], rtol=0, atol=1e-6)
    plain, wide = (span(draw_text("HHH", (20, 50), replace(STYLE, tracking=t), REGION), 0) for t in (0.0, 0.2))
    assert wide[1] - plain[1] == 12
    assert wide[0] == plain[0]


def test_no_text_is_no_ink() -> None:
    for text in ("", " \n "):
        assert float(draw_text(text, (50, 40), STYLE, REGION).sum()) == 0


def test_more_than_ascii() -> None:
    assert float(draw_text("é", (50, 60), STYLE, REGION).sum()) > float(draw_text("e", (50, 60), STYLE, REGION).sum())


def test_bad_fonts_and_sizes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the font file .*none\.ttf does not exist"):
        draw_text("a", (0, 0), replace(STYLE, font=tmp_path / "none.ttf"), REGION)
    fake = tmp_path / "fake.ttf"
    fake.write_text("this is no font")
    with pytest.raises(ValueError, match="cannot be read as a font"):
        draw_text("a", (0, 0), replace(STYLE, font=fake), REGION)
    with pytest.raises(ValueError, match="text size is 0"):
        draw_text("a", (0, 0), replace(STYLE, size=0.0), REGION)


def test_the_font_comes_with_its_licence() -> None:
    for bold in (False, True):
        assert default_font(bold).is_file()
    assert "Bitstream" in (default_font().parent / "DejaVu-LICENSE.md").read_text()


def test_devices_agree(device: torch.device) -> None:
    found = draw_text("key", (20, 50), STYLE, REGION, device)
    assert torch.equal(found.cpu(), draw_text("key", (20, 50), STYLE, REGION))
