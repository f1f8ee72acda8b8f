import resource
from pathlib import Path

import psutil
import pytest

from rimlight.engine import memory
from rimlight.engine.memory import usable_memory
from rimlight.engine.settings import GIB, Settings


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        ("0::/job/step\n", {"job/memory.max": "5000", "job/step/memory.max": "max"}, [5000]),
        ("0::/job/step\n", {"job/memory.max": "5000", "job/step/memory.max": "4000"}, [4000, 5000]),
        ("0::/\n", {"memory.max": "3000"}, [3000]),
        ("0::/../../outside\n", {"memory.max": "3000"}, [3000]),
        ("4:cpu:/a\n5:memory:/job\n", {"memory/job/memory.limit_in_bytes": "700"}, [700]),
        ("5:memory:/docker/x\n", {"memory/memory.limit_in_bytes": "900"}, [900]),
        ("0::/gone\n", {}, []),
        ("", {}, []),
    ],
)
def test_limits_of_control_groups_of_both_versions(
    membership: str, files: dict[str, str], expected: list[int], tmp_path: Path
) -> None:
    write(tmp_path / "cgroup", membership)
    for name, text in files.items():
        write(tmp_path / "mounted" / name, text)
    found = memory._group_limits(tmp_path / "cgroup", tmp_path / "mounted")
    assert found == expected


def test_without_control_groups_there_is_no_limit(tmp_path: Path) -> None:
    assert memory._group_limits(tmp_path / "cgroup", tmp_path) == []


def test_the_smallest_limit_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    total = psutil.virtual_memory().total
    monkeypatch.setattr(memory, "_group_limits", lambda membership, mounted: [])
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY,) * 2)
    assert usable_memory() == total
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (3 * GIB, 3 * GIB))
    assert usable_memory() == 3 * GIB
    monkeypatch.setattr(memory, "_group_limits", lambda membership, mounted: [1 << 62, 2 * GIB])
    assert usable_memory() == 2 * GIB


def test_a_job_of_a_farm_gets_budgets_of_what_it_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RIMLIGHT_CACHE_GB", "RIMLIGHT_MODEL_GB"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(memory, "_group_limits", lambda membership, mounted: [2 * GIB])
    settings = Settings.from_environment()
    assert settings.host_bytes == GIB // 2
    assert settings.host_bytes + settings.model_bytes + settings.band_bytes < 2 * GIB
