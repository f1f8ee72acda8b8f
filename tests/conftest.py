"""What every test shares: the devices, a thread budget for each worker, and Qt without a screen."""

import gc
import os
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Workers run side by side, so each takes its share of the cores. Libraries read these when they are first imported.
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_THREADS = str(max(1, (os.cpu_count() or 1) // _WORKERS))
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM", "OPENIMAGEIO_THREADS", "EXR_THREADS"):
    os.environ.setdefault(_name, _THREADS)

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as rimlight.engine does, which tests may import after torch

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what tests start would compile all that it imports, each time anew

import pytest  # noqa: E402
import torch  # noqa: E402
from hypothesis import settings  # noqa: E402

# The same examples in every run, and no failure because the machine was busy.
settings.register_profile("rimlight", deadline=None, derandomize=True)
settings.load_profile("rimlight")

_HAS_GPU = torch.cuda.is_available()


@pytest.fixture(autouse=True)
def _same_chance() -> None:
    """Random pictures without a generator of their own are the same in every run, whatever ran before."""
    torch.manual_seed(0)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Threads only cost time on small pictures, and wait for each other for long on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(params=["cpu", "cuda"] if _HAS_GPU else ["cpu"])
def device(request: pytest.FixtureRequest) -> torch.device:
    """Every device that this machine has; a test that takes it runs once on each."""
    return torch.device(request.param)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked `gpu` where there is none."""
    if _HAS_GPU:
        return
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


def pytest_collection_finish() -> None:
    """Leave what was imported and collected, half a million objects that stay, out of every later garbage collection.

    The leak checks of the desktop's tests collect after each test, and look at what those made.
    """
    gc.collect()
    gc.freeze()
