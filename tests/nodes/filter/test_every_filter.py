"""What holds for all filters: tiles, threads, masks, constants, scale of light, cancelling, proxies."""

from typing import Any

import pytest
import torch

from compare import assert_close, assert_same
from pictures import coordinates, empty, not_finite, picture, plate, tiny
from rimlight.engine import (
    RGBA,
    Cancelled,
    CancelToken,
    Image,
    ImageInfo,
    Layer,
    LayerKind,
    NodeEvent,
    Region,
    Request,
    registry,
)
from stage import known, run, staged
from threads import on_threads

pytestmark = pytest.mark.usefixtures("one_thread")

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "blur": ("Blur", {"size": (5.3, 2.1)}),
    "blur wide": ("Blur", {"size": (31.0, 9.0)}),
    "blur box": ("Blur", {"size": (4.5, 3.0), "filter": "box"}),
    "blur triangle": ("Blur", {"size": 3.2, "filter": "triangle"}),
    "blur quadratic": ("Blur", {"size": 2.7, "filter": "quadratic"}),
    "defocus": ("Defocus", {"size": (7.4, 5.0), "blades": 5}),
    "defocus large": ("Defocus", {"size": (20.0, 26.0)}),
    "sharpen": ("Sharpen", {"size": 4.0, "amount": 1.5}),
    "median": ("Median", {"size": 3.0}),
    "median blended": ("Median", {"size": 7.6}),
    "bilateral": ("Bilateral", {"size": 4.0}),
    "guided": ("Bilateral", {"size": 4.0, "method": "guided"}),
    "dilate": ("DilateErode", {"size": (2.5, 1.0), "channels": "rgba"}),
    "dilate round": ("DilateErode", {"size": 4.0, "element": "round", "channels": "rgba"}),
    "erode": ("DilateErode", {"size": -2.0, "channels": "rgba"}),
    "edges": ("EdgeDetect", {"blur": 2.0, "size": 1.5}),
    "edges in alpha": ("EdgeDetect", {"output": "alpha", "operator": "laplacian"}),
    "glow": ("Glow", {"size": 6.0}),
    "denoise": ("Denoise", {"read": 0.02, "shot": 0.01, "levels": 2}),
    "denoise auto": ("Denoise", {"auto": True, "levels": 2}),
    "motion direction": ("MotionBlur", {"distance": 9.0, "angle": 35.0, "offset": 0.2}),
    "motion layer": ("MotionBlur", {"method": "layer", "maximum": 12.0, "shutter": 1.0}),
    "inpaint": ("Inpaint", {"matte_channel": "forward.u"}),
    "edge extend": (
        "EdgeExtend",
        {"matte_channel": "forward.u", "source_is_premultiplied": False, "premultiply": False},
    ),
    "z defocus": (
        "ZDefocus",
        {"z_channel": "rgba.A", "math": "direct", "center": 0.5, "size": 20.0, "max_size": 9.0},
    ),
}
EVERY = pytest.mark.parametrize("case", CASES)

# Plain in that light twice as strong gives a result twice as strong; the others know a level of light.
HOMOGENEOUS = [name for name in CASES if name not in ("glow", "denoise", "bilateral", "guided", "z defocus")]

SLOW = ("defocus large", "median", "bilateral", "guided", "dilate", "denoise", "motion layer", "z defocus")

DISPLAY = Region(-3, 2, 44, 35)
WINDOWS = {"frame": DISPLAY, "inside": Region(5, 9, 33, 28), "apart": Region(-9, -1, 25, 19)}


def scene(data: Region = DISPLAY, light: float = 1.0) -> Image:
    """Random light with alpha and a motion layer of a few pixels."""
    x, y = coordinates(data)
    motion = torch.stack((4 * torch.sin(y / 5), 3 * torch.cos(x / 7)))
    layers = (RGBA, Layer("forward", ("u", "v"), LayerKind.MOTION))
    return Image(ImageInfo(DISPLAY, data, layers), data, {"rgba": plate(data, 5) * light, "forward": motion})


def filtered(case: str, image: Image, **more: Any) -> Image:
    kind, values = CASES[case]
    return run(kind, image, **values | more)


@EVERY
@pytest.mark.parametrize("window", WINDOWS)
def test_a_tile_equals_the_crop_of_the_whole(case: str, window: str) -> None:
    image = scene(WINDOWS[window])
    whole = filtered(case, image)
    for tile in (Region(-3, 2, 8, 11), Region(11, 13, 12, 14), Region(19, 7, 44, 35), Region(-20, 17, 31, 18)):
        part = filtered(case, image, region=tile)
        expected = whole.crop(part.region)
        by_tiles = registry.find(CASES[case][0]).roi
        assert part.region == (tile.intersect(whole.region) if by_tiles else whole.region)
        assert_close(part["rgba"], expected["rgba"], threshold=2e-5, relative=1e-6)


@EVERY
def test_the_number_of_threads_changes_nothing(case: str) -> None:
    image = scene(Region(-40, -30, 241, 173))  # large enough to be shared among threads
    assert_same(*on_threads(lambda: filtered(case, image), 1, 2))


