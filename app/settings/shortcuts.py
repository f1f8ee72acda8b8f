"""What the shortcut editor does to the user's keys: plain functions on the declared actions and the overrides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..actions import GLOBAL, Action, conflicts, keys_of

Overrides = Mapping[str, Sequence[str]]
PLACES = {
    GLOBAL: "everywhere", "graph": "node graph", "viewer": "viewer",
    "points": "viewer, with points of shapes chosen", "timeline": "timeline", "curves": "curve editor",
    "dopesheet": "dope sheet", "properties": "properties", "lightrig": "light rig", "scopes": "scopes",
    "scripteditor": "script editor", "render": "render",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """An action as the editor lists it. others : titles of actions that ask for one of its keys at the same place."""

    action: Action
    title: str
    where: str
    keys: tuple[str, ...]
    changed: bool
    others: tuple[str, ...]


def plain(text: str) -> str:
    """A text of a menu without what is only for the menu."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("….")


def title(action: Action) -> str:
    """Of an action, with the menus that it stands in."""
    return " ▸ ".join([*map(plain, filter(None, action.menu.split("/"))), plain(action.text)])


def where(action: Action) -> str:
    """At which places the keys of an action work."""
    return ", ".join(PLACES.get(context, context) for context in action.contexts)


def lines(declared: Iterable[Action], overrides: Overrides) -> list[Line]:
    """All actions, by their titles, in the order in which they are declared."""
    actions = list(declared)
    titles = {action.id: title(action) for action in actions}
    against: dict[str, set[str]] = {}
    for conflict in conflicts(actions, overrides):
        one, other = conflict.actions
        against.setdefault(one, set()).add(titles[other])
        against.setdefault(other, set()).add(titles[one])
    return [
        Line(
            action,
            titles[action.id],
            where(action),
            keys_of(action, overrides),
            keys_of(action, overrides) != keys_of(action, {}),
            tuple(sorted(against.get(action.id, ()))),
        )
        for action in actions
    ]


def with_keys(declared: Mapping[str, Action], overrides: Overrides, name: str, keys: Sequence[str]) -> Overrides:
    """The overrides with other keys for an action; its own default ones are no override."""
    new = {other: tuple(given) for other, given in overrides.items() if other != name}
    action = declared[name]
    wanted = keys_of(action, {name: tuple(dict.fromkeys(keys))})
    return new if wanted == keys_of(action, {}) else {**new, name: wanted}


def users(declared: Iterable[Action], overrides: Overrides, name: str, key: str) -> list[Action]:
    """The actions that would collide with action `name` if it had `key` as well."""
    actions = {action.id: action for action in declared}
    tried = {**overrides, name: (*keys_of(actions[name], overrides), key)}
    found = [conflict.actions for conflict in conflicts(actions.values(), tried) if conflict.key == key]
    return [actions[one if other == name else other] for one, other in found if name in (one, other)]


def taken(
    declared: Mapping[str, Action], overrides: Overrides, name: str, key: str, replace_all: bool = True
) -> Overrides:
    """The overrides once action `name` has a key and those that it collides with have it no more."""
    new = overrides
    for other in users(declared.values(), overrides, name, key):
        kept = [old for old in keys_of(other, new) if old != key]
        new = with_keys(declared, new, other.id, kept)
    present = () if replace_all else keys_of(declared[name], new)
    return with_keys(declared, new, name, (*present, key))


def fits(line: Line, wanted: str) -> bool:
    """Whether a line is found by a text: words of its title or place, or a key as it is written."""
    text = f"{line.title} {line.where} {line.action.id}".lower()
    if all(word in text for word in wanted.lower().split()):
        return True
    return any(key.lower() == wanted.strip().lower() for key in line.keys)
