from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest
import torch

import exrfiles
import pictures
from rimlight.engine import FileError, Region, WriteOptions
from rimlight.engine.errors import one_line
from rimlight.engine.io import exr_pixels
from rimlight.engine.io.metadata import REC709, Chromaticities, Opaque
from rimlight.engine.io.read import read_info, read_pixels
from rimlight.engine.io.reader import Reader
from rimlight.engine.io.write import Writer


def planes(**values: float) -> dict[str, "np.ndarray[object, np.dtype[np.float16]]"]:
    return {name.replace("_", "."): exrfiles.ramp(value) for name, value in values.items()}


@pytest.fixture
def layered(tmp_path: Path) -> Path:
    header = {
        "displayWindow": exrfiles.box(0, 0, 10, 8),
        "dataWindow": exrfiles.box(-2, 3, 4, 7),
        "pixelAspectRatio": 2.0,
    }
    channels = planes(R=0, G=1, B=2, A=3, diffuse_R=4, diffuse_G=5, diffuse_B=6)
    return exrfiles.write(tmp_path / "a.exr", [(header, channels | {"Z": exrfiles.ramp(100, dtype=np.float32)})])


def test_windows_layers_and_depths(layered: Path) -> None:
    info = read_info(layered)
    assert info.display == Region(0, 0, 10, 8)
    assert info.data == Region(-2, 3, 4, 7)
    assert info.pixel_aspect == 2
    assert [(x.name, x.depth) for x in info.layers] == [("rgba", "half"), ("depth", "float"), ("diffuse", "half")]
    assert info.compression == "zip"
    assert info.image.data == info.data


def test_one_layer_is_asked_for_by_its_name(layered: Path) -> None:
    found = Reader().pixels(layered, "diffuse")
    assert list(found) == ["diffuse"] and found["diffuse"].shape == (3, 4, 6)


def test_pixels_of_all_layers(layered: Path) -> None:
    found = read_pixels(read_info(layered), ["rgba", "diffuse", "depth"])
    for layer, first in (("rgba", 0), ("diffuse", 4)):
        for i, plane in enumerate(found[layer]):
            assert torch.equal(plane, torch.from_numpy(exrfiles.ramp(first + i)).float())
    assert torch.equal(found["depth"][0], torch.from_numpy(exrfiles.ramp(100, dtype=np.float32)))


@pytest.mark.parametrize(
    "region", [Region(0, 4, 3, 6), Region(-2, 6, 4, 7), Region(-4, 0, 7, 9), Region(20, 20, 24, 22)]
)
def test_a_region_is_the_crop_of_the_whole(layered: Path, region: Region) -> None:
    info = read_info(layered)
    whole = read_pixels(info, ["rgba"])["rgba"]
    expected = torch.zeros(4, region.height, region.width)
    both = region.intersect(info.data)
    if not both.is_empty:
        rows, columns = region.slices_of(both)
        from_rows, from_columns = info.data.slices_of(both)
        expected[:, rows, columns] = whole[:, from_rows, from_columns]
    assert torch.equal(read_pixels(info, ["rgba"], region)["rgba"], expected)


@pytest.mark.parametrize("tiles", [0, 4])
def test_both_libraries_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiles: int) -> None:
    header: dict[str, object] = {"dataWindow": exrfiles.box(-3, -5, 16, 6)}
    if tiles:
        description = OpenEXR.TileDescription()
        description.xSize = description.ySize = tiles
        header |= {"type": OpenEXR.tiledimage, "tiles": description}
    channels = {name: exrfiles.ramp(i, 11, 19) for i, name in enumerate("RGBA")}
    info = read_info(exrfiles.write(tmp_path / "a.exr", [(header, channels)]))
    for region in (info.data, Region(2, -1, 9, 3), Region(15, 5, 30, 9)):
        found = []
        for most in (True, False):
            monkeypatch.setattr(exr_pixels, "_reads_most", lambda *arguments, most=most: most)
            found.append(read_pixels(info, ["rgba"], region)["rgba"])
        assert torch.equal(found[0], found[1])


