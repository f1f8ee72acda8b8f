"""Networks of other kinds than our own as one kind of thing: tensors in, tensors out, in the order of their names."""

import io
import logging
import os
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import FileError, RimlightError
from .archive import checked_pt2, checked_torchscript
from .tiles import is_out_of_memory

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Network:
    """A network on a device. Threads may share it.

    inputs, outputs : names where the file tells them, in order; empty where it does not. nbytes : of its weights.
    run : the results `[1, C, h, w]` of tensors in the order of the inputs; the flag asks for bfloat16.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nbytes: int
    device: torch.device
    run: Callable[[Sequence[Tensor], bool], Sequence[Tensor]]

    def __call__(self, tensors: Sequence[Tensor], half: bool = False) -> list[Tensor]:
        """The results, float32. Raises RimlightError with the network's own words; errors of memory as they are."""
        try:
            made = self.run(tensors, half)
        except RimlightError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise
            log.debug("the network failed", exc_info=error)
            shapes = ", ".join(str(list(t.shape)) for t in tensors)
            raise RimlightError(f"the network does not take tensors of the shapes {shapes}: {_brief(error)}") from None
        return [y.float() for y in made]


def load_network(
    kind: str, data: bytes, device: torch.device, where: str, names: tuple[Sequence[str], Sequence[str]] = ((), ())
) -> Network:
    """A network of the kind `torchscript`, `pt2` or `onnx` from a file's content. No Python of the file is run.

    names : the inputs and outputs that are expected. Raises FileError with a sentence: `where` names the file in it.
    """
    load = {"torchscript": _torchscript, "pt2": _pt2, "onnx": _onnx}[kind]
    try:
        with torch.inference_mode(False), torch.no_grad():
            network = load(data, device, where)
    except RimlightError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise RimlightError(f"{where} does not fit the memory of {device}") from None
        log.debug("%s cannot be loaded", where, exc_info=error)
        told = (
            _UNREADABLE if isinstance(error, (LookupError, TypeError, AttributeError, UnicodeError)) else _brief(error)
        )
        raise FileError(f"{where} cannot be loaded as {kind}: {told}") from None
    for what, there, expected in (("inputs", network.inputs, names[0]), ("outputs", network.outputs, names[1])):
        # ONNX tells them by name, the networks of torch by their order.
        missing = set(expected) - set(there) if kind == "onnx" else expected[len(there) :]
        more = what == "inputs" and len(there) != len(expected)  # outputs that nobody wants do no harm
        if expected and there and (missing or more):
            raise FileError(f"{where} has the {what} {', '.join(there)}; its manifest declares {', '.join(expected)}")
    return network


_UNREADABLE = "it is damaged, or of another version"
_OF_LIBRARIES = (
    "INTERNAL ASSERT", "[enforce fail", "internal miniz error", "Caffe2", "when deserializing", "/onnxruntime_src/",
)  # fmt: skip
"""In errors that tell where torch or onnxruntime stood, and nothing of the file."""
_CODE_OF_ONNX = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : |\b\w+\.cc:\d+ \w+ ")
_ONNX_NUMBERS = re.compile(r"tensor\((float|double|float16|u?int\d+|bool)\)")


def _brief(error: Exception) -> str:
    """What an error says, in one line: the last of a traceback of TorchScript, the first of any other."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    line = lines[-1] if lines[0].startswith("The following operation failed") else lines[0]
    if any(word in line for word in _OF_LIBRARIES):
        return _UNREADABLE
    line = _CODE_OF_ONNX.sub("", line)
    return line if len(line) <= 200 else f"{line[:197]}..."


def _torchscript(data: bytes, device: torch.device, where: str) -> Network:
    # Said of every file, and where warnings are errors it would be one of the file.
    warnings.filterwarnings("ignore", r"`torch\.jit\.load` is deprecated", DeprecationWarning)
    load: Any = torch.jit.load
    module = load(io.BytesIO(checked_torchscript(data, where, str(device))), map_location=device)
    module.eval()
    arguments = [a.name for a in module.forward.schema.arguments[1:] if not a.has_default_value()]
    return Network(tuple(arguments), (), _size(module), device, _called(module, device))


def _pt2(data: bytes, device: torch.device, where: str) -> Network:
    load: Any = torch.export.load
    quiet = logging.getLogger(torch.export.__name__)
    quiet.addFilter(_no_failure)
    try:
        program = load(io.BytesIO(checked_pt2(data, where)))
    finally:
        quiet.removeFilter(_no_failure)
    if device.type != "cpu":
        from torch.export.passes import move_to_device_pass

        program = move_to_device_pass(program, str(device))
    signature, module = program.graph_signature, program.module()
    inputs, outputs = (tuple(map(str, names)) for names in (signature.user_inputs, signature.user_outputs))
    return Network(inputs, outputs, _size(module), device, _called(module, device))


def _no_failure(record: logging.LogRecord) -> bool:
    """Tells errors of files to us alone: torch logs their tracebacks as warnings, then raises what says nothing."""
    if record.exc_info:
        log.debug("torch: %s", record.getMessage(), exc_info=record.exc_info)
    return not record.exc_info


def _called(module: Any, device: torch.device) -> Callable[[Sequence[Tensor], bool], Sequence[Tensor]]:
    def run(tensors: Sequence[Tensor], half: bool) -> Sequence[Tensor]:
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=half):
            made = module(*tensors)
        if isinstance(made, Tensor):
            return [made]
        listed = list(made.values()) if isinstance(made, dict) else list(made)
        if not all(isinstance(y, Tensor) for y in listed):
            raise RimlightError("the network gives something else than tensors")
        return listed

    return run


def _size(module: torch.nn.Module) -> int:
    return sum(t.numel() * t.element_size() for t in (*module.parameters(), *module.buffers()))


def _onnx(data: bytes, device: torch.device, where: str) -> Network:
    try:
        import onnxruntime
    except ImportError:
        raise FileError(
            f"{where} needs onnxruntime, which is not installed; install it with: pip install 'rimlight[onnx]'"
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 4  # what goes wrong is raised, and said once
    # Weights in other files would be looked for in the folder where the program was started, and no hash covers them.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    providers: list[Any] = ["CPUExecutionProvider"]
    if device.type == "cuda" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        providers.insert(0, ("CUDAExecutionProvider", {"device_id": device.index or 0}))
    # Without another provider it would try the same again, and print that on standard output.
    try:
        session = onnxruntime.InferenceSession(data, options, providers=providers, enable_fallback=len(providers) > 1)
    except Exception as error:
        if re.search("External data (path|location)", str(error)):
            raise FileError(
                f"{where} has its weights in another file, expected all in one; make it one in Python with "
                "onnx.save(onnx.load(old), new)"
            ) from None
        raise
    for given in session.get_outputs():
        if not _ONNX_NUMBERS.fullmatch(given.type):
            raise FileError(f"{where} gives '{given.name}' as {given.type}, expected a tensor of numbers")
    inputs = tuple(i.name for i in session.get_inputs())

    def run(tensors: Sequence[Tensor], half: bool) -> Sequence[Tensor]:
        fed = {name: np.ascontiguousarray(t.cpu().numpy()) for name, t in zip(inputs, tensors, strict=True)}
        return [torch.from_numpy(np.asarray(y, np.float32)).to(device) for y in session.run(None, fed)]

    return Network(inputs, tuple(o.name for o in session.get_outputs()), len(data), device, run)
