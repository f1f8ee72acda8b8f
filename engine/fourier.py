"""Fourier transforms of rows that are the same to the bit whatever the number of threads.

MKL takes rows of 8, 16, 32 and 64 numbers another way on one thread than on several, and so rounds them differently.
Longer ones it takes one way. So short rows are transformed as rows that repeat, or that zeros follow.
"""

_LEAST = 128


def repeats(count: int) -> int:
    """How many times `count` numbers, at least 1, a row is to be long whose transform is that of rows of `count`.

    Zeros behind a row put its spectrum at every `repeats`th place. A row that repeats has it there times `repeats`.
    """
    return max(1, _LEAST // count)