def test_parts_with_windows_of_their_own(tmp_path: Path) -> None:
    display = {"displayWindow": exrfiles.box(0, 0, 12, 12)}
    parts = [
        (display | {"name": "rgba", "dataWindow": exrfiles.box(0, 0, 6, 4)}, planes(R=0, G=1, B=2)),
        (display | {"name": "mask", "dataWindow": exrfiles.box(3, 2, 9, 6)}, {"mask.V": exrfiles.ramp(8)}),
    ]
    info = read_info(exrfiles.write(tmp_path / "a.exr", parts))
    assert info.data == Region(0, 0, 9, 6)
    mask = read_pixels(info, ["mask"])["mask"][0]
    assert torch.equal(mask[2:, 3:], torch.from_numpy(exrfiles.ramp(8)).float())
    assert mask[:2].abs().sum() + mask[:, :3].abs().sum() == 0


def test_views(tmp_path: Path) -> None:
    channels = planes(R=0, G=1, B=2, right_R=3, right_G=4, right_B=5)
    path = exrfiles.write(tmp_path / "a.exr", [({"multiView": ["left", "right"]}, channels)])
    assert read_info(path).views == ("left", "right")
    reader = Reader()
    assert float(reader.pixels(path, ["rgba"])["rgba"][0, 0, 0]) == 0
    assert float(reader.pixels(path, ["rgba"], view="right")["rgba"][0, 0, 0]) == 3
    with pytest.raises(FileError, match=r"a.exr has no view 'top'"):
        read_info(path, "top")


def test_every_half_including_nan_and_infinity_is_exact(tmp_path: Path) -> None:
    values = np.arange(65536, dtype=np.uint16).view(np.float16).reshape(256, 256)
    info = read_info(exrfiles.write(tmp_path / "a.exr", [({}, dict.fromkeys("RGB", values))]))
    red = read_pixels(info, ["rgba"])["rgba"][0].numpy()
    np.testing.assert_array_equal(red, values.astype(np.float32))


def test_ids_are_exact(tmp_path: Path) -> None:
    ids = np.array([[0, 1, 2**24 - 1, 2**24]], np.uint32)
    crypto = np.array([[1.4e-38, 3e38, -0.0, 7e-12]], np.float32)
    info = read_info(exrfiles.write(tmp_path / "a.exr", [({}, {"id": ids, "crypto00.R": crypto})]))
    assert read_pixels(info, ["id"])["id"].tolist() == [[[0, 1, 2**24 - 1, 2**24]]]
    np.testing.assert_array_equal(read_pixels(info, ["crypto00"])["crypto00"][0].numpy(), crypto)
    assert {x.name: x.depth for x in info.layers} == {"id": "uint32", "crypto00": "float"}


def test_grey_is_red_green_and_blue(tmp_path: Path) -> None:
    info = read_info(exrfiles.write(tmp_path / "a.exr", [({}, {"Y": exrfiles.ramp(1), "A": exrfiles.ramp(2)})]))
    found = read_pixels(info, ["rgba"])["rgba"]
    assert found.shape == (4, 4, 6)
    for plane, value in zip(found, (1, 1, 1, 2), strict=True):
        assert torch.equal(plane, torch.from_numpy(exrfiles.ramp(value)).float())


def _luminance_chroma(path: Path, chromaticities: Chromaticities | None) -> "np.ndarray[object, np.dtype[np.float64]]":
    """A file in luminance and chroma, and the smooth RGB it was made from."""
    y, x = np.mgrid[0:64, 0:96] / 96
    rgb = np.stack((1.5 + np.sin(5 * x + y), 2 + np.cos(4 * y - x), 1.2 + np.sin(3 * x * y)))
    wr, wg, wb = (chromaticities or REC709).luminance()
    luminance = wr * rgb[0] + wg * rgb[1] + wb * rgb[2]
    chroma = {name: ((rgb[i] - luminance) / luminance)[::2, ::2] for name, i in (("RY", 0), ("BY", 2))}
    exrfiles.write_subsampled(path, luminance, chroma, chromaticities or ())
    return rgb


