"""Light comes off faces whose light is known, what was not seen is filled in, and maps turn with the head."""

import numpy as np
import pytest
import torch
from torch import Tensor

from pictures import picture
from rimlight.engine import LIGHT_LAYERS, Image, NodeError, Region, unit
from rimlight.nodes.face.lighting import harmonics, light_of_skin
from rimlight.nodes.face.model import FACE, Face, face_model, geometry, rotation
from rimlight.nodes.face.regions import regions
from rimlight.nodes.face.seen import unfolded
from stage import Stage

SIZE = 192
TEXELS = Region(0, 0, SIZE, SIZE)
FACE_HERE = Face((0.0, 0.0, 0.0), (0.0, 0.0, -70.0), 0.25)
SKIN = torch.tensor([0.45, 0.28, 0.20])[:, None, None]


def surface(face: Face = FACE_HERE) -> tuple[Tensor, Tensor]:
    """Normals over the uv, and where the face has uv."""
    found, there = unfolded(face_model(), geometry(face)[1][face_model().corners], TEXELS, torch.device("cpu"))
    return torch.nn.functional.normalize(found, dim=0), there


def paint(seed: int) -> Tensor:
    """The albedo of a face: even skin, blushed cheeks, dark brows and lips, and moles."""
    part = regions(TEXELS, torch.device("cpu"))
    u = (torch.arange(SIZE) + 0.5) / SIZE
    v = 1 - u[:, None]
    blush = sum(torch.exp(-(((u - c) / 0.07) ** 2) - ((v - 0.55) / 0.07) ** 2) for c in (0.33, 0.67))
    assert isinstance(blush, Tensor)
    albedo = SKIN * (1 - blush * torch.tensor([0.0, 0.15, 0.12])[:, None, None])
    albedo = albedo * (0.35 + 0.65 * part.skin)
    mole = torch.rand(SIZE, SIZE, generator=torch.Generator().manual_seed(seed)) < 0.003
    return torch.where(mole, albedo * 0.4, albedo)


def lit(
    albedo: Tensor, direction: tuple[float, float, float], fill: float, color: tuple[float, float, float]
) -> Tensor:
    """A face under one light and an even one."""
    normal, there = surface()
    toward = torch.nn.functional.normalize(torch.tensor(direction), dim=0)[:, None, None]
    key = (normal * toward).sum(0).clamp_min(0)
    return albedo * (fill + key * torch.tensor(color)[:, None, None]) * there


def unfolded_picture(light: Tensor, seen: Tensor | None = None, face: Face = FACE_HERE) -> Image:
    normal, there = surface(face)
    layers = {"rgba": light, "confidence": there[None].float() if seen is None else seen, "normal": normal}
    return picture(layers, TEXELS, metadata={FACE: face.to_text()})


def homogenised(light: Tensor, **values: float) -> Tensor:
    stage = Stage().given("p", unfolded_picture(light)).add("H", "face.homogenise", {"image": "p"}, **values)
    return stage.evaluate("H")["rgba"]


LIGHTS = (
    ((0.0, 0.2, 1.0), 0.2, (1.0, 1.0, 1.0)),
    ((0.9, 0.3, 0.6), 0.3, (1.0, 0.9, 0.7)),
    ((-0.8, 0.6, 0.5), 0.25, (0.8, 0.9, 1.1)),
)


def test_one_face_under_several_lights_comes_out_alike() -> None:
    albedo, (normal, _) = paint(1), surface()
    front = (normal[2] > 0.4) & (regions(TEXELS, torch.device("cpu")).skin[0] > 0.9)
    before, after = [], []
    for direction, fill, color in LIGHTS:
        light = lit(albedo, direction, fill, color)
        even = homogenised(light)
        for found, kept in ((light, before), (even, after)):
            ratio = (found / albedo.clamp_min(1e-6)).mean(0)[front]
            kept.append(float(ratio.std() / ratio.mean()))
    assert max(after) < 0.12 and min(before[1:]) > 0.3
    assert np.mean(after) < 0.3 * np.mean(before)


