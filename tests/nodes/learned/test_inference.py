"""The node over pictures, and what becomes of models that are not as they should be."""

import json
import os
from pathlib import Path

import pytest
import torch

from calls import noted
from compare import assert_close
from models import STRENGTH, Smooth, image_io, smooth, wide
from pictures import FRAME, matte, noise, picture
from rimlight.engine import (
    Cancelled,
    CancelToken,
    Curve,
    Expr,
    Image,
    Key,
    NodeError,
    Region,
    Request,
    Tier,
    dumps,
    loads,
)
from rimlight.engine.inference import backends
from stage import Stage, known, staged

BIG = Region(0, 0, 150, 110)


def lit(frame: Region = FRAME) -> Image:
    return picture(noise(3, frame), frame, frame)


def expected(image: Image, strength: float = 0.5) -> torch.Tensor:
    with torch.no_grad():
        return Smooth()(image["rgba"][None], torch.tensor([strength]))[0]


def test_it_gives_what_the_network_gives(tmp_path: Path) -> None:
    image = lit()
    for values, strength in (({}, 0.5), ({"model_strength": 2}, 2.0)):
        out = staged("Inference", image, manifest=str(smooth(tmp_path)), **values).evaluate("node")
        assert_close(out["rgba"], expected(image, strength), threshold=1e-5)


def test_a_parameter_of_the_model_is_keyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = lit()
    asked = noted(monkeypatch, (backends.Network, "__call__"), what=lambda self, tensors, *_: float(tensors[1]))
    stage = staged("Inference", image, manifest=str(smooth(tmp_path)), model_strength=Curve.of((1, 0), (2, 1), (3, 2)))
    for frame in (1, 2, 3):
        assert_close(stage.evaluate("node", frame)["rgba"], expected(image, frame - 1.0), threshold=1e-5)
    assert asked == [0, 1, 2]
    stage.set("node", model_strength=Curve.of((1, 0), (2, 3), (3, 2)))
    for frame in (1, 2, 3, 4):
        stage.evaluate("node", frame)
    assert asked == [0, 1, 2, 3]  # nothing but the frame whose value changed; 4 is as 3


def test_between_keys_it_is_held_at_the_bounds(tmp_path: Path) -> None:
    image = lit()
    over = Curve((Key(1, 4.0, "free", right=3.0), Key(3, 4.0, "free", left=-3.0)))
    assert over.at(2) > 4
    stage = staged("Inference", image, manifest=str(smooth(tmp_path)), model_strength=over)
    assert_close(stage.evaluate("node", 2)["rgba"], expected(image, 4.0), threshold=1e-5)


def test_expressions_lead_from_and_to_it(tmp_path: Path) -> None:
    image = lit()
    stage = staged("Inference", image, manifest=str(smooth(tmp_path)), model_strength=Expr("frame / 2 + self.tile"))
    assert_close(stage.evaluate("node", 3)["rgba"], expected(image, 1.5), threshold=1e-5)
    stage.add("other", "Multiply", {"image": "given_image"}, value=Expr("node.model_strength * 2"))
    assert_close(stage.evaluate("other", 3)["rgba"][:3], image["rgba"][:3] * 3, threshold=1e-5)
    stage.graph = stage.graph.reset_value("node", "model_strength")
    with pytest.raises(NodeError, match=r"other\.value: node\.model_strength is not set in the script"):
        stage.evaluate("other", 3)


def test_what_the_model_says_of_its_parameters(tmp_path: Path) -> None:
    path = smooth(tmp_path, inputs=[*image_io()["inputs"], STRENGTH | {"description": "how much of it"}])
    stage = staged("Inference", lit(), manifest=str(path))
    vertex = stage.vertex("node")
    (spec,) = vertex.node.members(vertex.ctx)
    assert (spec.name, spec.title, spec.default, spec.doc) == ("model_strength", "strength", 0.5, "how much of it")
    assert spec.hard == spec.soft == (0, 4) and spec.animatable
    vertex = stage.set("node", model_speed=1).vertex("node")
    assert vertex.error is not None
    assert [s.name for s in vertex.node.members(vertex.ctx)] == ["model_strength"]  # it can be put right all the same
    vertex = stage.set("node", manifest="").vertex("node")
    assert vertex.node.members(vertex.ctx) == ()


OLD = """{"rimlight": 1, "nodes": {"Net": {"kind": "learned.inference", "version": 1, "values": {
    "manifest": "clean", "parameters": "%s", "tile": 64}}}}"""


def test_scripts_of_version_1_have_their_parameters() -> None:
    found = loads(OLD % "strength=0.5, steps=2")
    state = found.document.graph["Net"]
    assert not found.warnings and state.version == 2
    assert dict(state.values) == {"manifest": "clean", "tile": 64, "model_strength": 0.5, "model_steps": 2.0}
    assert loads(OLD % "").document.graph["Net"].values == {"manifest": "clean", "tile": 64}
    found = loads(OLD % "strength")
    assert "'strength' is not understood, expected name=value" in found.warnings[0]
    assert '"parameters": "strength"' in dumps(found.document)  # nothing is lost