@pytest.mark.parametrize(
    "chromaticities", [None, Chromaticities(0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)]
)
def test_luminance_and_chroma(tmp_path: Path, chromaticities: Chromaticities | None) -> None:
    rgb = _luminance_chroma(tmp_path / "a.exr", chromaticities)
    info = read_info(tmp_path / "a.exr")
    found = read_pixels(info, ["rgba"])["rgba"].numpy()
    assert np.abs(found - rgb)[:, ::2, ::2].max() < 1e-5  # where chroma is stored it is exact
    assert np.abs(found - rgb)[:, 8:-8, 8:-8].max() < 1e-4
    part = read_pixels(info, ["rgba"], Region(11, 7, 40, 30))["rgba"].numpy()
    np.testing.assert_array_equal(part, found[:, 7:30, 11:40])


def _raster(path: Path, pixels: "np.ndarray[object, np.dtype[np.generic]]", **attributes: object) -> Path:
    spec = oiio.ImageSpec(
        pixels.shape[1], pixels.shape[0], pixels.shape[2], str(pixels.dtype).replace("float32", "float")
    )
    spec.attribute("oiio:UnassociatedAlpha", 1)
    for name, value in attributes.items():
        spec.attribute(name.replace("_", ":"), value)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec) and out.write_image(pixels) and out.close()
    return path


@pytest.mark.parametrize(
    ("name", "dtype", "channels", "depth"),
    [
        ("a.png", np.uint8, 4, "uint8"), ("a.png", np.uint16, 3, "uint16"), ("a.tif", np.float32, 4, "float"),
        ("a.tif", np.uint16, 1, "uint16"), ("a.tga", np.uint8, 4, "uint8"), ("a.bmp", np.uint8, 3, "uint8"),
        ("a.pfm", np.float32, 3, "float"), ("a.dpx", np.uint16, 3, "uint16"),
    ],
)  # fmt: skip
def test_other_formats_give_code_values(tmp_path: Path, name: str, dtype: type, channels: int, depth: str) -> None:
    generator = np.random.default_rng(3)
    if dtype is np.float32:
        pixels, scale = generator.normal(size=(5, 7, channels)).astype(np.float32), 1.0
    else:
        scale = float(np.iinfo(dtype).max)
        pixels = generator.integers(0, int(scale) + 1, (5, 7, channels)).astype(dtype)
    info = read_info(_raster(tmp_path / name, pixels))
    assert info.layers[0].depth == depth
    found = read_pixels(info, ["rgba"])["rgba"].permute(1, 2, 0).numpy()
    expected = pixels / np.float32(scale)
    np.testing.assert_allclose(found[..., :channels], expected, rtol=1e-6, atol=0)
    row = read_pixels(info, ["rgba"], Region(1, 2, 4, 3))["rgba"].permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(row, found[2:3, 1:4])


def test_ten_bits_are_scaled_exactly(tmp_path: Path) -> None:
    codes = np.arange(1023 - 59, 1024, dtype=np.uint16).reshape(4, 5, 3)
    path = _raster(tmp_path / "a.dpx", (codes << 6) | (codes >> 4), oiio_BitsPerSample=10)
    info = read_info(path)
    assert info.layers[0].depth == "uint10"
    found = read_pixels(info, ["rgba"])["rgba"].permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(found, codes.astype(np.float32) / np.float32(1023))


def test_straight_alpha_is_told_and_colour_kept(tmp_path: Path) -> None:
    pixels = np.array([[[255, 128, 0, 0]]], np.uint8)
    info = read_info(_raster(tmp_path / "a.png", pixels))
    assert info.straight
    assert read_pixels(info, ["rgba"])["rgba"].flatten().tolist() == pytest.approx([1, 128 / 255, 0, 0])


def test_a_wrong_extension_does_not_matter(tmp_path: Path, layered: Path) -> None:
    assert read_info(layered.rename(tmp_path / "a.png")).format == "openexr"
    path = _raster(tmp_path / "b.tif", np.zeros((2, 2, 3), np.uint8))
    assert read_info(path.rename(tmp_path / "b.exr")).format == "tiff"


def _read_all(path: Path) -> None:
    info = read_info(path)
    read_pixels(info, [layer.name for layer in info.layers])


