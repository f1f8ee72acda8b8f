"""What nobody asked for is fitted to the machine."""

import pytest

from rimlight.engine import RimlightError
from rimlight.training.data import DataConfig
from rimlight.training.machine import Machine, fitted
from rimlight.training.train import process_count

GPU = Machine("cuda", cores=16, memory=80 << 30)


def test_on_a_cpu_each_core_makes_and_takes_its_own_batches() -> None:
    data, processes = fitted(DataConfig(views=("v",)), Machine("cpu", cores=8, memory=64 << 30))
    assert (data.pairs, data.workers, processes) == (6, 0, 8) and data.views == ("v",)
    data, processes = fitted(DataConfig(), Machine("cpu", cores=8, memory=64 << 30), workers=3)
    assert (data.workers, processes) == (3, 1)
    many, _ = fitted(DataConfig(), Machine("cpu", cores=64, memory=16 << 30))
    assert 0 < many.pool < DataConfig().pool  # all pools together have room


def test_for_a_gpu_the_cores_make_windows() -> None:
    data, processes = fitted(DataConfig(size=128), GPU)
    assert (data.pairs, data.workers, processes) == (64, 14, 0)
    pixels, lightings = 128**2, data.lightings  # of a window to be lit: layers, directions, key lights, photographs
    window = pixels * (4 * 16 + 128 + 8 + 4 * 6) + lightings * 2 * 3 * 64 * 128
    assert lightings >= 16 and data.pool > 1000 and data.pool * window <= GPU.memory / 4
    shared, _ = fitted(DataConfig(size=128), Machine("cuda", cores=16, devices=4, memory=80 << 30))
    assert shared.workers == 2


def test_pairs_go_by_size_and_memory() -> None:
    def pairs(size: int, gigabytes: int) -> int:
        return fitted(DataConfig(size=size), Machine("cuda", 8, gigabytes << 30))[0].pairs

    assert pairs(96, 80) > pairs(128, 80) > pairs(128, 8) > pairs(256, 8) >= 2
    assert pairs(32, 80) <= 256


@pytest.mark.parametrize("machine", [Machine("cpu", 4, 8 << 30), GPU])
def test_what_is_asked_for_stays(machine: Machine) -> None:
    data, processes = fitted(DataConfig(), machine, pairs=3, workers=2, processes=5)
    assert (data.pairs, data.workers, processes) == (3, 2, 5)
    assert fitted(DataConfig(), machine, workers=0)[0].workers == 0


def test_this_machine_is_looked_at() -> None:
    assert Machine.here("cpu").cores >= 1 and Machine.here("cpu").kind == "cpu"
    with pytest.raises(RimlightError, match="--device banana"):
        Machine.here("banana")


def test_a_run_of_many_cores_goes_on_with_a_process_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert [process_count(wanted, "cuda") for wanted in (0, 1, 2, 16)] == [2, 1, 2, 2]
    assert [process_count(wanted, "cpu") for wanted in (0, 1, 16)] == [1, 1, 16]
