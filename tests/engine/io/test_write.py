import errno
import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch
from torch import Tensor

from disks import on_small_disk
from rimlight.engine import EMPTY, FileError, Image, ImageInfo, Layer, LayerKind, Region
from rimlight.engine.io import WriteOptions, check_write, read_info, read_pixels, write, write_image
from rimlight.engine.io.atomic import replacing, sweep_folder

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


def test_folders_are_made_and_links_kept(tmp_path: Path, layered: Image) -> None:
    target = tmp_path / "new" / "folder" / "a.exr"
    write_image(layered, target)
    link = tmp_path / "link.exr"
    link.symlink_to(target)
    write_image(layered, link, WriteOptions(layers=("rgba",)))
    assert link.is_symlink()
    assert [layer.name for layer in read_info(target).layers] == ["rgba"]


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path, layered: Image) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.exr").mkdir()
    locked = tmp_path / "locked.exr"
    locked.write_text("x")
    locked.chmod(0o444)
    for path, match in (
        (tmp_path / "file" / "a.exr", "the folder .* cannot be made"),
        (tmp_path / "folder.exr", "it is a folder"),
        (locked, "it is write-protected"),
        (Path("/dev/null/a.exr"), "cannot be made"),
    ):
        with pytest.raises(FileError, match=match):
            write_image(layered, path)
    assert locked.read_text() == "x"


_FULL_DISK = """
import sys
import torch
from rimlight.engine import FileError, Image, ImageInfo, RGBA, Region
from rimlight.engine.io import write_image
region = Region(0, 0, 256, 256)
image = Image(ImageInfo(region, region, (RGBA,)), region, {"rgba": torch.rand(4, 256, 256)})
for name in sys.argv[1:]:
    open(name, "w").write("old")
    try:
        write_image(image, name)
    except FileError as error:
        print(error, "|", open(name).read())
"""


def test_files_are_made_before_a_library_opens_them(tmp_path: Path) -> None:
    """The libraries keep all threads waiting as they make a file, which may be long in a folder of the network."""
    with replacing(str(tmp_path / "a.exr"), lambda path: None) as temporary:
        assert os.path.getsize(temporary) == 0
        assert os.stat(temporary).st_mode & 0o777 == 0o666 & ~umask()
        Path(temporary).write_bytes(b"x")
    with pytest.raises(FileError, match="nothing arrived"), replacing(str(tmp_path / "b.exr"), lambda path: None):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["a.exr"]


def umask() -> int:
    """That of this process."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_full_disk_leaves_nothing_but_the_old_file(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    names = [str(disk / f"a.{extension}") for extension in ("exr", "png", "tif", "jpg", "dpx", "hdr", "tga")]
    lines = on_small_disk(disk, "48k", _FULL_DISK, names).splitlines()
    for line, name in zip(lines, names, strict=False):
        assert line.startswith(f"{name} could not be written")
        assert line.endswith("| old")
    assert lines[len(names) :] == sorted(Path(name).name for name in names)


@pytest.mark.parametrize("extension", ["exr", "png"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_quota_is_told_as_a_full_disk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extension: str, number: int
) -> None:
    """Of a file that stands in the folder, a quota of the network may be told as late as it is flushed."""
    path, sentence = tmp_path / f"a.{extension}", re.escape(os.strerror(number))
    path.write_text("old")

    def refused(*given: object) -> None:
        raise OSError(number, os.strerror(number))

    def cut(*given: object) -> None:
        raise FileError("it is cut off")

    for module, name, function in ((os, "fsync", refused), (write, "read_info", cut)):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, function)
            if name == "read_info":  # as it is read back, and a byte more is refused
                patched.setattr(os, "truncate", refused)
            with pytest.raises(FileError, match=rf"a\.{extension} could not be written: {sentence}$"):
                write_image(image(rgba=noise(4, DATA)), path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == [path.name]


_LIMITED = """
import resource, sys
import torch
from rimlight.engine import FileError, Image, ImageInfo, RGBA, Region
from rimlight.engine.io import write_image
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
region = Region(0, 0, 256, 256)
image = Image(ImageInfo(region, region, (RGBA,)), region, {"rgba": torch.rand(4, 256, 256)})
for name in sys.argv[1:]:
    try:
        write_image(image, name)
    except FileError as error:
        print(error)
"""


def test_a_limit_of_the_size_of_files_ends_no_process(tmp_path: Path) -> None:
    names = [str(tmp_path / f"a.{extension}") for extension in ("exr", "png", "tif", "jpg", "dpx", "hdr", "tga")]
    run = [sys.executable, "-c", _LIMITED, *names]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{names[0]} could not be written: File too large"
    assert [line.split(" could not be written: it may take ")[0] for line in lines[1:]] == names[1:]
    assert all(line.endswith("this process may write 20000 into a file (ulimit -f)") for line in lines[1:])
    assert list(tmp_path.iterdir()) == []


_KILL_WRITERS = """
import os, signal, sys, time
import torch
from rimlight.engine import Image, ImageInfo, RGBA, Region
from rimlight.engine.io import read_info, write_image
torch.set_num_threads(1)  # nothing may run in threads before the processes part
region = Region(0, 0, 192, 192)
image = Image(ImageInfo(region, region, (RGBA,)), region, {"rgba": torch.rand(4, 192, 192)})
path, seen, parent = sys.argv[1], 0, os.getpid()
for attempt in range(25):
    ready, begun = os.pipe()
    child = os.fork()
    if child == 0:
        while os.getppid() == parent:  # else nobody is left to end it
            write_image(image, path)
            os.write(begun, b".")
        os._exit(1)
    os.read(ready, 1)  # on a busy machine the first picture alone may take longer than all that follows here
    time.sleep(0.01 + 0.0037 * attempt)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    os.close(begun)
    if os.path.exists(path):
        read_info(path)  # raises unless every block of pixels is there
        seen += 1
