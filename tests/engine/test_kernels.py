"""Programs for GPUs: what happens where they cannot be."""

import logging
from pathlib import Path

import pytest
import torch

import rimlight.engine.kernels as kernels
from rimlight.engine.kernels import Kernel

DOUBLE = """
extern "C" __global__ void scale(const float *x, float *y, long long count, float by) {
    long long n = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (n < count) y[n] = by * x[n] + SHIFT;
}
"""


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    (tmp_path / "scale.cu").write_text(DOUBLE)
    return Kernel(tmp_path / "scale.cu", "scale", {"SHIFT": 0.5, "UNUSED": 3})


def test_constants_keep_their_kind(kernel: Kernel) -> None:
    assert kernel.options == ["-DSHIFT=0.5f", "-DUNUSED=3"]


def test_a_processor_runs_none(kernel: Kernel) -> None:
    assert not kernel.runs_on(torch.device("cpu"))


def test_without_a_compiler_the_work_is_done_in_torch_and_said_once(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(index: int) -> None:
        raise OSError("libcaffe2_nvrtc.so: cannot open shared object file")

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "get_device_capability", missing)
    with caplog.at_level(logging.WARNING):
        assert not any(kernel.runs_on(torch.device("cuda", 0)) for _ in range(3))
    (record,) = caplog.records
    assert record.getMessage() == (
        "GPU 0 does without 'scale', which is slower: libcaffe2_nvrtc.so: cannot open shared object file"
    )


@pytest.mark.gpu
def test_a_kernel_runs_on_every_value(kernel: Kernel) -> None:
    for count in (0, 1, 1000, 1 << 20):
        x = torch.arange(count, dtype=torch.float32, device="cuda")
        y = torch.empty_like(x)
        assert kernel.runs_on(x.device)
        kernel(count, x, y, count, 2.0)
        assert torch.equal(y, 2 * x + 0.5)


@pytest.mark.gpu
def test_what_does_not_compile_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "bad.cu").write_text('extern "C" __global__ void bad() { nothing; }')
    with caplog.at_level(logging.WARNING):
        assert not Kernel(tmp_path / "bad.cu", "bad", {}).runs_on(torch.device("cuda"))
    assert "nothing" in caplog.text
    assert kernels._library() is not None