def test_mask_and_mix_hold_it_back(tmp_path: Path) -> None:
    image, cover = lit(), matte(FRAME)
    mask = picture(cover.expand(4, -1, -1).clone())
    stage = staged("Inference", image, manifest=str(smooth(tmp_path)), mask=mask, mix=0.5)
    wanted = torch.lerp(image["rgba"], expected(image), 0.5 * cover)
    assert_close(stage.evaluate("node")["rgba"], wanted, threshold=1e-5)


def test_a_new_layer_comes_from_black(tmp_path: Path) -> None:
    image, cover = lit(), matte(FRAME)
    mask = picture(cover.expand(4, -1, -1).clone())
    stage = staged("Inference", image, manifest=str(smooth(tmp_path)), mask=mask, layers="out=mine")
    assert stage.info("node").names == ("rgba", "mine")
    out = stage.evaluate("node")
    assert torch.equal(out["rgba"], image["rgba"])
    assert_close(out["mine"], expected(image) * cover, threshold=1e-5)


def test_tiles_regions_and_the_whole_agree(tmp_path: Path) -> None:
    image = lit(BIG)
    path = str(wide(tmp_path))
    whole = staged("Inference", image, manifest=path, tile=1024).evaluate("node")["rgba"]
    stage = staged("Inference", image, manifest=path, tile=48)
    size = float(whole.abs().mean())
    assert float((stage.evaluate("node")["rgba"] - whole).abs().max()) < 0.005 * size
    fresh = Stage(host_bytes=0).given("a", image).add("node", "Inference", {"image": "a"}, manifest=path, tile=48)
    for region in (Region(70, 50, 71, 51), Region(0, 60, 150, 70)):
        part = fresh.evaluate("node", region=region)
        rows, columns = BIG.slices_of(region)
        assert float((part.tensor("rgba", region) - whole[:, rows, columns]).abs().max()) < 0.005 * size


def test_a_region_reads_no_more_than_it_must(tmp_path: Path) -> None:
    stage = staged("Inference", lit(Region(0, 0, 900, 700)), manifest=str(wide(tmp_path)), tile=64)
    vertex = stage.vertex("node")
    (need, before) = vertex.node.needs(vertex.ctx, Region(300, 300, 310, 310), ("rgba",))
    assert need.region.width < 350 and need.region.contains(Region(268, 268, 342, 342))
    assert before.region == Region(300, 300, 310, 310)
    assert vertex.node.regional(vertex.ctx)
    whole = staged("Inference", lit(), manifest=str(wide(tmp_path, name="w", tile="whole"))).vertex("node")
    assert not whole.node.regional(whole.ctx)
    assert whole.node.needs(whole.ctx, Region(1, 1, 2, 2), ("rgba",))[0].region == FRAME


def test_exposure_is_equivariant_through_the_graph(tmp_path: Path) -> None:
    path, image = str(wide(tmp_path, exposure=0.4)), lit(BIG)
    once = staged("Inference", image, manifest=path, tile=48).evaluate("node")["rgba"]
    brighter = picture(image["rgba"] * 37.0, BIG, BIG)
    assert_close(
        staged("Inference", brighter, manifest=path, tile=48).evaluate("node")["rgba"] / 37.0, once, 1e-4, relative=1e-4
    )


def test_srgb_models_see_rec709(tmp_path: Path) -> None:
    declared = {
        "inputs": [
            {"name": "image", "layer": "rgba", "values": "srgb"},
            {"name": "strength", "parameter": "strength", "default": 0.0},
        ],
        "outputs": [{"name": "out", "values": "srgb"}],
    }
    image = lit()
    out = staged("Inference", image, manifest=str(smooth(tmp_path, **declared))).evaluate("node")
    assert_close(out["rgba"], image["rgba"], threshold=1e-4, relative=1e-3)  # at strength 0 the network copies


def test_the_model_is_in_the_key_and_in_the_metadata(tmp_path: Path) -> None:
    path = smooth(tmp_path)
    stage = staged("Inference", lit(), manifest=str(path))
    vertex = stage.vertex("node")
    about = json.loads(vertex.info.metadata["rimlight:model:smooth"])
    assert (
        about["licence"] == "Apache-2.0" and about["data"] == "random weights of a test" and len(about["sha256"]) == 64
    )
    os.utime(tmp_path / "smooth.pt", ns=(7, 7))
    assert stage.vertex("node").key == vertex.key  # the same file at another time
    smooth(tmp_path, version="2")
    assert stage.vertex("node").key != vertex.key
    wide(tmp_path, name="smooth", inputs=[{"name": "image", "layer": "rgba"}])
    (tmp_path / "smooth.json").rename(path)
    assert stage.vertex("node").key != vertex.key


