"""What is written comes back as it was, or as near as its format holds it; what a format cannot hold is refused."""

import resource
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch
from torch import Tensor

from rimlight.engine import EMPTY, FileError, Image, ImageInfo, Layer, LayerKind, Region
from rimlight.engine.io.read import read_info, read_pixels
from rimlight.engine.io.write import WriteOptions, check_write, write_image

DISPLAY = Region(0, 0, 20, 16)
DATA = Region(-3, 4, 14, 22)


def noise(channels: int, region: Region, seed: int = 1, scale: float = 50) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn((channels, region.height, region.width), generator=generator) * scale


def image(region: Region = DATA, **layers: Tensor) -> Image:
    described = {
        "rgba": Layer("rgba", ("R", "G", "B", "A")), "rgb": Layer("rgba", ("R", "G", "B")),
        "diffuse": Layer("diffuse", ("R", "G", "B")), "depth": Layer("depth", ("Z",), LayerKind.DEPTH, "float"),
        "mask": Layer("mask", ("mask",), LayerKind.MATTE), "id": Layer("id", ("id",), LayerKind.DATA, "uint32"),
        "normal": Layer("normal", ("X", "Y", "Z"), LayerKind.NORMAL),
    }  # fmt: skip
    info = ImageInfo(DISPLAY, region, tuple(described[name] for name in layers), pixel_aspect=1.5)
    return Image(info, region, {described[name].name: x for name, x in layers.items()})


@pytest.fixture
def layered() -> Image:
    ids = torch.arange(DATA.area).reshape(1, DATA.height, DATA.width).float() * 1000
    return image(
        rgba=noise(4, DATA), diffuse=noise(3, DATA, 2), depth=noise(1, DATA, 3), mask=noise(1, DATA, 4), id=ids
    )  # fmt: skip


def read(path: Path, *layers: str) -> dict[str, Tensor]:
    info = read_info(path)
    return read_pixels(info, layers or [layer.name for layer in info.layers])


def test_layers_windows_and_depths_come_back(tmp_path: Path, layered: Image) -> None:
    assert write_image(layered, tmp_path / "a.exr") == []
    info = read_info(tmp_path / "a.exr")
    assert (info.display, info.data, info.pixel_aspect) == (DISPLAY, DATA, 1.5)
    assert set(info.layers) == set(layered.info.layers)
    found = read(tmp_path / "a.exr")
    for layer in layered.info.layers:
        expected = layered[layer.name].half().float() if layer.depth == "half" else layered[layer.name]
        assert torch.equal(found[layer.name], expected)


@pytest.mark.parametrize("compression", ["none", "rle", "zips", "zip", "piz"])
@pytest.mark.parametrize("tile", [0, 16])
def test_lossless_compressions(tmp_path: Path, layered: Image, compression: str, tile: int) -> None:
    options = WriteOptions(layers=("rgba",), compression=compression, tile=tile, depth="float")
    write_image(layered, tmp_path / "a.exr", options)
    info = read_info(tmp_path / "a.exr")
    assert info.compression == compression
    assert info.header[0].tile == ((tile, tile) if tile else None)
    assert torch.equal(read(tmp_path / "a.exr")["rgba"], layered["rgba"])


@pytest.mark.parametrize("compression", ["pxr24", "b44", "b44a", "dwaa", "dwab"])
def test_lossy_compressions(tmp_path: Path, compression: str) -> None:
    ramp = torch.linspace(0.1, 4, DATA.width).expand(3, DATA.height, -1).contiguous()
    write_image(image(rgb=ramp), tmp_path / "a.exr", WriteOptions(compression=compression))
    assert read_info(tmp_path / "a.exr").compression == compression
    assert (read(tmp_path / "a.exr")["rgba"] - ramp).abs().max() < 0.05


def test_the_loss_of_dwa_is_chosen(tmp_path: Path) -> None:
    region = Region(0, 0, 64, 64)
    pixels = image(region, rgb=noise(3, region, scale=1).abs())
    errors = []
    for level in (10, 400):
        write_image(pixels, tmp_path / "a.exr", WriteOptions(compression="dwaa", dwa_level=level))
        errors.append(float((read(tmp_path / "a.exr")["rgba"] - pixels["rgba"]).abs().mean()))
    assert errors[0] < errors[1]


def test_depth_and_compression_of_single_layers(tmp_path: Path, layered: Image) -> None:
    options = WriteOptions(depths={"mask": "float"}, compressions={"depth": "zips", "mask": "zips"})
    write_image(layered, tmp_path / "a.exr", options)
    info = read_info(tmp_path / "a.exr")
    assert info.parts == ("rgba", "depth")
    assert {layer.name: layer.depth for layer in info.layers}["mask"] == "float"
    assert {part.compression for part in info.header} == {"zip", "zips"}
    assert torch.equal(read(tmp_path / "a.exr")["mask"], layered["mask"])


