"""Colour management with OpenColorIO: configs, transforms on tensors, displays, and the spaces files are in."""

from .colors import Colors
from .config import BUILTIN, ColorConfig, ColorSpace
from .display import DisplayRenderer, to_uint8
from .rules import InputSpace, converts, input_space
from .shader import Shader, ShaderTexture, display_shader
from .transform import ColorTransform

__all__ = [
    "BUILTIN",
    "ColorConfig",
    "ColorSpace",
    "ColorTransform",
    "Colors",
    "DisplayRenderer",
    "InputSpace",
    "Shader",
    "ShaderTexture",
    "converts",
    "display_shader",
    "input_space",
    "to_uint8",
]
