"""Models put to pictures: the same numbers as the network gives, whatever the tiles; layers there and back."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import rimlight.engine.inference.run as run_module
from compare import assert_close
from models import STRENGTH, Smooth, Surface, Wide, described, image_io, saved, smooth, wide
from pictures import coordinates, noise, picture
from rimlight.engine import Application, Call, Image, Region, RimlightError
from rimlight.engine.inference.service import LoadedModel, ModelPool, ModelStore

FRAME = Region(-3, 4, 190, 141)


@pytest.fixture
def store() -> ModelStore:
    return ModelStore(pool=ModelPool())


def plate(frame: Region = FRAME, level: float = 1.0) -> Image:
    """Light with texture, shade and highlights far above one."""
    x, y = coordinates(frame)
    smooth_part = torch.stack(((x / 40).sin() + 1.2, (y / 25).cos() + 1.1, ((x + y) / 60).sin() + 1.3))
    return picture((smooth_part * (0.4 + 0.1 * noise(3, frame).clamp(0, 20))) * level, frame, frame)


def applied(
    model: LoadedModel, image: Image, region: Region | None = None, tile: int = 4096, **more: Any
) -> dict[str, Tensor]:
    call = {name: more.pop(name) for name in list(more) if name in ("half", "frame", "space", "progress")}
    application = Application(model.manifest, image.info, **more)
    region = region or image.region
    seen = Image(image.info, application.reach(region, tile), {})
    part = image.crop(seen.region)
    return application.run(model.network, part, region, application.result.names, Call(tile, **call))


KINDS = ["torchscript", "pt2"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_frame_is_what_the_network_gives(tmp_path: Path, store: ModelStore, kind: str) -> None:
    image = plate()
    made = applied(store.model(smooth(tmp_path, kind)), image, parameters={"strength": 1.5})
    with torch.no_grad():
        expected = Smooth()(image["rgba"][None], torch.tensor([1.5]))[0]
    assert_close(made["rgba"], expected, threshold=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tile", [32, 57, 100])
def test_tiles_and_regions_agree_with_the_whole_frame(tmp_path: Path, store: ModelStore, kind: str, tile: int) -> None:
    image, model = plate(), store.model(wide(tmp_path, kind))
    tile = tile // 4 * 4
    whole = applied(model, image)["rgba"]
    tiled = applied(model, image, tile=tile)["rgba"]
    size = float(whole.abs().mean())
    assert float((tiled - whole).abs().max()) < 0.005 * size
    for region in (Region(60, 50, 61, 51), Region(100, 4, 190, 90), Region(-3, 120, 40, 141)):
        part = applied(model, image, region, tile)["rgba"]
        rows, columns = FRAME.slices_of(region)
        assert torch.equal(part, tiled[:, rows, columns])


def test_a_halo_that_is_too_small_shows(tmp_path: Path, store: ModelStore) -> None:
    image = plate()
    small = store.model(wide(tmp_path, name="small", tile={"halo": 0, "blend": 0}))
    whole = applied(small, image)["rgba"]
    apart = (applied(small, image, tile=32)["rgba"] - whole).abs().max()
    assert float(apart) > 0.005 * float(whole.abs().mean())


def test_a_model_that_normalises_exposure_is_equivariant(tmp_path: Path, store: ModelStore) -> None:
    model = store.model(wide(tmp_path, exposure=0.5))
    plain = store.model(wide(tmp_path, name="plain"))
    once = applied(model, plate(), tile=64)["rgba"]
    for k in (1e-3, 0.5, 800.0):
        assert_close(applied(model, plate(level=k), tile=64)["rgba"] / k, once, threshold=1e-4, relative=1e-4)
    off = applied(plain, plate(level=0.01))["rgba"] / 0.01 - applied(plain, plate())["rgba"]
    assert float(off.abs().max()) > 0.1


class Mean(nn.Module):
    """Gives what it sees less the mean of the small picture of the frame."""

    def forward(self, image: Tensor, frame: Tensor) -> Tensor:
        return image - frame.mean((2, 3), keepdim=True)


def test_every_tile_sees_the_whole_frame_small(tmp_path: Path, store: ModelStore) -> None:
    inputs = [{"name": "image", "layer": "rgba"}, {"name": "frame", "layer": "rgba", "context": 32}]
    path = described(
        saved(Mean(), (), "torchscript"), tmp_path, "torchscript", "mean",
        {"inputs": inputs, "outputs": [{"name": "out"}]},
    )  # fmt: skip
    image = plate()
    made = applied(store.model(path), image, tile=40)["rgba"]
    mean = image["rgba"].mean((1, 2), keepdim=True)
    assert_close(made, image["rgba"] - mean, threshold=0.02)
    assert float((made - image["rgba"]).std((1, 2)).max()) < 1e-5  # the same for all tiles


class Copy(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return image.clone()


def copier(folder: Path, name: str = "copy", **about: Any) -> Path:
    data = saved(Copy(), (), "torchscript")
    declared = about.pop("declared", image_io())
    return described(data, folder, "torchscript", name, declared, **about)


@pytest.mark.parametrize("values", ["linear", "log", "srgb"])
def test_a_network_that_copies_changes_nothing(tmp_path: Path, store: ModelStore, values: str) -> None:
    about = {"values": values, "range": [-1, 1], "mean": [0.1, 0.2, 0.3], "std": 0.5, "space": ""}
    model = store.model(copier(tmp_path, declared=image_io(**about), exposure=0.3))
    image = picture(noise(3, FRAME), FRAME, FRAME)
    assert_close(applied(model, image)["rgba"], image["rgba"], threshold=1e-5, relative=1e-4)


def test_clipped_light_is_carried_past_the_network(tmp_path: Path, store: ModelStore) -> None:
    declared = image_io(values="srgb-clipped", space="")
    image = picture(noise(3, FRAME), FRAME, FRAME)
    clipped = applied(store.model(copier(tmp_path, declared=declared)), image)["rgba"]
    assert float(clipped.max()) < 1.001 and float(clipped.min()) > -0.001
    declared["outputs"][0]["carry"] = "image"
    carried = applied(store.model(copier(tmp_path, "carry", declared=declared)), image)["rgba"]
    assert_close(carried, image["rgba"], threshold=1e-5, relative=1e-5)


def test_colours_are_converted_there_and_back(tmp_path: Path, store: ModelStore) -> None:
    asked = []

    def space(source: str, target: str) -> Callable[[Tensor], Tensor]:
        asked.append((source, target))
        return lambda x: x * (2 if source == "" else 0.5)

    image = plate()
    model = store.model(copier(tmp_path, declared=image_io(values="srgb")))
    assert_close(applied(model, image, space=space)["rgba"], image["rgba"], threshold=1e-5, relative=1e-5)
    assert asked == [("", "Linear Rec.709 (sRGB)"), ("Linear Rec.709 (sRGB)", "")]


class Asks(nn.Module):
    def forward(self, image: Tensor, number: Tensor, plane: Tensor) -> Tensor:
        return image * 0 + number * 1000 + plane


def test_numbers_of_the_picture_are_given(tmp_path: Path, store: ModelStore) -> None:
    inputs = [
        {"name": "image", "layer": "rgba"},
        {"name": "n", "scalar": "frame"},
        {"name": "p", "scalar": "width", "map": True},
    ]
    declared = {"inputs": inputs, "outputs": [{"name": "out"}]}
    model = store.model(described(saved(Asks(), (), "torchscript"), tmp_path, "torchscript", "asks", declared))
    made = applied(model, plate(), frame=12.0)["rgba"]
    assert torch.equal(made, torch.full_like(made, 12000.0 + FRAME.width))


def test_outputs_become_layers(tmp_path: Path, store: ModelStore) -> None:
    outputs = [
        {"name": "vectors", "layer": "normal", "axes": ["x", "-y", "z"]},
        {"name": "far", "layer": "depth", "values": "reciprocal"},
    ]
    declared = {"inputs": [{"name": "image", "layer": "rgba"}], "outputs": outputs}
    model = store.model(described(saved(Surface(), (), "torchscript"), tmp_path, "torchscript", "surface", declared))
    image = plate()
    made = applied(model, image)
    with torch.no_grad():
        vectors, far = Surface()(image["rgba"][None])
    expected = nn.functional.normalize(vectors[0] * torch.tensor([1.0, -1.0, 1.0]).reshape(3, 1, 1), dim=0)
    assert_close(made["normal"], expected, threshold=1e-5)
    assert_close(made["depth"], 1 / far[0], threshold=1e-4, relative=1e-4)
    result = Application(model.manifest, image.info).result
    assert [str(result.layer(name).kind) for name in ("normal", "depth")] == ["normal", "depth"]
    moved = Application(model.manifest, image.info, {"vectors": "guess", "far": "far"})
    assert moved.result.names == ("rgba", "guess", "far")


def test_layers_and_channels_can_be_chosen(tmp_path: Path, store: ModelStore) -> None:
    model = store.model(copier(tmp_path))
    frame = Region(0, 0, 9, 7)
    image = picture({"rgba": noise(4, frame), "normal": noise(3, frame, 5)}, frame, frame)
    kept = applied(model, image)["rgba"]
    assert torch.equal(kept, image["rgba"])  # alpha is none of the model's channels and stays
    assert torch.equal(applied(model, image, layers={"image": "normal"})["rgba"][:3], image["normal"])
    assert torch.equal(applied(model, image, layers={"image": "rgba.BGA"})["rgba"][:3], image["rgba"][[2, 1, 3]])
    assert set(applied(model, image, layers={"out": "mine"})) == {"mine"}


def test_what_a_picture_lacks_is_filled_or_said(tmp_path: Path, store: ModelStore) -> None:
    declared = {"inputs": [{"name": "image", "layer": "key", "missing": 0.25}], "outputs": [{"name": "out"}]}
    made = applied(store.model(copier(tmp_path, declared=declared)), plate())["rgba"]
    assert torch.equal(made, torch.full_like(made, 0.25))
    declared = {"inputs": [{"name": "image", "layer": "key"}], "outputs": [{"name": "out"}]}
    with pytest.raises(RimlightError, match="needs the layer 'key' for 'image', the image has rgba"):
        applied(store.model(copier(tmp_path, "strict", declared=declared)), plate())
    declared = {"inputs": [{"name": "image", "layer": "rgba", "channels": "RGBA"}], "outputs": [{"name": "out"}]}
    with pytest.raises(RimlightError, match="needs channel 'A' of layer 'rgba' for 'image', it has R, G, B"):
        applied(store.model(copier(tmp_path, "alpha", declared=declared)), plate())


def test_names_that_do_not_exist_are_said(tmp_path: Path, store: ModelStore) -> None:
    model = store.model(smooth(tmp_path))
    for more, sentence in (
        ({"layers": {"imgae": "rgba"}}, "model 'smooth' has no tensor 'imgae' for a layer, it has image, out"),
        ({"parameters": {"strenght": 1.0}}, "model 'smooth' has no parameter 'strenght', it has strength"),
        ({"parameters": {"strength": 9.0}}, "parameter 'strength' of model 'smooth' is 9, expected 0 to 4"),
        ({"layers": {"image": "rgba.RG"}}, "takes 3 channels, 'rgba' names others"),
    ):
        with pytest.raises(RimlightError, match=sentence):
            applied(model, plate(), **more)


class Shrinks(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return image[:, :, ::2, ::2]


class Fails(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(4, 3, 1)

    def forward(self, image: Tensor) -> Tensor:
        return self.layer(image)


def test_results_of_another_shape_are_said(tmp_path: Path, store: ModelStore) -> None:
    frame = Region(0, 0, 20, 10)
    for network, sentence in (
        (Shrinks(), r"model 'odd': output 'out' has the shape \[1, 3, 5, 10\], expected \[1, 3, 10, 20\]"),
        (Fails(), r"model 'odd': the network does not take tensors of the shapes \[1, 3, 10, 20\]: .*channels"),
    ):
        path = described(saved(network, (), "torchscript"), tmp_path, "torchscript", "odd", image_io())
        with pytest.raises(RimlightError, match=sentence):
            applied(store.model(path), plate(frame))


def test_a_model_for_whole_frames_looks_at_its_size(tmp_path: Path, store: ModelStore) -> None:
    image = plate()
    big = applied(store.model(copier(tmp_path, tile="whole")), image)["rgba"]
    assert torch.equal(big, image["rgba"])
    small = applied(store.model(copier(tmp_path, "small", tile="whole", working_size=64, multiple=8)), image)["rgba"]
    assert small.shape == image["rgba"].shape
    error = (small - image["rgba"]).mean((1, 2)).abs()
    assert float(error.max()) < 0.02 and not torch.equal(small, image["rgba"])


def test_a_network_of_one_size_gets_it(tmp_path: Path, store: ModelStore) -> None:
    network = Smooth()
    with torch.no_grad():
        traced = torch.export.export(network.eval(), (torch.rand(1, 3, 48, 48), torch.rand(1)))
    out = io.BytesIO()
    torch.export.save(traced, out)
    declared = image_io()
    declared["inputs"].append(STRENGTH)
    tile = {"size": 48, "halo": 4, "blend": 4, "fixed": True}
    path = described(out.getvalue(), tmp_path, "pt2", "fixed", declared, tile=tile)
    model, image = store.model(path), plate()
    made = applied(model, image, tile=store.tile(model.manifest))["rgba"]
    with torch.no_grad():
        expected = network(image["rgba"][None], torch.tensor([0.5]))[0]
    # At the very edge the network sees the picture go on where otherwise it would see black.
    assert_close(made[:, 3:-3, 3:-3], expected[:, 3:-3, 3:-3], threshold=1e-4)


def test_half_precision_only_where_the_manifest_and_the_device_allow_it(
    tmp_path: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, faster = plate(), [True]
    monkeypatch.setattr(run_module, "half_is_faster", lambda device: faster[0])
    never, may = store.model(wide(tmp_path)), store.model(wide(tmp_path, name="half", half=True))
    exact = applied(never, image, half=True)["rgba"]
    assert torch.equal(exact, applied(never, image)["rgba"])
    rough = applied(may, image, half=True)["rgba"]
    assert rough.dtype == torch.float32 and not torch.equal(rough, exact)
    assert float((rough - exact).abs().mean()) < 0.01 * float(exact.abs().mean())
    faster[0] = False
    assert torch.equal(applied(may, image, half=True)["rgba"], exact)


def test_numbers_that_are_none_do_not_spread(tmp_path: Path, store: ModelStore) -> None:
    image = plate()
    image["rgba"][:, 50, 60] = torch.nan
    image["rgba"][:, 80, 20] = torch.inf
    made = applied(store.model(wide(tmp_path)), image, tile=64)["rgba"]
    assert bool(torch.isfinite(made).all())


def test_wide_depends_on_as_much_as_it_says() -> None:
    x = torch.rand(1, 3, 100, 100)
    y = x.clone()
    y[..., 50, 50] += 1
    with torch.no_grad():
        there = (Wide()(x) - Wide()(y)).abs().sum((0, 1)) > 1e-7
    rows, columns = there.nonzero(as_tuple=True)
    assert int((rows - 50).abs().max()) <= 30 and int((columns - 50).abs().max()) <= 30