print(seen)
"""


def test_killed_while_writing_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    run = [sys.executable, "-c", _KILL_WRITERS, str(path)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10
    assert read(path)["rgba"].shape == (4, 192, 192)


def test_leftovers_of_dead_processes_are_removed(tmp_path: Path, layered: Image) -> None:
    path = tmp_path / "a.exr"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f".a.rimlight-{_host()}-{dead.pid}-abcdef.tmp.exr"
    mine = tmp_path / f".a.rimlight-{_host()}-{os.getpid()}-abcdef.tmp.exr"
    elsewhere = tmp_path / ".a.rimlight-another-1-abcdef.tmp.exr"
    other = tmp_path / f".b.rimlight-{_host()}-{dead.pid}-abcdef.tmp.exr"
    for file in (left, mine, elsewhere, other):
        file.write_text("half a picture")
    write_image(layered, path)
    assert set(tmp_path.iterdir()) == {path, mine, elsewhere, other}


def test_a_folder_is_swept_of_what_dead_processes_left_of_any_file(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    marks = f"rimlight-{_host()}-{dead.pid}-abcdef.tmp"
    left = [tmp_path / f".{stem}.{marks}.exr" for stem in ("a.0001", "b.0002", "two\nlines")]
    kept = [
        tmp_path / f".a.0001.rimlight-{_host()}-{os.getpid()}-abcdef.tmp.exr",
        tmp_path / ".a.0001.rimlight-another-1-abcdef.tmp.exr",
        tmp_path / f"a.{marks}.exr",
        tmp_path / "a.0001.exr",
    ]
    for file in left + kept:
        file.write_text("half a picture")
    sweep_folder(str(tmp_path))
    assert set(tmp_path.iterdir()) == set(kept)
    sweep_folder(str(tmp_path / "nowhere"))


def test_a_folder_that_is_taken_away_meanwhile_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def write() -> None:
        with replacing(str(folder / "a.exr"), lambda path: None) as temporary:
            Path(temporary).write_text("a picture")
            shutil.rmtree(folder)

    with pytest.raises(FileError) as error:
        write()
    assert str(error.value) == f"{folder}/a.exr could not be written: the folder {folder} was taken away meanwhile"


def test_a_half_written_file_that_is_taken_away_is_a_sentence(tmp_path: Path) -> None:
    def write() -> None:
        with replacing(str(tmp_path / "a.exr"), lambda path: None) as temporary:
            Path(temporary).write_text("a picture")
            Path(temporary).unlink()

    with pytest.raises(FileError, match=r"could not be written: what was written of it was taken away meanwhile"):
        write()


def test_a_container_that_shares_the_name_of_the_host_is_elsewhere(
    tmp_path: Path, layered: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processes have numbers of their own, so that a dead one here may be writing there."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = _host()
    monkeypatch.setattr("os.stat", lambda path, *rest, _stat=os.stat, **more: _stat(_moved(path), *rest, **more))
    assert _host() != host
    theirs = tmp_path / f".a.rimlight-{host}-{dead.pid}-abcdef.tmp.exr"
    theirs.write_text("half a picture")
    write_image(layered, tmp_path / "a.exr")
    assert theirs.exists()


def _moved(path: object) -> object:
    """Another inode than that of the process namespace."""
    return "/proc/self/ns/net" if path == "/proc/self/ns/pid" else path


def test_a_name_as_long_as_they_get(tmp_path: Path, layered: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "render-blade-0001.farm.studio.example")
    path = tmp_path / ("ü" * 125 + ".exr")
    write_image(layered, path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def _host() -> str:
    from rimlight.engine.io.atomic import _temporary_name

    return _temporary_name("a.exr").split("-")[1]


def test_memory_of_a_write_is_a_few_times_the_picture(tmp_path: Path) -> None:
    region = Region(0, 0, 1024, 1024)
    source = image(region, rgba=noise(4, region))
    write_image(source, tmp_path / "a.exr", WriteOptions(compression="none"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5):
        write_image(source, tmp_path / "a.exr", WriteOptions(compression="none"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3 * source.nbytes // 1024


def test_a_file_is_flushed_once_and_so_is_one_that_a_library_puts_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor).st_ino))
    path, other = tmp_path / "a.exr", tmp_path / "other"
    with replacing(str(path), lambda temporary: None) as temporary:
        Path(temporary).write_bytes(b"x")
    assert flushed == [path.stat().st_ino]
    with replacing(str(path), lambda temporary: None) as temporary:
        other.write_bytes(b"x")
        other.replace(temporary)
    assert flushed[2:] == [path.stat().st_ino]
