"""Polite kills before a command listens; the rest is in `test_cli_process.py`, as processes."""

import os
import signal
import time
from collections.abc import Iterator
from importlib.machinery import ExtensionFileLoader
from types import ModuleType

import pytest

from rimlight.engine.commands.stopping import listen, stopped_at_start

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = [signal.getsignal(number) for number in SIGNALS]
    listen()
    yield
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


class Native(ExtensionFileLoader):
    """Stands for a library in C++ that is being loaded when the signal comes."""

    made = False

    def exec_module(self, module: ModuleType) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0)  # where Python looks for signals
        self.made = True


def test_a_polite_kill_waits_until_a_native_module_is_made() -> None:
    loader = Native("native", "native.so")
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012  it comes in the loop at the earliest
        loader.exec_module(ModuleType("native"))
        assert loader.made and stopped_at_start()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            time.sleep(0.01)


def test_elsewhere_it_interrupts_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012  it is the signal that raises
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
