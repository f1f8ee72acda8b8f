"""The OpenColorIO nodes against PyOpenColorIO itself, and what their keys depend on."""

from pathlib import Path
from typing import Any

import numpy as np
import PyOpenColorIO as OCIO
import pytest
import torch

from compare import assert_close, assert_same
from pictures import FRAME, hdr, layered, picture, plate
from rimlight.engine import NodeError, Project
from rimlight.engine.color.config import BUILTIN
from stage import run, staged

LIGHT = picture(torch.cat((plate(FRAME)[:3].clamp(-0.01, 20), plate(FRAME)[3:])))


@pytest.fixture(scope="module")
def config() -> Any:
    return OCIO.Config.CreateFromFile(BUILTIN)


def direct(config: Any, *transforms: Any) -> torch.Tensor:
    """Red, green and blue of LIGHT through OCIO transforms, by OCIO's exact processor."""
    group = OCIO.GroupTransform()
    for transform in transforms:
        group.appendTransform(transform)
    exact = int(OCIO.OPTIMIZATION_DEFAULT) & ~int(OCIO.OPTIMIZATION_FAST_LOG_EXP_POW)
    processor = config.getProcessor(group).getOptimizedCPUProcessor(OCIO.OptimizationFlags(exact))
    pixels = np.ascontiguousarray(LIGHT["rgba"][:3].permute(1, 2, 0).numpy()).reshape(-1, 3)
    processor.applyRGB(pixels)
    return torch.from_numpy(pixels.reshape(12, 16, 3)).permute(2, 0, 1)


def matches(kind: str, expected: torch.Tensor, **values: object) -> None:
    found = run(kind, LIGHT, **values)["rgba"]
    assert_close(found[:3], expected, threshold=1e-5, relative=1e-5)
    assert torch.equal(found[3], LIGHT["rgba"][3])


def space(source: str, target: str) -> Any:
    return OCIO.ColorSpaceTransform(src=source, dst=target)


def test_color_space(config: Any) -> None:
    matches("OCIOColorSpace", direct(config, space("ACEScg", "sRGB - Texture")), out_colorspace="sRGB - Texture")
    matches("OCIOColorSpace", direct(config, space("ACEScct", "ACEScg")), in_colorspace="ACEScct")


def test_color_space_says_where_the_picture_is() -> None:
    assert staged("OCIOColorSpace", LIGHT, out_colorspace="lin_ap0").info("node").colorspace == "ACES2065-1"
    beside = staged("OCIOColorSpace", layered(), out_colorspace="lin_ap0", channels="diffuse")
    assert beside.info("node").colorspace == ""


def test_display_says_where_the_picture_is(config: Any) -> None:
    display = config.getDefaultDisplay()
    assert staged("OCIODisplay", LIGHT).info("node").colorspace == display
    assert staged("OCIODisplay", LIGHT, direction="inverse").info("node").colorspace == "ACEScg"
    assert staged("OCIODisplay", layered(), channels="diffuse").info("node").colorspace == ""


def test_data_is_never_converted() -> None:
    image = layered()
    out = run("OCIOColorSpace", image, out_colorspace="ACEScct", channels="all")
    assert torch.equal(out["normal"], image["normal"]) and torch.equal(out["depth"], image["depth"])
    assert not torch.equal(out["diffuse"], image["diffuse"])
    assert torch.equal(out["rgba"][3], image["rgba"][3])


def test_display(config: Any) -> None:
    display, view = config.getDefaultDisplay(), "Un-tone-mapped"
    expected = direct(config, OCIO.DisplayViewTransform(src="ACEScg", display=display, view=view))
    matches("OCIODisplay", expected, view=view)
    matches("OCIODisplay", expected, project=Project(format="16x12", view=view))


def test_display_is_taken_out_again() -> None:
    view = "Un-tone-mapped"
    there = run("OCIODisplay", picture(LIGHT["rgba"].clamp(0.01, 0.9)), view=view)
    back = run("OCIODisplay", there, view=view, direction="inverse")
    assert_close(back["rgba"], LIGHT["rgba"].clamp(0.01, 0.9), threshold=1e-4)


