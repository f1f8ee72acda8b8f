"""What is made with several numbers of threads, which must not tell."""

from collections.abc import Callable
from typing import TypeVar

import torch

T = TypeVar("T")


def on_threads(make: Callable[[], T], *counts: int) -> list[T]:
    """What is made with each of these numbers of torch's threads; the number is put back."""
    before, made = torch.get_num_threads(), []
    try:
        for count in counts:
            torch.set_num_threads(count)
            made.append(make())
    finally:
        torch.set_num_threads(before)
    return made