def _refused(path: Path, match: str) -> None:
    with pytest.raises(FileError, match=match) as caught:
        _read_all(path)
    assert one_line(str(path)) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_picture_is_refused_with_a_sentence(tmp_path: Path) -> None:
    _refused(tmp_path / "gone.exr", "there is no such file")
    _refused(tmp_path, "is a folder")
    (tmp_path / "empty.exr").touch()
    _refused(tmp_path / "empty.exr", "is empty")
    (tmp_path / "text.exr").write_text("not a picture")
    _refused(tmp_path / "text.exr", "cannot be read as a picture: its format is not known")
    (tmp_path / "short.exr").write_text("short")
    _refused(tmp_path / "short.exr", "cannot be read as a picture: its format is not known")
    _refused(tmp_path / "nul\0.exr", "no file can have this name")
    with open(tmp_path / "zeros.dpx", "wb") as file:
        file.truncate(20 << 30)  # as a machine that went down leaves it; to look through it all would take minutes
    _refused(tmp_path / "zeros.dpx", "begins with zeros alone: it was not written whole")


def test_a_file_cut_short_is_refused_wherever_it_ends(layered: Path, tmp_path: Path) -> None:
    data = layered.read_bytes()
    for size in range(1, len(data), 7):
        path = tmp_path / "cut.exr"
        path.write_bytes(data[:size])
        _refused(path, "damaged|cannot be read")


def test_damaged_pixels_are_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).random((64, 64)).astype(np.float16)
    path = exrfiles.write(tmp_path / "a.exr", [({}, dict.fromkeys("RGB", noise))])
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    _refused(path, "the pixels cannot be read")


def test_bombs_are_refused_before_anything_is_allocated(tmp_path: Path, layered: Path) -> None:
    data = bytearray(layered.read_bytes())
    start = data.index(b"dataWindow\0box2i\0") + len(b"dataWindow\0box2i\0") + 4
    for corner, match in ((2**20, "more than"), (2**31 - 2, "more than"), (-50, "empty"), (50000, "cannot hold")):
        data[start + 8 : start + 12] = corner.to_bytes(4, "little", signed=True)
        path = tmp_path / "bomb.exr"
        path.write_bytes(data)
        if corner == 2**20:
            data[start + 12 : start + 16] = corner.to_bytes(4, "little")
            path.write_bytes(data)
        _refused(path, match)
        data[start + 12 : start + 16] = (6).to_bytes(4, "little")


def test_a_layer_that_is_not_there(layered: Path) -> None:
    with pytest.raises(FileError, match="no layer 'specular', it has rgba, depth, diffuse"):
        read_pixels(read_info(layered), ["specular"])


def test_the_reader_remembers_headers_until_the_file_changes(layered: Path) -> None:
    reader = Reader()
    first = reader.info(layered)
    assert reader.info(layered) is first
    exrfiles.write(layered, [({}, planes(R=1, G=1, B=1))])
    assert [x.name for x in reader.info(layered).layers] == ["rgba"]


@pytest.mark.parametrize("options", [{}, {"tile": 16}, {"parts": "layers"}, {"compression": "none"}])
def test_a_file_that_lost_its_last_bytes_is_incomplete(options: dict[str, Any], tmp_path: Path) -> None:
    frame = Region(0, 0, 40, 40)
    image = pictures.picture(pictures.plate(frame), display=frame)
    path = tmp_path / "plate.exr"
    Writer().write(image, path, WriteOptions(**options))
    whole = path.read_bytes()
    assert read_info(path).data == frame
    path.write_bytes(whole[:-1])
    with pytest.raises(FileError, match=r"1 of its [0-9]+ blocks of pixels are missing"):
        read_info(path)


def test_an_attribute_that_one_library_does_not_know_is_kept(tmp_path: Path) -> None:
    attribute = OpenEXR.OpaqueAttribute(b"\1", "deepImageStatX")
    window = {"displayWindow": exrfiles.box(0, 0, 6, 4), "dataWindow": exrfiles.box(0, 0, 6, 4)}
    path = exrfiles.write(tmp_path / "a.exr", [({**window, "state": attribute}, {"R": exrfiles.ramp(1)})])
    path.write_bytes(path.read_bytes().replace(b"deepImageStatX", b"deepImageState"))
    info = read_info(path)
    assert info.metadata["state"] == Opaque("deepImageState", b"\1")
    assert torch.equal(read_pixels(info, ["rgba"])["rgba"][0], torch.from_numpy(exrfiles.ramp(1)).float())
