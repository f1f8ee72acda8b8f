"""The pickled part of a TorchScript archive, read with nothing but names: which tensors it has, and where they lie.

torch takes the sizes there for true and reads that far in files that may be shorter, which ends the process.
"""

import io
import pickle
import pickletools
from collections.abc import Sequence
from typing import Any, NamedTuple

_BYTES = {
    "DoubleStorage": 8, "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8, "IntStorage": 4,
    "ShortStorage": 2, "ComplexDoubleStorage": 16, "ComplexFloatStorage": 8, "ComplexHalfStorage": 4,
    "QInt32Storage": 4, "UInt16Storage": 2, "UInt32Storage": 4, "UInt64Storage": 8,
}  # fmt: skip
"""Of one number. All others have one."""


class TensorFile(NamedTuple):
    """The numbers of one or several tensors. key : its name in the folder of the archive."""

    key: str
    nbytes: int


def tensor_files(content: bytes) -> list[TensorFile]:
    """The files that a pickle names, and how many bytes they have to have. Raises ValueError for a damaged one.

    Nothing is imported or called: whatever the pickle asks for is an empty object here.
    """
    reader = _Reader(io.BytesIO(content))
    try:
        _check_places(content)
        reader.load()
    except Exception as error:  # noqa: BLE001  a damaged pickle raises anything
        raise ValueError(str(error) or type(error).__name__) from None
    return [TensorFile(key, nbytes) for key, nbytes in reader.files.items()]


def numbers_spanned(offset: int, size: Sequence[int], stride: Sequence[int]) -> int:
    """How many numbers a file has to have for a tensor in it. Raises ValueError for what is no size."""
    numbers = [offset, *size, *stride]
    if len(size) != len(stride) or any(type(n) is not int or n < 0 for n in numbers):
        raise ValueError(f"a tensor in it has the size {list(size)} and the steps {list(stride)}")
    return 0 if 0 in size else 1 + offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))


def _check_places(content: bytes) -> None:
    """Refuse what is to be remembered at a place beyond all that a file of this size could have: both readers of
    pickles take memory for all places before it.
    """
    for code, place, _ in pickletools.genops(content):
        if code.name == "LONG_BINPUT" and int(place or 0) > len(content):
            raise ValueError(f"it remembers something at place {place}")


class _Anything:
    """Stands for all that a pickle makes."""

    def __init__(self, *about: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.files: dict[str, int] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch._utils" and name in ("_rebuild_tensor_v2", "_rebuild_qtensor"):
            return self._tensor
        return type(name, (_Anything,), {})

    def persistent_load(self, pid: Any) -> tuple[str, int]:
        _, kind, key, _, count = pid
        if type(count) is not int or count < 0:
            raise ValueError(f"a file of tensors in it has {count} numbers")
        self.files[str(key)] = max(self.files.get(str(key), 0), count * _BYTES.get(kind.__name__, 1))
        return str(key), count

    def _tensor(
        self, file: tuple[str, int], offset: int, size: Sequence[int], stride: Sequence[int], *about: Any
    ) -> _Anything:
        if numbers_spanned(offset, size, stride) > file[1]:
            raise ValueError(f"a tensor in it has the size {list(size)}, more than the numbers that are there for it")
        return _Anything()
