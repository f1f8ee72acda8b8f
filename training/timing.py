"""What a student costs, and whether it keeps exposure out of its answers."""

import time
from collections.abc import Callable

import torch

from rimlight.engine import EnvironmentCache

from .cases import Case
from .methods import StudentMethod


def equivariance(method: StudentMethod, case: Case) -> dict[str, float]:
    """The largest and the mean difference, relative to the mean, between `f(k x)` and `k f(x)` for several k."""
    worst: list[float] = []
    means: list[float] = []
    plain = method.model.decompose(method.model.examine(case.picture, case.matte))
    for k in (2.0**-10, 1 / 7.3, 3.7, 2.0**10):
        scaled = method.model.decompose(method.model.examine(case.picture * k, case.matte))
        for name in ("shading", "specular"):
            error = (scaled[name] / k - plain[name]).abs() / plain[name].mean()
            worst.append(float(error.max()))
            means.append(float(error.mean()))
    return {"largest": max(worst), "mean": sum(means) / len(means)}


def speed(method: StudentMethod, size: int = 512, runs: int = 5) -> dict[str, float]:
    """Milliseconds with a picture of size x size, the median of some runs after two of warming up; threads, parameters.

    apart_ms, relight_ms : what the product does, at the working size of the manifest: `examine` and `decompose`, which
    give all layers at full size; and `relight` by a key and an environment, once the layers are there. network_ms : the
    network alone with that size as its working size.
    """
    model = method.model
    picture = torch.rand(3, size, size, generator=torch.Generator().manual_seed(0)).to(model.device)
    seen = model.examine(picture)
    albedo, rig = model.decompose(seen)["albedo"], model.estimate_light(seen)
    environments = EnvironmentCache(8)

    def milliseconds(work: Callable[[], object]) -> float:
        times = []
        for _ in range(runs + 2):
            start = time.perf_counter()
            work()
            if model.device.type == "cuda":
                torch.cuda.synchronize()
            times.append((time.perf_counter() - start) * 1e3)
        return sorted(times[2:])[runs // 2]

    return {
        "size": float(size),
        "working_size": float(model.manifest.working_size),
        "apart_ms": milliseconds(lambda: model.decompose(model.examine(picture))),
        "relight_ms": milliseconds(lambda: model.relight(seen, rig, albedo=albedo, environments=environments)),
        "network_ms": milliseconds(lambda: model.examine(picture, size=size)),
        "threads": float(torch.get_num_threads()),
        "parameters": float(model.manifest.parameters),
    }
