"""What is in a file of torch, looked at before torch loads it.

`torch.jit.load` runs no Python, but its files are programs that may call any operator of torch, some of which read and
write files, and it runs what they do to set themselves up. `torch.export.load` trusts its files: it unpickles sample
inputs, and pickled weights where there are any, evaluates shapes as expressions, runs guards as Python and looks up
operators by any name. So both are read here as text first. Only operators that compute pass; of a `.pt2` only the graph
and its weights, which are plain numbers, are handed on. What torch gets is the archive written anew, so that it reads
what was looked at.
"""

import io
import json
import re
import zipfile
from typing import Any

from ..errors import FileError
from ..jsontext import from_json
from .pickled import numbers_spanned, tensor_files

_EXPANSION = 20
"""By how much a file may grow as it is unpacked: torch packs programs alone, whose text shrinks to a tenth."""

_NO_OPERATORS = frozenset({"save", "_save", "load", "from_file", "open", "rpc_async"})
_OPERATOR_SPACES = frozenset({"prim", "aten", "prims", "quantized"})
_CLASSES = b"__torch__.torch.classes"
"""Objects of C++, which may be anything."""
# Everywhere ASCII: Python takes letters of other alphabets for those they look like.
_OPERATORS = re.compile(r"\btorch\.([A-Za-z_][\w.]*)|\bops\.(\w+)\.(\w+)", re.ASCII)
_TEXTS = re.compile(r'"(?:[^"\\\n]|\\.)*"')

_TARGET = re.compile(r"torch\.ops\.aten\.(\w+)\.\w+|_operator\.(\w+)|math\.(\w+)|torch\.(sym_\w+)", re.ASCII)
_ARITHMETIC = frozenset({
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "neg", "pos", "eq", "ne", "lt", "le", "gt", "ge", "and_",
    "or_", "not_", "getitem", "abs", "ceil", "floor", "trunc", "sqrt",
})  # fmt: skip
_NAME = re.compile(r"[\w.+\-]*", re.ASCII)
_SHAPE = re.compile(r"(?:[\w '+\-*/%(),=<>!]|\d\.\d)*", re.ASCII)
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SHAPE_WORDS = frozenset({
    "Add", "Mul", "Pow", "Integer", "Rational", "Symbol", "Max", "Min", "FloorDiv", "CleanDiv", "CeilDiv", "IntTrueDiv",
    "FloatTrueDiv", "Mod", "PythonMod", "ModularIndexing", "TruncToInt", "ToFloat", "Eq", "Ne", "Lt", "Le", "Gt", "Ge",
    "Equality", "Unequality", "StrictLessThan", "LessThan", "StrictGreaterThan", "GreaterThan", "And", "Or", "Not",
    "True", "False", "positive", "nonnegative", "integer", "negative", "zero",
})  # fmt: skip
_SYMBOL = re.compile(r"[su]\d+", re.ASCII)
_NUMBERS = re.compile(r"(?:weight|tensor)_\d+", re.ASCII)
"""Names of files with plain numbers; others torch unpickles."""
_NUMBER_BYTES = {
    3: 2, 4: 4, 5: 8, 6: 2, 7: 4, 8: 8, 9: 4, 10: 8, 11: 16, 13: 2, 28: 2, 34: 4, 35: 8,
}  # fmt: skip
"""Of one number, by how `torch.export` numbers their kinds. All others have one."""
_SPEC_TYPES = frozenset({"builtins.tuple", "builtins.list", "builtins.dict"})

# A file names the device that it was saved on, which this machine may not have.
_DEVICE = re.compile(r'\btorch\.device\("[a-z]+(?::\d+)?"\)', re.ASCII)
_CPU = {"type": "cpu", "index": None}


