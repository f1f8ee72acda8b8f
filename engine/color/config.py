"""A colour config: which spaces, displays, views and looks there are, and the transforms between them."""

import difflib
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ..errors import ColorError, listing
from ..params import Matrix3
from ..paths import full_path
from .fingerprint import files_of, fingerprint, stamp
from .interchange import aces_space
from .pyocio import check_file, ocio, reported
from .transform import ColorTransform
from .white import luminance_weights, matrix_of

BUILTIN = "ocio://cg-config-v4.0.0_aces-v2.0_ocio-v2.5"
"""The default config. Named with its version: a newer library must not change pictures silently."""

_KEPT = 128
"""Transforms that a config keeps, the last made: a LUT for each frame of a shot is another one each time."""

Direction = Literal["forward", "inverse"]
Interpolation = Literal["nearest", "linear", "tetrahedral", "best"]
CdlStyle = Literal["asc", "no_clamp"]


@dataclass(frozen=True, slots=True)
class ColorSpace:
    """A colour space of a config. `linear`: proportional to light; `data`: no colour at all."""

    name: str
    family: str
    encoding: str
    aliases: tuple[str, ...]
    linear: bool
    data: bool


class ColorConfig:
    """An OpenColorIO config with a project's working space. Immutable: open it again when its files change.

    source : where it came from: a built-in's `ocio://` name or an absolute path.
    key : hash of the config's text, its LUT files, its context variables and OpenColorIO's version.
    working : canonical name of the scene-linear space in which the project works.

    What takes a name of a space, display, view or look raises ColorError where the config has none of that name.
    """

    def __init__(self, source: str = "", working: str = "ACEScg", folder: str = "") -> None:
        """Open a config.

        `source` is empty for the built-in ACES config, a built-in's `ocio://` name, a path (relative ones start at
        `folder`), or `env` for what the OCIO environment variable names. `working` is a space, alias or role of the
        config. Raises ColorError when the config cannot be read or has no such scene-linear space.
        """
        self.source = locate(source, folder)
        if not self.builtin:
            check_file(self.source)
        with reported(f"colour config {self.source}"):
            self._config = ocio().Config.CreateFromFile(self.source)
        # Transforms are kept by those who use them; OCIO's own store would go on answering for edited LUT files.
        self._config.setProcessorCacheFlags(ocio().PROCESSOR_CACHE_OFF)
        self._made: dict[tuple[Any, ...], ColorTransform] = {}
        self._making_room = threading.Lock()
        self.key = fingerprint(self._config, self.source)
        self.working = self._working(working)
        if not self._linear(self.working):
            raise ColorError(f"working space '{working}' is not scene-linear in the colour config {self.source}")

    @property
    def builtin(self) -> bool:
        """Whether it comes with OpenColorIO, not from a file."""
        return self.source.startswith("ocio://")

    @cached_property
    def spaces(self) -> tuple[ColorSpace, ...]:
        """The active colour spaces, in the config's order."""
        return tuple(
            ColorSpace(
                space.getName(),
                space.getFamily(),
                space.getEncoding(),
                tuple(space.getAliases()),
                self._listed_linear(space.getName()),
                space.isData(),
            )
            for space in self._config.getColorSpaces()
        )

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files that it is made of, its LUTs too; none for a built-in one."""
        return files_of(self._config, self.source)

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """Role to the name of its colour space."""
        return dict(self._config.getRoles())

    @cached_property
    def displays(self) -> tuple[str, ...]:
        return tuple(self._config.getDisplays())

    @cached_property
    def looks(self) -> tuple[str, ...]:
        return tuple(self._config.getLookNames())

    def views(self, display: str = "") -> tuple[str, ...]:
        """The views of a display, by default of the config's default display."""
        return tuple(self._config.getViews(self.display(display)))

    def display(self, name: str = "") -> str:
        """A display checked by name, or the default one for an empty name."""
        if not name:
            return str(self._config.getDefaultDisplay())
        return self._known("display", name, self.displays)

    def view(self, display: str = "", name: str = "") -> str:
        """A view of a display checked by name, or the default one for an empty name."""
        display = self.display(display)
        if not name:
            return str(self._config.getDefaultView(display))
        return self._known(f"view of '{display}'", name, self.views(display))

    def display_space(self, display: str = "", view: str = "") -> str:
        """The colour space of what a display shows through a view, each checked as above."""
        display = self.display(display)
        name = str(self._config.getDisplayViewColorSpaceName(display, self.view(display, view)))
        return self.resolve(display if name == ocio().OCIO_VIEW_USE_DISPLAY_NAME else name)

    def resolve(self, name: str) -> str:
        """Canonical name of a colour space given by name, alias or role, in any case; ColorError with near names."""
        space = self._space(name)
        if space is not None:
            return str(space.getName())
        known = [s.name for s in self.spaces] + [a for s in self.spaces for a in s.aliases] + list(self.roles)
        raise self._unknown("colour space", name, known)

    def _working(self, name: str) -> str:
        """As `resolve`, for the working space; the error names the one of the config, where it has one."""
        role = self.roles.get("scene_linear", "")
        if self.has(name) or not role:
            return self.resolve(name)
        raise ColorError(
            f"the working space '{name}' is not in the colour config {self.source}; its role scene_linear is '{role}'"
        )

    def has(self, name: str) -> bool:
        """Whether a colour space, alias or role of this name exists."""
        return self._space(name) is not None

    def _space(self, name: str) -> Any:
        """The library's colour space, None where there is none of that name."""
        return self._config.getColorSpace(name) if name and _is_text(name) else None

    def file_rule(self, path: str) -> tuple[str, str] | None:
        """(rule, colour space) of the config's file rule for a path, or None when only the default rule matches."""
        path = path.encode(errors="replace").decode()  # a name of a file may be no text, and OCIO takes nothing else
        if self._config.filepathOnlyMatchesDefaultRule(path):
            return None
        space, index = self._config.getColorSpaceFromFilepath(path)
        return str(self._config.getFileRules().getName(index)), str(space)

    @cached_property
    def luminance(self) -> tuple[float, float, float]:
        """Weights of red, green and blue of the working space in the luminance Y of its own white; they sum to 1."""
        return luminance_weights(self._config, self.working, self.aces)

    @cached_property
    def aces(self) -> str:
        """What it calls ACES2065-1, by which primaries of spaces are known; empty where it does not say that."""
        return aces_space(self._config, BUILTIN.removeprefix("ocio://"))

    @cached_property
    def to_aces(self) -> Matrix3:
        """The matrix from the working space to ACES2065-1. Raises ColorError where the config does not know that."""
        if not self.aces:
            raise ColorError(
                f"the colour config {self.source} does not say where ACES2065-1 is (role aces_interchange), so that the"
                f" primaries of its working space '{self.working}' are unknown"
            )
        label = f"{self.working} to {self.aces}"
        processor = self.processor(ocio().ColorSpaceTransform(src=self.working, dst=self.aces), label)
        a, b, c, d, e, f, g, h, i = matrix_of(processor).flatten().tolist()
        return a, b, c, d, e, f, g, h, i

    def convert(self, source: str, target: str) -> ColorTransform:
        """From one colour space to another. Data spaces pass through unchanged."""
        source, target = self.resolve(source), self.resolve(target)
        transform = ocio().ColorSpaceTransform(src=source, dst=target)
        return self._keep((source, target), lambda: self._build(transform, f"{source} to {target}"))

    def display_view(
        self,
        source: str = "",
        display: str = "",
        view: str = "",
        looks: str | None = None,
        direction: Direction = "forward",
    ) -> ColorTransform:
        """From a colour space (by default the working space) to what a display shows through a view.

        `looks` is None for the view's own looks, or a list such as `+grade, -neutral` in their place, empty for none.
        """
        source = self.resolve(source or self.working)
        display, view = self.display(display), self.view(display, view)
        group = self.display_group(source, display, view, looks)
        label = f"{source} to {display}, {view}"
        return self._keep(
            ("view", source, display, view, looks, direction), lambda: self._build(group, label, direction)
        )

    def display_group(self, source: str, display: str, view: str, looks: str | None) -> Any:
        """The OCIO GroupTransform behind `display_view`, for those who put more operations around it."""
        source = self.resolve(source or self.working)
        display, view = self.display(display), self.view(display, view)
        group = ocio().GroupTransform()
        if looks:
            self._check_looks(looks)
            group.appendTransform(ocio().LookTransform(src=source, dst=source, looks=looks))
        bypass = looks is not None
        group.appendTransform(ocio().DisplayViewTransform(src=source, display=display, view=view, looksBypass=bypass))
        return group

    def look(self, looks: str, source: str = "", target: str = "", direction: Direction = "forward") -> ColorTransform:
        """One or several looks (`a, +b, -c`), from a colour space to another, both by default the working space."""
        self._check_looks(looks)
        source, target = self.resolve(source or self.working), self.resolve(target or self.working)
        transform = ocio().LookTransform(src=source, dst=target, looks=looks)
        return self._keep(
            ("look", looks, source, target, direction), lambda: self._build(transform, f"look {looks}", direction)
        )

    def file_transform(
        self,
        path: str | Path,
        direction: Direction = "forward",
        interpolation: Interpolation = "best",
        cccid: str = "",
    ) -> ColorTransform:
        """A LUT, CDL or CLF/CTF file. `cccid` chooses a correction of a collection by id or index."""
        check_file(os.fspath(path))
        kinds = ocio().Interpolation
        transform = ocio().FileTransform(
            src=os.fspath(path), cccId=cccid, interpolation=getattr(kinds, f"INTERP_{interpolation.upper()}")
        )
        label = f"file {os.fspath(path)}"

        def make() -> ColorTransform:
            # OCIO remembers files by path alone; forgetting is cheap and an edited LUT must be read again.
            ocio().ClearAllCaches()
            return self._build(transform, label, direction, (cccid, interpolation))

        return self._keep((label, direction, interpolation, cccid, stamp(os.fspath(path))), make)

    def cdl(
        self,
        slope: Sequence[float] = (1.0, 1.0, 1.0),
        offset: Sequence[float] = (0.0, 0.0, 0.0),
        power: Sequence[float] = (1.0, 1.0, 1.0),
        saturation: float = 1.0,
        style: CdlStyle = "no_clamp",
        direction: Direction = "forward",
    ) -> ColorTransform:
        """An ASC CDL in the space of the pixels. `asc` clamps to 0..1 as the standard says, `no_clamp` never does."""
        transform = ocio().CDLTransform(slope=list(slope), offset=list(offset), power=list(power), sat=saturation)
        styles = ocio().CDLStyle
        transform.setStyle(styles.CDL_ASC if style == "asc" else styles.CDL_NO_CLAMP)
        return self._build(transform, "CDL", direction, (*slope, *offset, *power, saturation))

    def log_convert(self, direction: Direction = "forward", space: str = "", linear: str = "") -> ColorTransform:
        """From a linear space (by default the working space) to a log space (by default the role `compositing_log`)."""
        linear = self.resolve(linear or self.working)
        space = self.resolve(space or "compositing_log")
        transform = ocio().ColorSpaceTransform(src=linear, dst=space)
        return self._keep(
            ("log", linear, space, direction), lambda: self._build(transform, f"{linear} to {space}", direction)
        )

    def group(self, transforms: Iterable[Any], label: str, *, fast: bool = False) -> ColorTransform:
        """Raw OCIO transforms, one after the other. `fast` as in `ColorTransform`."""
        group = ocio().GroupTransform()
        for transform in transforms:
            group.appendTransform(transform)
        return self._build(group, label, fast=fast)

    def processor(self, transform: Any, label: str, direction: Direction = "forward") -> Any:
        """The OCIO Processor of an OCIO transform in this config. Raises ColorError."""
        with reported(label):
            return self._config.getProcessor(transform, _direction(direction))

    def _build(
        self,
        transform: Any,
        label: str,
        direction: Direction = "forward",
        spec: tuple[Any, ...] = (),
        fast: bool = False,
    ) -> ColorTransform:
        label = label if direction == "forward" else f"{label}, inverse"
        return ColorTransform(self.processor(transform, label, direction), label, spec, fast=fast)

    def _keep(self, name: tuple[Any, ...], make: Callable[[], ColorTransform]) -> ColorTransform:
        """The transform made before under this name, or a new one: making one takes milliseconds, with a LUT more."""
        known = self._made.get(name)
        if known is not None:
            return known
        made = make()
        with self._making_room:
            while len(self._made) >= _KEPT:
                del self._made[next(iter(self._made))]
            return self._made.setdefault(name, made)

    def _linear(self, name: str) -> bool:
        """Whether a colour space is proportional to light. Raises ColorError where its LUT cannot be read."""
        with reported(f"colour space '{name}' of {self.source}"):
            return bool(self._config.isColorSpaceLinear(name, ocio().REFERENCE_SPACE_SCENE))

    def _listed_linear(self, name: str) -> bool:
        """As `_linear`; a space that cannot be used is listed all the same, and told where it is."""
        try:
            return self._linear(name)
        except ColorError:
            return False

    def _check_looks(self, looks: str) -> None:
        for part in looks.replace(":", ",").replace("|", ",").split(","):
            name = part.strip().lstrip("+-").strip()
            if name and (not _is_text(name) or self._config.getLook(name) is None):
                raise self._unknown("look", name, self.looks)

    def _known(self, what: str, name: str, known: Sequence[str]) -> str:
        for candidate in known:
            if candidate.lower() == name.lower():
                return candidate
        raise self._unknown(what, name, known)

    def _unknown(self, what: str, name: str, known: Sequence[str]) -> ColorError:
        by_lower = {k.lower(): k for k in reversed(known)}
        near = [by_lower[k] for k in difflib.get_close_matches(name.lower(), by_lower, 3, 0.0)]
        return ColorError(f"{what} '{name}' is not in the colour config {self.source}; the nearest are {listing(near)}")


def _is_text(name: str) -> bool:
    """Whether the library takes a name: halves of characters, as damaged scripts hold them, it does not."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def locate(source: str, folder: str = "") -> str:
    """What to open for a project's `ocio` setting: an `ocio://` name or an absolute path.

    Raises ColorError for `env` when the environment variable is not set, FileError for another that is not.
    """
    if not source:
        return BUILTIN
    if source == "env":
        source = os.environ.get("OCIO", "")
        if not source:
            raise ColorError("the project takes its colour config from the OCIO environment variable, which is not set")
        folder = ""
    if source.startswith("ocio://"):
        return source
    return full_path(source, folder)


def _direction(direction: Direction) -> Any:
    library = ocio()
    return library.TRANSFORM_DIR_INVERSE if direction == "inverse" else library.TRANSFORM_DIR_FORWARD
