"""Half precision is taken where a device has it in hardware."""

from collections.abc import Iterator

import pytest
import torch

from rimlight.engine import half_is_faster, load_student
from source import ROOT

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    half_is_faster.cache_clear()
    yield
    half_is_faster.cache_clear()


@pytest.mark.parametrize(
    ("known", "faster"),
    [
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({"avx2": True, "avx512_bf16": False}, False),
        ({}, False),
    ],
)
def test_a_processor_needs_instructions_for_it(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, bool], faster: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    assert half_is_faster(CPU) is faster
    (manifest,) = (ROOT / "resources" / "models").glob("student-*.json")
    assert load_student(manifest).half is faster
    assert load_student(manifest, half=True).half and not load_student(manifest, half=False).half
