"""What holds for every node, whoever wrote it: the library's and the example plugins'.

Typical values come from the declarations (tests/kinds.py). A kind that is exempt from a rule is listed with the reason.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from compare import assert_close, assert_same
from kinds import (
    OWN_SIZE,
    active,
    attempt,
    cls_of,
    draws,
    every_kind,
    inputs,
    is_generator,
    main_socket,
    plain,
    settings,
    sockets_of,
    stage_for,
    storage,
    typical,
)  # fmt: skip
from pictures import FRAME, coordinates, empty, picture, tiny
from rimlight.engine import Effect, Image, ImageInfo, Node, NodeError, ParameterError, Region
from rimlight.engine.evaluate.survey import NodeMemo
from rimlight.engine.graph.flat import Flat
from rimlight.engine.plugins import load_plugins
from rimlight.engine.values import from_data, to_data
from stage import fingerprint, known, scaled

pytestmark = pytest.mark.usefixtures("one_thread")

KINDS = every_kind()
DRAWN = [kind for kind in KINDS if draws(kind)]
WITH_INPUT = [kind for kind in DRAWN if not is_generator(cls_of(kind))]
MASKED = [kind for kind in WITH_INPUT if any(s.name == "mix" for s in cls_of(kind).specs)]

BASIC = {"disable", "note"}

TILES = (
    Region(0, 0, 6, 5), Region(7, 5, 8, 6), Region(11, 8, 16, 12), Region(0, 5, 16, 7), Region(-4, -3, 6, 5),
    Region(20, 3, 24, 6),
)  # fmt: skip
"""In a corner, one pixel, in the opposite corner, a strip, over an edge of the data window, beside it."""
CROPS = (TILES[2], TILES[4])
"""Of a node that is always computed whole, whatever is asked for, a tile is a crop already: two show that it comes out
the same again. With most values it may find what a model said of the picture, which takes far longer than all else."""

IDENTITY_AT_DEFAULTS = {
    "channel.shuffle", "channel.add_layer", "channel.remove_layer", "metadata.modify", "metadata.view",
    "metadata.compare",
    "structure.dot", "structure.noop", "structure.input", "structure.output", "structure.viewer", "transform.mirror",
    "transform.adjust_bbox", "transform.position", "time.time_offset", "time.frame_hold", "merge.switch",
    "merge.dissolve", "merge.expression", "color.toe", "color.soft_clip",
}  # fmt: skip
CHANGES_FRAME = {
    "light.environment_convert", "merge.contact_sheet", "merge.layer_contact_sheet", "transform.crop",
    "transform.reformat", "uv.unwrap", "uv.wrap", "uv.flatten", "face.render",
}  # fmt: skip
CHANGES_METADATA = {"metadata.modify", "metadata.copy", "face.fit", "face.render"}
CHANGES_METADATA |= {kind for kind in KINDS if kind.startswith("learned.")}
LIMITS_BY_NATURE = {
    "color.ocio_display": "a display has a range",
    "image.noise": "covers the picture",
    "image.rectangle": "covers the picture",
    "filter.edge_detect": "the strength of an edge has no sign",
    "uv.flatten": "its first corners are those of a larger picture",
    "uv.unwrap": "a random matte lets hardly a pixel through that is whole",
}
GROWS_WITHOUT_BOUND = {
    "color.log2lin": "the exponential of light",
    "color.ocio_log_convert": "the exponential of light",
}
LOSSY_PROXY = {"draw.grain": "other noise, of the same deviation", "draw.dither": "other noise"}


@contextmanager
def noted(**about: Any) -> Iterator[None]:
    """Says with which values something failed."""
    try:
        yield
    except BaseException as error:
        error.add_note(", ".join(f"{name} = {value}" for name, value in about.items()))
        raise


def each(kinds: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", kinds)


def evaluate(kind: str, pictures: Mapping[str, Image], values: Mapping[str, Any], **request: Any) -> Image:
    image = stage_for(kind, pictures, values).evaluate("node", **request)
    assert isinstance(image, Image)
    return image


def test_everything_loads() -> None:
    assert not [plugin for plugin in load_plugins() if plugin.error]
    assert KINDS


@each(KINDS)
def test_is_documented(kind: str) -> None:
    cls = cls_of(kind)
    assert cls.__doc__ and cls.__doc__.strip()[0].isupper() and "." in cls.__doc__
    assert all(port.doc for port in cls.ports)
    assert all(spec.doc for spec in cls.specs)
    assert cls.menu and cls.label
    assert not [spec.name for spec in cls.specs if hasattr(Node, spec.name) and spec.name not in BASIC]


@each(KINDS)
def test_makes_with_legal_defaults(kind: str) -> None:
    node = cls_of(kind)()
    for spec in cls_of(kind).specs:
        assert spec.check(spec.default) == spec.default == getattr(node, spec.name)
        if spec.unless is not None:
            name, value = spec.unless
            if value is None:
                assert name in [port.name for port in cls_of(kind).ports]
                continue
            assert next(other for other in cls_of(kind).specs if other.name == name).check(value) == value


@each(KINDS)
def test_values_survive_a_script(kind: str) -> None:
    for spec in cls_of(kind).specs:
        value = typical(spec)
        if value is not None:
            assert from_data(to_data(spec.check(value)), spec) == spec.check(value), spec.name


@each(KINDS)
def test_a_value_of_the_wrong_type_is_refused(kind: str) -> None:
    for spec in cls_of(kind).specs:
        with pytest.raises(ParameterError, match=spec.name):
            spec.check(object())


@each(KINDS)
def test_every_parameter_changes_the_key(kind: str) -> None:
    cls = cls_of(kind)
    stage = stage_for(kind, {})

    def key(values: Mapping[str, Any]) -> bytes:
        graph = stage.set("node", **values).graph
        with known():
            flat = Flat(graph)
            return NodeMemo().instance(flat, flat.node("node"), 1, 1.0)[1]

    default = key({})
    for spec in cls.specs:
        value = typical(spec)
        if value is not None:
            changed = key({spec.name: value}) != default
            assert changed != spec.cosmetic, spec.name
            stage.set("node", **{spec.name: spec.default})


@each(DRAWN)
def test_describes_itself_without_pixels(kind: str) -> None:
    for values in ({}, active(kind)):
        info = stage_for(kind, inputs(cls_of(kind)), values).info("node")
        assert isinstance(info, ImageInfo)
        assert len(set(info.names)) == len(info.names)


@each(DRAWN)
def test_a_tile_equals_the_crop_of_the_whole(kind: str) -> None:
    cls = cls_of(kind)
    for data in (FRAME, Region(3, 2, 13, 9), Region(-3, -2, 19, 15)):
        pictures = inputs(cls, data, masked=True)
        main = (plain(kind), active(kind))
        for values in settings(kind) if data == FRAME else main:
            with noted(data=data, values=values):
                stage = stage_for(kind, pictures, values)
                whole = attempt(stage)
                if whole is None:
                    continue
                vertex = stage.vertex("node")
                tiles, again = TILES, False
                if vertex.alias is None and not vertex.node.regional(vertex.ctx):
                    tiles, again = CROPS, data != FRAME or values not in main
                size = max((float(x.abs().max()) for x in whole.layers.values() if x.numel()), default=1.0)
                for region in tiles if values in main else tiles[:2]:
                    fresh = stage if again else stage_for(kind, pictures, values)
                    tile = fresh.evaluate("node", region=region)
                    with noted(region=region):
                        for name, x in tile.layers.items():
                            expected = whole.tensor(name, tile.region)
                            assert_close(x, expected, threshold=2e-6 * max(1.0, size), relative=1e-5)


@each([kind for kind in DRAWN if kind not in GROWS_WITHOUT_BOUND])
def test_finite_light_stays_finite_and_inputs_stay_as_they_are(kind: str) -> None:
    pictures = inputs(cls_of(kind), masked=True)
    before = {socket: fingerprint(image) for socket, image in pictures.items()}
    for values in settings(kind):
        with noted(values=values):
            out = attempt(stage_for(kind, pictures, values)) or Image(ImageInfo(FRAME, FRAME, ()), FRAME, {})
            assert all(bool(torch.isfinite(x).all()) for x in out.layers.values())
            assert before == {socket: fingerprint(image) for socket, image in pictures.items()}


@each(sorted(IDENTITY_AT_DEFAULTS & set(KINDS)))
def test_is_the_identity_at_its_defaults(kind: str) -> None:
    pictures = inputs(cls_of(kind))
    assert_same(evaluate(kind, pictures, {}), pictures[main_socket(cls_of(kind))])


@each(MASKED)
def test_mix_zero_and_a_black_mask_give_the_input(kind: str) -> None:
    cls = cls_of(kind)
    values = {name: value for name, value in active(kind).items() if name not in ("mix", "invert_mask", "mask_channel")}
    black = picture(torch.zeros(4, 12, 16))
    for pictures, more in (
        (inputs(cls, masked=False), {"mix": 0.0}),
        (inputs(cls) | ({"mask": black} if cls.port("mask") else {}), {"mix": 1.0}),
    ):
        if more["mix"] == 1 and "mask" not in pictures:
            continue
        with noted(values=values | more):
            out, given = evaluate(kind, pictures, values | more), pictures[main_socket(cls)]
            for name in given.layers:
                assert_close(out[name][: given[name].shape[0]], given.tensor(name, out.region), threshold=0)


@each(WITH_INPUT)
def test_disabled_it_passes_its_main_input(kind: str) -> None:
    cls = cls_of(kind)
    pictures = inputs(cls)
    stage = stage_for(kind, pictures, active(kind) | {"disable": True})
    assert stage.vertex("node").alias == (f"given_{main_socket(cls)}", 1)
    assert_same(stage.evaluate("node"), pictures[main_socket(cls)])


@each([kind for kind in DRAWN if is_generator(cls_of(kind))])
def test_disabled_without_an_input_it_says_so(kind: str) -> None:
    with pytest.raises(NodeError, match="disabled"):
        evaluate(kind, {}, {"disable": True})


@each([kind for kind in WITH_INPUT if "clamp" not in f"{kind} {cls_of(kind).__doc__}" and kind not in LIMITS_BY_NATURE])
def test_negatives_and_bright_light_survive(kind: str) -> None:
    cls = cls_of(kind)
    values = {s.name: False for s in cls.specs if "clamp" in s.name and s.type is bool}
    out = evaluate(kind, inputs(cls), values)
    if "rgba" in out:
        assert float(out["rgba"][:3].min()) < 0
        assert float(out["rgba"][:3].max()) > 1


@each(WITH_INPUT)
def test_untouched_layers_pass_bit_for_bit_and_for_free(kind: str) -> None:
    cls = cls_of(kind)
    pictures = inputs(cls)
    main = pictures[main_socket(cls)]
    for values in (plain(kind), {name: value for name, value in active(kind).items() if name != "channels"}):
        stage = stage_for(kind, pictures, values)
        vertex = stage.vertex("node")
        if vertex.alias is not None or vertex.error is not None:
            continue
        untouched = set(vertex.info.names) - vertex.node.changes(vertex.ctx, vertex.info.names)
        out = stage.evaluate("node")
        for name in untouched:
            assert_close(out[name], main.tensor(name, out.region), threshold=0)
            if main.region.contains(out.region):
                assert storage(out[name]) == storage(main[name]), name


@each(DRAWN)
@pytest.mark.parametrize("make", [empty, tiny])
def test_no_pixels_and_one_pixel_are_accepted(kind: str, make: Any) -> None:
    given = make()
    pictures = dict.fromkeys(inputs(cls_of(kind), masked=True), given)
    for values in (plain(kind), active(kind)):
        with noted(values=values):
            out = attempt(stage_for(kind, pictures, values))
            if out is not None:
                assert all(x.shape[1:] == (out.region.height, out.region.width) for x in out.layers.values())


@each(DRAWN)
def test_threads_do_not_change_the_result(kind: str) -> None:
    size = Region(0, 0, 192, 128)
    values = active(kind) | dict.fromkeys(OWN_SIZE.get(kind, ()), 160)
    one = evaluate(kind, inputs(cls_of(kind), size, masked=True), values)
    torch.set_num_threads(2)
    two = evaluate(kind, inputs(cls_of(kind), size, masked=True), values)
    assert_same(one, two)


def smooth(step: int) -> Image:
    """Light that changes slowly, negative and bright: a picture that a proxy can stand for."""
    frame = Region(0, 0, 64, 48)
    x, y = coordinates(frame)
    rows = [torch.sin(x / 40 + 0.7 * c + step) * 0.6 + y / 48 * (3 if c == 0 else 0.5) + 0.2 for c in range(3)]
    alpha = 0.5 + 0.3 * torch.cos(x / 50 + y / 40)
    return picture(torch.stack((*rows, alpha)), frame)


@each([k for k in WITH_INPUT if cls_of(k).point and issubclass(cls_of(k), Effect) and k not in LOSSY_PROXY])
def test_a_proxy_is_close_to_the_scaled_picture(kind: str) -> None:
    pictures = {socket: smooth(i) for i, socket in enumerate(sockets_of(cls_of(kind)))}
    values = active(kind)
    whole = evaluate(kind, pictures, values)
    half = evaluate(kind, pictures, values, scale=0.5)
    for name, x in scaled(whole, 0.5).layers.items():
        assert_close(half[name], x, threshold=0.02, relative=0.02, allowed=0.03, hard=math.inf)


@each([kind for kind in WITH_INPUT if cls_of(kind).point])
def test_a_fused_chain_equals_its_nodes_alone(kind: str) -> None:
    cls = cls_of(kind)
    stage = stage_for(kind, inputs(cls, masked=True), active(kind))
    wires = {socket: f"given_{socket}" for socket in inputs(cls, masked=True)} | {main_socket(cls): "node"}
    try:
        stage.add("again", kind, wires, **active(kind)).info("again")
    except NodeError:
        pytest.skip("refuses its own result")
    assert_same(stage.evaluate("again", fuse=True), stage.evaluate("again", fuse=False))


@each(WITH_INPUT)
def test_frame_pixel_aspect_and_metadata_survive(kind: str) -> None:
    pictures = inputs(cls_of(kind))
    given = pictures[main_socket(cls_of(kind))].info
    for values in ({}, active(kind)):
        with noted(values=values):
            info = stage_for(kind, pictures, values).info("node")
            if kind not in CHANGES_FRAME:
                assert (info.display, info.pixel_aspect) == (given.display, given.pixel_aspect)
            if kind not in CHANGES_METADATA:
                assert info.metadata == given.metadata


@each([kind for kind in DRAWN if any(not port.optional for port in cls_of(kind).ports)])
def test_a_missing_input_is_a_sentence(kind: str) -> None:
    cls = cls_of(kind)
    for port in cls.ports:
        if not port.optional:
            pictures = {s: p for s, p in inputs(cls).items() if cls.port(s) != port}
            with pytest.raises(NodeError, match=f"input '{port.name}' is not connected"):
                evaluate(kind, pictures, {})


@pytest.mark.gpu
@each(DRAWN)
def test_cpu_and_gpu_agree(kind: str) -> None:
    pictures = inputs(cls_of(kind), masked=True)
    # Half precision rounds in another order on each device; what it costs is tested where the student is.
    exact = {"precision": "float"} if any(spec.name == "precision" for spec in cls_of(kind).specs) else {}
    for values in (exact, active(kind) | exact):
        with noted(values=values):
            one = evaluate(kind, pictures, values)
            two = stage_for(kind, pictures, values, device="cuda").evaluate("node")
            size = max((float(x.abs().max()) for x in one.layers.values() if x.numel()), default=1.0)
            for name, x in one.layers.items():
                assert two[name].device.type == "cuda" and two[name].dtype == torch.float32
                assert_close(two[name], x, threshold=1e-5 * max(1.0, size), relative=1e-4)
