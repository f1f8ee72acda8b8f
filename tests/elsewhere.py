"""A device that is not there: tensors that are computed on the CPU and behave as if they were elsewhere.

Inside `Elsewhere()` what is made with `device=PLACE`, or moved there, is marked. An operation that mixes marked tensors
with plain ones fails as it would on a GPU (numbers without dimensions may be mixed there too), and so does what wants
the memory itself. What is asked back is noted: each of these makes a CPU wait for a GPU. What is brought there is noted
too: work that a GPU records would get the same values ever after.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

PLACE = torch.device("maia", 0)
"""Of a kind that nothing here computes on, so that nothing else can be meant."""


class MixedDevices(AssertionError):
    """What a GPU would refuse."""


class _Marked(Tensor):
    __torch_function__ = torch._C._disabled_torch_function_impl


_MOVES = {Tensor.to, Tensor.copy_, torch.tensor, torch.as_tensor}
_MEMORY = {Tensor.numpy, Tensor.__array__, Tensor.data_ptr, Tensor.__cuda_array_interface__.__get__}
_ASKED_BACK = {
    Tensor.cpu, Tensor.item, Tensor.tolist, Tensor.__float__, Tensor.__int__, Tensor.__bool__, Tensor.__index__,
    Tensor.nonzero, torch.nonzero, Tensor.equal, torch.equal,
}  # fmt: skip
_BRINGS = {torch.tensor, torch.as_tensor, Tensor.new_tensor}


class Elsewhere(TorchFunctionMode):
    """See above. asked_back, brought : operations that did so. count : operations on marked tensors that compute."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_back: list[str] = []
        self.brought: list[str] = []
        self.count = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        tensors = list(_tensors((args, kwargs)))
        marked = any(isinstance(x, _Marked) for x in tensors)
        if func == Tensor.device.__get__:
            return PLACE if marked else func(*args)
        if marked and func in _MEMORY:
            raise MixedDevices(f"{_name(func)} of a tensor that is elsewhere")
        if marked and func not in _MOVES:
            plain = [x for x in tensors if not isinstance(x, _Marked) and x.ndim > 0]
            if plain:
                raise MixedDevices(f"{_name(func)} mixes devices: one tensor on the CPU is {list(plain[0].shape)}")
        if marked and (func in _ASKED_BACK or _by_mask(func, args)):
            self.asked_back.append(_name(func))
        place = _place(func, args, kwargs)
        target = marked if place is None else place == PLACE
        args, kwargs = _plain(args), _plain(kwargs)
        found = func(*args, **kwargs)
        if func is Tensor.cpu or not target:
            return found
        if func in _BRINGS or (func in _MOVES and any(not isinstance(x, _Marked) and x.ndim for x in tensors)):
            self.brought.append(_name(func))
        if not _name(func).startswith("__get__"):
            self.count += 1
        return _mark(found)


def sent(module: nn.Module) -> None:
    """Put the weights of a module there."""
    for part in module.modules():
        for name, weight in list(part._parameters.items()):
            if weight is not None:
                del part._parameters[name]
                object.__setattr__(part, name, _mark(weight.detach()))


def _name(func: Callable[..., Any]) -> str:
    return str(getattr(func, "__name__", func))


def _by_mask(func: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    return func is Tensor.__getitem__ and any(x.dtype == torch.bool for x in _tensors(args[1]))


def _place(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.device | None:
    """The device that a call asks for, if it does."""
    if isinstance(kwargs.get("device"), (torch.device, str)):
        return torch.device(kwargs["device"])
    if func is Tensor.to and len(args) > 1:
        other = args[1]
        if isinstance(other, Tensor):
            return PLACE if isinstance(other, _Marked) else torch.device("cpu")
        if isinstance(other, (torch.device, str)):
            return torch.device(other)
    return None


def _tensors(value: Any) -> Iterable[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _tensors(one)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _plain(value: Any) -> Any:
    """The same without marks, and without the device that is not there."""
    if isinstance(value, _Marked):
        return value.as_subclass(Tensor)
    if isinstance(value, torch.device) and value == PLACE:
        return torch.device("cpu")
    if type(value) in (list, tuple):
        return type(value)(_plain(one) for one in value)
    if type(value) is dict:
        return {name: _plain(one) for name, one in value.items()}
    return value


def _mark(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.as_subclass(_Marked)
    if isinstance(value, (list, tuple)):
        return type(value)([_mark(one) for one in value])
    return value
