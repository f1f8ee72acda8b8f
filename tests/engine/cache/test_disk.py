"""The disk tier: persistence, budget, damage, a full disk."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from rimlight.engine import Region
from rimlight.engine.cache import disk
from rimlight.engine.cache.disk import DiskCache

WHOLE = Region(-2, 3, 14, 19)


def picture() -> torch.Tensor:
    return torch.arange(256.0).reshape(1, 16, 16) - 100


def test_another_session_finds_what_was_stored(tmp_path: Path) -> None:
    DiskCache(tmp_path, 1 << 20).store(b"k", "light.key", WHOLE, picture(), 12.5, True)
    found = DiskCache(tmp_path, 1 << 20).load(b"k", "light.key", Region(0, 4, 3, 5))
    assert found is not None
    where, tensor, cost, whole = found
    assert (where, cost, whole) == (WHOLE, 12.5, True)
    assert torch.equal(tensor, picture())


def test_a_region_outside_is_a_miss(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 1 << 20)
    cache.store(b"k", "rgba", WHOLE, picture(), 1, True)
    assert cache.load(b"k", "rgba", Region(0, 0, 3, 5)) is None
    assert cache.load(b"k", "albedo", WHOLE) is None


def test_the_folder_stays_under_its_budget(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 6000)
    for i in range(20):
        cache.store(bytes([i]), "rgba", WHOLE, picture(), 1, True)
        os.utime(cache._path(bytes([i]), "rgba"), ns=(i * 10**9, i * 10**9))
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) <= 6000
    assert cache.load(bytes([19]), "rgba", WHOLE) is not None
    assert cache.load(bytes([0]), "rgba", WHOLE) is None


@pytest.mark.parametrize(
    "changed",
    [{"region": [-2, 3, 14, 1900]}, {"region": [-2, 3, 14]}, {"region": [-2.5, 3, 14, 19]}, {"cost_ms": "x"}],
)
def test_a_head_that_does_not_fit_its_layer_is_a_miss(tmp_path: Path, changed: dict[str, Any]) -> None:
    cache = DiskCache(tmp_path, 1 << 20)
    cache.store(b"k", "rgba", WHOLE, picture(), 1, True)
    (path,) = tmp_path.glob("*.safetensors")
    head = {"region": WHOLE.box, "layer": "rgba", "cost_ms": 1.0, "whole": True} | changed
    save_file({"x": picture()}, path, metadata={"rimlight": json.dumps(head)})
    assert cache.load(b"k", "rgba", WHOLE) is None and not path.exists()


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\xff" * 300])
def test_a_damaged_file_is_a_miss_and_goes(tmp_path: Path, damage: bytes) -> None:
    cache = DiskCache(tmp_path, 1 << 20)
    cache.store(b"k", "rgba", WHOLE, picture(), 1, True)
    path = cache._path(b"k", "rgba")
    path.write_bytes(damage)
    assert cache.load(b"k", "rgba", WHOLE) is None
    assert not path.exists()


def test_a_truncated_file_is_a_miss(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 1 << 20)
    cache.store(b"k", "rgba", WHOLE, picture(), 1, True)
    path = cache._path(b"k", "rgba")
    path.write_bytes(path.read_bytes()[:-100])
    assert cache.load(b"k", "rgba", WHOLE) is None


def test_small_files_count_by_the_blocks_that_they_take(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 1 << 30)
    for i in range(3):
        cache.store(bytes([i]), "numbers", Region(0, 0, 1, 1), torch.zeros(1, 1, 1), 0, True)
    stats = [path.stat() for path in tmp_path.iterdir()]
    taken = sum(max(stat.st_size, 512 * stat.st_blocks) for stat in stats)
    assert len(stats) == 3 and cache.stats().bytes == taken == DiskCache(tmp_path, 1 << 30).stats().bytes
    small = DiskCache(tmp_path, taken - 1)
    small.store(b"k", "numbers", Region(0, 0, 1, 1), torch.zeros(1, 1, 1), 0, True)
    assert small.stats().bytes <= 0.9 * (taken - 1) and small.stats().entries < 3
    assert small.load(b"k", "numbers", Region(0, 0, 1, 1)) is not None


def test_a_full_disk_turns_the_cache_off_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cache = DiskCache(tmp_path, 1 << 20)

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "save_file", full)
    cache.store(b"k", "rgba", WHOLE, picture(), 1, True)
    cache.store(b"l", "rgba", WHOLE, picture(), 1, True)
    assert list(tmp_path.iterdir()) == []
    assert len(caplog.records) == 1
    assert "No space left" in caplog.text


def test_a_foreign_file_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("mine")
    cache = DiskCache(tmp_path, 10)
    cache.store(b"k", "rgba", WHOLE, picture(), 1, True)
    cache.clear()
    assert [p.name for p in tmp_path.iterdir()] == ["readme.txt"]


def test_a_folder_that_cannot_be_made_turns_the_cache_off(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    cache = DiskCache(tmp_path / "file" / "cache", 1 << 20)
    assert [r.levelname for r in caplog.records] == ["WARNING"] and "is off for this session" in caplog.text
    cache.store(b"k", "rgba", WHOLE, picture(), 1, True)
    assert cache.load(b"k", "rgba", WHOLE) is None
    assert cache.stats().entries == 0


def test_what_a_killed_process_left_goes_after_an_hour(tmp_path: Path) -> None:
    for name, seconds in (("old.1-2.tmp", 1.0), ("new.1-2.tmp", None)):
        (tmp_path / name).write_bytes(b"half")
        if seconds is not None:
            os.utime(tmp_path / name, (seconds, seconds))
    DiskCache(tmp_path, 1 << 20)
    assert [path.name for path in tmp_path.iterdir()] == ["new.1-2.tmp"]


def test_what_safetensors_left_half_written_goes_too(tmp_path: Path) -> None:
    for name in (".tmpGxfoZX", ".tmp-notes"):
        (tmp_path / name).write_bytes(b"half")
        os.utime(tmp_path / name, (1.0, 1.0))
    DiskCache(tmp_path, 1 << 20)
    assert [path.name for path in tmp_path.iterdir()] == [".tmp-notes"]


def test_files_of_another_user_are_read_and_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    DiskCache(tmp_path, 1 << 20).store(b"k", "rgba", WHOLE, picture(), 1, True)
    cache = DiskCache(tmp_path, 1200)
    cache._path(b"broken", "rgba").write_bytes(b"garbage")

    def not_mine(*arguments: object, **options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(disk.os, "utime", not_mine)
    monkeypatch.setattr(disk.Path, "unlink", not_mine)
    found = cache.load(b"k", "rgba", WHOLE)
    assert found is not None and torch.equal(found[1], picture())
    assert not caplog.records
    assert cache.load(b"broken", "rgba", WHOLE) is None and "cannot be removed" in caplog.text
    cache.store(b"l", "rgba", WHOLE, picture(), 1, True)  # over the budget, and nothing makes room
    assert "off for this session: it is full of files that may not be removed" in caplog.text
    cache.clear()
    assert cache.load(b"k", "rgba", WHOLE) is not None


def test_others_may_read_what_is_stored_as_the_umask_says(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 1 << 20)
    cache.store(b"k", "rgba", WHOLE, picture(), 1, True)
    (tmp_path / "plain").touch()
    assert cache._path(b"k", "rgba").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_folder_that_was_tidied_away_is_made_again(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "cache", 1 << 20)
    cache.store(b"k", "rgba", WHOLE, picture(), 1, True)
    shutil.rmtree(tmp_path / "cache")
    assert not cache.holds(b"k", "rgba") and cache.load(b"k", "rgba", WHOLE) is None
    cache.store(b"k", "rgba", WHOLE, picture(), 1, True)
    assert cache.holds(b"k", "rgba")


def test_layers_with_long_names_are_kept_apart(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = DiskCache(tmp_path, 1 << 20)
    names = ["x" * 254 + end for end in "ab"]
    for value, name in enumerate(names):
        cache.store(b"k", name, WHOLE, picture() + value, 1, True)
    for value, name in enumerate(names):
        found = cache.load(b"k", name, WHOLE)
        assert cache.holds(b"k", name) and found is not None and torch.equal(found[1], picture() + value)
    assert not caplog.records
