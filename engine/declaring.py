"""`@node`: how a class becomes a node. Checked here is what a declaration says, before anything uses it."""

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar, dataclass_transform

from .effects import AreaNode, PointNode
from .errors import PluginError
from .kinds import owner, registry
from .nodebase import Node, Upgrade
from .nuke.declare import NukeClass
from .params import Family, Port, numbers, param, port
from .specs import make_spec

_KIND = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


def renamed(**names: str) -> Upgrade:
    """An upgrade step that renames parameters: `renamed(old="new")`."""

    def upgrade(values: dict[str, Any]) -> dict[str, Any]:
        return {names.get(name, name): value for name, value in values.items()}

    return upgrade


def defaulted(**old: Any) -> Upgrade:
    """An upgrade step for changed defaults: writes the old default where a script relied on it."""

    def upgrade(values: dict[str, Any]) -> dict[str, Any]:
        return old | values

    return upgrade


N = TypeVar("N", bound=type["Node"])


@dataclass_transform(field_specifiers=(param, port, numbers), frozen_default=True, kw_only_default=True)
def node(
    kind: str,
    *,
    version: int = 1,
    label: str = "",
    menu: str = "",
    reads: Sequence[str] = (),
    upgrades: Mapping[int, Upgrade] | None = None,
    nuke: NukeClass | Sequence[NukeClass] = (),
    see: str = "",
) -> Callable[[N], N]:
    """Declare a node class and register it.

    kind : dotted lower-case name, for ever. label : what people see, by default the class name. menu : default from the
    kind.
    version : raise it with every change of meaning, with an upgrade from each version before.
    reads : `frame`, `tier`, where the pixels depend on them beyond the parameters.
    nuke : which classes of Nuke this node stands for when a script of Nuke is opened.
    see : where its manual page leads on to, with spaces between: kinds of nodes (`color.gamma`), and chapters of the
    manual or headings of them (`shots`, `light#plates`).

    Raises PluginError when the declaration is incomplete.
    """

    if not isinstance(kind, str):
        name = getattr(kind, "__name__", kind)
        raise PluginError(f'@node before {name} gives no kind, expected the name of it, as @node("mine.edge")')

    for name, text in (("label", label), ("menu", menu), ("see", see)):
        if not isinstance(text, str):
            raise PluginError(f"node kind '{kind}': its {name} is {text!r}, expected text")
    if isinstance(reads, str):
        raise PluginError(f"node kind '{kind}' reads {reads!r}, expected a tuple, as reads=('{reads}',)")
    if strange := sorted(str(name) for name in {*reads} - {"frame", "tier"}):
        raise PluginError(f"node kind '{kind}' reads {strange[0]!r}, expected any of ('frame', 'tier')")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise PluginError(f"node kind '{kind}' is of version {version!r}, expected a whole number from 1")
    if wrong := [step for step in dict(upgrades or {}).values() if not callable(step)]:
        raise PluginError(f"node kind '{kind}': an upgrade is {wrong[0]!r:.60}, expected a function of the old values")

    def declare(cls: N) -> N:
        _declare(cls, kind, version, label, menu, frozenset(reads), dict(upgrades or {}))
        cls.nuke = (nuke,) if isinstance(nuke, (NukeClass, str)) else tuple(nuke)
        cls.see = tuple(see.split())
        _check_nuke(cls)
        registry.add(cls)
        return cls

    return declare


def _check_declaration(cls: type[Node], kind: str) -> None:
    """Raise PluginError for a class that cannot be a node, or would not be the one that its author thinks of."""
    if not issubclass(cls, Node):
        raise PluginError(f"node kind '{kind}' of {owner(cls)} derives from no Node, PointNode, AreaNode or Source")
    if not _KIND.fullmatch(kind):
        raise PluginError(f"node kind '{kind}' of {owner(cls)}: expected lower-case words with dots, as mine.edge")
    if not (cls.__doc__ or "").strip() or cls.__doc__ == cls.__mro__[1].__doc__:
        raise PluginError(f"node kind '{kind}' of {owner(cls)} has no docstring, which would be its manual page")
    if not isinstance(cls.result, type):
        raise PluginError(f"{kind}: its result is {cls.result!r:.60}, expected the type of what it puts out, as Rig")
    _check_methods(cls, kind)
    for name, expected in (("measures", "a tuple of names"), ("solves", "names, each with a sentence, in a dict")):
        found = getattr(cls, name)
        if isinstance(found, str) or not isinstance(found, Mapping if name == "solves" else Collection):
            raise PluginError(f"{kind}: its {name} are {found!r}, expected {expected}")
    fields = sorted(name for name, value in vars(cls).items() if isinstance(value, dataclasses.Field))
    _check_names(cls, kind, fields)
    for base in cls.__mro__[1:]:
        lost = sorted(name for name, value in vars(base).items() if isinstance(value, dataclasses.Field))
        if lost:
            raise PluginError(f"{kind}: its base {base.__name__} declares {lost[0]}, but is no @dataclass(frozen=True)")
        hidden = [name for name in fields if inspect.isfunction(vars(base).get(name))]
        if hidden:
            raise PluginError(f"{kind}.{hidden[0]} would hide a method of {base.__name__}; choose another name")


def _check_methods(cls: type[Node], kind: str) -> None:
    """Raise PluginError for an effect that leaves out what its base asks for, and does not compute by itself either."""
    for base, names in ((AreaNode, ("margin", "process")), (PointNode, ("process",))):
        if issubclass(cls, base) and cls.compute is base.compute:
            missing = [name for name in names if getattr(cls, name) is getattr(base, name)]
            if missing:
                raise PluginError(f"{kind}: it has no method `{missing[0]}`, which {base.__name__} asks for")


