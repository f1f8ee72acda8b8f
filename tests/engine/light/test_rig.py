"""Lights as data: checks, names, solo, units, keys and files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from profiles import ies
from rimlight.engine import (
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    FileError,
    Flag,
    Light,
    ParameterError,
    PointLight,
    Profile,
    Rig,
    RimlightError,
    SphericalGaussians,
    SphericalHarmonics,
    SpotLight,
    angles_of,
    direction_of,
    light_files,
    load_rig,
    merge_rigs,
    rig_from_json,
    rig_to_json,
    save_rig,
)


def one_of_each() -> Rig:
    generator = torch.Generator().manual_seed(1)
    return Rig(
        (
            DirectionalLight(name="sun", exposure=2.5, kelvin=5400, direction=(0.3, 0.8, 0.5), angle=0.53),
            PointLight(name="bulb", position=(1, 2, -3), size=6, color=(1.0, 0.9, 0.8)),
            SpotLight(name="spot", gobo=torch.rand(3, 4, 5, generator=generator), cone=33, roll=10, solo=True),
            AreaLight(name="softbox", shape="disc", width=120, tint=-4, enabled=False),
            EnvironmentLight(name="sky", file="sky.exr", rotation=30),
            EnvironmentLight(name="estimate", pixels=torch.randn(3, 8, 16, generator=generator) * 100),
            SphericalGaussians(name="lobes", sharpness=torch.tensor([4.0]), amplitudes=torch.tensor([[1.0, 2, 3]])),
            SphericalHarmonics(name="code", coefficients=torch.randn(9, 3, generator=generator)),
        ),
        cm_per_unit=2.5,
    )


def test_a_rig_comes_back_from_its_file(tmp_path: Path) -> None:
    rig = one_of_each()
    save_rig(rig, tmp_path / "a.rig")
    loaded = load_rig(tmp_path / "a.rig")
    assert loaded == rig
    assert rig_to_json(loaded) == rig_to_json(rig)
    assert [type(light) for light in loaded] == [type(light) for light in rig]


def test_pictures_from_files_are_not_stored_twice() -> None:
    light = EnvironmentLight(file="sky.exr", pixels=torch.ones(3, 2, 4))
    assert "pixels" not in rig_to_json(Rig((light,)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}", "this is no rig"),
        ("Ogawa\0", "this is no rig: line 1, column 1"),
        ("[1", "line 1"),
        ('{"rimlight_rig": 9}', "version 9"),
        ('{"rimlight_rig": 1, "lights": 3}', "'lights' is no list"),
        ('{"rimlight_rig": 1, "lights": [{"kind": "torch"}]}', "kind 'torch', expected one of directional"),
        ('{"rimlight_rig": 1, "lights": [{"kind": "point", "cone": 3}]}', "a point light has no 'cone'"),
        ('{"rimlight_rig": 1, "lights": [{"kind": "point", "size": "big"}]}', "size is 'big', expected a number"),
        ('{"rimlight_rig": 1, "lights": [{"kind": "point", "position": [1, 2]}]}', "expected 3 numbers"),
        ('{"rimlight_rig": 1, "lights": [{"kind": "point", "size": -1}]}', "must be within 0 upwards"),
        ('{"rimlight_rig": 1, "lights": [{"kind": "harmonics", "coefficients": [[1, 2]]}]}', "[9, 3] or [16, 3]"),
        (
            '{"rimlight_rig": 1, "lights": [{"kind": "environment", "pixels": {"shape": [3, 1, 1], "float32": "AA"}}]}',
            "pixels is damaged",
        ),
        ('{"rimlight_rig": 1, "cm_per_unit": 0}', "needs a length"),
        ('{"rimlight_rig": 1, "lights": [{"kind": ["point"]}]}', "light 1 is of the kind ['point'], expected one of"),
        ('{"rimlight_rig": 1, "cm_per_unit": 1' + "0" * 400 + "}", "cm_per_unit holds a number that is too large"),
    ],
)
def test_a_damaged_file_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(FileError) as error:
        rig_from_json(text, "bad.rig")
    assert str(error.value).startswith("bad.rig: ")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: No such file"):
        load_rig(tmp_path / "none.rig")


@pytest.mark.parametrize(
    "make",
    [
        lambda: PointLight(kelvin=500),
        lambda: PointLight(exposure=float("nan")),
        lambda: PointLight(exposure=10**400),
        lambda: PointLight(exposure=-(10**5000)),
        lambda: PointLight(color=(1, 10**400, 1)),
        lambda: PointLight(link_channel=3),  # type: ignore[arg-type]
        lambda: PointLight(exposure="bright"),  # type: ignore[arg-type]
        lambda: PointLight(color=(1.0, 1.0)),  # type: ignore[arg-type]
        lambda: PointLight(position=(0.0, 0.0, None)),  # type: ignore[arg-type]
        lambda: DirectionalLight(direction=(0, 0, 0)),
        lambda: DirectionalLight(angle=200),
        lambda: AreaLight(width=0),
        lambda: AreaLight(shape="ring"),  # type: ignore[arg-type]
        lambda: EnvironmentLight(pixels=torch.ones(4, 2, 2)),
        lambda: EnvironmentLight(pixels=np.ones((3, 2, 2))),  # type: ignore[arg-type]
        lambda: SphericalGaussians(sharpness=torch.ones(2)),
        lambda: SphericalGaussians(axes=None),  # type: ignore[arg-type]
        lambda: SphericalHarmonics(coefficients=1.0),  # type: ignore[arg-type]
    ],
)
def test_impossible_lights_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ParameterError, match="light 'light'"):
        make()


@pytest.mark.parametrize("unit", [0, -1.0, float("nan"), 10**400, "metre", None])
def test_a_rig_needs_a_unit(unit: Any) -> None:
    with pytest.raises(ParameterError, match=r"rig: cm_per_unit = .*: a unit needs a length above zero"):
        Rig(cm_per_unit=unit)


def test_numbers_of_numpy_and_lists_are_those_of_the_light() -> None:
    plain = Rig((DirectionalLight(direction=(0.0, 0.6, 0.8), exposure=0.5, color=(1.0, 2.0, 3.0)),))
    given: dict[str, Any] = {"direction": np.array([0, 0.6, 0.8]), "exposure": np.float32(0.5), "color": [1, 2, 3]}
    other = Rig((DirectionalLight(**given),))
    assert other == plain and other.key() == plain.key() and rig_to_json(other) == rig_to_json(plain)
    given = {"position": np.array([1, 2, 3]), "transmission": [0, 0, 0], "width": np.int64(50)}
    card = Flag(**given)
    assert card.position == (1.0, 2.0, 3.0) and "transmission" not in rig_to_json(Rig((), flags=(card,)))
    given = {"aim": (0.0, 1.0)}
    with pytest.raises(ParameterError, match=r"flag 'flag': aim = .*: expected three finite numbers"):
        Flag(**given)


def test_solo_and_enabled_choose_what_shines() -> None:
    a, b, c = (PointLight(name=n) for n in "abc")
    assert Rig((a, b.with_(enabled=False), c)).active().names == ("a", "c")
    assert Rig((a, b.with_(solo=True), c)).active().names == ("b",)
    assert Rig((a, b.with_(solo=True, enabled=False), c)).active().names == ("a", "c")


def test_names_are_unique_and_patterns_choose() -> None:
    rig = Rig(tuple(PointLight(name=n) for n in ("key", "key", "rim_l", "rim_r")))
    assert rig.names == ("key", "key_2", "rim_l", "rim_r")
    assert rig.matching("rim_*, nothing").names == ("rim_l", "rim_r")
    assert rig.light("key_2") is rig.lights[1]
    with pytest.raises(RimlightError, match="no light 'fill', its lights are key, key_2"):
        rig.light("fill")


def test_merged_rigs_share_the_unit_of_the_first() -> None:
    metres = Rig((PointLight(position=(0, 1, -2)), DirectionalLight()), cm_per_unit=100)
    merged = merge_rigs([Rig((AreaLight(position=(5, 0, 0)),)), metres])
    assert merged.cm_per_unit == 1
    point = merged.lights[1]
    assert isinstance(point, PointLight) and point.position == (0, 100, -200)
    assert merge_rigs([]) == Rig()


def test_the_key_sees_every_number_and_pixel() -> None:
    rig = one_of_each()
    keys = {rig.key(), rig.in_unit(1.0).key()}
    for i, light in enumerate(rig.lights):
        changed: Light = light.with_(exposure=float(light.exposure) + 1)
        keys.add(rig.with_lights([*rig.lights[:i], changed, *rig.lights[i + 1 :]]).key())
    estimate = rig.lights[5]
    assert isinstance(estimate, EnvironmentLight) and estimate.pixels is not None
    brighter = estimate.pixels.clone()
    brighter[0, 0, 0] += 1
    keys.add(rig.with_lights([*rig.lights[:5], estimate.with_(pixels=brighter), *rig.lights[6:]]).key())
    assert len(keys) == 3 + len(rig)
    assert Rig((PointLight(position=(1, 2, 3)),)) == Rig((PointLight(position=(1.0, 2.0, 3.0)),))


def test_pictures_are_read_where_only_files_are_named() -> None:
    rig = one_of_each().resolved(lambda path: torch.full((3, 2, 4), float(len(path))))
    sky, estimate = rig.lights[4], rig.lights[5]
    assert isinstance(sky, EnvironmentLight) and sky.pixels is not None and float(sky.pixels.max()) == len("sky.exr")
    assert isinstance(estimate, EnvironmentLight) and estimate.pixels is not None
    assert estimate.pixels.shape == (3, 8, 16)


@pytest.mark.parametrize(
    ("angles", "vector"),
    [((0, 0), (0, 0, 1)), ((90, 0), (1, 0, 0)), ((0, 90), (0, 1, 0)), ((180, 0), (0, 0, -1))],
)
def test_directions_follow_the_written_convention(angles: tuple[float, float], vector: tuple[float, ...]) -> None:
    torch.testing.assert_close(direction_of(*angles), torch.tensor(vector, dtype=torch.float32), atol=1e-6, rtol=0)


def test_angles_and_directions_are_inverse() -> None:
    for azimuth in (-170.0, -60.0, 0.0, 45.0, 130.0):
        for elevation in (-80.0, 0.0, 35.0):
            assert angles_of(3 * direction_of(azimuth, elevation)) == pytest.approx((azimuth, elevation), abs=1e-4)


def lamp() -> Profile:
    candela = torch.tensor([[3.0, 2.0, 0.0], [3.0, 1.0, 0.5], [3.0, 2.0, 0.0]])
    return Profile("C", torch.tensor([0.0, 60.0, 90.0]), torch.tensor([0.0, 90.0, 360.0]), candela)


def test_profiles_are_read_where_only_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "lamp.ies"
    path.write_text(ies([0.0, 90.0], [0.0], lambda v, h: 10.0))
    rig = Rig((PointLight(profile_file=str(path)), PointLight(profile=lamp())))
    first, second = rig.resolved(lambda file: torch.zeros(3, 1, 1)).lights
    assert isinstance(first, PointLight) and first.profile is not None and first.profile.peak == 10
    assert second is rig.lights[1] and light_files(second) == {} and light_files(first) == {"profile_file": str(path)}


def test_a_profile_comes_back_from_the_text_or_stays_a_name() -> None:
    held = AreaLight(profile=lamp(), profile_level="candela", profile_scale=0.5)
    rig = Rig((held, SpotLight(profile_file="lamp.ies", profile=lamp(), roll=20)))
    text = rig_to_json(rig)
    first, second = rig_from_json(text).lights
    assert Rig((first,)) == Rig((held,)) and "candela" in text and text.count("vertical") == 1
    assert isinstance(second, SpotLight) and second.profile is None and second.profile_file == "lamp.ies"
    assert (rig.nbytes, rig.lights[0].with_(profile=None)) != (0, held) and rig.nbytes == 2 * 4 * (3 + 3 + 9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"kind": "C"', '"kind": "D"', "light 1: profile: profile: type D, expected A, B or C"),
        ('"vertical"', '"upright"', "light 1: profile is damaged: it holds no profile"),
        ("60.0, 90.0", '"x", 90.0', "light 1: profile: vertical is no array of numbers"),
        ("60.0, 90.0", "95.0, 90.0", "light 1: profile: profile: the vertical angles do not rise"),
    ],
)
def test_damaged_profiles_in_rigs_are_told(old: str, new: str, message: str) -> None:
    text = rig_to_json(Rig((PointLight(profile=lamp()),)))
    assert old in text
    with pytest.raises(FileError, match=message):
        rig_from_json(text.replace(old, new), "a.rig")


def test_the_key_sees_the_profile() -> None:
    other = Profile("C", lamp().vertical, lamp().horizontal, lamp().candela * 2)
    lights = [
        PointLight(), PointLight(profile=lamp()), PointLight(profile=other), PointLight(profile_file="a.ies"),
        PointLight(profile_scale=2.0), PointLight(profile_level="power"),
    ]  # fmt: skip
    assert len({Rig((light,)).key() for light in lights}) == len(lights)
    assert Rig((PointLight(profile=lamp()),)) == Rig((PointLight(profile=lamp()),))
