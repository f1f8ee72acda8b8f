"""EXR files that are read and written: parts, names and windows stay where nothing changed them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
import torch

import exrfiles
from rimlight.engine import Image, Layer, LayerKind, Region, Session
from rimlight.engine.io.read import read_info, read_pixels
from rimlight.engine.io.write import WriteOptions, write_image
from rimlight.engine.layers import Stored

FRAME = {"displayWindow": exrfiles.box(0, 0, 10, 8)}
WHOLE = {**FRAME, "dataWindow": exrfiles.box(0, 0, 6, 4)}
Found = list[tuple[str, str, tuple[int, ...], set[str]]]


def image_of(path: Path, view: str = "") -> Image:
    info = read_info(path, view)
    return Image(info.image, info.data, read_pixels(info, info.image.names))


def contents(path: Path) -> Found:
    """Name, view, data window (inclusive) and channels of every part, by the library itself."""
    file = OpenEXR.File(str(path), separate_channels=True)
    return [
        (
            part.name(),
            part.header.get("view", ""),
            tuple(np.ravel(part.header["dataWindow"]).tolist()),
            {*part.channels},
        )
        for part in file.parts
    ]


def planes(*names: str, start: float = 1) -> dict[str, Any]:
    return {name: exrfiles.ramp(start + i) for i, name in enumerate(names)}


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """As renderers write it: the beauty is not the first, parts have windows of their own."""
    small = {**FRAME, "dataWindow": exrfiles.box(1, 1, 4, 3)}
    return exrfiles.write(tmp_path / "parts.exr", [
        ({**small, "name": "N"}, {name: exrfiles.ramp(i + 1, 2, 3) for i, name in enumerate(("x", "y", "z"))}),
        ({**WHOLE, "name": "beauty"}, planes("R", "G", "B", "A")),
        ({**small, "name": "depth"}, {"Z": exrfiles.ramp(9, 2, 3, np.float32)}),
        ({**WHOLE, "name": "character"}, planes("red", "green", "blue", start=5)),
    ])  # fmt: skip


def test_parts_keep_their_order_names_and_windows(parts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.exr"
    write_image(image_of(parts), out)
    assert contents(out) == contents(parts)
    before, after = image_of(parts), image_of(out)
    assert after.info.layers == before.info.layers
    assert all(torch.equal(after[name], before[name]) for name in before.layers)


def test_names_of_one_part_are_kept_but_those_of_the_main_layer(tmp_path: Path) -> None:
    names = ("red", "green", "blue", "Z", "mask", "character.red", "character.green", "character.blue", "N.x", "N.y")
    path = exrfiles.write(tmp_path / "a.exr", [(WHOLE, planes(*names))])
    write_image(image_of(path), tmp_path / "out.exr")
    ((_, _, _, found),) = contents(tmp_path / "out.exr")
    assert found == {"R", "G", "B", *names[3:]}


def test_a_window_grows_to_what_lies_outside(parts: Path, tmp_path: Path) -> None:
    image = image_of(parts)
    image.layers = {**image.layers, "depth": image["depth"] + 1}
    write_image(image, tmp_path / "out.exr")
    windows = {name: window for name, _, window, _ in contents(tmp_path / "out.exr")}
    assert windows["depth"] == (0, 0, 5, 3)
    assert windows["N"] == (1, 1, 3, 2)
    assert torch.equal(image_of(tmp_path / "out.exr")["depth"], image["depth"])


def test_a_picture_that_was_moved_has_no_window_of_its_file(parts: Path, tmp_path: Path) -> None:
    image, aside = image_of(parts), Region(2, 0, 8, 4)
    moved = Image(image.info.with_(data=aside), aside, image.layers)
    write_image(moved, tmp_path / "out.exr")
    assert {window for _, _, window, _ in contents(tmp_path / "out.exr")} == {(2, 0, 7, 3)}


def test_what_is_new_has_the_names_of_the_standard_beside_the_main_layer(parts: Path, tmp_path: Path) -> None:
    image = image_of(parts)
    made = Layer("albedo", ("R", "G", "B"))
    few = image.info.layer("character").with_channels(("B", "R"))
    info = image.info.without(["character"]).with_layer(made).with_layer(few)
    pixels = {**image.layers, "albedo": image["rgba"][:3], "character": image["character"][:2]}
    write_image(Image(info, image.region, pixels), tmp_path / "out.exr")
    found = {name: channels for name, _, _, channels in contents(tmp_path / "out.exr")}
    assert found["beauty"] == {"R", "G", "B", "A", "albedo.R", "albedo.G", "albedo.B"}
    assert found["character"] == {"red", "blue"}


@pytest.mark.parametrize("layers", [("character",), ("rgba", "character")])
def test_names_that_would_be_read_as_other_layers_give_way(
    parts: Path, tmp_path: Path, layers: tuple[str, ...]
) -> None:
    """`red` is of the layer `character` only because of the part's name, which a file of one part has no use for."""
    write_image(image_of(parts), tmp_path / "out.exr", WriteOptions(layers=layers))
    assert image_of(tmp_path / "out.exr").info.names == layers


def test_passes_of_blender_have_their_names_without_the_view_layer(tmp_path: Path) -> None:
    names = ("Combined.R", "Combined.G", "Combined.B", "Depth.Z", "Normal.X", "Normal.Y", "Normal.Z")
    path = exrfiles.write(tmp_path / "a.exr", [(WHOLE, planes(*(f"ViewLayer.{name}" for name in names)))])
    write_image(image_of(path), tmp_path / "out.exr")
    assert contents(tmp_path / "out.exr")[0][3] == {"R", "G", "B", "depth.Z", "Normal.X", "Normal.Y", "Normal.Z"}


