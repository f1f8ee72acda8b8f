import pytest
import torch
import torch.nn.functional as F

from rimlight.engine import fit_irradiance
from rimlight.engine.light.sh import irradiance


@pytest.mark.parametrize("strength", [1.0, 1e-3, 4e3])
def test_irradiance_is_fitted_whatever_its_strength(strength: float) -> None:
    generator = torch.Generator().manual_seed(3)
    normal = F.normalize(torch.randn(3, 500, generator=generator), dim=0)
    true = torch.randn(9, 3, generator=generator) * 0.2
    true[0] = 4.0
    shading = irradiance(true, normal) * strength
    found = fit_irradiance(normal, shading, torch.ones(500), smoothness=1e-6)
    torch.testing.assert_close(found / strength, true, atol=2e-2, rtol=2e-2)


def test_fitted_irradiance_heeds_weights_and_batches() -> None:
    generator = torch.Generator().manual_seed(4)
    normal = F.normalize(torch.randn(2, 3, 400, generator=generator), dim=1)
    true = torch.zeros(9, 3)
    true[0], true[3] = 4.0, 2.0
    shading = torch.stack([irradiance(true, n) for n in normal])
    shading[:, :, :100] *= 0.1  # in shadow
    weight = torch.ones(2, 400)
    weight[:, :100] = 0
    found = fit_irradiance(normal, shading, weight)
    towards = F.normalize(found[:, [3, 1, 2]].mean(2), dim=1)
    assert float(towards[:, 0].min()) > 0.999
    assert float(fit_irradiance(normal, shading, torch.ones(2, 400))[:, 0].mean()) < float(found[:, 0].mean())


def test_a_flat_wall_gives_no_wild_fit() -> None:
    normal = torch.tensor([0.0, 0, 1])[:, None].expand(3, 50)
    found = fit_irradiance(normal, torch.ones(3, 50), torch.ones(50))
    assert float(found.abs().max()) < 10
