"""The student as the product calls it: loading, layers at full size, relighting, estimated rigs, shadow removal."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from models import TINY
from rimlight.engine import (
    AreaLight,
    Cancelled,
    DirectionalLight,
    EnvironmentLight,
    FileError,
    Manifest,
    PointLight,
    Rig,
    RimlightError,
    SpotLight,
    Student,
    StudentModel,
    Surface,
    direction_of,
    guess_of_rig,
    load_student,
    reduce_picture,
    rig_of_guess,
    shade,
    write_weights,
)
from rimlight.engine.inference.detail import look_size
from rimlight.engine.inference.looks import look

SHIPPED = Path(__file__).resolve().parents[3] / "resources" / "models"


def written(folder: Path) -> Path:
    torch.manual_seed(1)
    net = Student(TINY)
    sha256 = write_weights(net.state_dict(), folder / "s.safetensors")
    manifest = Manifest(
        id="student", version="0", file="s.safetensors", sha256=sha256, licence="Apache-2.0", data="none",
        input="scene-linear", parameters=sum(p.numel() for p in net.parameters()), config=TINY, working_size=64,
    )  # fmt: skip
    manifest.write(folder / "s.json")
    return folder / "s.json"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> StudentModel:
    return load_student(written(tmp_path_factory.mktemp("student")), half=False)


def picture(height: int = 90, width: int = 120) -> Tensor:
    x = torch.rand(3, height, width, generator=torch.Generator().manual_seed(2)) * 3
    x[:, 10, 10] = torch.tensor([-0.2, 5e4, 1.0])
    return x


def test_the_ledger_closes_to_the_last_digits_at_full_size(model: StudentModel) -> None:
    x = picture()
    layers = model.decompose(model.examine(x))
    total = layers["albedo"] * layers["shading"] + layers["specular"] + layers["residual"]
    torch.testing.assert_close(total, x, rtol=1e-6, atol=1e-6)
    assert all(v.shape[1:] == x.shape[1:] and v.isfinite().all() for v in layers.values())
    off = layers["residual"].abs() > 1e-5 * x.abs().clamp_min(1)
    assert off.sum() == off[:, 10, 10].sum() >= 2  # the negative value, and light that no surface reaches


@pytest.mark.parametrize("near", [False, True])
def test_taking_apart_is_asked_between_strips_whether_it_is_wanted(model: StudentModel, near: bool) -> None:
    plate = picture(700, 1000)
    matte = torch.zeros(1, 700, 1000)
    matte[:, 300:420, 420:560] = 1
    seen = model.examine(plate, matte if near else None)
    asked = []
    model.decompose(seen, lambda: asked.append(None))
    assert len(asked) > 60 if near else len(asked) > 40  # nine passes over the plate, of six strips and more
    for stop in (1, len(asked) // 2, len(asked)):
        left = iter(range(1, stop))

        def check() -> None:
            if next(left, None) is None:  # noqa: B023
                raise Cancelled

        with pytest.raises(Cancelled):
            model.decompose(seen, check)
        assert next(left, None) is None


def test_texture_finer_than_the_working_size_is_in_the_albedo(model: StudentModel) -> None:
    stripes = torch.ones(3, 256, 256)
    stripes[..., ::2] = 0.5
    layers = model.decompose(model.examine(stripes))
    ratio = layers["albedo"][:, 64:192, 64:192:2] / layers["albedo"][:, 64:192, 65:192:2]
    assert 0.45 < float(ratio.mean()) < 0.75


@pytest.mark.parametrize("factor", [2.0**-9, 2.0**9])
def test_layers_scale_with_the_picture(model: StudentModel, factor: float) -> None:
    x = picture()
    plain, scaled = (model.decompose(model.examine(x * k)) for k in (1.0, factor))
    for name in ("shading", "specular", "residual"):
        torch.testing.assert_close(scaled[name], plain[name] * factor, rtol=1e-3, atol=1e-4 * factor)
    for name in ("albedo", "normal", "roughness", "shadow"):
        torch.testing.assert_close(scaled[name], plain[name], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "light",
    [
        DirectionalLight(direction=(1.0, 1.0, 1.0)),
        PointLight(position=(40.0, 20.0, -60.0), size=5.0),
        AreaLight(position=(40.0, 20.0, -60.0), aim=(-1.0, 0.0, -1.0)),
        EnvironmentLight(pixels=torch.rand(3, 16, 32)),
    ],
    ids=lambda light: light.kind,
)
def test_every_light_relights(model: StudentModel, light: DirectionalLight) -> None:
    seen = model.examine(picture())
    relit = model.relight(seen, Rig((light,)))
    assert relit.shape == (3, 90, 120) and relit.isfinite().all() and float(relit.mean()) > 0
    brighter = model.relight(seen, Rig((light.with_(exposure=3.0),)))
    torch.testing.assert_close(brighter, relit * 8, rtol=2e-3, atol=1e-4)


def test_the_plate_stays_outside_the_matte(model: StudentModel) -> None:
    x = picture()
    matte = torch.zeros(1, 90, 120)
    matte[:, 20:60, 30:80] = 1
    relit = model.relight(model.examine(x, matte), Rig((DirectionalLight(),)))
    outside = (matte == 0).expand(3, -1, -1)
    assert torch.equal(relit[outside], x[outside]) and not torch.equal(relit, x)


def test_another_pictures_code_relights(model: StudentModel) -> None:
    seen, other = model.examine(picture()), model.examine(picture().flip(2) * 0.1)
    relit = model.relight(seen, model.estimate_light(other), like=other)
    assert relit.isfinite().all() and relit.shape == (3, 90, 120)


def test_codes_are_mixed_and_stay_as_long_as_they_are(model: StudentModel) -> None:
    one, two = model.examine(picture()), model.examine(picture().flip(2) * 0.1 + 1)
    assert not torch.allclose(one.prediction.code, two.prediction.code, atol=1e-3)
    torch.testing.assert_close(model.mixed_code([(1.0, one)]), one.prediction.code, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(model.mixed_code([(0.0, one), (2.0, two)]), two.prediction.code, rtol=1e-4, atol=1e-5)
    middle = model.mixed_code([(0.5, one), (0.5, two)])
    nearness = [float((middle * x.prediction.code).sum()) for x in (one, two)]
    assert nearness[0] == pytest.approx(nearness[1], rel=1e-3)
    for weights in ((0.3, 0.7), (-1.0, 2.0), (3.0, -2.0)):
        code = model.mixed_code(list(zip(weights, (one, two), strict=True)))
        assert code.shape == one.prediction.code.shape
        assert float(code.square().mean()) == pytest.approx(1, abs=1e-3)


def test_a_mixed_code_refines_as_the_picture_it_is_of(model: StudentModel) -> None:
    seen, other = model.examine(picture()), model.examine(picture().flip(2) * 0.1 + 1)
    rig = Rig((DirectionalLight(direction=(1.0, 0.5, 1.0)),))
    code = model.mixed_code([(0.0, seen), (1.0, other)])
    for mixed, whole in zip(
        model.refinement(seen, rig, like=code), model.refinement(seen, rig, like=other), strict=True
    ):
        torch.testing.assert_close(mixed, whole, rtol=1e-3, atol=1e-4)
    near = model.mixed_code([(0.001, seen), (0.999, other)])
    far = model.mixed_code([(0.5, seen), (0.5, other)])
    a, b, c = (model.refinement(seen, rig, like=x)[0] for x in (code, near, far))
    assert 0 <= float((a - b).abs().max()) < 0.1 * float((a - c).abs().max())


def test_removing_a_shadow_adds_light_and_only_where_the_key_is_hidden(model: StudentModel) -> None:
    x = picture().clamp_min(0)
    seen = model.examine(x)
    free, shadow = model.without_shadow(seen), model.decompose(seen)["shadow"]
    assert (free >= x - 1e-5).all()
    assert free.isfinite().all() and shadow.min() >= 0


def test_an_estimated_light_survives_being_made_a_rig() -> None:
    around = torch.full((3, 8, 16), 0.3)
    rig = Rig((
        DirectionalLight(name="key", direction=direction_of(40, 25), exposure=1.5, color=(1.0, 0.8, 0.5), angle=6.0),
        EnvironmentLight(name="around", pixels=around),
    ))  # fmt: skip
    guess = guess_of_rig(rig, torch.zeros(1))
    again = guess_of_rig(rig_of_guess(guess), torch.zeros(1))
    for name in ("direction", "key", "angle", "environment"):
        torch.testing.assert_close(getattr(again, name), getattr(guess, name), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(guess.direction[0], direction_of(40, 25))
    torch.testing.assert_close(guess.key[0], 2**1.5 * torch.tensor([1.0, 0.8, 0.5]), rtol=1e-5, atol=1e-5)


def test_a_lamp_is_seen_with_its_inverse_square() -> None:
    rig = Rig((PointLight(position=(0.0, 200.0, -100.0)),))
    guess = guess_of_rig(rig, torch.zeros(1), torch.tensor([0.0, 0.0, -100.0]))
    torch.testing.assert_close(guess.direction[0], torch.tensor([0.0, 1.0, 0.0]))
    torch.testing.assert_close(guess.key[0], torch.full((3,), 0.25))


_GOBO = torch.stack((torch.full((8, 8), 0.5), torch.linspace(0, 1, 8).expand(8, 8), torch.ones(8, 8)))


@pytest.mark.parametrize(
    "lamp",
    [
        SpotLight(position=(60.0, 120.0, 30.0), aim=(-0.5, -1.0, -1.0), cone=50.0, penumbra=20.0, falloff=3.0),
        SpotLight(position=(0.0, 0.0, 0.0), aim=(0.2, 0.1, -1.0), cone=60.0, roll=25.0, gobo=_GOBO),
        AreaLight(shape="rectangle", position=(0.0, 90.0, 0.0), aim=(0.4, -1.0, -0.2), width=1.0, height=1.0),
        AreaLight(shape="disc", position=(-90.0, 0.0, -40.0), aim=(1.0, 0.0, 0.5), width=1.0),
        AreaLight(shape="sphere", position=(0.0, 50.0, 0.0), aim=(0.0, 1.0, 0.0), width=1.0),
    ],
    ids=["spot", "gobo", "rectangle", "disc", "sphere"],
)
def test_a_lamp_is_as_bright_as_what_it_points_at_is(lamp: PointLight | AreaLight) -> None:
    middle = torch.tensor([0.0, 0.0, -100.0])
    guess = guess_of_rig(Rig((lamp,)), middle, middle)
    surface = Surface.of(guess.direction[0].reshape(3, 1, 1), position=middle.reshape(3, 1, 1), f0=0.0)
    (group,) = shade(surface, Rig((lamp,)))
    torch.testing.assert_close(guess.key[0], group.shading.flatten(), rtol=2e-3, atol=1e-5)
    away = lamp.with_(aim=tuple(-x for x in lamp.aim))
    if lamp.points and getattr(lamp, "shape", "") != "sphere":  # behind it, it is light but for next to nothing
        assert 0 < float(guess_of_rig(Rig((away,)), middle, middle).key.max()) < 0.01 * float(guess.key.max())


def test_other_lights_become_surroundings_with_their_irradiance() -> None:
    rig = Rig((DirectionalLight(exposure=2.0), DirectionalLight(direction=(1.0, 0.0, 0.0))))
    guess = guess_of_rig(rig, torch.zeros(1))
    torch.testing.assert_close(guess.key[0], torch.full((3,), 4.0))
    rows = torch.linspace(0.5, -0.5, 9) * torch.pi
    areas = (rows.sin()[:-1] - rows.sin()[1:])[:, None] * 2 * torch.pi / 16
    flux = float((guess.environment[0, 0] * areas).sum())
    assert flux == pytest.approx(torch.pi, rel=1e-4)


def test_wrong_shapes_are_refused_in_a_sentence(model: StudentModel) -> None:
    with pytest.raises(RimlightError, match=r"the picture has the shape \[1, 4, 4\], expected \[3, h, w\]"):
        model.examine(torch.zeros(1, 4, 4))
    with pytest.raises(RimlightError, match=r"the matte has the shape \[1, 5, 5\], expected \[1, 4, 4\]"):
        model.examine(torch.zeros(3, 4, 4), torch.zeros(1, 5, 5))


def test_weights_that_are_not_the_declared_ones_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    data = bytearray((tmp_path / "s.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "s.safetensors").write_bytes(data)
    with pytest.raises(FileError, match="is not the file its manifest declares: sha256"):
        load_student(path)


def test_a_manifest_that_is_none_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    values = json.loads(path.read_text())
    for damaged, said in (
        ("{", "is no JSON"),
        (json.dumps([]), "is no manifest of a student"),
        (json.dumps(values | {"format": "other"}), 'its format is "other"'),
        (json.dumps(values | {"more": 1}), "is no whole manifest"),
        ("[" * 100000, "is no JSON: it is nested without end"),
        (json.dumps(values | {"file": 5}), "no whole manifest of a student: file is 5, expected text"),
        (json.dumps(values | {"working_size": 0}), "working_size is 0, expected whole numbers from 1 to 4096"),
        (json.dumps(values | {"config": values["config"] | {"code": 10**9}}), "code is 1000000000, expected whole"),
        (json.dumps(values | {"config": values["config"] | {"widths": [4096] * 5}}), "does not fit its manifest's"),
        (json.dumps(values | {"config": values["config"] | {"code": 8}}), "does not fit its manifest's config"),
    ):
        path.write_text(damaged)
        with pytest.raises(FileError, match=said):
            load_student(path)
    with pytest.raises(FileError, match="cannot be read as a model's manifest"):
        load_student(tmp_path / "missing.json")


def test_weights_that_are_rounded_once_change_nothing(tmp_path: Path) -> None:
    half = load_student(written(tmp_path), half=True)
    once = half.examine(picture()).prediction
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        always = look(half.student, reduce_picture(picture()[None], *look_size(*picture().shape[1:], 64)))
    for name in ("shading", "normal", "depth", "share", "code"):
        assert torch.equal(getattr(once, name), getattr(always, name)), name
    assert next(half.student.parameters()).dtype == torch.float32


def test_half_precision_is_close(tmp_path: Path, model: StudentModel) -> None:
    half = load_student(written(tmp_path), half=True)
    x = picture().clamp(0, 4)
    plain, quick = (m.decompose(m.examine(x)) for m in (model, half))
    error = (quick["shading"] / plain["shading"]).log().abs()
    assert float(error.mean()) < 0.02


@pytest.mark.parametrize(
    ("height", "width", "looked"),
    [
        (1080, 1920, (160, 284)),
        (1920, 1080, (284, 160)),
        (500, 500, (160, 160)),
        (100, 120, (100, 120)),
        (512, 4096, (60, 480)),
    ],
)
def test_a_frame_is_looked_at_by_its_short_side(height: int, width: int, looked: tuple[int, int]) -> None:
    assert look_size(height, width, 160) == looked
