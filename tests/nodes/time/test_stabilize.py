"""Flicker goes, light that changes stays: against shots whose light is known."""

import torch
import torch.nn.functional as F
from torch import Tensor

from compare import assert_close
from moving import Moving
from pictures import noise, picture
from rimlight.engine import Image, Region
from stage import Stage

MOVE = Moving(height=72, width=96, velocity=(2.5, -1.5), disc=(-2.0, 1.0), radius=18)
FRAME = Region(0, 0, 96, 72)
FRAMES = (1, 9)


def boil(frame: float, size: float = 0.25) -> Tensor:
    """A flicker as estimates have it, smooth over the picture and new in every frame, as a factor `[3, h, w]`."""
    random = torch.Generator().manual_seed(100 + int(frame))
    small = size * torch.randn(1, 3, 4, 5, generator=random)
    return torch.exp2(F.interpolate(small, (72, 96), mode="bicubic")[0])


def plate(frame: float) -> Image:
    return picture(MOVE.albedo(frame), display=FRAME, frames=FRAMES)


def lit(frame: float) -> Tensor:
    """The shot under a light that stands still."""
    return MOVE.albedo(frame) * MOVE.lamp(0.3)


def staged(shot: object, with_plate: bool = True, **values: object) -> Stage:
    """`shot` gives the colour of a frame."""

    def clip(frame: float) -> Image:
        return picture(shot(frame), display=FRAME, frames=FRAMES)  # type: ignore[operator]

    stage = Stage().given("clip", clip).given("plate", plate)
    return stage.add("node", "Stabilize", {"image": "clip"} | ({"plate": "plate"} if with_plate else {}), **values)


def found(stage: Stage, frame: float) -> Tensor:
    return stage.evaluate("node", frame)["rgba"]


def off(x: Tensor, true: Tensor, where: Tensor | None = None) -> float:
    """Root of the mean square of stops between two pictures."""
    stops = torch.log2(x / true).square().mean(0)
    return float((stops if where is None else stops[where]).mean().sqrt())


def test_flicker_goes() -> None:
    stage = staged(lambda f: lit(f) * boil(f), reach=3, tolerance=1.0)
    before = [off(lit(frame) * boil(frame), lit(frame)) for frame in range(4, 7)]
    after = [off(found(stage, frame), lit(frame)) for frame in range(4, 7)]
    assert sum(after) < 0.6 * sum(before)  # the mean of seven has 0.38 of it, where all of them are seen
    for frame in FRAMES:
        assert off(found(stage, frame), lit(frame)) < 0.9 * off(lit(frame) * boil(frame), lit(frame))


def test_the_plate_keeps_its_own_light() -> None:
    """A plate that flickers itself, and is processed without a fault, stays as it is."""

    def flickers(frame: float) -> Image:
        return picture(MOVE.albedo(frame) * boil(frame), display=FRAME, frames=FRAMES)

    stage = Stage().given("plate", flickers).add("lit", "Multiply", {"image": "plate"}, value=0.7)
    stage.add("node", "Stabilize", {"image": "lit", "plate": "plate"})
    assert_close(stage.evaluate("node", 4)["rgba"], stage.evaluate("lit", 4)["rgba"], threshold=0, relative=2e-3)


def test_a_shadow_that_moves_stays() -> None:
    def shadow(frame: float) -> Tensor:
        x = torch.arange(96.0)
        return torch.where((x - 10 - 6 * frame).abs() < 12, 0.25, 1.0).view(1, 1, 96)

    def shot(frame: float) -> Tensor:
        return lit(frame) * shadow(frame)

    stage = staged(lambda f: shot(f) * boil(f, 0.1), tolerance=0.5)
    # Its edges are as sharp as they were, up to what flickers.
    true = shot(5)
    edges = (shadow(5)[0, 0, 1:] != shadow(5)[0, 0, :-1]).nonzero().flatten()
    at_edge = torch.zeros(72, 96, dtype=torch.bool)
    for edge in edges.tolist():
        at_edge[:, edge - 2 : edge + 4] = True
    assert off(found(stage, 5), true, at_edge) < 0.12
    averaged = found(staged(shot, tolerance=20.0, detail=0.0), 5)
    assert off(averaged, true, at_edge) > 0.5  # without the judgement they would be gone


def test_light_that_comes_up_stays() -> None:
    def shot(frame: float) -> Tensor:
        return lit(frame) * 2 ** (0.1 * frame)

    for frame in (1, 5, 9):
        assert off(found(staged(shot), frame), shot(frame)) < (0.02 if frame == 5 else 0.06)


