"""The three kinds of files, and what is said of those that do not fit."""

import sys
import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models import Smooth, described, image_io, saved, smooth
from rimlight.engine import FileError, RimlightError
from rimlight.engine.inference.backends import load_network
from rimlight.engine.inference.service import ModelPool, ModelStore

CPU = torch.device("cpu")


def onnx_smooth(static: bool = False) -> bytes:
    """`Smooth` as an ONNX file, written node by node."""
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    size = [1, 3, 48, 48] if static else [1, 3, "h", "w"]
    network = Smooth()
    weights = [
        onnx.numpy_helper.from_array(tensor.detach().numpy(), name.replace(".", "_"))
        for name, tensor in network.named_parameters()
    ]
    nodes = [
        helper.make_node("Conv", ["image", "first_weight", "first_bias"], ["a"], pads=[2, 2, 2, 2]),
        helper.make_node("Tanh", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second_weight", "second_bias"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Mul", ["c", "strength"], ["d"]),
        helper.make_node("Add", ["image", "d"], ["out"]),
    ]
    graph = helper.make_graph(
        nodes,
        "smooth",
        [helper.make_tensor_value_info("strength", kind, [1]), helper.make_tensor_value_info("image", kind, size)],
        [helper.make_tensor_value_info("out", kind, size)],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content: bytes = model.SerializeToString()
    return content


def test_onnx_gives_what_torch_gives(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    network = load_network("onnx", onnx_smooth(), CPU, "smooth.onnx", (("image", "strength"), ("out",)))
    x, s = torch.rand(1, 3, 20, 31), torch.tensor([0.7])
    assert network.inputs == ("strength", "image")
    with torch.no_grad():
        assert torch.allclose(network([s, x])[0], Smooth()(x, s), atol=1e-5)


def test_onnx_takes_its_inputs_by_name(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    declared = image_io()
    declared["inputs"].append({"name": "strength", "parameter": "strength", "default": 0.7})
    path = described(onnx_smooth(), tmp_path, "onnx", "smooth", declared)
    store = ModelStore(pool=ModelPool())
    store.warm_up(path)  # runs it with the inputs in the order of the manifest, which is not the file's
    model = store.model(path)
    assert model.network.outputs == ("out",)


def test_onnx_that_does_not_fit_is_said() -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(FileError, match=r"a\.onnx has the inputs strength, image; its manifest declares picture"):
        load_network("onnx", onnx_smooth(), CPU, "a.onnx", (("picture",), ("out",)))
    with pytest.raises(FileError, match=r"a\.onnx has the outputs out; its manifest declares albedo"):
        load_network("onnx", onnx_smooth(), CPU, "a.onnx", ((), ("albedo",)))
    with pytest.raises(FileError, match=r"a\.onnx cannot be loaded as onnx"):
        load_network("onnx", b"nonsense", CPU, "a.onnx")
    network = load_network("onnx", onnx_smooth(static=True), CPU, "a.onnx")
    with pytest.raises(RimlightError, match="does not take tensors of the shapes"):
        network([torch.ones(1), torch.rand(1, 3, 20, 20)])


def test_onnx_with_an_unknown_operator_is_said() -> None:
    pytest.importorskip("onnxruntime")
    content = onnx_smooth().replace(b"Tanh", b"Tanx")
    with pytest.raises(FileError, match=r"a\.onnx cannot be loaded as onnx: .*Tanx"):
        load_network("onnx", content, CPU, "a.onnx")


def test_without_onnxruntime_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(FileError, match=r"a\.onnx needs onnxruntime, .* pip install 'rimlight\[onnx\]'"):
        load_network("onnx", b"", CPU, "a.onnx")


@pytest.mark.parametrize("kind", ["torchscript", "pt2"])
def test_a_network_with_other_inputs_is_said(tmp_path: Path, kind: str) -> None:
    data = saved(Smooth(), (torch.rand(1, 3, 12, 16), torch.rand(1)), kind)
    with pytest.raises(FileError, match="has the inputs image, strength; its manifest declares image"):
        load_network(kind, data, CPU, "a.pt", (("image",), ("out",)))


def test_torchscript_loads_where_warnings_are_errors() -> None:
    data = saved(Smooth(), (), "torchscript")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_network("torchscript", data, CPU, "a.pt").nbytes > 0


def test_torchscript_with_an_unknown_operator_is_said() -> None:
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(Smooth(), (), "torchscript"))) as archive, zipfile.ZipFile(out, "w") as made:
        for name in archive.namelist():
            made.writestr(name, archive.read(name).replace(b"torch.tanh", b"torch.tanx"))
    with pytest.raises(FileError, match=r"a\.pt cannot be loaded as torchscript: .*tanx"):
        load_network("torchscript", out.getvalue(), CPU, "a.pt")


class Words(nn.Module):
    def forward(self, image: Tensor) -> tuple[Tensor, str]:
        return image, "done"


def test_a_network_that_gives_no_tensors_is_said() -> None:
    network = load_network("torchscript", saved(Words(), (), "torchscript"), CPU, "a.pt")
    with pytest.raises(RimlightError, match="gives something else than tensors"):
        network([torch.rand(1, 3, 4, 4)])


@pytest.mark.gpu
@pytest.mark.parametrize("kind", ["torchscript", "pt2"])
def test_cpu_and_gpu_agree(tmp_path: Path, kind: str) -> None:
    path = smooth(tmp_path, kind)
    x, s = torch.rand(1, 3, 40, 50), torch.tensor([0.7])
    one = ModelStore(pool=ModelPool()).model(path).network([x, s])[0]
    two = ModelStore("cuda", pool=ModelPool()).model(path).network([x.cuda(), s.cuda()])[0]
    assert two.device.type == "cuda"
    assert torch.allclose(two.cpu(), one, atol=1e-4)


def test_damaged_onnx_is_one_sentence_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnxruntime")
    whole = onnx_smooth()
    node = whole.index(b"first_weight")
    for damaged in (whole[:-100], whole[:node] + b"\xff\xfe" + whole[node + 2 :]):
        with pytest.raises(FileError, match=r"a\.onnx cannot be loaded as onnx: ") as caught:
            load_network("onnx", damaged, CPU, "a.onnx")
        assert "\n" not in str(caught.value) and "ONNXRuntimeError" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_onnx_with_weights_in_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(onnx_smooth())
    onnx.save(model, tmp_path / "a.onnx", save_as_external_data=True, location="a.data", size_threshold=0)
    monkeypatch.chdir(tmp_path)  # where onnxruntime would find it
    with pytest.raises(FileError, match=r"^a\.onnx has its weights in another file, expected all in one; make it one"):
        load_network("onnx", Path("a.onnx").read_bytes(), CPU, "a.onnx")


@pytest.mark.parametrize(
    ("kind", "said"), [("BFLOAT16", r"tensor\(bfloat16\)"), ("STRING", r"tensor\(string\)"), ("UINT64", "")]
)
def test_onnx_has_to_give_numbers(kind: str, said: str) -> None:
    pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    to = onnx.TensorProto.DataType.Value(kind)
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Cast", ["x"], ["y"], to=to)], "g",
        [value("x", onnx.TensorProto.FLOAT, [1, 1, "h", "w"])], [value("y", to, None)],
    )  # fmt: skip
    opset = [onnx.helper.make_opsetid("", 17)]
    data = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    if said:
        with pytest.raises(FileError, match=rf"^a\.onnx gives 'y' as {said}, expected a tensor of numbers$"):
            load_network("onnx", data, CPU, "a.onnx")
    else:
        (y,) = load_network("onnx", data, CPU, "a.onnx")([torch.full((1, 1, 2, 2), 3.0)])
        assert y.dtype is torch.float32 and (y == 3).all()
