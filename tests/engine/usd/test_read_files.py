"""USD files that refer to others, change, or are damaged."""

import os
from pathlib import Path

import pytest

from rimlight.engine import (
    FileError,
    Rig,
    load_rig,
)  # fmt: skip
from rimlight.engine.usd.stage import opened
from usdfiles import moved, one, prim, scaled, stage, transform

pytest.importorskip("pxr", reason="USD files are read by usd-core")


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    told: list[str] = []
    body = "\n".join((
        prim("SphereLight", "key", "rel collection:lightLink:excludes = </set>\nrel light:filters = </f>"),
        prim("SphereLight", "egg", matrix=scaled(1, 2, 1)),
        prim("RectLight", "box", "asset inputs:texture:file = @box.exr@"),
        prim("DistantLight", "sky", "float inputs:angle = 270"),
        prim("SphereLight", "near", "float inputs:shadow:distance = 20", "ShadowAPI"),
        prim("SphereLight", "tinted", "color3f inputs:shadow:color = (0, 0, 0.6)", "ShadowAPI"),
        prim("CylinderLight", "tube"),
        prim("DomeLight", "ball", 'asset inputs:texture:file = @b.exr@\ntoken inputs:texture:format = "mirroredBall"'),
        prim("PortalLight", "door"),
        prim("PxrMeshLight", "renderman"),
        prim("Mesh", "mesh", apis="MeshLightAPI"),
        prim("LightFilter", "f"),
    ))  # fmt: skip
    rig = load_rig(stage(tmp_path / "a.usda", body), tell=told.append)
    assert rig.names == ("key", "egg", "box", "sky", "near", "tinted", "tube", "ball")
    expected = {
        "/key": ("linked", "filters"), "/egg": ("ellipsoid",), "/box": ("picture",), "/sky": ("270 degrees",),
        "/near": ("shadows end or fade",),
        "/tinted": ("shadows have a colour",), "/tube": ("cylinder",), "/ball": ("mirroredBall",),
        "/door": ("left out: a PortalLight",), "/renderman": ("left out: a PxrMeshLight",),
        "/mesh": ("left out: a Mesh",),
    }  # fmt: skip
    assert len(told) == sum(map(len, expected.values()))
    for path, words in expected.items():
        for word in words:
            assert any(f"{path}: " in s or f"{path} is" in s for s in told if word in s), (path, word, told)
    assert all("\n" not in sentence and sentence.startswith(str(tmp_path)) for sentence in told)
    assert rig.light("tinted").shadow == pytest.approx(0.8)


def test_a_file_without_lights_is_an_empty_rig_with_a_sentence(tmp_path: Path) -> None:
    path = stage(tmp_path / "a.usda", prim("Cube", "c"))
    for _ in range(2):  # what is kept of the first time says the same
        told: list[str] = []
        assert load_rig(path, tell=told.append) == Rig()
        assert told == [f"{path} has no lights"]


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("a.usda", b'#usda 1.0\ndef Xform "a" {\n', "line 3 is no USD"),
        ("a.usda", b"hello", "no USD"),
        ("a.usdc", b"PXR-USDC\0\0\0", "it cannot be read as USD"),
        ("a.usd", b"", "it is no USD file"),
        ("a.usdz", b"PK", "it cannot be read as USD"),
        ("a.usda", b'#usda 1.0\ndef SphereLight "a" { float inputs:intensity = "x" }\n', "it cannot be read as USD"),
        ("a.usda", b'#usda 1.0\ndef SphereLight "a" { float inputs:exposure = nan\n}\n', "/a: "),
    ],
)
def test_a_damaged_file_is_one_sentence(
    tmp_path: Path, name: str, data: bytes, found: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FileError) as error:
        load_rig(tmp_path / name)
    assert str(error.value).startswith(f"{tmp_path / name}: ") and "\n" not in str(error.value)
    assert found in str(error.value), str(error.value)
    assert capfd.readouterr() == ("", "")


