"""The viewer's shader, as data."""

import gc
from pathlib import Path

import numpy as np
import pytest

from rimlight.engine.color.config import ColorConfig
from rimlight.engine.color.shader import Language, display_shader


@pytest.fixture(scope="module")
def config() -> ColorConfig:
    return ColorConfig()


def test_tone_mapped_view_has_its_tables(config: ColorConfig) -> None:
    shader = display_shader(config)
    copies = [texture.values.copy() for texture in shader.textures]
    gc.collect()
    display_shader(config, view="Un-tone-mapped")
    assert all(np.array_equal(t.values, c) for t, c in zip(shader.textures, copies, strict=True))
    assert "#version" not in shader.source
    assert f"vec4 {shader.function}(vec4" in shader.source
    assert len(shader.textures) == 2
    for texture in shader.textures:
        assert f"sampler1D {texture.sampler}" in shader.source
        assert texture.dimensions == 1
        assert texture.nearest
        assert np.isfinite(texture.values).all()
        assert texture.values.std() > 0
    assert {t.values.shape[-1] for t in shader.textures} == {1, 3}


@pytest.mark.parametrize("language", ["GLSL_1_2", "GLSL_4_0", "GLSL_ES_3_0"])
def test_sliders_are_uniforms(config: ColorConfig, language: Language) -> None:
    shader = display_shader(config, view="Un-tone-mapped", language=language)
    assert f"uniform float {shader.exposure};" in shader.source
    assert f"uniform float {shader.gamma};" in shader.source
    assert shader.exposure != shader.gamma
    assert shader.uniforms == {shader.exposure: 0.0, shader.gamma: 1.0}
    assert shader.textures == ()


def test_without_one_dimensional_textures(config: ColorConfig) -> None:
    """OpenGL ES has none: tables come as pictures."""
    shader = display_shader(config, language="GLSL_ES_3_0")
    assert [texture.dimensions for texture in shader.textures] == [2, 2]
    assert "sampler1D" not in shader.source


def test_keys(config: ColorConfig) -> None:
    assert display_shader(config).key == display_shader(config).key
    assert display_shader(config).key != display_shader(config, view="Un-tone-mapped").key


def test_cube_is_laid_out_as_the_shader_reads_it(tmp_path: Path) -> None:
    """The shader swaps its coordinates to blue, green, red, so memory order is red slowest, as in the array."""
    rows = "\n".join(f"{r / 2} {g} {b * 0.25}" for b in (0, 1) for g in (0, 1) for r in (0, 1))
    (tmp_path / "view.cube").write_text(f"LUT_3D_SIZE 2\n{rows}\n")
    path = tmp_path / "config.ocio"
    path.write_text(
        "ocio_profile_version: 2\nroles: {default: lin}\n"
        "displays:\n  screen:\n    - !<View> {name: print, colorspace: print}\n"
        "file_rules:\n  - !<Rule> {name: Default, colorspace: lin}\n"
        "colorspaces:\n  - !<ColorSpace> {name: lin, encoding: scene-linear}\n"
        "  - !<ColorSpace>\n    name: print\n    from_scene_reference: !<FileTransform> {src: view.cube}\n"
    )
    shader = display_shader(ColorConfig(str(path), "lin"))
    (cube,) = shader.textures
    assert cube.dimensions == 3
    assert f"sampler3D {cube.sampler}" in shader.source
    assert cube.values[1, 0, 0].tolist() == [0.5, 0.0, 0.0]
    assert cube.values[0, 0, 1].tolist() == [0.0, 0.0, 0.25]
    assert ".zyx" in shader.source or ".bgr" in shader.source