def test_a_frame_of_another_exposure_is_brought_back() -> None:
    def shot(frame: float) -> Tensor:
        return lit(frame) * torch.tensor([1.3, 1.2, 1.1]).view(3, 1, 1) ** (frame == 5)

    exposed = found(staged(shot, method="exposure", reach=4, tolerance=2.0), 5)
    gain = exposed / shot(5)
    assert_close(gain, gain[:, :1, :1].expand_as(gain), threshold=1e-5)
    assert off(exposed, lit(5)) < 0.25 * off(shot(5), lit(5))
    alone = found(staged(shot, with_plate=False, method="exposure", motion="still", reach=4, tolerance=2.0), 5)
    assert off(alone, lit(5)) < 0.3 * off(shot(5), lit(5))


def test_a_flash_stays_or_goes_and_the_frames_beside_it_stay() -> None:
    def shot(frame: float) -> Tensor:
        return lit(frame) * 2 ** (0.1 * frame) * (3.0 if frame == 5 else 1.0)

    values = {"method": "exposure", "reach": 4}
    stage = staged(shot, False, **values)
    stage.add("gone", "Stabilize", {"image": "clip"}, tolerance=8.0, **values)
    for frame in (4, 5, 6):
        assert off(found(stage, frame), shot(frame)) < 0.02
        assert off(stage.evaluate("gone", frame)["rgba"], lit(frame) * 2 ** (0.1 * frame)) < 0.04


def test_an_albedo_is_steadied_itself() -> None:
    def layers(frame: float) -> Image:
        albedo = MOVE.albedo(frame)
        x = {"rgba": albedo * MOVE.lamp(0.1 * frame), "albedo": albedo * boil(frame)}
        return picture(x, display=FRAME, frames=FRAMES)

    values = {"channels": "albedo", "tolerance": 1.0, "reach": 3}
    stage = Stage().given("clip", layers).add("node", "Stabilize", {"image": "clip"}, **values)
    out = stage.evaluate("node", 5)
    assert torch.equal(out["rgba"], layers(5)["rgba"])
    assert off(out["albedo"], MOVE.albedo(5)) < 0.7 * off(layers(5)["albedo"], MOVE.albedo(5))
    kept = Stage().given("clip", layers).add("node", "Stabilize", {"image": "clip"}, detail=6.0, **values)
    factor = torch.log2(kept.evaluate("node", 5)["albedo"] / layers(5)["albedo"])
    assert float((factor[:, :, 1:] - factor[:, :, :-1]).abs().max()) < 0.06  # no texture in it, no seams


def apart(frame: float) -> Image:
    """Layers that add up to a shot whose light flickers, albedo and shading with a flicker of their own."""
    albedo, off = MOVE.albedo(frame), boil(frame, 0.1)
    shading = MOVE.lamp(0.3) * (1.3 if frame % 2 else 1.0)
    x = {"rgba": albedo * shading + 0.02, "albedo": albedo * off, "shading": shading / off}
    rest = {"specular": torch.full_like(albedo, 0.01), "residual": torch.full_like(albedo, 0.01)}
    return picture({**x, **rest}, display=FRAME, frames=FRAMES)


def test_an_albedo_is_steadied_itself_beside_a_plate_whose_light_flickers() -> None:
    stage = Stage().given("clip", apart).add("node", "Stabilize", {"image": "clip", "plate": "clip"}, channels="all")
    over = Stage().given("clip", apart)
    over.add("node", "Stabilize", {"image": "clip", "plate": "clip"}, channels="all", steadied="change")
    found, changed = (s.evaluate("node", 5)["albedo"] for s in (stage, over))
    assert off(found, MOVE.albedo(5)) < 0.9 * off(apart(5)["albedo"], MOVE.albedo(5))
    assert off(changed, MOVE.albedo(5)) > 1.5 * off(found, MOVE.albedo(5))


def test_the_ledger_stays_closed() -> None:
    """What is asked for does not matter: the residual alone is that of all layers."""
    for channels in ("all", "shading"):
        stage = Stage().given("clip", apart)
        stage.add("node", "Stabilize", {"image": "clip", "plate": "clip"}, channels=channels)
        out = stage.evaluate("node", 4)
        assert not torch.equal(out["shading"], apart(4)["shading"])
        assert_close(out["albedo"] * out["shading"] + out["specular"] + out["residual"], out["rgba"], threshold=1e-6)
        assert torch.equal(stage.evaluate("node", 4, layers=("residual",))["residual"], out["residual"])
    alone = Stage().given("clip", apart).add("node", "Stabilize", {"image": "clip"}, channels="residual")
    assert float((alone.evaluate("node", 4)["residual"] - 0.01).abs().max()) < 1e-3


