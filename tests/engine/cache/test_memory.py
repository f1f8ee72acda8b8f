"""Budgets, eviction, pinning and the tiers of the tensor cache."""

from pathlib import Path

import pytest
import torch

from rimlight.engine import Region
from rimlight.engine.cache.disk import DiskCache
from rimlight.engine.cache.memory import TensorCache

CPU = torch.device("cpu")
WHOLE = Region(0, 0, 16, 16)
KIB = 1024


def picture(value: float = 1.0) -> torch.Tensor:
    """One kibibyte."""
    return torch.full((1, 16, 16), float(value))


def fill(cache: TensorCache, names: str, cost_ms: float = 10.0) -> None:
    for name in names:
        cache.store(name.encode(), "rgba", WHOLE, picture(ord(name)), cost_ms, True)


def held(cache: TensorCache, names: str) -> str:
    return "".join(n for n in names if cache.holds(n.encode(), "rgba"))


def test_stays_under_its_budget() -> None:
    cache = TensorCache(4 * KIB)
    fill(cache, "abcdefgh")
    assert cache.stats()["host"].bytes <= 4 * KIB
    assert cache.stats()["host"].entries == 4


def test_what_is_used_stays_and_what_is_old_goes() -> None:
    cache = TensorCache(3 * KIB)
    fill(cache, "abc")
    assert cache.find(b"a", "rgba", WHOLE, CPU) is not None
    fill(cache, "d")
    assert held(cache, "abcd") == "acd"


def test_cheap_goes_before_expensive() -> None:
    cache = TensorCache(3 * KIB)
    fill(cache, "a", cost_ms=5000)
    fill(cache, "bcd", cost_ms=1)
    assert "a" in held(cache, "abcd")


def test_what_a_viewer_shows_is_never_evicted() -> None:
    cache = TensorCache(2 * KIB)
    fill(cache, "a", cost_ms=0.01)
    cache.pin("viewer", [b"a"])
    fill(cache, "bcdef", cost_ms=1000)
    assert "a" in held(cache, "abcdef")
    cache.unpin("viewer")
    fill(cache, "gh", cost_ms=1000)
    assert "a" not in held(cache, "abcdefgh")


def test_a_result_larger_than_the_budget_is_not_kept() -> None:
    cache = TensorCache(KIB // 2)
    fill(cache, "a")
    assert cache.stats()["host"].bytes == 0


def test_a_larger_region_replaces_what_it_holds() -> None:
    cache = TensorCache(100 * KIB)
    cache.store(b"k", "rgba", Region(0, 0, 4, 4), torch.zeros(1, 4, 4), 1, False)
    assert cache.holds(b"k", "rgba") is None
    cache.store(b"k", "rgba", WHOLE, picture(), 1, True)
    assert cache.stats()["host"].entries == 1
    assert cache.holds(b"k", "rgba") == "host"
    assert cache.find(b"k", "rgba", Region(0, 0, 17, 16), CPU) is None


def test_clearing_some_keys() -> None:
    cache = TensorCache(10 * KIB)
    fill(cache, "abc")
    cache.clear(iter([b"b"]))
    assert held(cache, "abc") == "ac"
    assert cache.stats()["host"].bytes == 2 * KIB


def test_expensive_results_spill_to_disk_and_come_back(tmp_path: Path) -> None:
    cache = TensorCache(2 * KIB, disk=DiskCache(tmp_path, 1 << 20))
    fill(cache, "abcd", cost_ms=500)
    assert held(cache, "abcd") == "abcd"
    assert cache.holds(b"a", "rgba") == "disk"
    found = cache.find(b"a", "rgba", Region(2, 2, 5, 5), CPU)
    assert found is not None
    assert found[0] == WHOLE
    assert torch.equal(found[1], picture(ord("a")))


def test_cheap_results_do_not_spill(tmp_path: Path) -> None:
    cache = TensorCache(2 * KIB, disk=DiskCache(tmp_path, 1 << 20))
    fill(cache, "abcd", cost_ms=0.0001)
    assert cache.stats()["disk"].entries == 0


@pytest.mark.gpu
def test_device_results_are_demoted_to_host() -> None:
    cache = TensorCache(10 * KIB, 2 * KIB)
    device = torch.device("cuda")
    for name in "abcd":
        cache.store(name.encode(), "rgba", WHOLE, picture(ord(name)).to(device), 10, True)
    assert cache.stats()["device"].bytes <= 2 * KIB
    assert held(cache, "abcd") == "abcd"
    found = cache.find(b"a", "rgba", WHOLE, device)
    assert found is not None and found[1].device.type == "cuda"


def test_numbers_that_a_disk_gives_back_are_held_for_so_many_results_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rimlight.engine.cache.memory._RESULTS", 2)
    disk = DiskCache(tmp_path, 64 * KIB)
    for name in "abc":
        TensorCache(KIB, disk=disk).tell(name.encode(), {"n": ord(name)}, ("n",))
    cache = TensorCache(KIB, disk=disk)
    assert [cache.told(name.encode(), ("n",)) for name in "abc"] == [{"n": 97.0}, {"n": 98.0}, {"n": 99.0}]
    disk.clear()
    assert [cache.told(name.encode(), ("n",)) for name in "abc"] == [{}, {"n": 98.0}, {"n": 99.0}]