def test_the_frame_counts_only_where_the_model_asks_for_it(tmp_path: Path) -> None:
    plain = staged("Inference", lit(), manifest=str(smooth(tmp_path)))
    assert plain.vertex("node", frame=1).key == plain.vertex("node", frame=2).key
    inputs = [{"name": "image", "layer": "rgba"}, {"name": "strength", "scalar": "frame"}]
    stage = staged("Inference", lit(), manifest=str(smooth(tmp_path, name="timed", inputs=inputs)))
    assert stage.vertex("node", frame=1).key != stage.vertex("node", frame=2).key
    assert_close(stage.evaluate("node", frame=3)["rgba"], expected(lit(), 3.0), threshold=1e-5)


def test_without_a_model_the_picture_passes(tmp_path: Path) -> None:
    stage = staged("Inference", lit())
    vertex = stage.vertex("node")
    assert vertex.alias == ("given_image", 1)
    assert vertex.node.warnings(vertex.ctx) == ("no model is chosen, so the picture passes as it is",)


def test_describing_itself_loads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_torchscript", lambda *args: pytest.fail("the network was loaded"))
    assert staged("Inference", lit(), manifest=str(smooth(tmp_path))).info("node").names == ("rgba",)


def test_what_is_wrong_is_one_sentence(tmp_path: Path) -> None:
    image = lit()

    def fails(sentence: str, path: Path, **values: object) -> None:
        with pytest.raises(NodeError, match=sentence) as raised:
            staged("Inference", image, manifest=str(path), **values).evaluate("node")
        assert str(raised.value).startswith("node at frame 1: ") and "\n" not in str(raised.value)

    path = smooth(tmp_path)
    fails("layers: 'image' is not understood, expected name=value", path, layers="image")
    fails("model 'smooth' has no parameter 'x', it has strength", path, model_x=1)
    fails("parameter 'strength' of model 'smooth' is 9, expected 0 to 4", path, model_strength=9)
    fails("parameter 'strength' of model 'smooth' is 5, expected 0 to 4", path, model_strength=Expr("4 + frame"))
    fails("needs the layer 'beauty' for 'image', the image has rgba", path, layers="image=beauty")
    fails("cannot be read as a model's manifest: No such file", tmp_path / "none.json")
    fails("there is no model 'smoth', there are: none", Path("smoth"))
    (tmp_path / "smooth.pt").write_bytes(b"another")
    fails(r"smooth\.pt is not the file its manifest declares", path)
    (tmp_path / "smooth.pt").unlink()
    fails(r"smooth\.pt: the model's weights are not there", path)


def test_a_model_that_was_put_right_works_at_once(tmp_path: Path) -> None:
    path, image = smooth(tmp_path), lit()
    stage = staged("Inference", image, manifest=str(path))
    content = (tmp_path / "smooth.pt").read_bytes()
    (tmp_path / "smooth.pt").unlink()
    with pytest.raises(NodeError):
        stage.evaluate("node")
    (tmp_path / "smooth.pt").write_bytes(content)
    assert_close(stage.evaluate("node")["rgba"], expected(image), threshold=1e-5)


def test_when_memory_runs_out_smaller_tiles_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image, path, asked = lit(BIG), str(wide(tmp_path)), []
    whole = staged("Inference", image, manifest=path).evaluate("node")["rgba"]
    real = backends.Network.__call__

    def short(self: backends.Network, tensors: list[torch.Tensor], half: bool = False) -> list[torch.Tensor]:
        asked.append(tensors[0].shape[-2] * tensors[0].shape[-1])
        if asked[-1] > 14000:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return real(self, tensors, half)

    monkeypatch.setattr(backends.Network, "__call__", short)
    stage = staged("Inference", image, manifest=path, tile=144)
    assert float((stage.evaluate("node")["rgba"] - whole).abs().max()) < 0.005 * float(whole.abs().mean())
    asked.clear()
    stage.evaluator.clear()
    stage.evaluate("node")
    assert max(asked) <= 14000  # the next picture begins with what did


def test_it_stops_between_tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token, seen = CancelToken(), []
    real = backends.Network.__call__

    def counted(self: backends.Network, tensors: list[torch.Tensor], half: bool = False) -> list[torch.Tensor]:
        seen.append(1)
        token.cancel()
        return real(self, tensors, half)

    monkeypatch.setattr(backends.Network, "__call__", counted)
    stage = staged("Inference", lit(BIG), manifest=str(wide(tmp_path)), tile=48)
    request = Request("node", 1, tier=Tier.FINAL)
    with known(), pytest.raises(Cancelled):
        stage.evaluator.evaluate(stage.graph, stage.project, request, token)
    assert len(seen) == 1
