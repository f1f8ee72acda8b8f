"""Cryptomatte: hashes against published vectors, mattes against sums by hand."""

import pytest
import torch

from pictures import FRAME, picture
from rimlight.engine import RimlightError
from rimlight.nodes.ops.cryptomatte import (
    attributes_of,
    coverage,
    edges_of,
    float_of_id,
    id_colors,
    id_of_float,
    id_of_name,
    layer_types,
    murmur3,
    name_of,
    parse_manifest,
    parse_matte_list,
    toggled,
    wanted_ids,
    written,
)

MANIFEST = {"car": 1, "car_glass": 2, "wheel[1]": 3, "wheel[2]": 4, "a, b": 5}


@pytest.mark.parametrize(
    ("data", "seed", "expected"),
    [
        (b"", 0, 0), (b"", 1, 0x514E28B7), (b"\0\0\0\0", 0, 0x2362F9DE), (b"Hello, world!", 1234, 0xFAF6CDB3),
        (b"The quick brown fox jumps over the lazy dog", 0, 0x2E4FF723), (b"test", 0, 0xBA6BD213),
    ],
)  # fmt: skip
def test_the_hash_is_that_of_published_vectors(data: bytes, seed: int, expected: int) -> None:
    assert murmur3(data, seed) == expected


def test_a_name_hashes_to_the_id_that_a_renderer_wrote() -> None:
    # From a manifest that Arnold wrote, and the key of its attributes: the first seven digits of the name's hash.
    assert id_of_name("ai_default_reflection_shader") == 0x1C5381F5
    assert f"{murmur3(b'crypto_material'):08x}".startswith("bda530a")


def test_an_id_is_always_a_plain_number() -> None:
    for i in range(5000):
        exponent = id_of_name(f"object{i}") >> 23 & 0xFF
        assert exponent not in (0, 255)
    assert id_of_float(float_of_id(0x1C5381F5)) == 0x1C5381F5


def test_layers_are_found_by_their_names_and_by_the_metadata() -> None:
    ranks = {f"{name}{i:02d}": torch.zeros(4, 12, 16) for name in ("crypto_object", "uCustom") for i in (1, 0)}
    about = {"cryptomatte/abc1234/name": "ViewLayer.uCustom", "cryptomatte/abc1234/manifest": "{}"}
    info = picture({**ranks, "light01": torch.zeros(3, 12, 16)}, metadata=about).info
    expected = {n: (f"{n}00", f"{n}01") for n in ("crypto_object", "uCustom")}
    assert layer_types(info) == expected
    assert attributes_of(info.metadata, "uCustom")["manifest"] == "{}"
    assert attributes_of(info.metadata, "crypto_object") == {}


def test_a_manifest_gives_bits_by_name_and_nonsense_is_a_sentence() -> None:
    assert parse_manifest('{"a": "1c5381f5", "b": "00000001"}') == {"a": 0x1C5381F5, "b": 1}
    for text in ("{", "[1]", '{"a": "xyz"}'):
        with pytest.raises(RimlightError, match="manifest cannot be read"):
            parse_manifest(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("car", {1}), ("car*", {1, 2}), ("car*, -car_glass", {1}), ("-car_glass, car*", {1, 2}),
        ("wheel[?]", {3, 4}), ("wheel[1]", {3}), ('"a, b"', {5}), ('"car*"', {id_of_name("car*")}),
        ("<1c5381f5>", {0x1C5381F5}), ("<0.5>", {0x3F000000}), ("other", {id_of_name("other")}), ("", set()),
        ("car\ncar_glass", {1, 2}), ("nothing*", set()),
    ],
)  # fmt: skip
def test_a_matte_list_chooses(text: str, expected: set[int]) -> None:
    assert wanted_ids(parse_matte_list(text), MANIFEST) == expected


@pytest.mark.parametrize("text", ["<hello>", '"open', "a <0.5>"])
def test_what_is_no_matte_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_matte_list(text)


