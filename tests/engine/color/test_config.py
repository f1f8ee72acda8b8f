"""Configs: what they list, how names resolve, what their errors say, and what their keys depend on."""

import shutil
import subprocess
import sys
import weakref
from itertools import islice, permutations
from pathlib import Path

import PyOpenColorIO as ocio
import pytest
import torch

from rimlight.engine.color.colors import Colors
from rimlight.engine.color.config import BUILTIN, ColorConfig
from rimlight.engine.errors import ColorError
from rimlight.engine.light.photometry import ACESCG
from rimlight.engine.light.working import working_space
from rimlight.engine.settings import Project

LINEAR = "Linear Rec.709 (sRGB)"

CUSTOM = """ocio_profile_version: 2
search_path: luts
roles: {default: raw, scene_linear: lin}
displays:
  screen:
    - !<View> {name: plain, colorspace: graded}
active_displays: [screen]
active_views: [plain]
file_rules:
  - !<Rule> {name: plates, pattern: "*plate*", extension: exr, colorspace: graded}
  - !<Rule> {name: Default, colorspace: raw}
colorspaces:
  - !<ColorSpace> {name: raw, isdata: true}
  - !<ColorSpace> {name: lin, encoding: scene-linear}
  - !<ColorSpace>
    name: graded
    from_scene_reference: !<FileTransform> {src: grade.spi1d}
"""


def write_lut(path: Path, top: float) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"Version 1\nFrom 0 1\nLength 2\nComponents 1\n{{\n0\n{top}\n}}\n")


@pytest.fixture
def custom(tmp_path: Path) -> Path:
    write_lut(tmp_path / "luts" / "grade.spi1d", 2.0)
    path = tmp_path / "config.ocio"
    path.write_text(CUSTOM)
    return path


@pytest.fixture(scope="module")
def builtin() -> ColorConfig:
    return ColorConfig()


def test_builtin_is_named_with_its_version(builtin: ColorConfig) -> None:
    assert builtin.source == BUILTIN
    assert "latest" not in BUILTIN
    assert builtin.builtin


def test_lists(builtin: ColorConfig) -> None:
    spaces = {space.name: space for space in builtin.spaces}
    assert len(spaces) == 25
    assert spaces["ACEScg"].family == "ACES"
    assert spaces["ACEScg"].linear
    assert not spaces["ACEScct"].linear
    assert spaces["Raw"].data
    assert builtin.roles["scene_linear"] == "ACEScg"
    assert builtin.displays[0] == builtin.display() == "sRGB - Display"
    assert "Un-tone-mapped" in builtin.views("sRGB - Display")
    assert builtin.view() == "ACES 2.0 - SDR 100 nits (Rec.709)"
    assert builtin.looks == ("ACES 1.3 Reference Gamut Compression",)


def test_a_space_whose_lut_is_missing_is_listed(custom: Path) -> None:
    (custom.parent / "luts" / "grade.spi1d").unlink()
    config = ColorConfig(str(custom), "lin")
    assert [(space.name, space.linear) for space in config.spaces] == [("raw", False), ("lin", True), ("graded", False)]
    with pytest.raises(ColorError, match=r"grade\.spi1d"):
        config.convert("lin", "graded")
    with pytest.raises(ColorError, match=r"colour space 'graded' of .*config\.ocio: .*grade\.spi1d"):
        ColorConfig(str(custom), "graded")


@pytest.mark.parametrize("name", ["lin_rec709", "LIN_REC709", "Utility - Linear - sRGB", LINEAR])
def test_aliases_resolve(builtin: ColorConfig, name: str) -> None:
    assert builtin.resolve(name) == LINEAR


def test_roles_resolve(builtin: ColorConfig) -> None:
    assert builtin.resolve("compositing_log") == "ACEScct"


def test_unknown_names_are_answered_with_near_ones(builtin: ColorConfig) -> None:
    with pytest.raises(ColorError, match=r"colour space 'ACEScgg' is not in .*; the nearest are ACEScg, ACEScc, \w+$"):
        builtin.convert("ACEScgg", LINEAR)
    with pytest.raises(ColorError, match=r"display 'sRGB' is not in .*nearest are sRGB - Display"):
        builtin.display_view(display="sRGB")
    with pytest.raises(ColorError, match=r"view of 'sRGB - Display' 'Raww' is not in .*nearest are Raw,"):
        builtin.display_view(view="Raww")
    with pytest.raises(ColorError, match=r"look 'Gamut' is not in .*nearest are ACES 1.3 Reference"):
        builtin.look("+Gamut")


