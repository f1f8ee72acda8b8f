"""Draws a viewport by OpenGL 4.0 core, through Qt's classes only. All calls need a current context."""

from typing import Any

import numpy as np
from PySide6.QtGui import QOpenGLContext, QOpenGLFunctions, QVector3D, QVector4D
from PySide6.QtOpenGL import QOpenGLShader, QOpenGLShaderProgram, QOpenGLTexture, QOpenGLVertexArrayObject

from rimlight.engine import Shader, ShaderTexture

from .frame import NUDGE, SQUARE, STRIPES, Frame, Pane
from .geometry import Box
from .glsl import VERTEX, fragment
from .plane import Pixels, Plane
from .settings import Background, Channel, Zebra

_TRIANGLES, _SCISSOR_TEST = 0x0004, 0x0C11
_FORMATS = {1: "R32F", 2: "RG32F", 3: "RGB32F", 4: "RGBA32F"}
_CHANNELS = {1: "Red", 2: "RG", 3: "RGB", 4: "RGBA"}
_UNITS = ("picture_a", "picture_b", "extra_a", "extra_b")
KEPT_PROGRAMS = 8


class GLError(Exception):
    """The graphics card's driver refuses what it should be able to do."""


class GLRenderer:
    """The programs and textures of one context. `release` before the context goes."""

    def __init__(self) -> None:
        context = QOpenGLContext.currentContext()
        if context is None:
            raise GLError("there is no current OpenGL context")
        self._gl: QOpenGLFunctions = context.functions()
        self._gl.initializeOpenGLFunctions()
        self._array = QOpenGLVertexArrayObject()
        self._array.create()
        self._programs: dict[str, _Program] = {}
        self._textures: dict[str, _Upload] = {name: _Upload() for name in _UNITS}

    def draw(self, frame: Frame) -> None:
        """Draw into the bound framebuffer, which has the size of the frame's view. Raises GLError."""
        gl, view = self._gl, frame.view
        gl.glViewport(0, 0, view.width, view.height)
        shader = frame.display.shader if frame.display is not None else None
        program = self._program(shader)
        program.bind()
        self._array.bind()
        for unit, name in enumerate(_UNITS):
            plane = frame.a if name.endswith("a") else frame.b
            pixels = None if plane is None else plane.pixels if name.startswith("picture") else plane.extra
            self._textures[name].put(pixels)
            self._textures[name].bind(unit)
            program.integer(name, unit)
        program.bind_tables(len(_UNITS))
        _set_frame(program, frame)
        gl.glEnable(_SCISSOR_TEST)
        for pane in frame.panes:
            box = pane.box
            gl.glScissor(int(box.x0), int(view.height - box.y1), int(box.width), int(box.height))
            _set_pane(program, frame, pane)
            gl.glDrawArrays(_TRIANGLES, 0, 3)
        gl.glDisable(_SCISSOR_TEST)
        self._array.release()
        program.release()

    def release(self) -> None:
        """Free everything."""
        for texture in self._textures.values():
            texture.free()
        for program in self._programs.values():
            program.free()
        self._programs.clear()
        self._array.destroy()

    def _program(self, shader: Shader | None) -> "_Program":
        key = shader.key if shader is not None else ""
        program = self._programs.pop(key, None) or _Program(shader)
        self._programs[key] = program
        while len(self._programs) > KEPT_PROGRAMS:
            self._programs.pop(next(iter(self._programs))).free()
        return program


class _Program:
    """A linked shader with the tables of its view transform."""

    def __init__(self, shader: Shader | None) -> None:
        self._shader = shader
        self._program = QOpenGLShaderProgram()
        parts = ((QOpenGLShader.ShaderTypeBit.Vertex, VERTEX), (QOpenGLShader.ShaderTypeBit.Fragment, fragment(shader)))
        for kind, source in parts:
            if not self._program.addShaderFromSourceCode(kind, source):
                raise GLError(f"the display's shader is refused: {self._program.log().strip()[:300]}")
        if not self._program.link():
            raise GLError(f"the display's shader cannot be linked: {self._program.log().strip()[:300]}")
        self._places: dict[str, int] = {}
        self._tables = [_table(texture) for texture in shader.textures] if shader is not None else []

    def bind(self) -> None:
        self._program.bind()

    def release(self) -> None:
        self._program.release()

    def bind_tables(self, first: int) -> None:
        """The tables on texture units from `first` on, and the uniforms that the transform starts from."""
        if self._shader is None:
            return
        for unit, (texture, table) in enumerate(zip(self._shader.textures, self._tables, strict=True), first):
            table.bind(unit)
            self.integer(texture.sampler, unit)
        for name, value in self._shader.uniforms.items():
            self.number(name, value) if isinstance(value, float) else self.vector(name, value)

    def expose(self, exposure: float, gamma: float) -> None:
        """Set the dynamic properties of the view: stops, and the exponent's inverse."""
        if self._shader is not None:
            self.number(self._shader.exposure, exposure)
            self.number(self._shader.gamma, 1.0 / gamma)

    def integer(self, name: str, value: int) -> None:
        self._program.setUniformValue1i(self._place(name), value)

    def number(self, name: str, value: float) -> None:
        self._program.setUniformValue1f(self._place(name), value)

    def integers(self, name: str, *values: int) -> None:
        """An ivec4."""
        functions = QOpenGLContext.currentContext().functions()
        functions.glUniform4i(self._place(name), *values)

    def vector(self, name: str, value: Any) -> None:
        if len(value) == 3:
            self._program.setUniformValue(self._place(name), QVector3D(*value))
        elif len(value) == 4:
            self._program.setUniformValue(self._place(name), QVector4D(*value))
        else:
            raise GLError(f"uniform {name} has {len(value)} numbers, expected 3 or 4")

    def free(self) -> None:
        for table in self._tables:
            table.destroy()
        self._program.removeAllShaders()

    def _place(self, name: str) -> int:
        if name not in self._places:
            self._places[name] = self._program.uniformLocation(name)
        return self._places[name]