def test_cdl_in_a_space_of_its_own(config: Any) -> None:
    cdl = OCIO.CDLTransform(slope=[1.2, 1.0, 0.9], offset=[0.01, 0, 0], power=[1.1, 1, 1], sat=0.8)
    cdl.setStyle(OCIO.CDL_NO_CLAMP)
    values = {"slope": (1.2, 1.0, 0.9), "offset": (0.01, 0, 0), "power": (1.1, 1, 1), "saturation": 0.8}
    matches("OCIOCDLTransform", direct(config, cdl), **values)
    expected = direct(config, space("ACEScg", "ACEScct"), cdl, space("ACEScct", "ACEScg"))
    matches("OCIOCDLTransform", expected, working_space="ACEScct", **values)


def test_cdl_clamps_when_asked_to() -> None:
    found = run("OCIOCDLTransform", hdr(), clamp=True, slope=1.5)["rgba"][:3]
    assert found.min() == 0 and found.max() == 1


def test_look(config: Any) -> None:
    look = "ACES 1.3 Reference Gamut Compression"
    matches("OCIOLookTransform", direct(config, OCIO.LookTransform(src="ACEScg", dst="ACEScg", looks=look)), look=look)


def test_log_convert(config: Any) -> None:
    matches("OCIOLogConvert", direct(config, space("ACEScg", "ACEScct")), operation="lin to log")
    matches("OCIOLogConvert", direct(config, space("ACEScct", "ACEScg")))


def write_cube(path: Path, gain: float) -> None:
    corners = [(r * gain, g, b) for b in (0, 1) for g in (0, 1) for r in (0, 1)]
    path.write_text("LUT_3D_SIZE 2\n" + "\n".join(f"{r} {g} {b}" for r, g, b in corners) + "\n")


def test_file_transform(config: Any, tmp_path: Path) -> None:
    write_cube(tmp_path / "look.cube", 0.5)
    transform = OCIO.FileTransform(src=str(tmp_path / "look.cube"), interpolation=OCIO.INTERP_BEST)
    matches("OCIOFileTransform", direct(config, transform), file=str(tmp_path / "look.cube"))
    project = Project(format="16x12", folder=str(tmp_path))
    matches("OCIOFileTransform", direct(config, transform), file="look.cube", project=project)


def test_an_edited_file_is_another_picture(tmp_path: Path) -> None:
    path = tmp_path / "look.cube"
    write_cube(path, 0.5)
    stage = staged("OCIOFileTransform", LIGHT, file=str(path))
    first, before = stage.vertex("node").key, stage.evaluate("node")
    write_cube(path, 0.25)
    assert stage.vertex("node").key != first
    assert_close(stage.evaluate("node")["rgba"][0], before["rgba"][0] / 2)


def test_keys_follow_the_working_space() -> None:
    one = staged("OCIOColorSpace", LIGHT, out_colorspace="ACEScct").vertex("node").key
    project = Project(format="16x12", working="Linear Rec.709 (sRGB)")
    assert staged("OCIOColorSpace", LIGHT, project=project, out_colorspace="ACEScct").vertex("node").key != one


def test_a_conversion_and_its_inverse() -> None:
    there = run("OCIOColorSpace", LIGHT, out_colorspace="ACEScct")
    back = run("OCIOColorSpace", there, in_colorspace="ACEScct")
    assert_close(back["rgba"], LIGHT["rgba"], threshold=1e-4, relative=1e-5)


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        ("OCIOColorSpace", {"out_colorspace": "ACEScgg"}, "colour space 'ACEScgg' is not in the colour config"),
        ("OCIODisplay", {"display": "TV"}, "display 'TV' is not in"),
        ("OCIOLookTransform", {"look": "+warm"}, "look 'warm' is not in"),
        ("OCIOFileTransform", {"file": "/nowhere/look.cube"}, "look.cube"),
    ],
)
def test_what_the_config_lacks_is_said(kind: str, values: dict[str, str], sentence: str) -> None:
    with pytest.raises(NodeError) as error:
        run(kind, LIGHT, **values)
    assert sentence in str(error.value)


def test_nothing_is_chosen_nothing_happens() -> None:
    assert_same(run("OCIODisplay", hdr(), channels="alpha"), hdr())
