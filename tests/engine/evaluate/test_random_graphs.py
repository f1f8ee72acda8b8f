"""Random graphs of random nodes: however a picture is asked for, it is the same. A seed that fails, fails always."""

from random import Random
from typing import Any

import pytest

from compare import assert_close
from kinds import cls_of, draws, every_kind, sockets_of, typical
from pictures import apart, hdr, inside, layered, not_finite, overscan, picture, plate
from rimlight.engine import Image, NodeError, Region, Spec
from stage import Stage

pytestmark = pytest.mark.usefixtures("one_thread")

TALL = Region(-2, -5, 9, 165)
PICTURES = {
    "hdr": hdr(), "nan": not_finite(), "inside": inside(), "overscan": overscan(), "apart": apart(),
    "layered": layered(), "tall": picture(plate(TALL), display=Region(0, 0, 8, 160), data=TALL),
}  # fmt: skip
"""What graphs begin with; the tall one is cut into bands where memory is short."""

AREAS = ("channel", "color", "draw", "filter", "image", "key", "merge", "metadata", "time", "transform")
SLOW = {"time.light_propagate", "time.motion_vectors", "time.retime", "time.stabilize", "time.flicker_meter"}
KINDS = [kind for kind in every_kind() if kind.partition(".")[0] in AREAS and draws(kind) and kind not in SLOW]

Made = list[tuple[str, str, dict[str, str], dict[str, Any]]]


def made(random: Random) -> Made:
    """Nodes by name, kind, wires and values, each fed by pictures or nodes before it."""
    nodes: Made = []
    names = list(PICTURES)
    for number in range(random.randint(3, 8)):
        kind = random.choice(KINDS)
        wires = {socket: random.choice(names[-5:]) for socket in sockets_of(cls_of(kind))}
        if cls_of(kind).port("mask") is not None and random.random() < 0.3:
            wires["mask"] = random.choice(names)
        values = {s.name: value(random, s) for s in cls_of(kind).specs if s.name != "disable" and random.random() < 0.4}
        nodes.append((f"n{number}", kind, wires, {name: x for name, x in values.items() if x is not None}))
        names.append(f"n{number}")
    return nodes


def value(random: Random, spec: Spec) -> Any:
    """A legal value, in the range of the slider where it is a number; None where none can be told."""
    if spec.choices:
        return random.choice(spec.choices)
    if spec.type not in (int, float) or spec.unit in ("px", "frames") or spec.role:
        return typical(spec)
    low, high = spec.soft or (-1.0, 2.0)
    numbers = [spec.type(random.uniform(low, high)) for _ in range(spec.size)]
    return numbers[0] if spec.size == 1 else tuple(numbers)


def staged(nodes: Made, **settings: Any) -> Stage:
    stage = Stage(**settings)
    for name, given in PICTURES.items():
        stage.given(name, given)
    for name, kind, wires, values in nodes:
        stage.add(name, kind, wires, **values)
    return stage


def asked(stage: Stage, name: str, **request: Any) -> Image | str:
    """The picture, or the sentence that it is refused with."""
    try:
        found: Image = stage.evaluate(name, **request)
    except NodeError as error:
        refused = str(error)
    else:
        return found
    assert " failed with " not in refused  # that is a mistake, and no refusal
    return refused


def assert_alike(found: Image | str, expected: Image | str) -> None:
    if isinstance(found, str) or isinstance(expected, str):
        assert found == expected
        return
    for name, x in found.layers.items():
        whole = expected.tensor(name, found.region)
        size = float(whole.nan_to_num(0.0, 0.0, 0.0).abs().max()) if whole.numel() else 0.0
        assert_close(x, whole, threshold=4e-6 * max(1.0, size), relative=2e-5)


@pytest.mark.parametrize("seed", range(20))
def test_parts_warm_caches_and_bands_give_the_same_picture(seed: int) -> None:
    random = Random(seed)
    nodes = made(random)
    names = [name for name, *_ in nodes]
    cold, warm, short = staged(nodes, host_bytes=0), staged(nodes), staged(nodes, host_bytes=20_000, band_bytes=1)
    whole = {name: asked(cold, name) for name in names}
    for _ in range(2 * len(names)):
        name = random.choice(names)
        x, y = random.randint(-4, 14), random.randint(-4, 40)
        region = Region(x, y, x + random.randint(1, 9), y + random.randint(1, 9))
        assert_alike(asked(warm, name, region=region), whole[name])
    for name in reversed(names):
        for stage in (warm, short):
            assert_alike(asked(stage, name), whole[name])
