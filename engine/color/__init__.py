"""Colour management with OpenColorIO: configs, transforms on tensors, displays, and the spaces files are in."""

from .colors import Colors
from .config import BUILTIN, ColorConfig, ColorSpace
from .display import DisplayRenderer, to_uint8
from .rules import COLOR_ATTRIBUTES, InputSpace, attributes_of, converts, input_space
from .shader import Shader, ShaderTexture, display_shader
from .transform import ColorTransform

__all__ = [
    "BUILTIN",
    "COLOR_ATTRIBUTES",
    "ColorConfig",
    "ColorSpace",
    "ColorTransform",
    "Colors",
    "DisplayRenderer",
    "InputSpace",
    "Shader",
    "ShaderTexture",
    "attributes_of",
    "converts",
    "display_shader",
    "input_space",
    "to_uint8",
]
