"""Files that would do more than compute are refused before torch sees them."""

import io
import json
import logging
import pickle
import struct
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models import Smooth, saved
from rimlight.engine import FileError
from rimlight.engine.inference.archive import checked_pt2, checked_torchscript
from rimlight.engine.inference.backends import load_network
from rimlight.engine.inference.pickled import tensor_files

CPU = torch.device("cpu")


class Writes(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        torch.save(image, "stolen")
        return image


class Reads(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return image + torch.from_file("secret", size=4).sum()


@pytest.mark.parametrize("network", [Writes(), Reads()])
def test_a_script_that_touches_files_is_refused(network: nn.Module) -> None:
    with pytest.raises(FileError, match=r"bad\.pt is refused: it calls '.*', which does more than compute"):
        checked_torchscript(saved(network, (), "torchscript"), "bad.pt")


def test_a_script_that_computes_passes() -> None:
    data = saved(Smooth(), (), "torchscript")
    network = load_network("torchscript", data, CPU, "good.pt")
    x, s = torch.rand(1, 3, 8, 9), torch.ones(1)
    assert network.inputs == ("image", "strength")
    assert torch.allclose(network([x, s])[0], Smooth()(x, s), atol=1e-6)


class Rich(nn.Module):
    """What networks of today are made of."""

    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.norm, self.other = nn.GroupNorm(4, 16), nn.BatchNorm2d(16)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.end = nn.Sequential(nn.LeakyReLU(), nn.Dropout(), nn.Conv2d(11, 3, 1))
        self.shift = torch.tensor([0.1, 0.2, 0.3]).reshape(1, 3, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        x = nn.functional.gelu(self.other(self.norm(self.start(image))))
        tokens = x.flatten(2).transpose(1, 2)
        x = x + self.attention(tokens, tokens, tokens)[0].transpose(1, 2).unflatten(2, (x.shape[2], x.shape[3]))
        wide = nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        y = torch.cat((self.up(x) + wide[:, :8], image - self.shift), 1)
        return torch.sigmoid(self.end(y)).clamp(0.01, 0.99)


@pytest.mark.parametrize("kind", ["torchscript", "pt2"])
def test_networks_of_today_pass(kind: str) -> None:
    network = Rich().eval()
    loaded = load_network(kind, saved(network, (torch.rand(1, 3, 16, 24),), kind, multiple=2), CPU, "rich")
    x = torch.rand(1, 3, 22, 30)
    with torch.no_grad():
        assert torch.allclose(loaded([x])[0], network(x), atol=1e-5)


class Marker:
    """Unpickled, it would leave a file."""

    path: Path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def changed(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """An archive with the content of its files changed; None leaves one out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as made:
        for name in archive.namelist():
            content = change(name, archive.read(name))
            if content is not None:
                made.writestr(name, content)
    return out.getvalue()


def with_graph(data: bytes, change: Callable[[dict[str, object]], None]) -> bytes:
    """A `.pt2` file with its graph changed."""

    def edit(name: str, content: bytes) -> bytes:
        if not name.endswith("models/model.json"):
            return content
        graph = json.loads(content)
        change(graph)
        return json.dumps(graph).encode()

    return changed(data, edit)


@pytest.fixture(scope="module")
def exported() -> bytes:
    return saved(Smooth(), (torch.rand(1, 3, 12, 16), torch.rand(1)), "pt2")


def test_an_exported_model_passes(exported: bytes) -> None:
    network = load_network("pt2", exported, CPU, "good.pt2")
    x, s = torch.rand(1, 3, 21, 9), torch.ones(1)
    assert torch.allclose(network([x, s])[0], Smooth()(x, s), atol=1e-6)


def test_pickled_sample_inputs_are_never_read(exported: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = Marker()
    marker.path = tmp_path / "ran"
    buffer = io.BytesIO()
    torch.save({"a": marker}, buffer)
    bad = changed(exported, lambda name, content: buffer.getvalue() if "sample_inputs" in name else content)
    monkeypatch.setattr(logging, "raiseExceptions", False)  # torch's warning about it is itself not well formed
    torch.export.load(io.BytesIO(bad))
    assert marker.path.exists(), "torch itself runs it, or this test shows nothing"
    marker.path.unlink()
    load_network("pt2", bad, CPU, "bad.pt2")
    assert not marker.path.exists()


def test_pickled_weights_are_refused(exported: bytes, tmp_path: Path) -> None:
    marker = Marker()
    marker.path = tmp_path / "ran"

    def edit(name: str, content: bytes) -> bytes:
        if name.endswith("model_weights_config.json"):
            return content.replace(b'"use_pickle": false', b'"use_pickle": true')
        return pickle.dumps(marker) if "/data/weights/" in name else content

    with pytest.raises(FileError, match="is pickled, expected plain numbers"):
        checked_pt2(changed(exported, edit), "bad.pt2")
    old = io.BytesIO(exported)
    with zipfile.ZipFile(old, "a") as archive:
        top = archive.namelist()[0].partition("/")[0]
        archive.writestr(f"{top}/data/weights/model.pt", pickle.dumps(marker))
    with pytest.raises(FileError, match=r"'data/weights/model\.pt' in it is pickled"):
        checked_pt2(old.getvalue(), "old.pt2")
    assert not marker.path.exists()


def test_code_in_shapes_guards_and_names_is_refused(exported: bytes, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    code = f"__import__('pathlib').Path('{ran}').touch()"

    def first_shape(graph: dict[str, object]) -> None:
        text = json.dumps(graph["graph_module"])
        start = text.index('"expr_str": "') + len('"expr_str": "')
        graph["graph_module"] = json.loads(text[:start] + code + text[text.index('", "', start) :])

    def constraint(graph: dict[str, object]) -> None:
        graph["range_constraints"] = {code: {"min_val": 1, "max_val": 2}}

    def alphabet(graph: dict[str, object]) -> None:
        wide = "".join(chr(ord(letter) + 0xFEE0) for letter in "exit")  # Python reads it as exit
        graph["range_constraints"] = {f"{wide}(1)": {"min_val": 1, "max_val": 2}}

    def handed(graph: dict[str, object]) -> None:
        argument = {"name": "self", "arg": {"as_operator": "torch.hub.load"}, "kind": 1}
        graph["graph_module"]["graph"]["nodes"][0]["inputs"].append(argument)  # type: ignore[index]

    def operator(name: str) -> Callable[[dict[str, object]], None]:
        def edit(graph: dict[str, object]) -> None:
            graph["graph_module"]["graph"]["nodes"][0]["target"] = name  # type: ignore[index]

        return edit

    def argument(graph: dict[str, object]) -> None:
        graph["graph_module"]["graph"]["inputs"][0]["as_tensor"]["name"] = f"x={code}"  # type: ignore[index]

    for edit in (
        first_shape, constraint, alphabet, argument, handed, operator("torch.hub.load"),
        operator("torch.ops.aten.from_file.default"),
        operator("torch.os.system"), operator("math.__loader__"), operator("#space:name"),
    ):  # fmt: skip
        with pytest.raises(FileError, match="which does more than compute or is not known"):
            checked_pt2(with_graph(exported, edit), "bad.pt2")

    def guards(graph: dict[str, object]) -> None:
        graph["guards_code"] = [code]

    load_network("pt2", with_graph(exported, guards), CPU, "guarded.pt2")
    assert not ran.exists()


def test_weights_that_name_a_pickled_object_are_refused(exported: bytes) -> None:
    """torch finds files whatever the case of their names, and unpickles what is called `opaque_obj`."""

    def edit(name: str, content: bytes) -> bytes:
        return content.replace(b'"weight_0"', b'"opaque_obj_0"') if name.endswith("weights_config.json") else content

    bad = io.BytesIO(changed(exported, edit))
    with zipfile.ZipFile(bad, "a") as archive:
        archive.writestr("archive/data/weights/OPAQUE_OBJ_0", b"")
    with pytest.raises(FileError, match="pickled"):
        checked_pt2(bad.getvalue(), "bad.pt2")
    with pytest.raises(FileError, match="is pickled, expected plain numbers"):
        checked_pt2(changed(exported, edit), "bad.pt2")


def test_programs_hide_behind_no_other_name() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(Writes(), (), "torchscript"))) as archive, zipfile.ZipFile(out, "w") as made:
        for name in archive.namelist():
            made.writestr(name.replace("/code/", "/CODE/").replace(".py", ".PY"), archive.read(name))
    with pytest.raises(FileError, match="it calls 'save'"):
        checked_torchscript(out.getvalue(), "bad.pt")

    def edit(name: str, content: bytes) -> bytes:
        return content + b"__torch__.torch.classes.any.Thing" if name.endswith("data.pkl") else content

    with pytest.raises(FileError, match=r"objects of torch\.classes"):
        checked_torchscript(changed(saved(Smooth(), (), "torchscript"), edit), "bad.pt")


@pytest.mark.parametrize("check", [checked_pt2, checked_torchscript])
def test_what_is_no_archive_or_a_damaged_one_is_a_sentence(
    check: Callable[[bytes, str], bytes], exported: bytes
) -> None:
    for data in (b"", b"PK\x03\x04 nonsense", exported[: len(exported) // 2], pickle.dumps([1])):
        with pytest.raises(FileError, match=r"odd\.pt"):
            check(data, "odd.pt")
    damaged = bytearray(exported)
    damaged[len(damaged) // 3] ^= 0xFF
    with pytest.raises(FileError, match=r"odd\.pt"):
        check(bytes(damaged), "odd.pt")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/constants.pkl", bytes(1 << 20))
    with pytest.raises(FileError, match=r"odd\.pt is refused: its \d+ bytes unpack to 1048576, more than a model's do"):
        check(bomb.getvalue(), "odd.pt")
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    with pytest.raises(FileError, match=r"odd\.pt"):
        check(empty.getvalue(), "odd.pt")


def _changed(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as there, zipfile.ZipFile(out, "w") as made:
        for name in there.namelist():
            made.writestr(name, change(name, there.read(name)))
    return out.getvalue()


def test_a_tensor_file_that_is_too_short_is_refused_before_torch_reads_beyond_it() -> None:
    data = saved(Smooth(), (), "torchscript")
    short = _changed(data, lambda name, content: content[:-4] if name.endswith("/data/2") else content)
    with pytest.raises(FileError, match=r"a\.pt is damaged: '\w+/data/2' in it has 860 bytes, expected 864"):
        load_network("torchscript", short, CPU, "a.pt")


def test_a_tensor_that_is_larger_than_its_file_is_refused() -> None:
    data = saved(Smooth(), (), "torchscript")
    # K is a number of one byte, as pickle writes it: the 8 channels of the first layer become 88.
    large = _changed(data, lambda name, content: content.replace(b"K\x08", b"K\x58") if "data.pkl" in name else content)
    with pytest.raises(FileError, match=r"a\.pt is damaged: .*(more than the numbers|bytes, expected)"):
        load_network("torchscript", large, CPU, "a.pt")


@pytest.mark.parametrize(
    ("part", "content", "said"),
    [
        ("/data.pkl", b"\x80\x02\xa7", "'\\w+/data.pkl' in it does not read back"),
        ("/models.py", b"class \xff", "'.*/models.py' in it is no text"),
        ("/version", b"a", "it is damaged, or of another version"),
    ],
)
def test_damage_is_told_in_words_of_the_file(part: str, content: bytes, said: str) -> None:
    data = saved(Smooth(), (), "torchscript")
    with pytest.raises(FileError, match=rf"a\.pt .*{said}"):
        load_network("torchscript", _changed(data, lambda n, c: content if n.endswith(part) else c), CPU, "a.pt")


def test_reading_what_is_pickled_calls_nothing(tmp_path: Path) -> None:
    class Opens:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
            return open, (str(tmp_path / "made"), "w")

    assert tensor_files(pickle.dumps(Opens())) == []
    assert not (tmp_path / "made").exists()


def _numbers_of(key: bytes, count: int) -> bytes:
    """What a pickle has of a file of floats."""
    texts = (b"X%s%s" % (struct.pack("<I", len(text)), text) for text in (b"storage", key, b"cpu"))
    head, name, device = texts
    return b"(" + head + b"ctorch\nFloatStorage\n" + name + device + b"J" + struct.pack("<i", count) + b"tQ"


def test_a_file_of_tensors_has_to_have_the_most_that_is_said_of_it() -> None:
    (file,) = tensor_files(b"\x80\x02(" + _numbers_of(b"0", 1000) + _numbers_of(b"0", 10) + b"t.")
    assert file.nbytes == 4000
    with pytest.raises(ValueError, match="has -5 numbers"):
        tensor_files(b"\x80\x02" + _numbers_of(b"0", -5) + b".")


@pytest.mark.parametrize("rebuild", [b"_rebuild_tensor_v2", b"_rebuild_qtensor"])
def test_tensors_of_any_kind_end_within_their_file(rebuild: bytes) -> None:
    for count, fits in ((12, True), (11, False)):
        made = b"ctorch._utils\n%s\n(%sK\x00K\x03K\x04\x86K\x04K\x01\x86tR." % (rebuild, _numbers_of(b"0", count))
        with nullcontext() if fits else pytest.raises(ValueError, match="more than the numbers that are there"):
            tensor_files(b"\x80\x02" + made)


def test_a_pickle_takes_no_more_memory_than_a_file_of_its_size_may_need() -> None:
    with pytest.raises(ValueError, match="at place 16777215"):
        tensor_files(b"\x80\x02]r\xff\xff\xff\x00.")


def test_two_names_that_torch_takes_for_one_are_refused() -> None:
    data, twice = saved(Smooth(), (), "torchscript"), io.BytesIO()
    twice.write(data)
    with zipfile.ZipFile(twice, "a") as there:
        name = next(name for name in there.namelist() if name.endswith("/data/2"))
        there.writestr(name.replace("/data/", "/DATA/"), b"short")
    with pytest.raises(FileError, match=r"a\.pt is damaged: .*two files of one name"):
        checked_torchscript(twice.getvalue(), "a.pt")


@pytest.mark.parametrize(
    ("there", "instead", "said"),
    [
        ('"path_name": "weight_0"', '"path_name": "weight_9"', r"'\w+/data/weights/weight_9' is not in it"),
        ('"sizes": [{"as_int": 8}', '"sizes": [{"as_int": 88}', "weight_0' in it has 2400 bytes, expected 26400"),
        ('"dtype": 7', '"dtype": 8', "weight_0' in it has 2400 bytes, expected 4800"),
        ('"sizes": [{"as_int": 8}', '"sizes": [{"as_int": -8}', "weights_config.json' in it is no list of tensors"),
        ('"sizes": [', '"sizes": [3, ', "weights_config.json' in it is no list of tensors"),
        ('"tensor_meta"', '"tensor"', "weights_config.json' in it is no list of tensors"),
        ('{"config"', '{"other"', "weights_config.json' in it is no list of tensors"),
    ],
)
def test_lists_of_weights_that_do_not_fit_their_files_are_refused(
    exported: bytes, there: str, instead: str, said: str
) -> None:
    def edit(name: str, content: bytes) -> bytes:
        if not name.endswith("model_weights_config.json"):
            return content
        assert there.encode() in content
        return content.replace(there.encode(), instead.encode(), 1)

    with pytest.raises(FileError, match=rf"a\.pt2 is damaged: .*{said}"):
        load_network("pt2", changed(exported, edit), CPU, "a.pt2")


def test_weights_that_are_missing_or_empty_are_told_by_us_alone(
    exported: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    empty = changed(exported, lambda name, content: b"" if name.endswith("/weight_2") else content)
    with pytest.raises(FileError, match=r"weight_2' in it has 0 bytes, expected 864"):
        load_network("pt2", empty, CPU, "a.pt2")
    for part in ("/weight_2", "/sample_inputs/model.pt"):
        missing = changed(exported, lambda name, content, part=part: None if name.endswith(part) else content)
        with pytest.raises(FileError, match=r"a\.pt2 .*(is not in it|it is damaged, or of another version)$"):
            load_network("pt2", missing, CPU, "a.pt2")
    assert not [record for record in caplog.records if record.name.startswith("torch")]


def test_a_graph_with_a_word_misspelt_is_told_as_damaged(exported: bytes) -> None:
    wrong = changed(
        exported,
        lambda name, content: content.replace(b"as_tensor", b"as_tenser") if "models/model" in name else content,
    )
    with pytest.raises(FileError, match=r"it is damaged, or of another version$"):
        load_network("pt2", wrong, CPU, "a.pt2")


class Made(nn.Module):
    """Makes tensors on the device that it is exported for."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 3, 1)
        self.ramp = nn.Buffer(torch.arange(3.0).reshape(1, 3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        ones: Tensor = torch.ones([1], device=image.device)
        return self.first(image) + self.ramp + ones + torch.tensor([0.5], device=torch.device("cpu"))


@pytest.mark.parametrize("kind", ["pt2", "torchscript"])
def test_a_model_that_was_saved_on_another_device_runs_on_this_one(kind: str) -> None:
    network, x = Made(), torch.rand(1, 3, 8, 8)
    cpu, elsewhere = (b'"type": "cpu", "index": null', b'"type": "cuda", "index": 7')
    script = (b'torch.device("cpu")', b'torch.device("cuda:7")')
    out, seen = io.BytesIO(), 0
    with zipfile.ZipFile(io.BytesIO(saved(network, (x,), kind))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith((".json", ".py")):
                seen += content.count(cpu) + content.count(script[0])
                content = content.replace(cpu, elsewhere).replace(*script)
            new.writestr(name, content)
    assert seen
    assert torch.allclose(load_network(kind, out.getvalue(), CPU, "a")([x])[0], network(x))