def test_a_view_keeps_its_name_or_gets_another(tmp_path: Path) -> None:
    path = exrfiles.write(tmp_path / "a.exr", [
        ({**WHOLE, "name": "rgba.left", "view": "left"}, planes("R", "G", "B")),
        ({**WHOLE, "name": "rgba.right", "view": "right"}, planes("R", "G", "B", start=4)),
        ({**WHOLE, "name": "depth.right", "view": "right"}, planes("Z")),
    ])  # fmt: skip
    out = tmp_path / "out.exr"
    write_image(image_of(path, "right"), out)
    assert contents(out) == contents(path)[1:]
    write_image(image_of(path, "right"), out, WriteOptions(view="main"))
    assert [found[:2] for found in contents(out)] == [("rgba.main", "main"), ("depth.main", "main")]


def test_a_view_of_one_part_is_written_without_its_word(tmp_path: Path) -> None:
    names = ("R", "G", "B", "right.R", "right.G", "right.B", "depth.right.Z")
    path = exrfiles.write(tmp_path / "a.exr", [({**WHOLE, "multiView": ["left", "right"]}, planes(*names))])
    write_image(image_of(path, "right"), tmp_path / "out.exr")
    ((_, view, _, found),) = contents(tmp_path / "out.exr")
    assert (view, found) == ("right", {"R", "G", "B", "depth.Z"})


def test_one_part_for_all_where_that_is_asked_for(parts: Path, tmp_path: Path) -> None:
    write_image(image_of(parts), tmp_path / "out.exr", WriteOptions(parts="single"))
    ((name, _, window, channels),) = contents(tmp_path / "out.exr")
    assert (name, window) == ("rgba", (0, 0, 5, 3))
    assert {"depth.Z", "character.R", "N.X"} <= channels


def test_layers_of_two_files_whose_parts_have_the_same_names(parts: Path, tmp_path: Path) -> None:
    first, extra = image_of(parts), image_of(parts)
    stored = extra.info.layer("depth").stored
    assert stored is not None
    layer = Layer("far", ("Z",), LayerKind.DEPTH, "float", replace(stored, number=0))
    info = first.info.with_layer(layer)
    write_image(Image(info, first.region, {**first.layers, "far": extra["depth"]}), tmp_path / "out.exr")
    assert set(image_of(tmp_path / "out.exr").info.names) == {*first.info.names, "far"}


def test_a_channel_that_is_read_as_brightness_is_written_as_any_other(parts: Path, tmp_path: Path) -> None:
    """`height.Y` alone comes back as red, green and blue, which no part or name prevents."""
    image = image_of(parts)
    layer = Layer("height", ("Y",), LayerKind.COLOR, "float")
    height = torch.rand(1, image.region.height, image.region.width)
    write_image(
        Image(image.info.with_layer(layer), image.region, {**image.layers, "height": height}), tmp_path / "o.exr"
    )
    found = image_of(tmp_path / "o.exr")
    assert set(found.info.names) == {*image.info.names, "height"}
    assert torch.equal(found["height"], height.expand(3, -1, -1))


def test_layers_that_plugins_copy_with_other_channels_are_written_by_the_standard(parts: Path, tmp_path: Path) -> None:
    image = image_of(parts)
    layer = replace(image.info.layer("character"), channels=("R", "B"))
    info = image.info.without(["character"]).with_layer(layer)
    write_image(Image(info, image.region, {**image.layers, "character": image["character"][:2]}), tmp_path / "out.exr")
    assert {name for _, _, _, found in contents(tmp_path / "out.exr") for name in found} >= {
        "character.R",
        "character.B",
    }


def test_layers_stay_apart_whose_names_a_file_sorts_another_way(parts: Path, tmp_path: Path) -> None:
    image = image_of(parts)
    stored = Stored("", "", 0, image.region, ("mask",))
    layers = (
        Layer("mask", ("A", "mask"), LayerKind.MATTE, "float"),
        Layer("mask_2", ("mask",), LayerKind.MATTE, "float", stored),
    )
    x = {layer.name: torch.rand(len(layer.channels), image.region.height, image.region.width) for layer in layers}
    write_image(Image(replace(image.info, layers=layers), image.region, x), tmp_path / "out.exr")
    found = image_of(tmp_path / "out.exr")
    assert {name: found.info.layer(name).channels for name in x} == {"mask": ("A", "mask"), "mask_2": ("mask",)}
    assert all(torch.equal(found[name], x[name]) for name in x)


def test_read_and_write_keep_what_is_not_changed(parts: Path, tmp_path: Path) -> None:
    s = Session()
    node = s.add("Grade", s.add("Read", file=str(parts)), white=2.0)
    s.render(s.add("Write", node, file=str(tmp_path / "out.exr")), "1")
    assert contents(tmp_path / "out.exr") == contents(parts)


def test_scripts_from_before_write_one_part(parts: Path, tmp_path: Path) -> None:
    s = Session()
    s.add("Write", s.add("Read", file=str(parts)), file=str(tmp_path / "out.exr"), name="Out")
    s.save(tmp_path / "new.rim")
    script = json.loads((tmp_path / "new.rim").read_text())
    script["nodes"]["Out"]["version"] = 1
    (tmp_path / "old.rim").write_text(json.dumps(script))
    opened = Session.open(tmp_path / "old.rim")
    assert opened.value("Out", "parts") == "single"
    assert Session.open(tmp_path / "new.rim").value("Out", "parts") == "auto"