def test_working_space_must_be_linear() -> None:
    assert ColorConfig(working="lin_rec709").working == LINEAR
    with pytest.raises(ColorError, match="working space 'ACEScct' is not scene-linear"):
        ColorConfig(working="ACEScct")


@pytest.mark.parametrize(
    ("working", "weights"),
    [
        (LINEAR, (0.2126390, 0.7151687, 0.0721923)),
        ("ACEScg", (0.2722287, 0.6740818, 0.0536895)),
        ("ACES2065-1", (0.3439664, 0.7281661, -0.0721325)),
        ("Linear Rec.2020", (0.2627002, 0.6779981, 0.0593017)),
        ("Linear P3-D65", (0.2289746, 0.6917385, 0.0792869)),
    ],
)
def test_luminance_weights_are_the_published_ones(working: str, weights: tuple[float, ...]) -> None:
    assert ColorConfig(working=working).luminance == pytest.approx(weights, abs=2e-6)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere.ocio", "colour config .*nowhere.ocio: .* does not exist"),
        ("ocio://nothing", "colour config ocio://nothing: Could not find 'nothing'"),
        ("broken.ocio", "colour config .*broken.ocio: "),
    ],
)
def test_unreadable_configs_are_one_sentence(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "broken.ocio").write_text("hello: [")
    with pytest.raises(ColorError, match=message) as caught:
        ColorConfig(source, folder=str(tmp_path))
    assert "\n" not in str(caught.value)


def test_environment_only_on_request(monkeypatch: pytest.MonkeyPatch, custom: Path) -> None:
    monkeypatch.setenv("OCIO", str(custom))
    assert ColorConfig().source == BUILTIN
    assert ColorConfig("env", "lin").source == str(custom)
    monkeypatch.delenv("OCIO")
    with pytest.raises(ColorError, match="OCIO environment variable, which is not set"):
        ColorConfig("env")


def test_key_is_content(custom: Path, tmp_path: Path) -> None:
    key = ColorConfig(str(custom), "lin").key
    copy = tmp_path / "elsewhere"
    shutil.copytree(custom.parent / "luts", copy / "luts")
    shutil.copy(custom, copy / "config.ocio")
    assert ColorConfig(str(copy / "config.ocio"), "lin").key == key
    write_lut(custom.parent / "luts" / "grade.spi1d", 3.0)
    assert ColorConfig(str(custom), "lin").key != key


def test_key_follows_context_variables(monkeypatch: pytest.MonkeyPatch, custom: Path) -> None:
    custom.write_text(
        CUSTOM.replace("search_path", "environment: {SHOT: grade}\nsearch_path").replace("grade.", "$SHOT.")
    )
    write_lut(custom.parent / "luts" / "other.spi1d", 2.0)
    by_default = ColorConfig(str(custom), "lin")
    monkeypatch.setenv("SHOT", "other")
    assert ColorConfig(str(custom), "lin").key != by_default.key


def test_archives_open_like_files(custom: Path, tmp_path: Path) -> None:
    archive = tmp_path / "show.ocioz"
    ocio.Config.CreateFromFile(str(custom)).archive(str(archive))
    found = ColorConfig(str(archive), "lin").convert("lin", "graded").apply(torch.full((3, 1, 1), 0.25))
    assert found.flatten().tolist() == pytest.approx([0.5, 0.5, 0.5])
    key = ColorConfig(str(archive), "lin").key
    write_lut(custom.parent / "luts" / "grade.spi1d", 3.0)
    ocio.Config.CreateFromFile(str(custom)).archive(str(archive))
    assert ColorConfig(str(archive), "lin").key != key


def test_colors_open_a_config_once_and_again_when_edited(custom: Path) -> None:
    colors = Colors()
    project = Project(ocio="config.ocio", working="lin", folder=str(custom.parent))
    first, key = colors.config(project), colors.key(project)
    assert colors.config(project) is first
    renderer = colors.renderer(project)
    assert renderer.config is first and colors.renderer(project) is renderer  # what it has baked serves everybody
    custom.write_text(CUSTOM + "  - !<ColorSpace> {name: more}\n")
    assert colors.config(project) is not first and colors.renderer(project) is not renderer
    assert colors.config(project).has("more")
    assert colors.key(project) != key


def test_key_tells_working_spaces_apart() -> None:
    colors = Colors()
    assert colors.key(Project()) != colors.key(Project(working=LINEAR))
    assert colors.key(Project(working="lin_rec709")) == colors.key(Project(working=LINEAR))