def test_a_channel_near_black_is_as_steady_as_the_others() -> None:
    """Under a light of one colour, whose darkest channel is a twentieth of what says little."""
    tint = torch.ones(3, 72, 96)
    tint[0, :, 40:] = 2e-4

    def shot(frame: float) -> Tensor:
        return lit(frame) * tint * boil(frame)[1:2]

    for with_plate in (True, False):
        moved = torch.log2(found(staged(shot, with_plate), 5) / shot(5))[:, :, 60:]
        assert float(moved[2].abs().mean()) > 0.05
        assert float((moved[0] - moved[2]).abs().mean()) < 0.25 * float(moved[2].abs().mean())
    black = found(staged(lambda f: lit(f) * torch.where(tint < 1, 0.0, tint) * boil(f)), 5)
    assert bool(torch.isfinite(black).all()) and float(black[0, :, 60:].abs().max()) == 0


def test_normals_are_steadied_as_directions() -> None:
    def layers(frame: float) -> Image:
        x = torch.stack((torch.linspace(-0.5, 0.5, 96).expand(72, 96), torch.zeros(72, 96), torch.ones(72, 96)))
        normal = F.normalize(x + 0.2 * torch.log2(boil(frame)), dim=0)
        return picture({"rgba": Moving(height=72, width=96).albedo(0), "normal": normal}, display=FRAME, frames=FRAMES)

    values = {"channels": "normal", "motion": "still", "reach": 4, "tolerance": 1.0}
    stage = Stage().given("clip", layers).add("node", "Stabilize", {"image": "clip"}, **values)
    before, after = ([shown(frame)["normal"] for frame in (4, 5)] for shown in (
        layers, lambda frame: stage.evaluate("node", frame)))  # fmt: skip
    assert_close(torch.linalg.vector_norm(after[0], dim=0), torch.ones(72, 96), threshold=1e-5)
    assert float((after[1] - after[0]).abs().mean()) < 0.4 * float((before[1] - before[0]).abs().mean())


def test_exposure_is_nothing_to_it() -> None:
    for with_plate in (True, False):
        one = found(staged(lambda f: lit(f) * boil(f), with_plate), 4)
        other = found(staged(lambda f: lit(f) * boil(f) * 8, with_plate), 4)
        assert_close(other / 8, one, threshold=1e-6, relative=1e-5)


def test_negatives_and_highlights_are_only_multiplied() -> None:
    def shot(frame: float) -> Tensor:
        x = lit(frame) * boil(frame)
        x[:, 10:14, 10:14] = -0.5
        x[:, 20:24, 20:24] = 400.0
        return x

    out = found(staged(shot), 5)
    factor = out / shot(5)
    assert bool(torch.isfinite(out).all()) and float(factor.min()) > 0
    assert bool((out[:, 10:14, 10:14] < 0).all()) and bool((out[:, 20:24, 20:24] > 100).all())


def test_a_still_and_no_reach_are_left_alone() -> None:
    x = picture(noise(3, FRAME), display=FRAME)
    stage = Stage().given("clip", x).add("node", "Stabilize", {"image": "clip"}, channels="rgb")
    assert_close(stage.evaluate("node")["rgba"], x["rgba"], threshold=1e-6, relative=1e-5)
    assert torch.equal(found(staged(lit, reach=0), 4), lit(4))


def test_depth_is_looked_at_further_when_asked() -> None:
    """By more frames, of which each has its own error, and the other layers stay as they were."""

    def layers(frame: float) -> Image:
        x = {"rgba": MOVE.albedo(frame), "albedo": MOVE.albedo(frame) * boil(frame)}
        return picture({**x, "depth": 100 * boil(frame, 0.1)[:1]}, display=FRAME, frames=FRAMES)

    near, far = (
        Stage()
        .given("clip", layers)
        .add("node", "Stabilize", {"image": "clip"}, channels="all", motion="still", reach=1, depth_reach=reach)
        .evaluate("node", 5)
        for reach in (0, 4)
    )
    assert torch.equal(near["albedo"], far["albedo"]) and torch.equal(near["rgba"], far["rgba"])
    left = [off(x["depth"], torch.full((1, 72, 96), 100.0)) for x in (near, far)]
    assert left[1] < 0.75 * left[0]


def test_a_coarse_detail_is_worked_out_small_and_fits_any_size() -> None:
    """What is averaged over many pixels is computed on few: the answer is that of all, on odd sizes too."""

    def shot(frame: float) -> Image:
        x = (lit(frame) * boil(frame))[:, :71, :93]
        return picture(x, display=Region(0, 0, 93, 71), frames=FRAMES)

    stage, left, true = Stage().given("clip", shot), [], lit(5)[:, :71, :93]
    for detail in (2.9, 3.0, 5.9, 6.0):
        name = f"at{detail:g}".replace(".", "_")
        stage.add(name, "Stabilize", {"image": "clip"}, detail=detail)
        out = stage.evaluate(name, 5)["rgba"]
        assert out.shape == (3, 71, 93)
        left.append(off(out, true))
    assert left[1] < 1.05 * left[0] and left[3] < 1.05 * left[2] < 0.9 * off(shot(5)["rgba"], true)