def test_what_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="it cannot be read as USD: No such file"):
        load_rig(tmp_path / "none.usd")
    (tmp_path / "a.usd").mkdir()
    with pytest.raises(FileError, match="it is a folder, expected a file"):
        load_rig(tmp_path / "a.usd")
    os.mkfifo(tmp_path / "pipe.usda")
    with pytest.raises(FileError, match="it is no regular file, expected a file"):
        load_rig(tmp_path / "pipe.usda")
    with pytest.raises(FileError, match="the name is no text in UTF-8"):
        load_rig(stage(tmp_path / "a\udcff.usda", ""))
    (tmp_path / "latin.usda").write_bytes('#usda 1.0\n# K\xf6ln\ndef "a" {'.encode("latin-1"))
    with pytest.raises(FileError, match=r"latin\.usda: it cannot be read as USD: it is not UTF-8 text"):
        load_rig(tmp_path / "latin.usda")
    told: list[str] = []
    body = 'def SphereLight "key" (references = @gone.usda@) {}'
    rig = load_rig(stage(tmp_path / "b.usda", body, more="subLayers = [@none.usda@]"), tell=told.append)
    assert rig.names == ("key",)
    assert len(told) == 2 and "gone.usda" in told[0] and "none.usda" in told[1]


def test_layers_are_read_anew_when_they_change(tmp_path: Path) -> None:
    stage(tmp_path / "sub.usda", prim("DistantLight", "sun", "float inputs:angle = 1"))
    path = stage(tmp_path / "a.usda", "", more="subLayers = [@./sub.usda@]")
    assert one(path).angle == 1  # type: ignore[attr-defined]
    for angle in (2, 3):
        stage(tmp_path / "sub.usda", prim("DistantLight", "sun", f"float inputs:angle = {angle}"))
        os.utime(tmp_path / "sub.usda", ns=(angle * 10**9, angle * 10**9))
        assert one(path).angle == angle  # type: ignore[attr-defined]


def test_lights_are_found_in_references_instances_and_payloads(tmp_path: Path) -> None:
    stage(tmp_path / "lamp.usda", f'def Xform "lamp"\n{{\n{prim("SphereLight", "bulb", matrix=moved(0, 5, 0))}\n}}')
    lamp = "references = @./lamp.usda@</lamp>"
    body = (
        f'def Xform "one" (instanceable = true\n {lamp})\n{{\n{transform(moved(10, 0, 0))}\n}}\n'
        f'def Xform "two" (instanceable = true\n {lamp})\n{{\n{transform(moved(20, 0, 0))}\n}}\n'
        f'def Xform "three" (payload = @./lamp.usda@</lamp>)\n{{\n{transform(moved(30, 0, 0))}\n}}\n'
        f'class "_kind"\n{{\n{prim("SphereLight", "abstract")}\n}}\n'
        f'over "nothing"\n{{\n{prim("SphereLight", "undefined")}\n}}'
    )
    rig = load_rig(stage(tmp_path / "a.usda", body))
    assert rig.names == ("bulb", "bulb_2", "bulb_3")
    assert [light.position for light in rig] == [(10.0, 5.0, 0.0), (20.0, 5.0, 0.0), (30.0, 5.0, 0.0)]  # type: ignore[attr-defined]


def test_names_are_names_of_layers(tmp_path: Path) -> None:
    assert one(stage(tmp_path / "a.usda", prim("SphereLight", "Schlüssel"))).name == "Schl_ssel"


def test_damage_that_is_found_late_is_a_sentence(tmp_path: Path) -> None:
    """Of a binary file values are read where they are asked for."""
    file = stage(tmp_path / "a.usda", "")
    with pytest.raises(FileError, match=r"a\.usda: it cannot be read as USD: it is damaged"), opened(file) as found:
        found.pxr.Tf.RaiseRuntimeError("Corrupt asset: exception thrown unpacking a value")
