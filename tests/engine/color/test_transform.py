"""Transforms on pixels: what survives, what is left alone, and what their keys depend on."""

import os
from pathlib import Path

import pytest
import torch

from rimlight.engine.cancel import CancelToken
from rimlight.engine.color.config import CdlStyle, ColorConfig, Interpolation
from rimlight.engine.color.cpu import BAND_PIXELS
from rimlight.engine.errors import Cancelled, ColorError
from threads import on_threads

LINEAR = "Linear Rec.709 (sRGB)"


@pytest.fixture(scope="module")
def config() -> ColorConfig:
    return ColorConfig()


def rgba(height: int = 9, width: int = 13) -> torch.Tensor:
    """Unbounded colour, alpha with values that a clamp would change."""
    x = torch.randn(4, height, width, generator=torch.Generator().manual_seed(1)) * 5
    x[3, 0, :3] = torch.tensor([-1.0, 7.0, torch.nan])
    return x


def test_published_matrix(config: ColorConfig, device: torch.device) -> None:
    """ACEScg red in linear Rec.709, from the Academy's matrices with Bradford adaptation."""
    x = torch.zeros(3, 1, 1)
    x[0] = 1.0
    found = config.convert("ACEScg", LINEAR).apply(x.to(device)).cpu()
    torch.testing.assert_close(found.flatten(), torch.tensor([1.705051, -0.130256, -0.024003]), atol=2e-6, rtol=0)


