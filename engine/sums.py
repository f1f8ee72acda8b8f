"""Sums over whole pictures that are the same to the bit whatever the number of threads.

Torch adds a whole picture up in as many parts as there are threads, so another number of them rounds differently. A
row is added up by one thread, and what rows give is little.
"""

from torch import Tensor


def sum_of_all(x: Tensor) -> Tensor:
    """The sum `[]` of all of `x`, of any shape, in its type; of rows in its type, of their sums in float64."""
    total = x.sum(-1).double()
    while total.ndim:
        total = total.sum(-1)
    return total.to(x.dtype)


def mean_of_all(x: Tensor) -> Tensor:
    """The mean `[]` of all of `x`, of any shape, in its type; NaN where there is nothing. As `sum_of_all`."""
    return sum_of_all(x) / x.numel()
