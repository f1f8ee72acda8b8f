"""The program that follows rays on a GPU, here compiled for the processor, says what the processor's own loop says."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from torch import Tensor

import rimlight.engine.light.march as march_module
from compare import assert_close
from rimlight.engine import (
    AreaLight,
    Camera,
    DirectionalLight,
    Light,
    March,
    Occluders,
    PointLight,
    Region,
    Seen,
    cast_shadow,
    occlusion,
)
from rimlight.engine.light.march import KERNEL, Surfaces
from shadow_scenes import Solids
from source import ROOT

CAMERA = Camera.from_fov(200, 125, 40)
FRAME = Region(0, 0, 200, 125)
FLOOR = ((0.0, -50.0, 0.0), (0.0, 1.0, 0.0))
SCENE = Solids(
    balls=(((30.0, -20.0, -260.0), 30.0),), boxes=(((-70.0, -50.0, -330.0), (-30.0, 10.0, -290.0)),), planes=(FLOOR,)
)
LIGHTS = [
    DirectionalLight(direction=(0.7, 0.5, -0.2)),
    DirectionalLight(direction=(-0.9, 0.3, 0.1), angle=6.0),
    PointLight(position=(-100.0, 30.0, -250.0), size=10.0),
    AreaLight(position=(120.0, 100.0, -200.0), width=60.0, height=40.0, aim=(-1.0, -1.0, -0.5)),
]
ON_A_CPU = """
#include <algorithm>
#include <cmath>
#define __device__ static
#define __global__
using std::max;
using std::min;
struct { long long x; } blockIdx, blockDim = {1}, threadIdx;
#include "march.cu"
extern "C" void each(Surfaces s, const float *rays, float *met, long long count, long long steps) {
    for (blockIdx.x = 0; blockIdx.x < count; blockIdx.x++) march(s, rays, met, count, steps);
}
"""


def occluders(device: str = "cpu") -> Occluders:
    position, normal = SCENE.seen(CAMERA)
    there = torch.isfinite(position).all(0, keepdim=True) & (position[2:] > -800)
    shown = torch.where(there, position, torch.tensor([0.0, 0.0, -1e7]).reshape(3, 1, 1)).float()
    facing = torch.where(there, normal, torch.tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1)).float()
    return Occluders(shown.to(device), facing.to(device), CAMERA, FRAME, thickness=60.0)


class OnTheProcessor:
    """What stands for the kernel: the same source, a ray after the other."""

    def __init__(self, folder: Path, compiler: str) -> None:
        (folder / "each.cpp").write_text(ON_A_CPU)
        options = [option for option in KERNEL.options if option.startswith("-D")]
        place = ["-I", str(ROOT / "engine" / "light"), "-o", "each.so", "each.cpp"]
        subprocess.run(
            [compiler, "-O2", "-shared", "-fPIC", "-Wall", "-Werror", *options, *place], cwd=folder, check=True
        )
        self._each = ctypes.CDLL(str(folder / "each.so")).each
        self._each.argtypes = [Surfaces, *[ctypes.c_void_p] * 2, *[ctypes.c_longlong] * 2]
        self.rays = 0

    def runs_on(self, device: torch.device) -> bool:
        return True

    def __call__(self, count: int, surfaces: Surfaces, rays: Tensor, met: Tensor, *numbers: int) -> None:
        self.rays += count
        self._each(surfaces, rays.data_ptr(), met.data_ptr(), *numbers)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> OnTheProcessor:
    compiler = shutil.which("c++")
    if compiler is None:
        pytest.skip("there is no C++ compiler to compile the kernel for the processor")
    return OnTheProcessor(tmp_path_factory.mktemp("kernel"), compiler)


def assert_alike(found: Seen, plain: Seen) -> None:
    """Measured: 3e-6 at most on the processor."""
    for one, two in zip(found, plain, strict=True):
        assert_close(one, two, threshold=2e-5)


@pytest.mark.parametrize("light", LIGHTS, ids=["sun", "soft sun", "lamp", "window"])
@pytest.mark.parametrize("march", [March(600, 1.0, 128, 2), March(600, 1.0, 512, 16)], ids=["draft", "final"])
def test_shadows_of_the_kernel_are_those_of_the_loop(
    light: Light, march: March, kernel: OnTheProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = occluders()
    plain = cast_shadow(scene, light, march)
    assert 0.02 < float((plain.visibility < 0.5).float().mean()) < 0.9
    before = kernel.rays
    monkeypatch.setattr(march_module, "KERNEL", kernel)
    found = cast_shadow(scene, light, march)
    assert kernel.rays - before > 5000
    assert_alike(found, plain)


def test_occlusion_of_the_kernel_is_that_of_the_loop(kernel: OnTheProcessor, monkeypatch: pytest.MonkeyPatch) -> None:
    scene, march = occluders(), March(50, 1.0, 128, 8)
    plain = occlusion(scene, march)
    monkeypatch.setattr(march_module, "KERNEL", kernel)
    # A rounding decides where in a cell a ray is blocked most that is so everywhere in it; 2 % differ, by 5e-4 at most.
    for one, two in zip(occlusion(scene, march), plain, strict=True):
        assert_close(one, two, threshold=2e-5, allowed=0.05, hard=2e-3)


def test_rays_do_not_depend_on_those_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many are followed between two checks is a matter of speed alone."""
    scene, march = occluders(), March(50, 1.0, 48, 8)
    found = []
    for size in (1 << 9, 1 << 15):
        monkeypatch.setattr(march_module, "_BLOCK", size)
        found.append(occlusion(scene, march))
    assert all(map(torch.equal, *found))


def test_rays_that_come_to_nothing(kernel: OnTheProcessor) -> None:
    """No ray at all, rays that go nowhere, and rays that may look at no cell."""
    scene = occluders()
    surfaces = Surfaces(scene.field, scene.bounds)
    rays = torch.tensor([20.0, 30.0, 0.004, 1.0, 0.2, 0.0, 0.0, 5.0])[:, None].repeat(1, 3)
    for count, steps in ((0, 100), (3, 100), (3, 0)):
        met = torch.full((4, count), torch.nan)
        kernel(count, surfaces, rays[:, :count].contiguous(), met, count, steps)
        assert torch.equal(met, torch.zeros(4, count))
        rays[6] = 50.0


@pytest.mark.gpu
@pytest.mark.parametrize("light", LIGHTS, ids=["sun", "soft sun", "lamp", "window"])
def test_the_kernel_runs_on_a_gpu(light: Light, monkeypatch: pytest.MonkeyPatch) -> None:
    march = March(600, 1.0, 512, 8)
    scene = occluders("cuda")
    assert KERNEL.runs_on(scene.position.device)
    found = [cast_shadow(scene, light, march) for _ in range(2)]
    assert all(map(torch.equal, *found))
    monkeypatch.setattr(type(KERNEL), "runs_on", lambda self, device: False)
    plain, elsewhere = cast_shadow(scene, light, march), cast_shadow(occluders(), light, march)
    for one, two, three in zip(found[0], plain, elsewhere, strict=True):
        for other in (two, three.cuda()):
            off = (one - other).abs()
            # A rounding may send a ray that grazes an edge past it.
            assert float(off.mean()) < 1e-4 and float((off > 1e-3).float().mean()) < 2e-3
