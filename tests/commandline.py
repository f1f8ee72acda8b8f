"""The command line run in this process, as the fixture `rimlight` of `tests/engine` gives it."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple


class Done(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Its report with `--json`."""
        return json.loads(self.out)


Run = Callable[..., Done]


def one_sentence(text: str) -> bool:
    """Whether this is how the command line refuses something."""
    return text.startswith("rimlight: ") and text.count("\n") == 1 and "Traceback" not in text