def checked_torchscript(data: bytes, where: str, device: str = "cpu") -> bytes:
    """A TorchScript file of which every operator was looked at, and that makes its tensors on `device`.

    Raises FileError for one that does not only compute.
    """
    kept = io.BytesIO()
    with _opened(data, where, "TorchScript file") as archive, zipfile.ZipFile(kept, "w") as out:
        names = archive.namelist()
        if not any(name.endswith("/constants.pkl") for name in names):
            raise FileError(f"{where} is no TorchScript file: it is an archive without a program")
        for name in names:
            content = archive.read(name)
            if name.lower().endswith(".py"):  # torch finds its files whatever the case
                program = _text(content, name, where)
                _check_program(program, where)
                content = _DEVICE.sub(f'torch.device("{device}")', program).encode()
            elif name.lower().endswith(".pkl") and _CLASSES in content:
                raise FileError(f"{where} is refused: it holds objects of torch.classes, which may do anything")
            elif name.lower().endswith("/data.pkl") or name.lower().endswith("/constants.pkl"):
                _check_tensors(archive, name, content, where)
            out.writestr(name, content)
    return kept.getvalue()


def _text(content: bytes, name: str, where: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise FileError(f"{where} is damaged: '{name}' in it is no text") from None


def _check_tensors(archive: zipfile.ZipFile, name: str, content: bytes, where: str) -> None:
    """Refuse files of tensors that are shorter than torch would read them."""
    try:
        files = tensor_files(content)
    except ValueError as error:
        raise FileError(f"{where} is damaged: '{name}' in it does not read back: {error}") from None
    sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    for file in files:
        path = f"{name.removesuffix('.pkl')}/{file.key}"
        if path not in sizes:
            raise FileError(f"{where} is damaged: '{path}' is not in it")
        if sizes[path] < file.nbytes:
            raise FileError(f"{where} is damaged: '{path}' in it has {sizes[path]} bytes, expected {file.nbytes}")


def _check_program(text: str, where: str) -> None:
    for plain, space, operator in _OPERATORS.findall(_TEXTS.sub('""', text)):
        called = plain or f"{space}.{operator}"
        foreign = bool(space) and space not in _OPERATOR_SPACES
        if foreign or called.startswith("classes.") or _NO_OPERATORS & set(called.split(".")):
            raise FileError(f"{where} is refused: it calls '{called}', which does more than compute")


def checked_pt2(data: bytes, where: str) -> bytes:
    """A `.pt2` file with nothing in it but the graph and its weights, all on the CPU.

    Raises FileError for one that needs more.
    """
    kept = io.BytesIO()
    with _opened(data, where, "file of torch.export") as archive, zipfile.ZipFile(kept, "w") as out:
        names = archive.namelist()
        graphs = [name for name in names if re.fullmatch(r"[^/]+/models/[^/]+\.json", name)]
        if len(graphs) != 1:
            raise FileError(f"{where} is no file of torch.export with one model: it has {len(graphs)}")
        for name in names:
            inside = name.partition("/")[2]
            content = archive.read(name)
            if inside.startswith("data/aotinductor/"):
                raise FileError(f"{where} is refused: it holds machine code; save the model with torch.export.save")
            if inside.startswith("models/"):
                content = _graph(content, where)
            elif inside.startswith("data/sample_inputs/"):
                content = b""
            elif inside.startswith(("data/weights/", "data/constants/")):
                content = _numbers(name, content, archive, where)
            elif inside not in ("archive_format", "archive_version", "byteorder", ".data/version"):
                continue
            out.writestr(name, content)
    return kept.getvalue()


def _opened(data: bytes, where: str, what: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        size = sum(entry.file_size for entry in archive.infolist())
        if size > _EXPANSION * len(data):
            raise FileError(f"{where} is refused: its {len(data)} bytes unpack to {size}, more than a model's do")
        damaged = archive.testzip()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise FileError(f"{where} is no {what}: it is no archive, or a damaged one") from None
    if damaged is not None:
        raise FileError(f"{where} is damaged: '{damaged}' in it does not read back")
    if len({name.lower() for name in archive.namelist()}) != len(archive.namelist()):  # torch takes any case
        raise FileError(f"{where} is damaged: it holds two files of one name")
    return archive


def _numbers(name: str, content: bytes, archive: zipfile.ZipFile, where: str) -> bytes:
    """A file of weights, or the list of them, as torch may see it."""
    folder, _, file = name.rpartition("/")
    if not file.endswith(".json"):
        if not _NUMBERS.fullmatch(file):
            inside = name.partition("/")[2]
            raise FileError(f"{where} is refused: '{inside}' in it is pickled; export it again with this torch")
        return content
    listed = _json(content, where)
    sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    try:
        for tensor, entry in listed["config"].items():
            if entry["use_pickle"] is not False or not _NUMBERS.fullmatch(str(entry["path_name"])):
                raise FileError(f"{where} is refused: '{tensor}' in it is pickled, expected plain numbers")
            _check_weight(f"{folder}/{entry['path_name']}", entry["tensor_meta"], sizes, where)
            _to_cpu(entry)
    except (LookupError, TypeError, AttributeError, ValueError):
        raise FileError(f"{where} is damaged: '{name}' in it is no list of tensors") from None
    return json.dumps(listed).encode()


def _check_weight(path: str, meta: dict[str, Any], sizes: dict[str, int], where: str) -> None:
    """Refuse a file of a tensor that is not there, or too short: torch takes an empty one for zeros."""
    if path not in sizes:
        raise FileError(f"{where} is damaged: '{path}' is not in it")
    size, stride = ([n["as_int"] for n in meta[what]] for what in ("sizes", "strides"))
    needed = numbers_spanned(meta["storage_offset"]["as_int"], size, stride) * _NUMBER_BYTES.get(meta["dtype"], 1)
    if sizes[path] < needed:
        raise FileError(f"{where} is damaged: '{path}' in it has {sizes[path]} bytes, expected {needed}")


def _graph(content: bytes, where: str) -> bytes:
    """The graph without what is only for people, or is run as Python."""
    graph = _json(content, where)
    if graph.get("graph_module", {}).get("treespec_namedtuple_fields"):
        raise FileError(f"{where} is refused: it takes or gives named tuples; give plain tensors")
    graph["guards_code"] = []
    for node in graph.get("graph_module", {}).get("graph", {}).get("nodes", ()):
        node["metadata"] = {}
    _check(graph, "", where)
    _to_cpu(graph)
    return json.dumps(graph).encode()


def _to_cpu(value: Any) -> None:
    if isinstance(value, dict):
        value.update(_CPU if value.keys() == _CPU.keys() else {})
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _to_cpu(item)


def _check(value: Any, name: str, where: str) -> None:
    """Refuse every text that torch could take for more than a name, an operator or a size."""
    if isinstance(value, dict):
        for key, item in value.items():
            _check_text(key, "expr_str" if name == "range_constraints" else "", where)
            _check(item, key, where)
    elif isinstance(value, list):
        for item in value:
            _check(item, name, where)
    elif isinstance(value, str):
        _check_text(value, name, where)


def _check_text(text: str, name: str, where: str) -> None:
    operator_named = name in ("target", "as_operator")
    if operator_named and (found := _TARGET.fullmatch(text)) is not None:
        aten, operator, function, shape = found.groups()
        if aten not in _NO_OPERATORS and (aten or shape or (operator or function) in _ARITHMETIC):
            return
    elif name == "expr_str":
        unknown = [word for word in _WORD.findall(text) if word not in _SHAPE_WORDS and not _SYMBOL.fullmatch(word)]
        if _SHAPE.fullmatch(text) and not unknown:
            return
    elif name in ("in_spec", "out_spec"):
        _check_spec(_json(text.encode(), where), where)
        return
    elif _NAME.fullmatch(text) and not (operator_named and text.startswith(("torch", "_operator", "math"))):
        return
    shown = text if len(text) < 60 else f"{text[:57]}..."
    raise FileError(f"{where} is refused: it holds '{shown}', which does more than compute or is not known")


def _check_spec(spec: Any, where: str) -> None:
    """How arguments are put together: plain tuples, lists and dictionaries."""
    if isinstance(spec, dict):
        kind = spec.get("type")
        if kind is not None and kind not in _SPEC_TYPES:
            raise FileError(f"{where} is refused: it takes or gives a {kind}; give plain tensors")
        for item in spec.values():
            _check_spec(item, where)
    elif isinstance(spec, list):
        for item in spec:
            _check_spec(item, where)


def _json(content: bytes, where: str) -> Any:
    try:
        return from_json(content)
    except ValueError as error:
        raise FileError(f"{where} is damaged: {error}") from None
