"""Loops over many numbers that torch has no operation for, compiled for the processor by Numba.

What is compiled is kept on the disk, beside the module or in the user's cache folder, so that only the first run on a
machine waits for it (some seconds). A module with such loops is imported where it is first needed, as Numba takes half
a second to load.
"""

import functools
import hashlib
import logging
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
"""Other threads go on meanwhile, and division by zero is infinite, as in torch."""


def compiled_part(function: Callable[P, R]) -> Callable[P, R]:
    """For functions that compiled ones call: they become a part of them."""
    import numba

    made: Callable[P, R] = numba.njit(function, **_OPTIONS)
    return made


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """For functions of NumPy arrays and numbers that Python calls, from any thread.

    For each combination of types they are compiled once, and kept as long as their module and the numbers in it stay.
    Where nothing may be kept, or what was kept is damaged, they are compiled for this process only.
    """
    import numba

    @functools.cache
    def here() -> Callable[P, R]:
        made: Callable[P, R] = numba.njit(function, **_OPTIONS)
        return made

    try:
        with _named_by_numbers(function):
            kept: Callable[P, R] = numba.njit(function, cache=True, **_OPTIONS)
    except RuntimeError as error:  # no folder may be written
        log.debug("%s is compiled for this process only: %s", function.__qualname__, error)
        return here()

    @functools.wraps(function)
    def call(*args: P.args, **named: P.kwargs) -> R:
        try:
            return kept(*args, **named)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            log.debug("%s is compiled for this process only: %s", function.__qualname__, error)
            return here()(*args, **named)

    return call


@contextmanager
def _named_by_numbers(function: Callable[..., Any]) -> Iterator[None]:
    """Give a function a name for Numba's files that tells the numbers of its module. They become part of what is
    compiled, and may come from other modules, while Numba looks at the file of this one alone.
    """
    import numpy as np

    numbers = {n: v for n, v in function.__globals__.items() if isinstance(v, int | float | np.generic)}
    name = function.__qualname__
    told = repr(sorted(numbers.items())).encode()
    function.__qualname__ = f"{name}-{hashlib.blake2b(told, digest_size=6).hexdigest()}"
    try:
        yield
    finally:
        function.__qualname__ = name
