"""The Cryptomatte node over a small file of its own making."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

import exrfiles
from kinds import with_ids
from pictures import FRAME, picture
from rimlight.engine import Image, Layer, LayerKind, NodeError, Reader, Session
from rimlight.nodes.ops.cryptomatte import float_of_id, id_of_name
from stage import run, staged

HERO, ROAD = "/set/hero", "/set/road"


def ranks() -> dict[str, np.ndarray]:
    """Hero covers the left half, the road the right one; they share column 8."""
    x = np.zeros((12, 16, 4), np.float32)
    x[:, :9, 0], x[:, 9:, 0] = (float_of_id(id_of_name(name)) for name in (HERO, ROAD))
    x[:, :, 1] = 1
    x[:, 8, 1], x[:, 8, 2], x[:, 8, 3] = 0.75, float_of_id(id_of_name(ROAD)), 0.25
    return {f"crypto_object00.{c}": x[..., i].copy() for i, c in enumerate("RGBA")}


def rendered(**about: str) -> Image:
    made = ranks()
    tensor = torch.from_numpy(np.stack([made[f"crypto_object00.{c}"] for c in "RGBA"]))
    image = picture({"rgba": torch.full((4, 12, 16), 0.5), "crypto_object00": tensor}, metadata=about)
    ids = Layer("crypto_object00", tuple("RGBA"), LayerKind.DATA, "float")
    return Image(image.info.with_layer(ids), image.region, image.layers)


def test_mattes_of_a_file_by_name_and_wildcard(tmp_path: Path) -> None:
    manifest = json.dumps({name: f"{id_of_name(name):08x}" for name in (HERO, ROAD)})
    about = {"cryptomatte/abc1234/name": "crypto_object", "cryptomatte/abc1234/manifest": manifest}
    file = exrfiles.write(tmp_path / "ids.exr", [(about, ranks())])
    session = Session()
    read = session.add("Read", file=str(file))
    node = session.add("Cryptomatte", read, matte_list=ROAD)
    expected = torch.zeros(12, 16)
    expected[:, 8], expected[:, 9:] = 0.25, 1
    assert torch.equal(session.evaluate(node)["rgba"][-1], expected)
    session.set(node, matte_list="*hero")
    assert torch.equal(session.evaluate(node)["rgba"][-1], 1 - expected)
    session.set(node, matte_list="*, -*road", invert=True)
    assert torch.equal(session.evaluate(node)["rgba"][-1], expected)


def test_a_name_needs_no_manifest_and_a_wildcard_says_that_it_does() -> None:
    assert float(run("Cryptomatte", rendered(), matte_list=HERO)["rgba"][3].sum()) == pytest.approx(12 * 8.75)
    about = {"cryptomatte/abc1234/name": "crypto_object", "cryptomatte/abc1234/manif_file": "ids.json"}
    vertex = staged("Cryptomatte", rendered(**about), matte_list="*").vertex("node")
    (warning,) = vertex.node.warnings(vertex.ctx)
    assert "wildcards need a manifest" in warning and "'ids.json'" in warning


def test_a_name_that_the_manifest_lacks_and_half_floats_are_warned_of() -> None:
    manifest = json.dumps({HERO: f"{id_of_name(HERO):08x}"})
    about = {"cryptomatte/abc1234/name": "crypto_object", "cryptomatte/abc1234/manifest": manifest}
    vertex = staged("Cryptomatte", rendered(**about), matte_list=f"{HERO}, {ROAD}").vertex("node")
    assert vertex.node.warnings(vertex.ctx) == [f"not in the manifest: {ROAD}"]
    vertex = staged("Cryptomatte", with_ids(FRAME, 1)).vertex("node")
    assert "ids need 32 bits" in vertex.node.warnings(vertex.ctx)[0]


def test_a_manifest_from_a_file_counts_for_the_cache(tmp_path: Path) -> None:
    file = tmp_path / "ids.json"
    file.write_text(json.dumps({"one": f"{id_of_name(HERO):08x}"}))
    stage = staged("Cryptomatte", rendered(), matte_list="o*", manifest_file=str(file))
    stage.evaluator.services["reader"] = Reader()
    assert float(stage.evaluate("node")["rgba"][3, 0, 0]) == 1
    file.write_text(json.dumps({"only": f"{id_of_name(ROAD):08x}", "two": f"{id_of_name(HERO):08x}"}))
    assert float(stage.evaluate("node")["rgba"][3, 0, 0]) == 0
    for text in ("no json", "[" * 100000):
        file.write_text(text)
        with pytest.raises(NodeError, match="manifest cannot be read"):
            stage.evaluate("node")
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(NodeError, match=r"ids.json' cannot be read: it is no regular file"):
        stage.evaluate("node")


def test_previews_alter_colour_only() -> None:
    edges = run("Cryptomatte", rendered(), matte_list=ROAD, preview="edges")["rgba"]
    assert edges[:3, 5, 8].tolist() == pytest.approx([1.0, 0.9, 0.1]) and edges[:3, 5, 2].tolist() == [0.5] * 3
    colors = run("Cryptomatte", rendered(), matte_list=ROAD, preview="colors")["rgba"]
    assert not torch.equal(colors[:3, 0, 0], colors[:3, 0, 15])
    assert torch.equal(colors[3], edges[3])


def test_a_picture_without_ids_and_a_wrong_name_are_sentences() -> None:
    with pytest.raises(NodeError, match="no cryptomatte layers, it has rgba"):
        run("Cryptomatte", picture(torch.zeros(4, 12, 16)))
    with pytest.raises(NodeError, match="no cryptomatte 'crypto_asset', there are crypto_object"):
        run("Cryptomatte", rendered(), crypto_layer="crypto_asset")


def test_what_a_click_on_a_pixel_comes_to() -> None:
    vertex = staged("Cryptomatte", rendered(), matte_list="").vertex("node")
    assert vertex.node.pick_layers(vertex.ctx) == ("crypto_object00",)
    pixel = rendered()["crypto_object00"]
    hero, road = float_of_id(id_of_name(HERO)), float_of_id(id_of_name(ROAD))
    assert vertex.node.picked(vertex.ctx, {"crypto_object00": pixel[:, 3, 8]}) == {"matte_list": f"<{hero!r}>"}
    assert vertex.node.picked(vertex.ctx, {"crypto_object00": pixel[:, 3, 9]}) == {"matte_list": f"<{road!r}>"}
    assert vertex.node.picked(vertex.ctx, {"crypto_object00": torch.zeros(4)}) == {}
