"""Manifests: what they say, and one sentence for each way in which they can be wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from models import smooth
from rimlight.engine import FileError, Layer, LayerKind
from rimlight.engine.inference.declaration import Tiling
from rimlight.engine.inference.reading import read_manifest

GOOD: dict[str, Any] = {
    "format": "rimlight-model-1", "id": "a", "version": "2", "kind": "pt2", "file": "a.pt2", "sha256": "0f" * 32,
    "licence": "MIT", "data": "nothing", "inputs": [{"name": "x", "layer": "rgba"}], "outputs": [{"name": "y"}],
}  # fmt: skip


def manifest(folder: Path, **changes: Any) -> Path:
    path = folder / "m.json"
    path.write_text(json.dumps({**GOOD, **changes}))
    return path


def test_defaults(tmp_path: Path) -> None:
    found = read_manifest(manifest(tmp_path))
    assert (found.id, found.version, found.kind, found.weights) == ("a", "2", "pt2", tmp_path / "a.pt2")
    assert found.tiling == Tiling(halo=32, blend=16) and not found.half and found.exposure == 0
    assert found.inputs[0].channels == ("R", "G", "B") and found.inputs[0].exposed
    (output,) = found.outputs
    assert output.described == Layer("rgba", ("R", "G", "B")) and output.exposed and not output.unit
    assert not found.needs_frame and not found.reads_frame


def test_a_new_manifest_is_another_one(tmp_path: Path) -> None:
    assert read_manifest(manifest(tmp_path)).digest != read_manifest(manifest(tmp_path, version="3")).digest


def test_light_layers_are_known(tmp_path: Path) -> None:
    outputs = [{"name": n, "layer": n} for n in ("albedo", "normal", "depth", "shadow")]
    outputs.append({"name": "hair", "layer": "hair", "kind": "matte"})
    found = read_manifest(manifest(tmp_path, outputs=outputs)).outputs
    kinds = [o.described.kind for o in found]
    assert kinds == [LayerKind.COLOR, LayerKind.NORMAL, LayerKind.DEPTH, LayerKind.MATTE, LayerKind.MATTE]
    assert found[1].unit and found[1].axes == ((0, 1.0), (1, 1.0), (2, 1.0))
    assert [o.exposed for o in found] == [False] * 5


def test_axes_say_where_camera_space_is(tmp_path: Path) -> None:
    outputs = [{"name": "n", "layer": "normal", "axes": ["x", "-z", "y"]}]
    assert read_manifest(manifest(tmp_path, outputs=outputs)).outputs[0].axes == ((0, 1.0), (2, -1.0), (1, 1.0))


def test_what_depends_on_the_whole_picture_is_known(tmp_path: Path) -> None:
    def needs(**changes: Any) -> bool:
        return read_manifest(manifest(tmp_path, **changes)).needs_frame

    inputs = GOOD["inputs"]
    assert needs(tile="whole") and needs(exposure=0.2)
    assert needs(inputs=[*inputs, {"name": "c", "layer": "rgba", "context": 64}])
    assert needs(inputs=[*inputs, {"name": "c", "scalar": "level"}])
    assert not needs(inputs=[*inputs, {"name": "c", "scalar": "frame"}])


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"format": "x"}, "its format is 'x', expected 'rimlight-model-1'"),
    ({"kind": "keras"}, "kind is 'keras', expected torchscript, pt2, onnx"),
    ({"id": ""}, "id is missing"),
    ({"licence": None}, "licence is missing"),
    ({"sha256": "abc"}, "sha256 has to be 64 hexadecimal digits"),
    ({"file": "../a.pt2"}, "has to lie beside the manifest"),
    ({"inputs": []}, "inputs is missing, expected a list of objects"),
    ({"inputs": [{"name": "s", "parameter": "s"}]}, "no input takes a layer"),
    ({"inputs": [{"name": "x"}]}, "input 'x' has to name one of layer, parameter and scalar"),
    ({"inputs": [{"name": "x", "layer": "a", "scalar": "frame"}]}, "has to name one of"),
    ({"inputs": [{"name": "s", "parameter": "a-b"}]}, "parameter is 'a-b', expected a name of letters, digits and _"),
    ({"inputs": [{"name": "s", "parameter": "s", "bounds": [1, 2]}]}, "default of 's' is 0, expected 1 to 2"),
    ({"inputs": [{"name": "s", "parameter": "s", "bounds": [0, 0]}]}, "bounds of 's' leave nothing but 0"),
    ({"inputs": [{"name": "x", "layer": "rgba", "vaules": "log"}]}, r"inputs\[0\]: 'vaules' is not known here"),
    ({"inputs": [{"name": "x", "layer": "rgba", "values": "gamma"}]}, "values is 'gamma', expected linear"),
    ({"inputs": [{"name": "x", "layer": "rgba", "range": [1, 0]}]}, "range is"),
    ({"inputs": [{"name": "x", "layer": "rgba", "mean": [1, 2]}]}, "one for each of the 3 channels"),
    ({"inputs": [{"name": "x", "layer": "rgba", "std": 0}]}, "must not be empty or 0"),
    ({"inputs": [{"name": "x", "layer": "depth", "values": "srgb"}]}, "is for red, green and blue, not for 1"),
    ({"inputs": [{"name": "x", "layer": "rgba"}] * 2}, "'x' is declared twice"),
    ({"outputs": [{"name": "y"}, {"name": "z"}]}, "'rgba' is declared twice"),
    ({"outputs": [{"name": "y", "layer": ""}]}, r"outputs\[0\]: layer is '', expected text"),
    ({"outputs": [{"name": "y", "channels": ["R", ""]}]}, r"outputs\[0\]: channels is \['R', ''\], expected names"),
    ({"outputs": [{"name": "y", "channels": "RGR"}]}, r"outputs\[0\]: channels names 'R' twice"),
    ({"outputs": [{"name": "y", "kind": "colour"}]}, "kind is 'colour', expected color"),
    ({"outputs": [{"name": "y", "carry": "q"}]}, "carries 'q', expected an input: x"),
    ({"outputs": [{"name": "n", "layer": "normal", "axes": ["x", "x", "y"]}]}, "have to name each of x, y, z once"),
    ({"kind": "onnx", "half": True}, "half is for networks of torch"),
    ({"half": "yes"}, "half is 'yes', expected true or false"),
    ({"tile": {"size": 16, "halo": 40, "fixed": True}}, "too small for halo 40"),
    ({"tile": {"size": 100, "halo": 8, "fixed": True}, "multiple": 8}, "no multiple of 8"),
    ({"tile": {"size": -1}}, "size is -1, expected a whole number from 0"),
    ({"multiple": 0}, "multiple is 0, expected a whole number from 1"),
    ({"exposure": -1}, "exposure has to be above 0"),
    ({"tiles": {}}, "'tiles' is not known here"),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_what_is_wrong_is_said(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FileError, match=sentence) as raised:
        read_manifest(manifest(tmp_path, **changes))
    assert str(raised.value).startswith(str(tmp_path / "m.json"))


def test_what_is_no_manifest_is_said(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    with pytest.raises(FileError, match="cannot be read as a model's manifest: No such file"):
        read_manifest(path)
    for content, sentence in ((b"{", "line 1"), (b"\xff\xfe", "not UTF-8"), (b"[1]", "expected an object")):
        path.write_bytes(content)
        with pytest.raises(FileError, match=sentence):
            read_manifest(path)
    with pytest.raises(FileError, match="it is a folder"):
        read_manifest(tmp_path)


def test_a_manifest_of_the_tests_reads(tmp_path: Path) -> None:
    found = read_manifest(smooth(tmp_path))
    assert list(found.parameters) == ["strength"] and found.parameters["strength"].bounds == (0, 4)
