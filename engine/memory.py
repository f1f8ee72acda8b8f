"""How much memory this process may take: that of the machine, or what a farm's worker is given of it."""

import resource
from contextlib import suppress
from pathlib import Path

import psutil

_GROUPS = Path("/sys/fs/cgroup")


def usable_memory() -> int:
    """Bytes: the machine's, or what a control group (of a container, or a job of Slurm) or `ulimit -v` allows of it."""
    limits = [psutil.virtual_memory().total, *_group_limits(Path("/proc/self/cgroup"), _GROUPS)]
    space = resource.getrlimit(resource.RLIMIT_AS)[0]
    if space != resource.RLIM_INFINITY:
        limits.append(space)
    return int(min(limits))


def _group_limits(membership: Path, mounted: Path) -> list[int]:
    """What the control groups of a process allow, each and all that it lies in, of either version; empty elsewhere.

    A container sees its own group as the topmost one, so a path that is not there leaves those above it.
    """
    found: list[int] = []
    with suppress(OSError):
        for line in membership.read_text().splitlines():
            _, kinds, path = line.split(":", 2)
            if kinds and "memory" not in kinds.split(","):
                continue
            root, name = (mounted / "memory", "memory.limit_in_bytes") if kinds else (mounted, "memory.max")
            steps = [step for step in path.split("/") if step not in ("", "..")]  # ".." leads out of what is seen here
            for depth in range(len(steps), -1, -1):
                with suppress(OSError, ValueError):  # not there, or "max"
                    found.append(int(root.joinpath(*steps[:depth], name).read_text()))
    return [limit for limit in found if limit > 0]
