"""One colour transform, ready to apply to pixels."""

import hashlib
from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from .cpu import apply_planar
from .lowering import lower
from .luts import Op
from .pyocio import ocio, reported


class ColorTransform:
    """An immutable colour transform, made by a `ColorConfig`; safe to use from threads.

    key : hash of everything that decides the result: the resolved operations with the content of their LUTs, the
        numbers they were made from, and OpenColorIO's version. Part of the cache key of whoever applies it.
    label : what it does, for people.
    """

    def __init__(self, processor: Any, label: str, spec: tuple[Any, ...] = (), *, fast: bool = False) -> None:
        """`processor` is an OCIO Processor. `spec` adds numbers to the key that OCIO's own identifier rounds.

        `fast` allows OCIO's approximate powers and logarithms (1e-5 relative, twice as fast), good for previews only.
        """
        library = ocio()
        self.label = label
        flags = library.OPTIMIZATION_DEFAULT
        if not fast:
            flags = library.OptimizationFlags(int(flags) & ~int(library.OPTIMIZATION_FAST_LOG_EXP_POW))
        with reported(label):
            self._cpu = processor.getOptimizedCPUProcessor(flags)
            self._optimized = processor.getOptimizedProcessor(flags)
            parts = (library.__version__, processor.getCacheID(), repr(spec), str(fast))
        self.key = hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
        self.identity = bool(self._cpu.isNoOp())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ColorTransform) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"ColorTransform({self.label})"

    @cached_property
    def _ops(self) -> tuple[Op, ...] | None:
        return lower(self._optimized.createGroupTransform())

    @property
    def native(self) -> bool:
        """Whether torch can do it on any device. Otherwise a GPU tensor takes a round trip to the CPU."""
        return self._ops is not None

    def apply(self, x: Tensor, check: Callable[[], None] | None = None) -> Tensor:
        """The transform of `x`, float32 [3 or 4, H, W] on any device; a fourth channel, alpha, is left as it is.

        Returns a new tensor, or `x` itself when the transform does nothing. On the CPU it is always OpenColorIO's own
        processor, in bands of rows over torch's number of threads; on other devices torch operations where `native`.
        `check` is called between bands and may raise to stop the work. Raises ValueError for another shape or type.
        """
        self._require(x)
        if self.identity:
            return x
        if x.device.type == "cpu":
            return apply_planar(self._cpu, x, check)
        if self.native:
            return self.apply_ops(x)
        return apply_planar(self._cpu, x.cpu(), check).to(x.device)

    def apply_ops(self, x: Tensor) -> Tensor:
        """As `apply`, by torch operations on whatever device `x` is. Raises ValueError when not `native`."""
        self._require(x)
        if self._ops is None:
            raise ValueError(f"{self.label}: has operations that torch cannot do")
        if self.identity:
            return x
        rgb = x[:3]
        for op in self._ops:
            rgb = op(rgb)
        return rgb if x.shape[0] == 3 else torch.cat((rgb, x[3:]))

    def _require(self, x: Tensor) -> None:
        if x.ndim != 3 or x.shape[0] not in (3, 4) or x.dtype != torch.float32:
            raise ValueError(f"{self.label}: found {x.dtype} {tuple(x.shape)}, expected float32 [3 or 4, H, W]")