def _check_names(cls: type[Node], kind: str, fields: Sequence[str]) -> None:
    """Raise PluginError for a parameter or port whose name stands for something else, or stands there twice."""
    ports = {field.name for base in cls.__mro__[1:] if dataclasses.is_dataclass(base) for field in _ports_of(base)}
    for name in fields:
        if name in _TAKEN:
            raise PluginError(f"{kind}.{name} would hide what a node says of itself; choose another name")
        if name in ports and "port" not in vars(cls)[name].metadata:
            raise PluginError(f"{kind}.{name} would hide the input of that name; choose another name")
    if twice := _declared_twice(cls, fields):
        raise PluginError(f"{kind}.{twice} is declared twice in {cls.__name__}; only the last one would count")


def _ports_of(base: Any) -> list["dataclasses.Field[Any]"]:
    return [field for field in dataclasses.fields(base) if "port" in field.metadata]


_TAKEN = {name for name in Node.__annotations__ if name not in {field.name for field in dataclasses.fields(Node)}}
"""What is said of a node class."""


def _declared_twice(cls: type[Node], fields: Sequence[str]) -> str:
    """The name of a field that a plugin's class declares more than once, of which Python itself keeps only the last.
    The product's own are linted.
    """
    if cls.__module__.startswith("rimlight."):
        return ""
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, SyntaxError, IndexError):  # as in a console, where there is no file to look into
        return ""
    declared = [x.target for x in getattr(body, "body", ()) if isinstance(x, ast.AnnAssign)]
    names = [target.id for target in declared if isinstance(target, ast.Name)]
    return next((name for name in fields if names.count(name) > 1), "")


def _check_nuke(cls: type[Node]) -> None:
    """Raise PluginError where what is said of Nuke names parameters or inputs that the node does not have."""
    for declared in cls.nuke:
        if not isinstance(declared, NukeClass):
            raise PluginError(f"{cls.kind}: what it says of Nuke is {declared!r:.60}, expected NukeClass(...)")
        if mistake := declared.mistake():
            raise PluginError(f"{cls.kind}: in what it says of Nuke's {declared.names!s:.60}, {mistake}")
        named = {*(declared.parameter(knob)[0] for knob in declared.knobs), *declared.values, *declared.choices}
        unknown = sorted(named - {spec.name for spec in cls.specs})
        unknown += [s for s in declared.inputs.split() if s != "-" and cls.port(s) is None]
        if unknown:
            raise PluginError(f"{cls.kind}: what it says of Nuke's {declared.names} names {unknown[0]}, no part of it")


def _declare(
    cls: type[Node], kind: str, version: int, label: str, menu: str, reads: frozenset[str], upgrades: dict[int, Upgrade]
) -> None:
    _check_declaration(cls, kind)
    missing = sorted(set(range(1, version)) - set(upgrades))
    if missing:
        raise PluginError(f"node kind '{kind}' is version {version} but has no upgrade from version {missing[0]}")
    hints = _hints(cls)
    for name, field in list(vars(cls).items()):
        if isinstance(field, dataclasses.Field) and name not in hints:
            raise PluginError(f"{kind}.{name} has no type, which decides what it is: write `{name}: float = ...`")
        if isinstance(field, dataclasses.Field) and "param" in field.metadata:
            field.default = make_spec(kind, name, hints[name], field.default, dict(field.metadata["param"])).default
    dataclasses.dataclass(frozen=True, eq=True)(cls)
    cls.kind, cls.version, cls.reads, cls.upgrades = kind, version, reads, upgrades
    cls.label = label or cls.__name__
    cls.menu = menu or kind.rsplit(".", 1)[0].replace(".", "/").replace("_", " ").title()
    ports, specs, families = [], [], []
    for field in dataclasses.fields(cls):
        if "port" in field.metadata:
            ports.append(Port(name=field.name, type=hints[field.name], **field.metadata["port"]))
        elif "param" in field.metadata:
            specs.append(make_spec(kind, field.name, hints[field.name], field.default, dict(field.metadata["param"])))
        elif "family" in field.metadata:
            families.append(Family(field.name, field.metadata["family"], kind))
        else:
            raise PluginError(f"{kind}.{field.name} is declared neither as a port nor as a param nor as numbers")
    for spec in specs:
        if any(family.member(spec.name) for family in families):
            raise PluginError(f"{kind}.{spec.name} has the name of a member of a family of numbers; choose another")
    order = {"top": 0, "main": 1, "bottom": 2}
    specs.sort(key=lambda s: (order[s.place], _depth(cls, s.name)))
    cls.ports = tuple(sorted(ports, key=lambda p: p.name == "mask"))
    cls.specs, cls.families = tuple(specs), tuple(families)
    known = {spec.name for spec in specs} | {family.name for family in families}
    strange = {name for names in cls.sections.values() for name in names.split()} - known
    if strange:
        raise PluginError(f"{kind}: a section of its panel names {min(strange)}, which is no parameter of it")


def _depth(cls: type, name: str) -> int:
    """How far up the class tree a field was declared: a node's own parameters come before inherited ones."""
    return next(i for i, base in enumerate(cls.__mro__) if name in vars(base).get("__annotations__", {}))


def _hints(cls: type) -> dict[str, Any]:
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        hints.update(inspect.get_annotations(base, eval_str=True))
    return hints
