"""LowLight on the rendered plate at night, with camera noise of known size."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from calls import noted
from pictures import coordinates, picture
from rimlight.engine import Image, Reader, Region, StudentModel
from rimlight.nodes.ops.low_light import cleaned, illumination, lift, white_of
from source import ROOT
from stage import Stage, staged

PLATE: Path = ROOT / "resources" / "plates" / "tea.0001.exr"
FRAME = Region(0, 0, 128, 72)
READ, SHOT = 0.002, 0.0006


def quiet() -> Tensor:
    """The plate at night, lit by a lamp at the right."""
    x = torch.nn.functional.adaptive_avg_pool2d(Reader().pixels(PLATE, ["rgba"])["rgba"][:3], (72, 128))
    across, down = coordinates(FRAME)
    return x * (0.03 + 0.6 * torch.exp(-((across - 90) ** 2 + (down - 62) ** 2) / 300))


def noisy() -> Tensor:
    x = quiet()
    random = torch.randn(x.shape, generator=torch.Generator().manual_seed(3))
    return x + random * (READ**2 + SHOT * x).sqrt()


def run(x: Tensor, **values: object) -> Image:
    made: Image = staged("learned.low_light", picture(x, FRAME, FRAME), **values).evaluate("node")
    return made


def test_brighter_stays_brighter_and_highlights_stay() -> None:
    light = torch.linspace(-12, 4, 321)[None, None]
    for amount in (0.5, 2.0, 4.0, 8.0):
        gain = lift(light, amount, 2.0, 1.0, 0.3)
        out = light + gain.log2()
        assert float(out.diff(dim=2).min()) > 0
        assert bool((gain[light >= 1.0] == 1).all())
        assert float(gain.max()) <= 2.0**amount * 1.0001
    assert float(lift(torch.full((1, 1, 1), -40.0), 3.0, 2.0, 1.0, 0.3)) == pytest.approx(8.0, rel=0.01)
    assert bool((lift(light, 2.0, 2.0, 1.0, 0.3) <= lift(light, 4.0, 2.0, 1.0, 0.3)).all())


@pytest.mark.parametrize("follow", ["both", "plate", "student"])
def test_the_dark_is_lifted_by_more_the_more_is_asked(follow: str) -> None:
    x = noisy()
    dark = (quiet().mean(0) < 0.02)[None].expand(3, -1, -1)
    means = [float(run(x, amount=a, follow=follow)["rgba"][dark].mean()) for a in (0, 1, 2, 4)]
    assert means == sorted(means) and means[2] > 1.5 * means[0] and means[1] > 1.1 * means[0]


def test_noise_is_not_lifted_with_the_picture() -> None:
    """Noise is what two takes of the same scene differ by."""
    scene = quiet()
    values = {"amount": 4.0, "read": READ, "shot": SHOT}
    dark = (scene.mean(0) < 0.02)[None].expand(3, -1, -1)

    def spread(**more: object) -> tuple[float, float]:
        out = run(noisy(), **values, **more)["rgba"]
        clean = run(scene, **values, denoise=0.0)["rgba"]
        return float((out - clean)[dark].std()), float(clean[dark].mean() / scene[dark].mean())

    (lifted, gain), (held, _) = spread(denoise=0.0), spread()
    before = float((noisy() - scene)[dark].std())
    assert gain > 2 and lifted > 1.8 * before
    assert held < 0.75 * lifted and held < 1.6 * before


def test_highlights_are_bit_equal() -> None:
    x = noisy()
    gain = run(x, output="gain", amount=4.0)["rgba"][:1]
    still = (gain == 0).expand(3, -1, -1)
    assert 0.002 < float(still.float().mean()) < 0.5
    assert torch.equal(run(x, amount=4.0)["rgba"][still], x[still])


def test_colour_of_the_dark_comes_from_around() -> None:
    x = torch.full((3, 72, 128), 1e-3) * torch.tensor([1.0, 0.9, 0.8])[:, None, None]
    x[:, 60:, 100:] = 1.0
    random = torch.randn(x.shape, generator=torch.Generator().manual_seed(4))
    given = picture(x + random * READ, FRAME, FRAME)
    chroma = []
    for steady in (0.0, 1.0):
        values = {"amount": 4.0, "read": READ, "steady": steady, "follow": "plate"}
        out = staged("learned.low_light", given, **values).evaluate("node")["rgba"][:, :50, :90]
        chroma.append(float((out[0] - out[2]).std()))
    assert chroma[1] < chroma[0]


def lamp_in_the_dark() -> tuple[Tensor, Tensor]:
    """An orange disc before a grey wall that is darker than the noise, and how far from the disc every pixel is."""
    across, down = coordinates(FRAME)
    away = ((across - 90) ** 2 + (down - 36) ** 2).sqrt() - 20
    x = torch.where(away < 0, torch.tensor([0.5, 0.2, 0.05])[:, None, None], torch.tensor(READ / 2))
    return x, away


def test_a_bright_thing_does_not_colour_the_dark_beside_it() -> None:
    x, away = lamp_in_the_dark()
    random = torch.randn(x.shape, generator=torch.Generator().manual_seed(6))
    clean = cleaned(x + random * (READ**2 + SHOT * x).sqrt(), (READ, SHOT), 4, 1.0)
    beside, far = (away > 4) & (away < 12), away > 40
    stains = [float((clean[0] - clean[2])[where].mean()) for where in (beside, far)]
    assert abs(stains[0]) < 0.3 * READ / 2 and abs(stains[1]) < 0.3 * READ / 2


def test_what_the_noise_leaves_makes_no_holes_in_the_light() -> None:
    x, away = lamp_in_the_dark()
    random = torch.randn(x.shape, generator=torch.Generator().manual_seed(7))
    given = x + random * (READ**2 + SHOT * x).sqrt()
    values = {"amount": 8.0, "read": READ, "shot": SHOT, "follow": "plate", "output": "gain"}
    gain = run(given, **values)["rgba"][0]
    assert float(gain[away > 12].max() - gain[away > 12].min()) < 0.65


def test_exposure_passes_through() -> None:
    x = noisy()
    one, more = run(x, amount=3.0)["rgba"], run(x * 16, amount=3.0)["rgba"]
    assert float((more / 16 - one).abs().max()) < 1e-4 * float(one.abs().max())


def test_nothing_asked_is_the_plate_and_half_a_mix_half_way() -> None:
    x = noisy()
    assert torch.equal(run(x, amount=0.0)["rgba"], x)
    full, half = run(x)["rgba"], run(x, mix=0.5)["rgba"]
    assert torch.allclose(half, (full + x) / 2, atol=1e-6)
    assert bool((full < 0).any()) == bool((x < 0).any())


def test_noise_is_reported_in_stops() -> None:
    flat = torch.full((3, 72, 128), 0.25)
    random = torch.randn(flat.shape, generator=torch.Generator().manual_seed(5))
    out = run(flat + random * 0.03125, output="noise", follow="plate")["rgba"]
    assert float(out.median()) == pytest.approx(-3.0, abs=0.25)


def test_illumination_follows_light_and_not_texture() -> None:
    across, _ = coordinates(FRAME)
    light = torch.exp2(across / 32 - 4)
    texture = 1 + 0.2 * torch.where((across.long() // 2) % 2 == 0, 1.0, -1.0)
    found = illumination((light * texture).expand(3, -1, -1))[0]
    inner = (slice(10, -10), slice(16, -16))
    assert float((found - light.log2())[inner].abs().max()) < 0.35
    assert white_of(found[None]) == pytest.approx(0.0, abs=0.3)


def test_how_strong_the_noise_is_goes_with_the_picture() -> None:
    flat = torch.full((3, 72, 128), 0.25)
    random = torch.randn(flat.shape, generator=torch.Generator().manual_seed(5))
    out = run(flat + random * 0.03125, follow="plate")
    assert out.info.metadata["rimlight:noise"] == pytest.approx(-3.0, abs=0.25)
    held = run(noisy(), amount=4.0).info.metadata["rimlight:noise_held"]
    assert -4.0 <= held < -0.5
    assert run(noisy(), amount=4.0, denoise=0.0).info.metadata["rimlight:noise_held"] == pytest.approx(0.0, abs=1e-5)


def test_a_drag_looks_at_the_plate_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = noted(monkeypatch, (StudentModel, "examine"))
    stage = Stage(host_bytes=1 << 28).given("plate", picture(noisy(), FRAME, FRAME))
    stage.add("node", "learned.low_light", {"image": "plate"})
    for amount in (1.0, 2.0, 3.0):
        stage.set("node", amount=amount).evaluate("node")
    assert len(looks) == 1