def test_blush_and_moles_stay() -> None:
    albedo, (normal, _) = paint(2), surface()
    even = homogenised(lit(albedo, *LIGHTS[1]))
    skin = (normal[2] > 0.6) & (regions(TEXELS, torch.device("cpu")).skin[0] > 0.95)
    want, got = ((x[1] / x[0])[skin] for x in (albedo, even.clamp_min(1e-6)))
    slope = float(((want - want.mean()) * (got - got.mean())).sum() / (want - want.mean()).square().sum())
    assert 0.6 < slope < 1.4


def test_light_is_homogenised_alike_at_any_exposure() -> None:
    light = lit(paint(1), *LIGHTS[2])
    assert torch.allclose(homogenised(light) * 8, homogenised(light * 8), rtol=1e-3, atol=1e-4)


def test_what_is_not_dark_is_not_brightened_where_the_fit_says_that_light_is_dim() -> None:
    there = surface()[1]
    albedo = SKIN * there
    light = lit(albedo, *LIGHTS[1])
    u, v = (torch.arange(SIZE) + 0.5) / SIZE, 1 - (torch.arange(SIZE)[:, None] + 0.5) / SIZE
    patch = there & (((u - 0.34) / 0.03).square() + ((v - 0.55) / 0.03).square() < 1)
    usual = light.mean(0)[there & (regions(TEXELS, torch.device("cpu")).skin[0] > 0.9)].median()
    bright = torch.where(patch, albedo * (usual / albedo.mean(0).clamp_min(1e-6)), light)
    inside = patch & (((u - 0.34) / 0.02).square() + ((v - 0.55) / 0.02).square() < 1)
    assert float(light.mean(0)[inside].mean()) < 0.7 * float(usual)
    assert float(homogenised(bright, symmetry=0.0).mean(0)[inside].mean()) < 1.3 * float(usual)


def test_the_light_of_even_skin_is_found_whatever_shines_on_it() -> None:
    """The closed form: skin times a low-order light, with shine on a tenth of it."""
    normal, there = surface()
    basis = harmonics(normal)
    truth = torch.tensor([[1.0, 0.5, 0.2, 0.3, 0.1, 0.0, 0.05, 0.05, 0.0]]) * torch.tensor([[0.5], [0.3], [0.2]])
    light = torch.einsum("cb,bhw->chw", truth, basis).clamp_min(0)
    shine = torch.rand(SIZE, SIZE, generator=torch.Generator().manual_seed(3)) < 0.1
    weight = there[None].float() * (light.amin(0, keepdim=True) > 0)
    found = light_of_skin(light + shine * 1.0, basis, weight)
    front = there & (normal[2] > 0.2)
    shown = torch.einsum("cb,bhw->chw", found.light, basis)
    assert float(((shown - light).abs() / light.clamp_min(0.05))[:, front].median()) < 0.03


def test_an_unseen_half_is_filled_from_the_other() -> None:
    albedo, (normal, there) = paint(4), surface()
    seen = (there & (torch.arange(SIZE) > SIZE * 0.45)[None, :]).float()[None]
    seen[:, 150:160] = 0  # a strip that neither half shows
    image = unfolded_picture(albedo * seen, seen)
    out = Stage().given("p", image).add("C", "face.complete", {"image": "p"}).evaluate("C")
    kept = seen[0] > 0
    assert torch.allclose(out["rgba"][:, kept], albedo[:, kept], atol=1e-6)
    lost = there & ~kept & (seen.flip(2)[0] > 0)
    mirrored = albedo.flip(2)
    error = (out["rgba"] - mirrored).abs()[:, lost]
    assert float(error.mean()) < 0.02
    strip = out["rgba"][:, 152:158][:, there[152:158]]
    assert float(strip.min()) > 0.05
    assert torch.allclose(out["normal"], normal, atol=1e-5)
    assert bool((out["confidence"] == seen).all())


