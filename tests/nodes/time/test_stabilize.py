"""Flicker goes, light that changes stays: against shots whose light is known."""

import itertools

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


def lamp_of(frame: float, stops: float = 0.6) -> Tensor:
    """A lamp at the right that flickers, as a factor `[3, 72, 96]`."""
    y, x = torch.arange(72.0)[:, None], torch.arange(96.0)
    near = torch.exp(-((x - 76) ** 2 + (y - 30) ** 2) / 22**2)
    random = torch.Generator().manual_seed(50 + int(frame))
    by = stops * (2 * float(torch.rand((), generator=random)) - 1)
    return torch.exp2(by * near * torch.tensor([1.0, 0.9, 0.6]).view(3, 1, 1))


def flicker(shot: object, where: Tensor) -> float:
    """Root of the mean square change of stops from frame to frame, beside that of the shot without flicker."""
    off = [torch.log2(shot(f) / lit(f))[:, where] for f in range(4, 8)]  # type: ignore[operator]
    # Averaged over all of it, as texture that is half a pixel off is no flicker.
    return float(torch.stack([b - a for a, b in itertools.pairwise(off)]).mean(2).square().mean().sqrt())


ZONED = {"reach": 3, "tolerance": 2.0, "zone": 25.0}


def test_a_lamp_that_flickers_in_a_part_of_the_frame_is_steadied_there_alone() -> None:
    stage = staged(lambda f: lit(f) * lamp_of(f), False, method="zones", **ZONED)
    seen = {f: found(stage, f) for f in range(4, 8)}
    right, left = torch.zeros(72, 96, dtype=torch.bool), torch.zeros(72, 96, dtype=torch.bool)
    right[20:40, 66:86], left[:, :30] = True, True
    assert flicker(seen.get, right) < 0.5 * flicker(lambda f: lit(f) * lamp_of(f), right)
    assert flicker(seen.get, left) < 0.02
    # A gain, and one that changes little from place to place.
    gain = torch.log2(seen[5] / (lit(5) * lamp_of(5)))
    assert float((gain[:, :, 1:] - gain[:, :, :-1]).abs().mean()) < 0.01 < 0.1 < float(gain.abs().max())
    assert float((gain[0] - gain[2]).abs().max()) > 0.02  # each channel its own


def test_who_stands_in_a_flickering_zone_and_takes_none_of_it_keeps_its_light() -> None:
    def shot(frame: float) -> Tensor:
        return torch.where(MOVE.on_disc(frame), lit(frame), lit(frame) * everywhere(frame))

    def everywhere(frame: float) -> Tensor:
        by = lamp_of(frame, 0.8)[:, 30:31, 76:77]
        return by.expand(3, 72, 96)

    within = torch.hypot(torch.arange(96.0) - 48 + 10, torch.arange(72.0)[:, None] - 36 - 5) < 9
    around = torch.zeros(72, 96, dtype=torch.bool)
    around[:, 75:] = True
    seen = {f: found(staged(shot, False, method="zones", **{**ZONED, "reach": 4}), f) for f in range(4, 8)}
    assert flicker(seen.get, around) < 0.5 * flicker(shot, around)
    assert flicker(seen.get, within) < 0.35 * flicker(shot, around)
    assert bool(MOVE.on_disc(5)[within].all())


def test_a_shot_without_flicker_in_zones_or_bands_stays() -> None:
    for method in ("zones", "bands"):
        for frame in (1, 5):
            assert off(found(staged(lit, False, method=method, **ZONED), frame), lit(frame)) < 0.02


def test_bands_of_a_rolling_shutter_go() -> None:
    def bands(frame: float) -> Tensor:
        y = torch.arange(72.0) / 72
        return torch.exp2(0.4 * torch.sin(6.2832 * (2 * y + 0.37 * frame))).view(1, 72, 1)

    stage = staged(lambda f: lit(f) * bands(f), False, method="bands", reach=4, tolerance=2.0)
    before = [torch.log2(bands(f)).square().mean().sqrt() for f in range(4, 7)]
    after = [torch.log2(found(stage, f) / lit(f)).mean(2).square().mean().sqrt() for f in range(4, 7)]
    assert float(sum(after)) < 0.35 * float(sum(before))


def test_zones_do_not_mind_exposure_negatives_and_black() -> None:
    def shot(frame: float) -> Tensor:
        x = lit(frame) * lamp_of(frame)
        x[:, 10:14, 10:14], x[:, 40:44, 40:44], x[:, 50:52, 70:72] = -0.5, 0.0, 400.0
        return x

    for method in ("zones", "bands"):
        one = found(staged(shot, False, method=method, **ZONED), 4)
        other = found(staged(lambda f: shot(f) * 8, False, method=method, **ZONED), 4)
        assert bool(torch.isfinite(one).all()) and float(one[:, 10:14, 10:14].max()) < 0
        assert_close(other / 8, one, threshold=1e-6, relative=1e-4)