def test_a_part_for_each_layer(tmp_path: Path, layered: Image) -> None:
    write_image(layered, tmp_path / "a.exr", WriteOptions(parts="layers"))
    info = read_info(tmp_path / "a.exr")
    assert info.parts == ("rgba", "diffuse", "depth", "mask", "id")
    assert set(info.layers) == set(layered.info.layers)


def test_names_are_those_other_programs_expect(tmp_path: Path, layered: Image) -> None:
    write_image(layered, tmp_path / "a.exr")
    file = OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True)
    assert set(file.channels()) == {
        "R", "G", "B", "A", "diffuse.R", "diffuse.G", "diffuse.B", "depth.Z", "mask", "id",
    }  # fmt: skip
    np.testing.assert_array_equal(file.channels()["diffuse.G"].pixels, layered["diffuse"][1].half().numpy())


def test_the_view_is_written(tmp_path: Path, layered: Image) -> None:
    write_image(layered, tmp_path / "a.exr", WriteOptions(view="left", layers=("rgba", "diffuse")))
    info = read_info(tmp_path / "a.exr")
    assert info.views == ("left",)
    assert [layer.name for layer in info.layers] == ["rgba", "diffuse"]


def test_whole_numbers_that_a_float_does_not_hold_are_told(tmp_path: Path) -> None:
    region, layer = Region(0, 0, 3, 1), Layer("id", ("id",), LayerKind.DATA, "uint32")
    for values, told in (
        ([0, 7, 1 << 24], []),
        ([1, 1 << 25, 4294967295], ["layer 'id' has 2 values beyond 16777216"]),
    ):
        pixels = {"id": torch.tensor([[values]], dtype=torch.float64).float()}
        warnings = write_image(Image(ImageInfo(region, region, (layer,)), region, pixels), tmp_path / "a.exr")
        assert [warning.split(",")[0] for warning in warnings] == told


def test_what_half_cannot_hold_is_set_to_its_largest_and_told(tmp_path: Path) -> None:
    region = Region(0, 0, 3, 2)
    values = torch.tensor([[1e6, -70000, 65504], [torch.inf, torch.nan, -1]]).expand(3, 2, 3).contiguous()
    (warning,) = write_image(image(region, rgb=values), tmp_path / "a.exr")
    assert warning.startswith("layer 'rgba' has 6 values beyond 65504")
    found = read(tmp_path / "a.exr")["rgba"][0]
    assert found.nan_to_num(7, 8, 9).tolist() == [[65504, -65504, 65504], [8, 7, -1]]
    assert write_image(image(region, rgb=values), tmp_path / "a.exr", WriteOptions(depth="float")) == []


def test_an_image_without_pixels_is_a_black_pixel(tmp_path: Path) -> None:
    write_image(image(EMPTY, rgb=torch.zeros(3, 0, 0)), tmp_path / "a.exr")
    info = read_info(tmp_path / "a.exr")
    assert (info.display, info.data) == (DISPLAY, Region(0, 0, 1, 1))
    assert read(tmp_path / "a.exr")["rgba"].abs().sum() == 0


@pytest.mark.parametrize(
    ("name", "depth", "steps"),
    [
        ("a.png", "uint8", 255), ("a.png", "uint16", 65535), ("a.tif", "uint8", 255), ("a.tif", "uint16", 65535),
        ("a.dpx", "uint10", 1023), ("a.dpx", "uint12", 4095), ("a.dpx", "uint16", 65535), ("a.tga", "uint8", 255),
    ],
)  # fmt: skip
def test_integers_are_the_nearest_code_value_over_the_frame(tmp_path: Path, name: str, depth: str, steps: int) -> None:
    values = torch.linspace(-0.2, 1.2, 4 * DATA.area).reshape(4, DATA.height, DATA.width)
    source = image(rgba=values)
    write_image(source, tmp_path / name, WriteOptions(depth=depth))  # type: ignore[arg-type]
    info = read_info(tmp_path / name)
    assert (info.display, info.data) == (DISPLAY, DISPLAY)
    expected = (source.tensor("rgba", DISPLAY, "black").clamp(0, 1) * steps + 0.5).floor() / steps
    torch.testing.assert_close(read(tmp_path / name)["rgba"], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "depth", "tolerance"), [("a.tif", "float", 0), ("a.tif", "half", 0.1), ("a.hdr", "auto", 1)]
)
def test_floats_keep_what_is_below_zero_and_above_one(tmp_path: Path, name: str, depth: str, tolerance: float) -> None:
    values = noise(3, DISPLAY).abs() if name == "a.hdr" else noise(3, DISPLAY)
    write_image(image(DISPLAY, rgb=values), tmp_path / name, WriteOptions(depth=depth))  # type: ignore[arg-type]
    torch.testing.assert_close(read(tmp_path / name)["rgba"], values, rtol=0, atol=tolerance)