def test_the_filled_half_joins_in_brightness() -> None:
    there = surface()[1]
    albedo = SKIN * there
    side = 1 + 0.5 * (torch.arange(SIZE) / SIZE - 0.5)
    seen = (there & (torch.arange(SIZE) > SIZE * 0.4)[None, :]).float()[None]
    out = Stage().given("p", unfolded_picture(albedo * side * seen, seen)).add("C", "face.complete", {"image": "p"})
    light = out.evaluate("C")["rgba"].mean(0)
    edge = int(SIZE * 0.4)
    before, after = (light[60:110, edge + d].mean() for d in (-3, 4))
    assert abs(float(before / after) - 1) < 0.05


@pytest.mark.parametrize("other", [(1.4, 1.3, 1.2), (0.3, 0.4, 0.9), (0.05, 0.3, 0.05)])
def test_what_shows_behind_the_outline_is_no_skin(other: tuple[float, float, float]) -> None:
    there = surface()[1]
    albedo = SKIN * there
    u, v = (torch.arange(SIZE) + 0.5) / SIZE, 1 - (torch.arange(SIZE)[:, None] + 0.5) / SIZE
    behind = there & (u < 0.2) & (v > 0.25) & (v < 0.5) & (regions(TEXELS, torch.device("cpu")).eyes[0] == 0)
    light = torch.where(behind, torch.tensor(other)[:, None, None], albedo)
    seen = torch.where(behind, 0.3, (there & (u > 0.1)).float())[None] * (u > 0.1)
    stage = Stage().given("p", unfolded_picture(light, seen)).add("C", "face.complete", {"image": "p"})
    out = stage.evaluate("C")["rgba"]
    off = (out / SKIN).clamp_min(1e-3).log2().abs().amax(0)
    assert float(off[behind].max()) < 0.3
    kept = (seen[0] > 0) & ~behind & (v < 0.6)
    assert float((out - light)[:, kept].abs().mean()) < 0.002
    believed = stage.set("C", strays=16.0, slant=0.1).evaluate("C")["rgba"]
    assert torch.equal(believed[:, behind & (u > 0.15)], light[:, behind & (u > 0.15)])


def test_strays_are_told_in_textures_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """As 8K ones: the library's own quantile refuses more than 16 million values."""

    def refused(*_: object) -> None:
        raise RuntimeError("quantile() input tensor is too large")

    monkeypatch.setattr(torch.Tensor, "quantile", refused, raising=False)
    albedo, (_, there) = paint(4), surface()
    out = Stage().given("p", unfolded_picture(albedo * there)).add("C", "face.complete", {"image": "p"}).evaluate("C")
    assert torch.allclose(out["rgba"][:, there], (albedo * there)[:, there], atol=1e-6)


def test_a_face_is_drawn_in_the_frame_of_its_plate() -> None:
    stage = (
        Stage()
        .given("p", unfolded_picture(SKIN * surface()[1]))
        .given("q", picture(torch.zeros(4, 40, 60), Region(0, 0, 60, 40)))
    )
    stage = stage.add("R", "face.render", {"image": "p", "like": "q"}, format="120x120")
    out = stage.evaluate("R")
    assert (out.info.display.width, out.info.display.height) == (60, 40)
    assert torch.equal(out["face"], stage.add("S", "face.render", {"image": "p"}, format="60x40").evaluate("S")["face"])


def test_hair_above_the_ears_and_shaded_skin_are_kept() -> None:
    albedo, (_, there) = paint(4), surface()
    v = 1 - (torch.arange(SIZE)[:, None] + 0.5) / SIZE
    light = torch.where((v > 0.8) & there, torch.tensor([0.9, 0.85, 0.8])[:, None, None], albedo * there)
    light = torch.where(v < 0.2, light * 0.3, light)
    out = Stage().given("p", unfolded_picture(light)).add("C", "face.complete", {"image": "p"}).evaluate("C")["rgba"]
    assert torch.allclose(out[:, there], light[:, there], atol=1e-6)