def test_srgb_curve(config: ColorConfig, device: torch.device) -> None:
    codes = torch.tensor([0.0, 0.04, 0.5, 1.0]).expand(3, 1, 4).contiguous()
    light = config.convert("sRGB - Texture", LINEAR).apply(codes.to(device)).cpu()
    expected = torch.tensor([0.0, 0.04 / 12.92, ((0.5 + 0.055) / 1.055) ** 2.4, 1.0])
    torch.testing.assert_close(light[0, 0], expected, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("target", [LINEAR, "ACES2065-1", "Linear P3-D65", "ACEScct", "sRGB - Texture"])
def test_negatives_and_highlights_survive_a_round_trip(config: ColorConfig, device: torch.device, target: str) -> None:
    x = rgba()[:3].clamp(-0.5 if target == "ACEScct" else -20, 20).to(device)
    back = config.convert(target, "ACEScg").apply(config.convert("ACEScg", target).apply(x))
    torch.testing.assert_close(back, x, atol=2e-4, rtol=2e-5)


def test_exposure_commutes_with_linear_conversions(config: ColorConfig, device: torch.device) -> None:
    x = rgba()[:3].to(device)
    convert = config.convert("ACEScg", LINEAR)
    torch.testing.assert_close(convert.apply(x * 8), convert.apply(x) * 8, atol=1e-4, rtol=1e-6)


@pytest.mark.parametrize("view", ["Un-tone-mapped", "ACES 2.0 - SDR 100 nits (Rec.709)"])
def test_alpha_is_untouched(config: ColorConfig, device: torch.device, view: str) -> None:
    x = rgba().to(device)
    before = x.clone()
    found = config.display_view(view=view).apply(x)
    assert torch.equal(found[3].nan_to_num(99.0), before[3].nan_to_num(99.0))
    assert torch.equal(x.nan_to_num(99.0), before.nan_to_num(99.0))
    torch.testing.assert_close(found[:3], config.display_view(view=view).apply(x[:3]), rtol=0, atol=0)


def test_nothing_to_do_returns_the_input(config: ColorConfig) -> None:
    x = rgba()
    for made in (config.convert("ACEScg", "lin_ap1"), config.convert("Raw", LINEAR), config.cdl()):
        assert made.identity
        assert made.apply(x) is x
        assert made.apply_ops(x) is x


def test_bands_and_threads_do_not_change_the_result(config: ColorConfig) -> None:
    width = 512
    x = rgba(3 * BAND_PIXELS // width + 5, width)[:3]
    made = config.convert("ACEScg", "ACEScct")
    alone, together = on_threads(lambda: made.apply(x), 1, 4)
    assert torch.equal(alone, together)
    assert torch.equal(together[:, 300:301, 17:18], made.apply(x[:, 300:301, 17:18]))


def test_views_of_a_larger_picture_are_read_right(config: ColorConfig) -> None:
    made = config.convert("ACEScg", LINEAR)
    x = rgba()
    part = x[:, 2:7, 3:11]
    assert torch.equal(made.apply(part)[:3], made.apply(x)[:3, 2:7, 3:11])
    assert made.apply(x[:, :0]).shape == (4, 0, 13)


@pytest.mark.parametrize("view", ["Un-tone-mapped", "ACES 2.0 - SDR 100 nits (Rec.709)"])
def test_non_finite_values_do_not_crash(config: ColorConfig, view: str) -> None:
    x = torch.full((3, 2, 5), 0.18)
    x[:, 0] = torch.tensor([torch.nan, torch.inf, -torch.inf, 3e38, -3e38])
    found = config.display_view(view=view).apply(x)
    assert found[:, 1].isfinite().all()


@pytest.mark.parametrize("rows", [9, 8 * BAND_PIXELS // 512])
def test_cancelled_between_bands(config: ColorConfig, rows: int) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        config.convert("ACEScg", "ACEScct").apply(torch.zeros(3, rows, 512), token.check)


@pytest.mark.parametrize("x", [torch.zeros(2, 4, 4), torch.zeros(3, 4), torch.zeros(3, 4, 4, dtype=torch.float16)])
def test_wrong_tensors_are_refused(config: ColorConfig, x: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"expected float32 \[3 or 4, H, W\]"):
        config.convert("ACEScg", LINEAR).apply(x)


def test_cdl_closed_form(config: ColorConfig, device: torch.device) -> None:
    """Without saturation: (slope * x + offset) ** power above zero, the line itself below."""
    x = torch.tensor([-0.5, 0.2, 4.0]).expand(3, 1, 3).contiguous().to(device)
    found = config.cdl((2, 1, 1), (0.1, 0, 0), (2, 1, 1)).apply(x)
    torch.testing.assert_close(found[0, 0].cpu(), torch.tensor([-0.9, 0.25, 65.61]), rtol=1e-5, atol=1e-6)
    assert torch.equal(found[1:], x[1:])
    clamped = config.cdl((2, 1, 1), (0.1, 0, 0), (2, 1, 1), style="asc").apply(x)
    torch.testing.assert_close(clamped[0, 0].cpu(), torch.tensor([0.0, 0.25, 1.0]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("style", ["no_clamp", "asc"])
def test_cdl_inverse(config: ColorConfig, style: CdlStyle) -> None:
    x = torch.rand(3, 5, 5, generator=torch.Generator().manual_seed(2)) * 0.4 + 0.2
    slope, offset, power = (1.1, 0.9, 1.0), (0.02, 0.01, -0.03), (1.2, 0.9, 1.1)
    there = config.cdl(slope, offset, power, 1.1, style).apply(x)
    back = config.cdl(slope, offset, power, 1.1, style, "inverse").apply(there)
    torch.testing.assert_close(back, x, atol=1e-5, rtol=1e-5)


def test_log_convert_is_acescct(config: ColorConfig) -> None:
    """Academy S-2016-001: mid grey 0.18 is (log2(0.18) + 9.72) / 17.52."""
    grey = torch.full((3, 1, 1), 0.18)
    found = config.log_convert().apply(grey)
    assert found[0, 0, 0].item() == pytest.approx(0.4135884, abs=1e-6)
    torch.testing.assert_close(config.log_convert("inverse").apply(found), grey)


def test_look_compresses_what_is_out_of_gamut_only(config: ColorConfig) -> None:
    x = torch.tensor([[0.3, 1.0], [0.25, -0.3], [0.28, 0.1]]).unsqueeze(1)
    found = config.look("ACES 1.3 Reference Gamut Compression").apply(x)
    torch.testing.assert_close(found[:, 0, 0], x[:, 0, 0], atol=1e-6, rtol=1e-5)
    assert found[1, 0, 1] > -0.1


def test_display_view_inverse(config: ColorConfig) -> None:
    x = torch.rand(3, 4, 4, generator=torch.Generator().manual_seed(5)) * 0.5 + 0.2
    back = config.display_view(direction="inverse").apply(config.display_view().apply(x))
    torch.testing.assert_close(back, x, atol=2e-3, rtol=2e-3)


def test_looks_replace_those_of_the_view(config: ColorConfig) -> None:
    look = "ACES 1.3 Reference Gamut Compression"
    x = torch.tensor([1.0, -0.3, 0.1]).view(3, 1, 1)
    with_look = config.display_view(view="Un-tone-mapped", looks=look).apply(x)
    expected = config.display_view(view="Un-tone-mapped", looks="").apply(config.look(look).apply(x))
    torch.testing.assert_close(with_look, expected, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(with_look, config.display_view(view="Un-tone-mapped").apply(x), atol=1e-3)


def write_cube(path: Path, gain: float) -> None:
    corners = [(r * gain, g, b) for b in (0, 1) for g in (0, 1) for r in (0, 1)]
    path.write_text("LUT_3D_SIZE 2\n" + "\n".join(f"{r} {g} {b}" for r, g, b in corners) + "\n")


def test_file_transform_follows_the_file(config: ColorConfig, device: torch.device, tmp_path: Path) -> None:
    path = tmp_path / "look.cube"
    write_cube(path, 0.5)
    x = torch.full((3, 1, 1), 0.4).to(device)
    first = config.file_transform(path)
    torch.testing.assert_close(first.apply(x).flatten().cpu(), torch.tensor([0.2, 0.4, 0.4]))
    assert config.file_transform(path) is first
    write_cube(path, 0.25)
    second = config.file_transform(path)
    torch.testing.assert_close(second.apply(x).flatten().cpu(), torch.tensor([0.1, 0.4, 0.4]))
    assert second.key != first.key


@pytest.mark.parametrize("interpolation", ["linear", "tetrahedral", "best"])
def test_inverse_cube(config: ColorConfig, tmp_path: Path, interpolation: Interpolation) -> None:
    path = tmp_path / "look.cube"
    write_cube(path, 0.5)
    x = torch.full((3, 1, 1), 0.4)
    there = config.file_transform(path, "forward", interpolation).apply(x)
    back = config.file_transform(path, "inverse", interpolation).apply(there)
    torch.testing.assert_close(back, x, atol=1e-3, rtol=0)


def test_correction_of_a_collection(config: ColorConfig, tmp_path: Path) -> None:
    path = tmp_path / "shots.ccc"
    corrections = "".join(
        f"<ColorCorrection id='{name}'><SOPNode><Slope>{slope} 1 1</Slope><Offset>0 0 0</Offset>"
        "<Power>1 1 1</Power></SOPNode></ColorCorrection>"
        for name, slope in (("a", 2), ("b", 3))
    )
    path.write_text(f"<ColorCorrectionCollection>{corrections}</ColorCorrectionCollection>")
    x = torch.full((3, 1, 1), 0.5)
    assert config.file_transform(path, cccid="a").apply(x)[0].item() == pytest.approx(1.0)
    assert config.file_transform(path, cccid="b").apply(x)[0].item() == pytest.approx(1.5)


def test_bad_files_are_one_sentence(config: ColorConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ColorError, match=r"^file .*none\.cube: there is no file /.*/none\.cube$"):
        config.file_transform(tmp_path / "none.cube")
    (tmp_path / "bad.cube").write_text("LUT_3D_SIZE 2\n0 0 0\n")
    said = "Incorrect number of lut3d entries. Found 1, expected 8"
    with pytest.raises(
        ColorError, match=rf"^file [^ ]*bad\.cube: it cannot be read as iridas_cube: [^;]*; as .*{said}$"
    ):
        config.file_transform(tmp_path / "bad.cube")
    (tmp_path / "bad.spi1d").write_text("Version 1\nFrom 0 1\nLength 2\nComponents 1\n{\n0\n")
    with pytest.raises(
        ColorError, match=r"bad\.spi1d: it cannot be read as spi1d: At line 7: Not enough entries found$"
    ):
        config.file_transform(tmp_path / "bad.spi1d")
    (tmp_path / "bad.text").touch()
    with pytest.raises(ColorError, match=r"it cannot be read by its name, which is that of no format$"):
        config.file_transform(tmp_path / "bad.text")
    (tmp_path / "binary.cube").write_bytes(b"\xff\xfeL\0U\0T\0")
    with pytest.raises(ColorError, match=r"binary\.cube"):
        config.file_transform(tmp_path / "binary.cube")
    os.mkfifo(tmp_path / "pipe.cube")
    with pytest.raises(ColorError, match=r"pipe\.cube: it is no regular file"):
        config.file_transform(tmp_path / "pipe.cube")
    with pytest.raises(ColorError, match=r"a\\udcff\.cube: the name is no text in UTF-8"):
        config.file_transform(tmp_path / "a\udcff.cube")
    with open(tmp_path / "large.cube", "wb") as file:
        file.truncate(20 << 30)
    with pytest.raises(ColorError, match=r"large\.cube: it has 20480 MiB, more than the 1024 that are read"):
        config.file_transform(tmp_path / "large.cube")
    with pytest.raises(ColorError, match="it is a folder"):
        ColorConfig(str(tmp_path))
    (tmp_path / "locked.cube").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(ColorError, match=r"locked\.cube: it cannot be read: permission denied"):
        config.file_transform(tmp_path / "locked.cube")


def test_keys(config: ColorConfig) -> None:
    assert config.convert("ACEScg", "lin_rec709") == ColorConfig().convert("lin_ap1", LINEAR)
    made = [
        config.convert("ACEScg", LINEAR),
        config.convert(LINEAR, "ACEScg"),
        config.cdl(),
        config.cdl((1.1, 1, 1)),
        config.cdl((1.1000000001, 1, 1)),
        config.cdl((1.1, 1, 1), style="asc"),
        config.display_view(),
        config.display_view(direction="inverse"),
        config.display_view(view="Un-tone-mapped"),
    ]
    assert len(set(made)) == len({m.key for m in made}) == len(made)
