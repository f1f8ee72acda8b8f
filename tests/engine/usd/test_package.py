"""Pictures inside packages."""

import errno
import os
import time
import zipfile
from pathlib import Path

import pytest
import torch

from rimlight.engine import EnvironmentLight, FileError, PointLight, Rig, load_rig, save_rig
from rimlight.engine.io.atomic import sweep_folder
from rimlight.engine.usd.package import package_of, unpacked


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "rimlight" / "usdz"


def test_a_package_is_read_with_its_pictures(tmp_path: Path, cache: Path) -> None:
    pytest.importorskip("pxr", reason="packages are made by usd-core")
    from pxr import UsdUtils

    picture = torch.rand(3, 8, 16, generator=torch.Generator().manual_seed(5))
    save_rig(Rig((EnvironmentLight(name="sky", pixels=picture, exposure=1),)), tmp_path / "a.usda")
    assert UsdUtils.CreateNewUsdzPackage(str(tmp_path / "a.usda"), str(tmp_path / "a.usdz"))
    (light,) = load_rig(tmp_path / "a.usdz")
    assert isinstance(light, EnvironmentLight) and light.exposure == 1
    assert light.file == f"{tmp_path}/a.usdz[a.sky.exr]" and package_of(light.file) == f"{tmp_path}/a.usdz"
    assert Path(unpacked(light.file)).parent == cache
    assert Path(unpacked(light.file)).read_bytes() == (tmp_path / "a.sky.exr").read_bytes()


def test_a_damaged_layer_is_told_before_the_library_sees_it(tmp_path: Path) -> None:
    UsdUtils = pytest.importorskip("pxr.UsdUtils", reason="packages are made by usd-core")
    save_rig(Rig((PointLight(name="key"),)), tmp_path / "a.usdc")
    assert UsdUtils.CreateNewUsdzPackage(str(tmp_path / "a.usdc"), str(tmp_path / "a.usdz"))
    data = bytearray((tmp_path / "a.usdz").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "a.usdz").write_bytes(data)
    with pytest.raises(FileError, match=r"a\.usdz: it cannot be read as USD: the package is damaged: Bad CRC-32"):
        load_rig(tmp_path / "a.usdz")


def test_any_other_file_is_itself(cache: Path) -> None:
    assert unpacked("/maps/sky[1].exr") == "/maps/sky[1].exr"
    assert not cache.exists()


def test_what_is_unused_for_longest_goes_but_nothing_that_is_in_use(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "a.usdz", "w") as package:
        for name in "abcd":
            package.writestr(f"{name}.exr", name.encode() * 1000)
    monkeypatch.setattr("rimlight.engine.usd.package.BUDGET", 2500)
    found = {}
    for name, days in (("a", 3), ("b", 5), ("c", 0)):
        found[name] = Path(unpacked(f"{tmp_path}/a.usdz[{name}.exr]"))
        status = found[name].stat()
        assert status.st_mtime_ns == (tmp_path / "a.usdz").stat().st_mtime_ns
        os.utime(found[name], ns=(time.time_ns() - days * 86400 * 10**9, status.st_mtime_ns))
    left = cache / ".a.rimlight-gone-1-abcdef.tmp.exr"
    left.write_bytes(b"x")
    monkeypatch.setattr("rimlight.engine.io.atomic._ABANDONED", -1.0)
    unpacked(f"{tmp_path}/a.usdz[a.exr]")  # it is used again
    unpacked(f"{tmp_path}/a.usdz[d.exr]")
    assert {p.read_bytes()[:1] for p in cache.iterdir()} == {b"a", b"c", b"d"}
    assert found["a"].stat().st_mtime_ns == (tmp_path / "a.usdz").stat().st_mtime_ns


def test_a_file_that_does_not_come_out_whole_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.usdz", "w") as package:
        package.writestr("sky.exr", b"picture")
    data = (tmp_path / "a.usdz").read_bytes()
    (tmp_path / "a.usdz").write_bytes(data.replace(b"picture", b"changed"))
    with pytest.raises(FileError, match="the package is damaged: Bad CRC-32"):
        unpacked(f"{tmp_path}/a.usdz[sky.exr]")
    assert not list(cache.iterdir())


def test_what_cannot_be_taken_out_is_a_sentence(tmp_path: Path, cache: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.usdz", "w") as package:
        package.writestr("sky.exr", b"picture")
    assert Path(unpacked(f"{tmp_path}/a.usdz[sky.exr]")).read_bytes() == b"picture"
    with pytest.raises(FileError, match=r"a\.usdz\[none\.exr\]: the file cannot be taken out of its package"):
        unpacked(f"{tmp_path}/a.usdz[none.exr]")
    (tmp_path / "b.usdz").write_bytes(b"PK")
    with pytest.raises(FileError, match="the package is damaged"):
        unpacked(f"{tmp_path}/b.usdz[sky.exr]")
    with pytest.raises(FileError, match="No such file"):
        unpacked(f"{tmp_path}/c.usdz[sky.exr]")
    with zipfile.ZipFile(tmp_path / "d.usdz", "w") as package:
        package.writestr("sky.exr", b"")
    with pytest.raises(FileError, match=r"d\.usdz\[sky\.exr\]: the file cannot .* its package: it is empty"):
        unpacked(f"{tmp_path}/d.usdz[sky.exr]")
    assert [p.suffix for p in cache.iterdir()] == [".exr"]


def test_names_that_are_no_text_are_sentences(tmp_path: Path, cache: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.usdz", "w") as package:
        package.writestr("ö.usda", b"#usda 1.0\n")
    data = (tmp_path / "a.usdz").read_bytes()
    (tmp_path / "a.usdz").write_bytes(data.replace("ö".encode(), b"\xff\xff"))
    with pytest.raises(FileError, match=r"a\.usdz: it cannot be read as USD: the package is damaged"):
        load_rig(tmp_path / "a.usdz")
    with pytest.raises(FileError, match=r"a\.usdz\[ö\.usda\]: the file cannot .* the package is damaged"):
        unpacked(f"{tmp_path}/a.usdz[ö.usda]")


def test_a_full_disk_is_told_with_the_package(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with zipfile.ZipFile(tmp_path / "a.usdz", "w") as package:
        package.writestr("sky.exr", b"picture")
    monkeypatch.setattr("rimlight.engine.io.atomic.os.fsync", full)
    with pytest.raises(
        FileError, match=r"a\.usdz\[sky\.exr\]: the file cannot be taken out .* No space left on device"
    ):
        unpacked(f"{tmp_path}/a.usdz[sky.exr]")
    assert not list(cache.iterdir())


def test_another_machine_that_shares_the_cache_leaves_alone_what_is_dated_and_not_yet_renamed(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "a.usdz", "w") as package:
        package.writestr("sky.exr", b"picture")
    os.utime(tmp_path / "a.usdz", (0, 0))

    def rename(source: str, target: str) -> None:
        monkeypatch.setattr("rimlight.engine.io.atomic.socket.gethostname", lambda: "another")
        sweep_folder(str(cache))
        kept(source, target)

    kept = os.replace
    monkeypatch.setattr("rimlight.engine.io.atomic.os.replace", rename)
    assert Path(unpacked(f"{tmp_path}/a.usdz[sky.exr]")).stat().st_mtime == 0
