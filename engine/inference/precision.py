"""Where a network is computed in half precision."""

from functools import lru_cache

import torch

_IN_HARDWARE = ("avx512_bf16", "amx_bf16")


@lru_cache(8)
def half_is_faster(device: torch.device) -> bool:
    """Whether a device computes bfloat16 in hardware. Where it does not, a processor takes fifty times as long for a
    convolution in bfloat16 as in float32: so do those before AVX-512 BF16 (AMD before Zen 4, most of Intel's).
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        if hasattr(torch.cpu, "get_capabilities"):
            known = torch.cpu.get_capabilities()
            return any(bool(known.get(name)) for name in _IN_HARDWARE)
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return True