class _Upload:
    """A texture that follows an array; it is filled anew only when that is another one."""

    def __init__(self) -> None:
        self._texture: QOpenGLTexture | None = None
        self._holds: Pixels | None = None

    def put(self, pixels: Pixels | None) -> None:
        if pixels is None or pixels.size == 0:
            pixels = _NOTHING
        if pixels is self._holds:
            return
        height, width, channels = pixels.shape
        known = self._texture
        if known is None or self._holds is None or self._holds.shape != pixels.shape:
            self.free()
            known = self._texture = _texture(QOpenGLTexture.Target.Target2D, (width, height), channels, nearest=True)
        pixel_format = getattr(QOpenGLTexture.PixelFormat, _CHANNELS[channels])
        known.setData(pixel_format, QOpenGLTexture.PixelType.Float32, pixels)  # type: ignore[call-overload]  # a buffer
        self._holds = pixels

    def bind(self, unit: int) -> None:
        assert self._texture is not None
        self._texture.bind(unit)

    def free(self) -> None:
        if self._texture is not None:
            self._texture.destroy()
        self._texture = self._holds = None


_NOTHING: Pixels = np.zeros((1, 1, 4), np.float32)


def _texture(target: QOpenGLTexture.Target, size: tuple[int, ...], channels: int, nearest: bool) -> QOpenGLTexture:
    texture = QOpenGLTexture(target)
    texture.setFormat(getattr(QOpenGLTexture.TextureFormat, _FORMATS[channels]))
    texture.setSize(*size)
    texture.setMipLevels(1)
    texture.allocateStorage()
    kind = QOpenGLTexture.Filter.Nearest if nearest else QOpenGLTexture.Filter.Linear
    texture.setMinMagFilters(kind, kind)
    texture.setWrapMode(QOpenGLTexture.WrapMode.ClampToEdge)
    return texture


def _table(table: ShaderTexture) -> QOpenGLTexture:
    """A table of the view transform, uploaded as it lies in memory."""
    values = np.ascontiguousarray(table.values)
    targets = (QOpenGLTexture.Target.Target1D, QOpenGLTexture.Target.Target2D, QOpenGLTexture.Target.Target3D)
    size = tuple(reversed(values.shape[:-1])) if table.dimensions < 3 else values.shape[:-1]
    texture = _texture(targets[table.dimensions - 1], size, values.shape[-1], table.nearest)
    pixel_format = getattr(QOpenGLTexture.PixelFormat, _CHANNELS[values.shape[-1]])
    texture.setData(pixel_format, QOpenGLTexture.PixelType.Float32, values)  # type: ignore[call-overload]  # a buffer
    return texture


def _set_frame(program: _Program, frame: Frame) -> None:
    """The uniforms that are the same for all panes."""
    s = frame.settings
    program.expose(s.exposure, s.gamma)
    program.integer("height", frame.view.height)
    program.integer("channel", list(Channel).index(s.channel))
    program.integer("background", list(Background).index(s.background))
    program.integer("zebra", list(Zebra).index(s.zebra))
    program.integer("false_color", int(s.false_color))
    program.integer("side", max(1, round(SQUARE * frame.ratio)))
    program.integer("period", max(3, round(STRIPES * frame.ratio)))
    program.number("difference_gain", s.gain)
    program.number("mix_amount", s.mix)
    program.number("threshold", s.threshold)
    program.number("data_gain", 2.0**s.exposure)
    program.number("data_gamma", 1.0 / s.gamma)
    program.vector("wipe", frame.wipe)
    program.vector("weights", frame.display.weights if frame.display is not None else (1 / 3,) * 3)
    program.vector("surround", frame.surround)


def _set_pane(program: _Program, frame: Frame, pane: Pane) -> None:
    program.integer("mixing", int(pane.mixing))
    first = frame.b if pane.mixing == 1 or frame.a is None else frame.a
    managed = first is not None and first.showing.managed and frame.display is not None
    program.integer("managed", int(managed))
    if first is not None:
        program.vector("data_scale", first.showing.scale)
        program.vector("data_offset", first.showing.offset)
    for side, plane in (("a", frame.a), ("b", frame.b)):
        program.integers(f"how_{side}", *_how(frame, plane))
        if plane is not None:
            program.vector(f"place_{side}", _place(pane, plane))
            program.vector(f"window_{side}", _corners(pane.view.box_to_screen(plane.display)))


def _how(frame: Frame, plane: Plane | None) -> tuple[int, int, int, int]:
    if plane is None or plane.pixels.size == 0:
        return int(plane is not None), 0, 0, 0
    return 1, int(frame.smooth(plane)), int(plane.extra is not None), 0


def _place(pane: Pane, plane: Plane) -> tuple[float, float, float, float]:
    """Of `sampled` in the shader: pixels of the plane = pixels of the screen * first two + last two."""
    if plane.pixels.size == 0:
        return 0.0, 0.0, -1.0, -1.0
    view, step = pane.view, plane.step
    across, down = 1 / (view.zoom_x * step), 1 / (view.zoom * step)
    left = (NUDGE - view.x) * across - plane.box.x0 / step
    return across, down, left, (NUDGE - view.y) * down - plane.box.y0 / step


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x0 - NUDGE, box.y0 - NUDGE, box.x1 - NUDGE, box.y1 - NUDGE
