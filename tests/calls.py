"""Which functions are called while a test runs."""

from collections.abc import Callable
from typing import Any

import pytest


def noted(patch: pytest.MonkeyPatch, *places: tuple[Any, str], what: Callable[..., Any] | None = None) -> list[Any]:
    """A list that grows with every call of some functions, which do what they did. places : a module or class and the
    name of a function there. what : makes of the arguments what is noted, default the name.
    """
    calls: list[Any] = []

    def noting(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            calls.append(what(*args, **more) if what is not None else name)
            return original(*args, **more)

        return call

    for owner, name in places:
        patch.setattr(owner, name, noting(name, getattr(owner, name)))
    return calls