@pytest.mark.parametrize("name", ["car", "a, b", "-minus", 'say "x"', " edge", "back\\slash", "star*"])
def test_a_name_written_into_the_list_is_read_back(name: str) -> None:
    (entry,) = parse_matte_list(written(name))
    assert wanted_ids([entry], {name: 77, "x": 78}) == {77}


def test_an_id_without_a_name_is_written_as_its_number() -> None:
    assert name_of(2, MANIFEST) == "car_glass"
    (entry,) = parse_matte_list(name_of(0x1C5381F5, MANIFEST))
    assert entry.bits == 0x1C5381F5


def test_coverage_adds_up_over_all_ranks() -> None:
    a, b, c = (torch.full((12, 16), value) for value in (0.5, 2.0, -3.25))
    share = torch.rand((12, 16), generator=torch.Generator().manual_seed(1)) / 2
    ranks = [torch.stack((a, 0.5 + 0 * share, b, share)), torch.stack((c, 0.5 - share, torch.zeros(12, 16), 0 * share))]
    assert torch.equal(coverage(ranks, [id_of_float(2.0)])[0], share)
    both = coverage(ranks, [id_of_float(0.5), id_of_float(-3.25)])[0]
    assert torch.allclose(both, 1 - share)
    assert float(coverage(ranks, []).abs().max()) == 0


def test_ids_are_compared_by_bits() -> None:
    tiny = torch.tensor(id_of_float(7e-12), dtype=torch.int32).view(torch.float32)
    ranks = [torch.stack((tiny.expand(2, 2), torch.ones(2, 2)))]
    beside = id_of_float(7e-12) + 1
    assert float(coverage(ranks, [beside]).sum()) == 0
    assert float(coverage(ranks, [id_of_float(7e-12)]).sum()) == 4


def test_things_have_different_colours_and_nothing_is_black() -> None:
    bits = torch.tensor([id_of_name(f"object{i}") for i in range(200)], dtype=torch.int64)
    ids = torch.where(bits >= 1 << 31, bits - (1 << 32), bits).to(torch.int32).view(torch.float32)[None]
    colors = id_colors([torch.stack((ids, torch.ones_like(ids)))])[:, 0].T
    assert float(colors.min()) >= 0 and float(colors.max()) <= 1
    assert float(colors.amax(1).min()) > 0.3
    apart = torch.cdist(colors, colors) + torch.eye(200)
    assert float((apart < 0.01).float().mean()) < 0.005
    nothing = id_colors([torch.stack((torch.zeros(2, 2), torch.ones(2, 2)))])
    assert float(nothing.abs().max()) == 0


def test_edges_are_where_the_matte_crosses_a_half() -> None:
    x = torch.zeros(1, FRAME.height, FRAME.width)
    x[:, 4:8, 5:9] = 1
    edge = edges_of(x)[0]
    assert edge[3, 5:9].tolist() == [1] * 4 and edge[7, 5:9].tolist() == [1] * 4
    assert edge[5, 4] == 1 and edge[5, 8] == 1 and edge[5, 6] == 0
    assert int(edge.sum()) == 4 + 4 + 4 + 4 - 1  # the lower right corner is on both


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        ("", "car", "car"), ("car", "car", ""), ("car, road", "car", "road"), ("car*", "car", "car*, -car"),
        ("car*, -car", "car", "car*"), ("wheel[1]", "a, b", 'wheel[1], "a, b"'),
        ("car_glass, c*", "car", "car_glass, c*, -car"),
        ("<0.5>", "car", "<0.5>, car"),
    ],
)  # fmt: skip
def test_a_click_puts_a_thing_in_and_takes_it_out(before: str, name: str, after: str) -> None:
    assert toggled(before, MANIFEST[name], MANIFEST) == after
    was = MANIFEST[name] in wanted_ids(parse_matte_list(before), MANIFEST)
    assert (MANIFEST[name] in wanted_ids(parse_matte_list(after), MANIFEST)) != was
