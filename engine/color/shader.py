"""The display transform as GLSL for a viewer: source, uniforms and textures as plain data."""

import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import ColorError, listing
from .config import ColorConfig
from .pyocio import ocio, reported

_ONE_AT_A_TIME = threading.Lock()
"""Threads that ask for one display share its processor, and with it the dynamic properties that become uniforms."""

_FUNCTION = "display_color"
Language = Literal["GLSL_1_2", "GLSL_1_3", "GLSL_4_0", "GLSL_ES_3_0"]


@dataclass(frozen=True, eq=False)
class ShaderTexture:
    """A table that the shader samples.

    values : float32 [N, C] for one dimension, [H, W, C] for two, [R, G, B, 3] for a cube, to be uploaded as it
        lies in memory (the shader swaps its coordinates accordingly). C is 1 (red) or 3.
    nearest : sample without interpolation; otherwise linearly. Edges are clamped.
    """

    name: str
    sampler: str
    values: npt.NDArray[np.float32]
    nearest: bool

    @property
    def dimensions(self) -> int:
        """1, 2, or 3 for a cube."""
        return self.values.ndim - 1


@dataclass(frozen=True, eq=False)
class Shader:
    """A function `vec4 name(vec4 pixel)` from the working space to the display.

    exposure, gamma : names of the float uniforms, in stops and as the exponent `1 / gamma`; both must be set.
    uniforms : every uniform by name with the value it starts from.
    """

    key: str
    source: str
    function: str
    exposure: str
    gamma: str
    uniforms: dict[str, float | tuple[float, ...]]
    textures: tuple[ShaderTexture, ...]


def display_shader(
    config: ColorConfig,
    display: str = "",
    view: str = "",
    language: Language = "GLSL_4_0",
) -> Shader:
    """GLSL that shows the working space on a display, with exposure before and gamma after the view as uniforms.

    display, view : as for `ColorConfig.display_view`. Raises ColorError.
    """
    library = ocio()
    label = f"shader for {config.display(display)}, {config.view(display, view)}"
    styles = library.ExposureContrastStyle
    group = library.GroupTransform()
    group.appendTransform(
        library.ExposureContrastTransform(style=styles.EXPOSURE_CONTRAST_LINEAR, dynamicExposure=True)
    )
    group.appendTransform(config.display_group("", display, view, None))
    group.appendTransform(
        library.ExposureContrastTransform(style=styles.EXPOSURE_CONTRAST_VIDEO, pivot=1.0, dynamicGamma=True)
    )
    processor = config.processor(group, label)
    description = library.GpuShaderDesc.CreateShaderDesc(
        language=getattr(library, f"GPU_LANGUAGE_{language}"), functionName=_FUNCTION, resourcePrefix="ocio_"
    )
    with _ONE_AT_A_TIME, reported(label):
        processor.getDefaultGPUProcessor().extractGpuShaderInfo(description)
        uniforms = {name: _value(data) for name, data in description.getUniforms()}
    source = str(description.getShaderText())
    textures = _textures(description)
    digest = hashlib.blake2b(source.encode(), digest_size=16)
    for texture in textures:
        digest.update(texture.values.tobytes())
    return Shader(
        key=digest.hexdigest(),
        source=source,
        function=_FUNCTION,
        exposure=_dynamic(uniforms, "exposure", label),
        gamma=_dynamic(uniforms, "gamma", label),
        uniforms=uniforms,
        textures=textures,
    )


def _dynamic(uniforms: Iterable[str], what: str, label: str) -> str:
    """The name of the uniform of a dynamic property. Raises ColorError."""
    for name in uniforms:
        if what in name.lower().rsplit("_", 1)[-1]:
            return name
    raise ColorError(f"{label}: expected a uniform for {what}, found {listing(list(uniforms))}")


def _value(data: Any) -> float | tuple[float, ...]:
    kinds = ocio().UniformDataType
    if data.type == kinds.UNIFORM_DOUBLE:
        return float(data.getDouble())
    if data.type == kinds.UNIFORM_BOOL:
        return float(data.getBool())
    if data.type == kinds.UNIFORM_FLOAT3:
        return tuple(float(v) for v in data.getFloat3())
    values = data.getVectorInt() if data.type == kinds.UNIFORM_VECTOR_INT else data.getVectorFloat()
    return tuple(float(v) for v in values)


def _textures(description: Any) -> tuple[ShaderTexture, ...]:
    library = ocio()
    nearest = library.INTERP_NEAREST
    out: list[ShaderTexture] = []
    for table in description.getTextures():
        channels = 1 if table.channel == library.GpuShaderDesc.TEXTURE_RED_CHANNEL else 3
        one = table.dimensions == library.GpuShaderDesc.TEXTURE_1D
        shape = (table.width, channels) if one else (table.height, table.width, channels)
        # Copies: what OCIO hands out dies with the description.
        values = np.array(table.getValues(), dtype=np.float32).reshape(shape)
        out.append(ShaderTexture(table.textureName, table.samplerName, values, table.interpolation == nearest))
    for cube in description.get3DTextures():
        values = np.array(cube.getValues(), dtype=np.float32).reshape(cube.edgeLen, cube.edgeLen, cube.edgeLen, 3)
        out.append(ShaderTexture(cube.textureName, cube.samplerName, values, cube.interpolation == nearest))
    return tuple(out)