def test_jpeg_quality(tmp_path: Path) -> None:
    source = image(DISPLAY, rgba=noise(4, DISPLAY, scale=1).abs())
    sizes = []
    for quality in (20, 95):
        write_image(source, tmp_path / "a.jpg", WriteOptions(jpeg_quality=quality))
        sizes.append((tmp_path / "a.jpg").stat().st_size)
    assert sizes[0] < sizes[1]
    assert read(tmp_path / "a.jpg")["rgba"].shape == (3, DISPLAY.height, DISPLAY.width)


def test_layers_that_are_no_colour_as_pictures(tmp_path: Path) -> None:
    source = image(DISPLAY, normal=noise(3, DISPLAY, scale=0.3), mask=noise(1, DISPLAY, scale=0.3))
    write_image(source, tmp_path / "a.tif", WriteOptions(layers=("normal",), depth="float"))
    assert torch.equal(read(tmp_path / "a.tif")["rgba"], source["normal"])
    write_image(source, tmp_path / "a.png", WriteOptions(layers=("mask",), depth="uint16"))
    torch.testing.assert_close(read(tmp_path / "a.png")["rgba"][1:2], source["mask"].clamp(0, 1), rtol=0, atol=1e-5)


def test_png_keeps_provenance(tmp_path: Path) -> None:
    stamp = {"rimlight:script_sha256": "abc", "rimlight:tier": "final"}
    write_image(image(DISPLAY, rgb=noise(3, DISPLAY)), tmp_path / "a.png", WriteOptions(metadata=stamp))
    assert stamp.items() <= read_info(tmp_path / "a.png").metadata.items()


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("a.mov", WriteOptions(), "pictures of type '.mov' are not written"),
        ("a", WriteOptions(), "pictures of type '' are not written"),
        ("a.exr", WriteOptions(layers=("specular",)), "no layer 'specular' to write, it has rgba, diffuse"),
        ("a.png", WriteOptions(layers=("rgba", "diffuse")), "this format holds one layer, but rgba, diffuse"),
        ("a.exr", WriteOptions(compression="lzw"), "no compression 'lzw'"),
        ("a.tif", WriteOptions(compression="piz"), "no compression 'piz'"),
        ("a.exr", WriteOptions(depth="uint8"), "cannot have the depth uint8"),
        ("a.jpg", WriteOptions(depth="half"), "no depth half"),
    ],
)
def test_options_that_do_not_fit_are_a_sentence(
    tmp_path: Path, layered: Image, name: str, options: WriteOptions, match: str
) -> None:
    with pytest.raises(FileError, match=match):
        write_image(layered, tmp_path / name, options)
    assert list(tmp_path.iterdir()) == []


def test_two_layers_with_one_channel_name(tmp_path: Path) -> None:
    layers = (Layer("a", ("b.R",)), Layer("a.b", ("R",)))
    source = Image(ImageInfo(DISPLAY, DISPLAY, layers), DISPLAY, {x.name: noise(1, DISPLAY) for x in layers})
    with pytest.raises(FileError, match=r"the same channel a\.b\.R"):
        write_image(source, tmp_path / "a.exr")


@pytest.mark.parametrize("name", [".R", "x.", "..", "a..b"])
def test_odd_names_of_channels_come_back(tmp_path: Path, name: str) -> None:
    layers = (Layer("rgba", ("R", "G", "B", "A")), Layer(name, (name,)))
    pixels = {layer.name: noise(len(layer.channels), DISPLAY) for layer in layers}
    source = Image(ImageInfo(DISPLAY, DISPLAY, layers), DISPLAY, pixels)
    write_image(source, tmp_path / "a.exr", WriteOptions(depth="float"))
    back = read_info(tmp_path / "a.exr")
    assert [(layer.name, layer.channels) for layer in back.layers] == [(x.name, x.channels) for x in layers]
    assert torch.equal(read_pixels(back, [name])[name], pixels[name])


def test_what_would_be_refused_is_known_without_pixels(tmp_path: Path, layered: Image) -> None:
    check_write(layered.info, tmp_path / "new" / "a.exr")
    for name, options, match in (
        ("a.exr", WriteOptions(compression="lzw"), "no compression 'lzw'"),
        ("a.exr", WriteOptions(layers=("gone",)), "no layer 'gone'"),
        ("a.png", WriteOptions(depth="half"), "PNG has no depth half"),
        ("a.xyz", WriteOptions(), "type '.xyz' are not written"),
        ("x" * 252 + ".exr", WriteOptions(), "the name has more than the 255 bytes"),
    ):
        for refuses in (lambda *a: check_write(layered.info, *a), lambda *a: write_image(layered, *a)):
            with pytest.raises(FileError, match=match):
                refuses(tmp_path / name, options)
    assert list(tmp_path.iterdir()) == []


def test_memory_of_a_write_is_a_few_times_the_picture(tmp_path: Path) -> None:
    region = Region(0, 0, 1024, 1024)
    source = image(region, rgba=noise(4, region))
    write_image(source, tmp_path / "a.exr", WriteOptions(compression="none"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5):
        write_image(source, tmp_path / "a.exr", WriteOptions(compression="none"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3 * source.nbytes // 1024