@pytest.mark.parametrize("case", HOMOGENEOUS)
def test_the_result_scales_with_the_light(case: str) -> None:
    small, large = filtered(case, scene(), channels="rgba"), filtered(case, scene(light=64.0), channels="rgba")
    assert_close(large["rgba"], 64 * small["rgba"], threshold=2e-3, relative=1e-5)


@EVERY
def test_a_constant_stays_a_constant(case: str) -> None:
    flat = torch.tensor([0.25, 3.0, -1.5, 0.5])[:, None, None].expand(4, 33, 47)
    image = Image(scene().info, DISPLAY, {"rgba": flat, "forward": scene()["forward"]})
    expected = flat
    if case.startswith("edges"):
        expected = flat.clone()
        expected[3 if "alpha" in case else slice(0, 3)] = 0
    elif case == "glow":
        # Green is 2 above the tolerance of 1: two thirds of the light glow.
        expected = flat + torch.tensor([0.25, 3.0, 0.0, 0.0])[:, None, None] * 2 / 3
    assert_close(filtered(case, image)["rgba"], expected, threshold=2e-5)


@EVERY
def test_a_mask_and_a_mix_hold_the_effect_back(case: str) -> None:
    image = scene()
    full, half = filtered(case, image)["rgba"], filtered(case, image, mix=0.5)["rgba"]
    assert_close(half, (full + image["rgba"]) / 2, threshold=1e-5, relative=1e-6)
    mask = torch.zeros(4, 33, 47)
    mask[3, :, 20:] = 1
    masked = filtered(case, image, mask=picture(mask, DISPLAY))["rgba"]
    assert torch.equal(masked[:, :, :20], image["rgba"][:, :, :20])
    assert torch.equal(masked[:, :, 20:], full[:, :, 20:])


@EVERY
def test_other_layers_and_channels_pass_through(case: str) -> None:
    image = scene()
    one = "a" if case == "edges in alpha" else "g"
    out = filtered(case, image, channels=one)
    same = [i for i in range(4) if "RGBA"[i] != one.upper()]
    assert_close(out["rgba"][same], image["rgba"][same], threshold=0)
    assert not torch.equal(out["rgba"], image["rgba"])
    assert torch.equal(out["forward"], image["forward"])


@EVERY
def test_it_takes_any_picture(case: str) -> None:
    values = {"vectors": scene()} if case == "motion layer" else {}
    if case in ("inpaint", "edge extend"):
        values = {"matte": scene()}
    assert filtered(case, empty(), **values).region.is_empty
    assert bool(torch.isfinite(filtered(case, tiny(), **values)["rgba"]).all())
    kind, chosen = CASES[case]
    damaged = run(kind, not_finite(), **values | chosen)["rgba"]
    assert damaged.shape == (4, 12, 16)
    if case not in (
        "median",
        "median blended",
        "dilate",
        "dilate round",
        "erode",
        "edges in alpha",
        "sharpen",
        "glow",
        "inpaint",
    ):
        assert bool(torch.isfinite(damaged[:3]).all())


@pytest.mark.parametrize("case", SLOW)
def test_it_stops_when_nobody_wants_it(case: str) -> None:
    kind, values = CASES[case]
    token, events = CancelToken(), list[NodeEvent]()

    def watch(event: NodeEvent) -> None:
        events.append(event)
        if event.path == "node" and event.state == "progress":
            token.cancel()

    stage = staged(kind, scene(), **values)
    with known(), pytest.raises(Cancelled):
        stage.evaluator.evaluate(stage.graph, stage.project, Request("node", 1.0), token, watch)
    assert [event.state for event in events if event.path == "node"] == ["start", "progress", "error"]


@pytest.mark.parametrize(
    ("case", "values"),
    [
        ("blur", {"size": (24.0, 12.0)}), ("blur box", {"size": 16.0}), ("defocus", {"size": 20.0}),
        ("sharpen", {"size": 24.0}), ("median", {"size": 25.0}), ("bilateral", {"size": 16.0}),
        ("dilate", {"size": 6.0}), ("glow", {"size": 20.0, "tolerance": 0.2}),
        ("motion direction", {"distance": 30.0}), ("motion layer", {"multiply": 5.0, "maximum": 20.0}),
    ],
)  # fmt: skip
def test_a_proxy_looks_like_the_full_size(case: str, values: dict[str, Any]) -> None:
    frame = Region(0, 0, 128, 96)
    x, y = coordinates(frame)
    light = 1 + torch.sin(x / 16) * torch.cos(y / 12)
    motion = torch.stack((4 * torch.sin(y / 32), 3 * torch.cos(x / 32)))
    layers = (RGBA, Layer("forward", ("u", "v"), LayerKind.MOTION))
    image = Image(
        ImageInfo(frame, frame, layers), frame, {"rgba": light.expand(4, 96, 128).contiguous(), "forward": motion}
    )
    full, half = filtered(case, image, **values)["rgba"], filtered(case, image, scale=0.5, **values)["rgba"]
    changed = (full - image["rgba"]).abs().max()
    assert_close(half, torch.nn.functional.avg_pool2d(full, 2), threshold=0.05)
    assert float(changed) > 0.1


def test_every_filter_is_here() -> None:
    kinds = {cls.label for cls in registry if cls.kind.startswith("filter.")}
    assert kinds == {kind for kind, _ in CASES.values()}
