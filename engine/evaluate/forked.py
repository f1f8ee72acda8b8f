"""A process that was forked off one that had computed in parallel: it would wait for ever.

The threads of torch's pool are not there after a fork, but the pool believes that they are, so the first parallel step
never ends. Only who forks can put that right, so it is said in place of hanging.
"""

import os

import torch

from ..errors import RimlightError


class Pool:
    """Which process has had its threads started for parallel steps. pid : 0 where none has."""

    def __init__(self) -> None:
        self.pid = 0

    def check(self) -> None:
        """Take note that this process is going to compute. Raises RimlightError where it would hang.

        On one thread nothing is parallel, and a fork does no harm.
        """
        if torch.get_num_threads() == 1:
            return
        here = os.getpid()
        if self.pid not in (0, here):
            raise RimlightError(
                "this process was forked off one that had computed pictures, and would hang; start processes with"
                " multiprocessing.get_context('spawn'), or fork before the first picture"
            )
        self.pid = here


POOL = Pool()
"""Of the process, as torch's is: a session made behind a fork hangs as well."""
