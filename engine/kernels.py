"""Programs in CUDA C for work that is a long loop for each of many numbers, which torch has no operation for.

They are compiled when they are first needed, for the GPU that is there, by the compiler that torch's CUDA builds bring
along (NVRTC). Where that cannot be, the work is done by the processor; see `compiling`.
"""

import ctypes
import logging
import threading
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

log = logging.getLogger(__name__)

_THREADS = 128
"""Threads of a block. Loops of different lengths want small ones: a block stays until its last is done."""

Argument = Tensor | ctypes.Structure | int | float
"""Whole numbers are passed as `long long`, others as `float`."""


class Kernel:
    """An `extern "C" __global__` function of a file. By any thread, on any of several GPUs.

    constants : what the file finds defined; floating point numbers as `float`.
    """

    def __init__(self, file: Path, name: str, constants: Mapping[str, float]) -> None:
        self._file = file
        self._name = name
        self.options = [f"-D{key}={value!r}{'f' * isinstance(value, float)}" for key, value in constants.items()]
        self._lock = threading.Lock()
        self._made: dict[int, ctypes.c_void_p | None] = {}

    def runs_on(self, device: torch.device) -> bool:
        """Whether this can be called with tensors of a device. Asked of a GPU first, it takes a moment."""
        return device.type == "cuda" and torch.version.cuda is not None and self._function(device) is not None

    def __call__(self, count: int, *arguments: Argument) -> None:
        """Begin `count` threads on the current stream of the device that the tensors among the arguments are on.

        Tensors are contiguous and passed as pointers. The GPU has what it needs when this returns; they may go.
        """
        device = next(x.device for x in arguments if isinstance(x, Tensor))
        function = self._function(device)
        if count == 0 or function is None:
            return
        values = [_passed(x) for x in arguments]
        pointers = (ctypes.c_void_p * len(values))(*(ctypes.addressof(x) for x in values))
        blocks = -(-count // _THREADS)
        with torch.cuda.device(device):
            stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
            error = _library().cuLaunchKernel(function, blocks, 1, 1, _THREADS, 1, 1, 0, stream, pointers, None)
        if error:
            raise RuntimeError(f"the GPU refuses to begin '{self._name}': CUDA error {error}")

    def _function(self, device: torch.device) -> ctypes.c_void_p | None:
        index = torch.cuda.current_device() if device.index is None else device.index
        with self._lock:
            if index not in self._made:
                try:
                    self._made[index] = self._load(index)
                except (OSError, AttributeError, RuntimeError) as error:
                    log.warning("GPU %d does without '%s', which is slower: %s", index, self._name, error)
                    self._made[index] = None
            return self._made[index]

    def _load(self, index: int) -> ctypes.c_void_p:
        major, minor = torch.cuda.get_device_capability(index)
        code = compiled(self._file, [f"--gpu-architecture=sm_{major}{minor}", *self.options], _library())
        module, function = ctypes.c_void_p(), ctypes.c_void_p()
        with torch.cuda.device(index):
            torch.cuda.current_stream().synchronize()  # the GPU's context is this thread's from here on
            _check(_library().cuModuleLoadData(ctypes.byref(module), code))
            _check(_library().cuModuleGetFunction(ctypes.byref(function), module, self._name.encode()))
        return function


def compiled(file: Path, options: list[str], library: ctypes.CDLL) -> bytes:
    """The machine code of a file. Raises RuntimeError with what the compiler says."""
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    source = ctypes.c_char_p(file.read_bytes())
    _check(library.nvrtcCreateProgram(ctypes.byref(program), source, file.name.encode(), 0, None, None))
    given = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    try:
        if library.nvrtcCompileProgram(program, len(options), given):
            _check(library.nvrtcGetProgramLogSize(program, ctypes.byref(size)))
            said = ctypes.create_string_buffer(size.value)
            _check(library.nvrtcGetProgramLog(program, said))
            raise RuntimeError(said.value.decode(errors="replace").strip())
        _check(library.nvrtcGetCUBINSize(program, ctypes.byref(size)))
        code = ctypes.create_string_buffer(size.value)
        _check(library.nvrtcGetCUBIN(program, code))
        return code.raw
    finally:
        library.nvrtcDestroyProgram(ctypes.byref(program))


def _library() -> ctypes.CDLL:
    """What torch itself compiles with and begins such programs by: both libraries' functions are found in it."""
    return ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / "libcaffe2_nvrtc.so"))


def _passed(value: Argument) -> "ctypes._CData":
    if isinstance(value, Tensor):
        return ctypes.c_void_p(value.data_ptr())
    if isinstance(value, int):
        return ctypes.c_longlong(value)
    return ctypes.c_float(value) if isinstance(value, float) else value


def _check(error: int) -> None:
    if error:
        raise RuntimeError(f"CUDA error {error}")