def test_maps_are_flat_on_even_paint_and_dented_by_a_dark_spot() -> None:
    normal, there = surface()
    even = SKIN * there
    maps = Stage().given("p", unfolded_picture(even)).add("M", "face.maps", {"image": "p"}).evaluate("M")
    inside = there & (normal[2] > 0.3) & (regions(TEXELS, torch.device("cpu")).eyes[0] == 0)
    assert float(maps["displacement"][:, inside].abs().max()) < 1e-5
    assert torch.allclose(maps["normal"][:, inside], normal[:, inside], atol=1e-4)
    assert torch.allclose(maps["albedo"], even, atol=1e-6)
    assert float(maps["roughness"][:, inside].min()) > 0.2 and float(maps["roughness"].max()) < 0.7
    assert 0.02 <= float(maps["f0"][:, inside].min()) <= float(maps["f0"].max()) < 0.05
    spot = even.clone()
    y, x = 60, 96  # on the forehead
    spot[:, y - 1 : y + 2, x - 1 : x + 2] *= 0.5
    dented = Stage().given("p", unfolded_picture(spot)).add("M", "face.maps", {"image": "p"}).evaluate("M")
    assert float(dented["displacement"][0, y, x]) < -0.003
    tangent = dented["normal_tangent"]
    # Left of a pit the surface falls to the right, so its normal leans right; below it, it falls upwards.
    assert float(tangent[0, y, x - 2]) > 0.01 and float(tangent[0, y, x + 2]) < -0.01
    assert float(tangent[1, y + 2, x]) > 0.01 and float(tangent[1, y - 2, x]) < -0.01


def test_hair_collars_and_brows_are_no_relief() -> None:
    there = surface()[1]
    lines = SKIN * there * (1 - 0.5 * (torch.arange(SIZE) % 4 < 2).float())
    maps = Stage().given("p", unfolded_picture(lines)).add("M", "face.maps", {"image": "p"}).evaluate("M")
    depth = maps["displacement"][0].abs()
    assert float(depth[60:70, 90:102].max()) > 1e-3  # the forehead
    assert float(depth[:20].max()) == 0 and float(depth[175:].max()) == 0  # scalp and neck
    brows = regions(TEXELS, torch.device("cpu")).skin[0] == 0
    assert int(brows.sum()) > 200 and float(depth[brows].max()) == 0


def test_a_turned_face_is_the_map_seen_from_there() -> None:
    normal = surface()[0]
    maps = {"albedo": paint(6), "normal": normal, "rgba": paint(6)}
    image = picture(maps, TEXELS, metadata={FACE: FACE_HERE.to_text()})
    stage = Stage().given("p", image).add("R", "face.render", {"image": "p"}, format="120x120")
    still = stage.evaluate("R")
    turned = stage.set("R", turn=(30.0, 0.0, 0.0)).evaluate("R")
    face = Face.from_text(str(turned.info.metadata[FACE]))
    assert np.allclose(rotation(np.array(face.turn)), rotation(np.array([0, np.radians(30), 0])), atol=1e-5)
    # To the picture's right: the nose, which stands out most, goes there.
    nose = [x["depth"][0].where(x["depth"][0] > 0, torch.inf).flatten().argmin() % 120 for x in (still, turned)]
    assert int(nose[1]) > int(nose[0]) + 3
    own = turned["normal"].norm(dim=0)
    assert bool((((own - 1).abs() < 1e-4) | (own == 0)).all())
    smiling = stage.set("R", turn=(0.0, 0.0, 0.0), expression_mouthSmile_L=1.0, expression_mouthSmile_R=1.0).evaluate(
        "R"
    )
    assert float((smiling["uv"] - still["uv"]).abs().max()) > 0.02
    assert set(LIGHT_LAYERS) >= set(turned.layers) - {"rgba", "uv", "face"}


