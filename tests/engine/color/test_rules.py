"""The space a file is taken to be in, and the reason that is shown."""

from pathlib import Path

import pytest

from rimlight.engine.color.config import ColorConfig
from rimlight.engine.color.rules import converts, input_space
from rimlight.engine.layers import LIGHT_LAYERS, LayerKind

LINEAR = "Linear Rec.709 (sRGB)"
SRGB = "sRGB Encoded Rec.709 (sRGB)"
AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
REC709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)


@pytest.fixture(scope="module", params=["ACEScg", LINEAR])
def config(request: pytest.FixtureRequest) -> ColorConfig:
    return ColorConfig(working=request.param)


def test_only_colour_converts() -> None:
    assert [kind for kind in LayerKind if converts(kind)] == [LayerKind.COLOR]
    assert not converts(LIGHT_LAYERS["normal"].kind)
    assert converts(LIGHT_LAYERS["albedo"].kind)


@pytest.mark.parametrize("depth", ["half", "float"])
@pytest.mark.parametrize("name", ["a.exr", "a.0001.EXR", "a.tif"])
def test_float_is_in_the_working_space(config: ColorConfig, name: str, depth: str) -> None:
    found = input_space(config, name, depth)
    assert found.space == config.working
    assert found.reason == f"{depth} pixels without a declared space are in the working space"


@pytest.mark.parametrize(("name", "depth"), [("a.png", "uint8"), ("a.jpg", "uint8"), ("a.tif", "uint16")])
def test_integers_are_srgb(config: ColorConfig, name: str, depth: str) -> None:
    found = input_space(config, name, depth)
    assert found.space == SRGB
    assert depth in found.reason


def test_log_files(config: ColorConfig) -> None:
    assert input_space(config, "plate.dpx", "uint10").space == "ACEScct"
    assert input_space(config, "plate.cin", "uint10").space == "ACEScct"
    assert input_space(config, "plate.dpx", "uint10", {"dpx:Transfer": "Printing density"}).space == "ACEScct"
    assert input_space(config, "plate.dpx", "uint10", {"oiio:ColorSpace": "KodakLog"}).space == "ACEScct"
    linear = input_space(config, "plate.dpx", "uint16", {"dpx:Transfer": "Linear"})
    assert (linear.space, linear.reason) == (config.working, "the DPX header says linear")
    video = input_space(config, "plate.dpx", "uint10", {"dpx:Transfer": "ITU-R 709-4"})
    assert video.space == "Gamma 2.4 Encoded Rec.709"


def test_radiance_is_linear_rec709(config: ColorConfig) -> None:
    assert input_space(config, "sky.hdr", "float").space == LINEAR


@pytest.mark.parametrize(
    ("attributes", "space", "reason"),
    [
        ({"acesImageContainerFlag": 1, "chromaticities": REC709}, "ACES2065-1", "ACES container"),
        ({"chromaticities": AP0}, "ACES2065-1", "chromaticities"),
        ({"chromaticities": tuple(v + 1e-7 for v in REC709)}, LINEAR, "chromaticities"),
        ({"colorInteropID": "lin_ap1_scene", "chromaticities": AP0}, "ACEScg", "colorInteropID is 'lin_ap1_scene'"),
        ({"oiio:ColorSpace": "lin_rec709_scene"}, LINEAR, "oiio:ColorSpace is 'lin_rec709_scene'"),
        ({"oiio:ColorSpace": "Linear P3-D65"}, "Linear P3-D65", "oiio:ColorSpace"),
        ({"colorInteropID": "data"}, "Raw", "colorInteropID is 'data'"),
    ],
)
def test_what_the_file_says_comes_first(
    config: ColorConfig, attributes: dict[str, object], space: str, reason: str
) -> None:
    found = input_space(config, "a.exr", "half", attributes)
    assert found.space == space
    assert reason in found.reason


@pytest.mark.parametrize(
    "attributes", [{"oiio:ColorSpace": "Linear"}, {"chromaticities": (0.1,) * 8}, {"chromaticities": "odd"}]
)
def test_what_says_nothing_useful_is_passed_over(config: ColorConfig, attributes: dict[str, object]) -> None:
    assert input_space(config, "a.exr", "half", attributes).space == config.working


def test_rules_of_the_builtin_config_but_for_exr(config: ColorConfig) -> None:
    movie = input_space(config, "/shots/a.mov", "uint8")
    assert (movie.space, movie.reason) == ("Rec.1886 Rec.709 - Display", "the config's file rule 'Movies'")
    assert input_space(config, "a.exr", "half").space != "ACES2065-1"


def test_rules_of_a_studios_config(tmp_path: Path) -> None:
    path = tmp_path / "config.ocio"
    path.write_text(
        "ocio_profile_version: 2\nroles: {default: raw}\n"
        "file_rules:\n"
        '  - !<Rule> {name: plates, pattern: "*plate*", extension: exr, colorspace: camera}\n'
        "  - !<Rule> {name: Default, colorspace: raw}\n"
        "colorspaces:\n  - !<ColorSpace> {name: raw, isdata: true}\n"
        "  - !<ColorSpace> {name: lin, encoding: scene-linear}\n"
        "  - !<ColorSpace>\n    name: camera\n"
        "    to_scene_reference: !<LogTransform> {base: 2, direction: inverse}\n"
    )
    config = ColorConfig(str(path), "lin")
    found = input_space(config, "/a/plate_010.exr", "half")
    assert (found.space, found.reason) == ("camera", "the config's file rule 'plates'")
    assert input_space(config, "/a/render.exr", "half").space == "lin"
    odd = input_space(config, "/a/tree.png", "uint8")
    assert odd.space == "lin"
    assert odd.reason.endswith("the config has no such space: taken as the working space")
