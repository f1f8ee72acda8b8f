"""How well light layers explain a picture."""

import torch
from torch import Tensor

from rimlight.engine import sum_of_all


def ledger_error(plate: Tensor, residual: Tensor) -> float:
    """The share of a plate `[3, h, w]` that is only in the residual `[3, h, w]`, 0 to 1.

    Per pixel and channel `|residual| / (|residual| + |plate - residual|)`, and over the frame its mean weighted by the
    root of the plate's brightness: neither a few hot pixels nor noise in the black decide. It does not depend on the
    exposure. What is no number is left out.
    """
    off, light = residual.abs(), plate.abs()
    total = off + (plate - residual).abs()
    known = torch.isfinite(off) & torch.isfinite(light) & (total > 0)
    if not bool(known.any()):
        return 0.0
    weight = torch.where(known, light, 0.0).double().sqrt()
    share = torch.where(known, off / total.clamp_min(torch.finfo(total.dtype).tiny), 0.0).double()
    return float(sum_of_all(share * weight) / sum_of_all(weight).clamp_min(1e-300))