def test_config_without_interchange_gives_its_own_luma(custom: Path) -> None:
    assert ColorConfig(str(custom), "lin").luminance == pytest.approx((0.2126, 0.7152, 0.0722))


def test_missing_lut_is_one_sentence(custom: Path) -> None:
    (custom.parent / "luts" / "grade.spi1d").unlink()
    with pytest.raises(ColorError, match=r"lin to graded: .*grade\.spi1d"):
        ColorConfig(str(custom), "lin").convert("lin", "graded")


def test_importing_the_package_does_not_load_ocio() -> None:
    code = "import sys, rimlight.engine.color; sys.exit('PyOpenColorIO' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_library_can_open_every_pinned_builtin() -> None:
    assert BUILTIN.removeprefix("ocio://") in [name for name, *_ in ocio.BuiltinConfigRegistry().getBuiltinConfigs()]


@pytest.mark.parametrize("name", ["half \ud800", "\udcff"])
def test_names_that_are_no_text_are_those_of_nothing(name: str) -> None:
    config = ColorConfig()
    assert not config.has(name)
    with pytest.raises(ColorError, match=r"colour space .* is not in the colour config"):
        config.resolve(name)
    with pytest.raises(ColorError, match=r"look .* is not in the colour config"):
        config.look(name)
    with pytest.raises(ColorError, match=r"working space .* is not in the colour config"):
        ColorConfig(working=name)


AP1_TO_AP0 = (
    0.6954522414, 0.1406786965, 0.1638690622, 0.0447945634, 0.8596711185, 0.0955343182, -0.0055258826, 0.0040252103,
    1.0015006723,
)  # fmt: skip
STUDIO = """
ocio_profile_version: 2
roles: {default: raw, scene_linear: show_lin ROLES}
displays:
  monitor:
    - !<View> {name: plain, colorspace: show_lin}
colorspaces:
  - !<ColorSpace> {name: raw, isdata: true}
  - !<ColorSpace> {name: show_ap0, encoding: scene-linear}
  - !<ColorSpace>
    name: show_lin
    encoding: scene-linear
    to_scene_reference: !<MatrixTransform>
      matrix: [0.6954522414, 0.1406786965, 0.1638690622, 0, 0.0447945634, 0.8596711185, 0.0955343182, 0, -0.0055258826,
               0.0040252103, 1.0015006723, 0, 0, 0, 0, 1]
"""
"""A studio's config that has ACEScg and ACES2065-1 under names of its own."""


@pytest.mark.parametrize("roles", [", aces_interchange: show_ap0", ""])
@pytest.mark.parametrize("working", ["show_lin", "scene_linear"])
def test_primaries_are_known_in_configs_with_names_of_their_own(tmp_path: Path, roles: str, working: str) -> None:
    path = tmp_path / "studio.ocio"
    path.write_text(STUDIO.replace("ROLES", roles))
    config = ColorConfig(str(path), working)
    assert config.aces == "show_ap0"
    assert config.to_aces == pytest.approx(AP1_TO_AP0, abs=1e-6)
    found = working_space(Project(ocio=str(path), working=working), Colors())
    assert found.from_xyz == pytest.approx(ACESCG.from_xyz, abs=1e-4)
    assert found.luminance == pytest.approx(ACESCG.luminance, abs=1e-4)


def test_a_working_space_that_is_not_there_is_answered_with_the_role(tmp_path: Path) -> None:
    path = tmp_path / "studio.ocio"
    path.write_text(STUDIO.replace("ROLES", ""))
    with pytest.raises(ColorError, match=r"'ACEScg' is not in .*studio\.ocio; its role scene_linear is 'show_lin'"):
        ColorConfig(str(path))


def test_primaries_that_nothing_tells_are_one_sentence(custom: Path) -> None:
    project = Project(ocio=str(custom), working="lin")
    with pytest.raises(ColorError, match=r"does not say where ACES2065-1 is .* working space 'lin' are unknown"):
        working_space(project, Colors())


def test_it_keeps_the_transforms_of_late_and_no_others() -> None:
    config = ColorConfig(BUILTIN, "ACEScg")
    pairs = list(islice(permutations([space.name for space in config.spaces if not space.data], 2), 140))
    first = weakref.ref(config.convert(*pairs[0]))
    made = [config.convert(*pair) for pair in pairs[1:]]
    assert first() is None
    assert config.convert(*pairs[-1]) is made[-1]