def test_normals_that_a_pixel_mixes_are_roughness() -> None:
    """The closed form: normals on a cone of 30 degrees have a mean of cos 30."""
    normal, there = surface()
    tilt = 0.5 * ((torch.arange(SIZE) % 2) * 2 - 1.0)
    along = unit(torch.stack((normal[2], torch.zeros_like(normal[0]), -normal[0])))
    bumpy = normal * 0.75**0.5 + along * tilt
    rough = {}
    for name, mapped, size in (("large", normal, 400), ("even", normal, 60), ("bumpy", bumpy, 60)):
        maps = {"rgba": paint(1), "normal": mapped * there, "roughness": torch.full((1, SIZE, SIZE), 0.3)}
        image = picture(maps, TEXELS, metadata={FACE: FACE_HERE.to_text()})
        stage = Stage().given("p", image).add("R", "face.render", {"image": "p"}, format=f"{size}x{size}")
        rough[name] = stage.evaluate("R")["roughness"][0]
    tile = stage.evaluate("R", region=Region(20, 10, 40, 30), layers=("roughness",))["roughness"][0]
    assert torch.allclose(tile, rough["bumpy"][10:30, 20:40], atol=1e-5)
    assert abs(float(rough["large"][120:140, 180:220].median()) - 0.3) < 0.02
    added = (rough["bumpy"] ** 4 - rough["even"] ** 4)[17:20, 25:35]
    assert float(added.median()) == pytest.approx(2 * (1 / 0.75**0.5 - 1), rel=0.15)


def test_without_a_face_it_is_a_sentence() -> None:
    bare = picture({"rgba": torch.ones(3, 8, 8)}, Region(0, 0, 8, 8))
    for kind in ("face.homogenise", "face.complete", "face.maps", "face.render"):
        with pytest.raises(NodeError, match="no FaceFit is above it"):
            Stage().given("p", bare).add("N", kind, {"image": "p"}).evaluate("N")


def test_the_mouth_is_closed_by_a_skin_that_teeth_lie_on() -> None:
    model = face_model()
    triangles = model.corners[model.faces]
    edges = np.sort(np.concatenate((triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]])), 1)
    once, count = np.unique(edges, axis=0, return_counts=True)
    rim = np.unique(once[count == 1])
    lips = model.mean[rim][np.abs(model.mean[rim, 0]) < 2]
    assert not ((lips[:, 2] > 8) & (lips[:, 1] < 0)).any()  # no edge is left there
    # Between the lips of an open mouth something is seen, and it lies where the skin leaves the uv free.
    open_ = Face((0.0, 0.0, 0.0), (0.0, 0.0, -70.0), 0.25, (), (("jawOpen", 1.0),))
    between = unfolded(model, geometry(open_)[0][model.corners], TEXELS, torch.device("cpu"))[1]
    lips_uv = [
        model.uv[np.flatnonzero(model.corners == model.landmarks[name][0])[0]] for name in ("lips_top", "lips_bottom")
    ]
    u, v = np.mean(lips_uv, 0)
    assert bool(between[int((1 - v) * SIZE), int(u * SIZE)])
    image = picture({"albedo": paint(1), "rgba": paint(1)}, TEXELS, metadata={FACE: open_.to_text()})
    seen = Stage().given("p", image).add("R", "face.render", {"image": "p"}, format="160x160").evaluate("R")
    face = seen["face"][0]
    inside = face[80:125, 60:100]
    assert float(inside.min()) == 1


def test_a_faded_face_ends_softly_and_stays_whole_in_the_middle() -> None:
    image = picture({"albedo": paint(1), "rgba": paint(1)}, TEXELS, metadata={FACE: FACE_HERE.to_text()})
    stage = Stage().given("p", image).add("R", "face.render", {"image": "p"}, format="120x120")
    seen = stage.evaluate("R")
    whole = seen["face"][0]
    faded = stage.set("R", fade=0.4).evaluate("R")["face"][0]
    assert bool((faded <= whole + 1e-6).all())
    assert float(faded[62, 60]) == 1  # the nose
    low = (faded < 0.01) & (whole == 1)
    assert int(low.sum()) > 500  # scalp, ears and neck are the plate's
    # On one surface it goes down softly; only the jaw has an edge, before the neck.
    for dim in (0, 1):
        near = seen["uv"].diff(dim=dim + 1).norm(dim=0) < 0.03
        assert float(faded.diff(dim=dim).abs()[near].max()) < 0.3
    tile = stage.evaluate("R", region=Region(40, 30, 90, 80))["face"][0]
    assert torch.allclose(tile, faded[30:80, 40:90])
