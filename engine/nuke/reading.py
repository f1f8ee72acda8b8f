"""From the text of a Nuke script to its nodes: a stack machine, run here without Tcl.

Each node takes its inputs from a stack and is put on it. `set NAME [stack 0]` names what is on top, `push $NAME` puts
it there again, `push 0` stands for no input. What lies between a Group and its `end_group` is inside it, with a stack
of its own.
"""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field

from .words import NEWLINE, Word, scan

TRUE = ("true", "1", "yes", "on")

GROUPS = ("Group", "Gizmo", "LiveGroup")
_NAME = re.compile(r"[A-Za-z_][\w.]*\Z")
_STACK = re.compile(r"\[\s*stack\s+(\d+)\s*\]\Z")
_INPUTS = re.compile(r"(\d+)\s*(?:\+\s*(\d+))?\Z")
_NOT_NODES = ("define_window_layout_xml", "define_gizmo_layout", "add_layer", "add_view", "set_view")
_HEADER = re.compile(r"^\s*(set cut_paste_input |version \d+\.\d+ v\d+|#! .*nuke)", re.MULTILINE | re.IGNORECASE)
_BLOCK = re.compile(r"(?:^|\s)[A-Za-z_][\w.]*[ \t]*\{[ \t]*\r?\n")
_MOST = 10_000
"""Inputs that a node may claim: far beyond any script."""


@dataclass(eq=False)
class NukeNode:
    """A node as the script has it. knobs : the word behind each name; what stands twice counts as written last.

    inputs : sources by the number of the input, None where nothing is wired. masks : how many of these the script
    counts as masks. user : descriptions of knobs that somebody added. inside : nodes of a group.
    original : the node that this one is a clone of.
    """

    cls: str
    knobs: dict[str, Word] = field(default_factory=dict)
    inputs: list["NukeNode | None"] = field(default_factory=list)
    masks: int = 0
    user: list[Word] = field(default_factory=list)
    inside: "list[NukeNode] | None" = None
    parent: "NukeNode | None" = None
    original: "NukeNode | None" = None
    line: int = 1

    @property
    def name(self) -> str:
        return self.knobs["name"].text if "name" in self.knobs else ""

    def text(self, knob: str, default: str = "") -> str:
        return self.knobs[knob].text if knob in self.knobs else default


@dataclass
class NukeScript:
    """The nodes of a script in its order, the knobs of its Root, and the lines of what was no part of one."""

    nodes: list[NukeNode] = field(default_factory=list)
    root: NukeNode = field(default_factory=lambda: NukeNode("Root"))
    skipped: list[str] = field(default_factory=list)


def is_nuke(text: str) -> bool:
    """Whether a text looks like a script or the clipboard of Nuke, rather than one of ours."""
    if text.lstrip()[:1] == "{" or _BLOCK.search(text) is None:
        return False
    return _HEADER.search(text[:4000]) is not None or _BLOCK.match(text.lstrip()) is not None


def read_script(text: str) -> NukeScript:
    """The nodes of a text. Never fails: what cannot be understood is named in `skipped`."""
    leaves: set[int] = set()
    while True:
        reader = _Reader(text, leaves)
        script, unended = reader.run(), reader.unended()
        if unended is None:
            return script
        leaves.add(unended)


class _Reader:
    """leaves : live groups, counted from 0, of which nothing is inside here: their nodes are in files of their own, and
    some scripts give these groups no end.
    """

    def __init__(self, text: str, leaves: Container[int] = ()) -> None:
        self.leaves = leaves
        self.published: list[NukeNode] = []
        self.words = iter(scan(text))
        self.script = NukeScript()
        self.group: NukeNode | None = None
        self.stacks: list[list[NukeNode | None]] = [[]]
        self.named: dict[str, NukeNode | None] = {}
        self.ahead: Word | None = None

    def run(self) -> NukeScript:
        while (word := self._next()) is not None:
            if word is not NEWLINE:
                self._command(word)
        return self.script

    def unended(self) -> int | None:
        """Where a group was not closed, the live group that has to be a leaf: the innermost open one, or the last one
        whose end may have been taken from a group around it.
        """
        open_groups = list(_upwards(self.group))
        candidates = [i for i, _ in enumerate(self.published) if i not in self.leaves]
        opened = [i for i in candidates if self.published[i] in open_groups]
        inside = [i for i in candidates if any(node in open_groups for node in _upwards(self.published[i]))]
        return next(iter((*opened[-1:], *inside[-1:])), None)

    def _next(self) -> Word | None:
        word, self.ahead = self.ahead, None
        return word if word is not None else next(self.words, None)

    def _peek(self) -> Word | None:
        self.ahead = self._next()
        return self.ahead

    def _argument(self) -> Word | None:
        """The next word of the same line, which is taken; None where the line ends."""
        word = self._peek()
        return None if word is None or word is NEWLINE else self._next()

    def _command(self, word: Word) -> None:
        stack = self.stacks[-1]
        if word.quoting:
            self._skip(word)
        elif word.text == "set":
            name, value = self._argument(), self._argument()
            found = _STACK.match(value.text) if value is not None else None
            if name is not None and found is not None:
                depth = int(found[1])
                self.named[name.text] = stack[-1 - depth] if depth < len(stack) else None
        elif word.text == "push":
            source = self._argument()
            stack.append(self.named.get(source.text.lstrip("$")) if source is not None else None)
        elif word.text == "end_group":
            if self.group is not None:
                self.group = self.group.parent
                self.stacks.pop()
        elif word.text == "clone":
            self._clone()
        elif word.text in ("version", *_NOT_NODES):
            while self._peek() is not None and _goes_on(word.text, self._peek()):
                self._next()
        else:
            body = self._peek()
            if body is not None and body.braced and _NAME.match(word.text):
                self._next()
                self._node(NukeNode(word.text, line=word.line), body)
            else:
                self._skip(word)

    def _skip(self, word: Word) -> None:
        if len(self.script.skipped) < 20:
            self.script.skipped.append(f"line {word.line}: '{word.text[:40]}' is no node")

    def _clone(self) -> None:
        """`clone $NAME {...}` repeats a node, `clone ID Class {...}` introduces one that is repeated by its id."""
        key, body = self._argument(), self._argument()
        if key is None or body is None:
            return
        name = key.text.lstrip("$")
        if not body.braced:  # its class
            node, body = NukeNode(body.text, line=key.line), self._argument()
            self.named[name] = node
            if body is not None:
                self._node(node, body)
            return
        original = self.named.get(name)
        if original is None:
            self._skip(key)
            return
        original = original.original or original
        knobs = {k: v for k, v in original.knobs.items() if k not in ("inputs", "xpos", "ypos", "selected")}
        node = NukeNode(original.cls, knobs, user=list(original.user), original=original, line=key.line)
        self._node(node, body)

    def _node(self, node: NukeNode, body: Word) -> None:
        for knob, value in pairs(body.text, body.line):
            if knob == "addUserKnob":
                node.user.append(value)
            else:
                node.knobs[knob] = value
        if node.cls == "Root" and self.group is None:
            self.script.root.knobs |= node.knobs
            self.script.root.user += node.user
            return
        stack = self.stacks[-1]
        found = _INPUTS.match(node.text("inputs", "1").strip())
        plain, node.masks = (int(found[1]), int(found[2] or 0)) if found else (1, 0)
        for _ in range(min(plain + node.masks, _MOST)):
            node.inputs.append(stack.pop() if stack else None)
        node.parent = self.group
        owner = self.script.nodes if self.group is None else self.group.inside
        assert owner is not None
        owner.append(node)
        stack.append(node)
        if node.cls in GROUPS and node.original is None:
            if node.cls == "LiveGroup" and node.text("published") in TRUE:
                self.published.append(node)
                if len(self.published) - 1 in self.leaves:
                    return
            node.inside = []
            self.group = node
            self.stacks.append([])


def _upwards(node: NukeNode | None) -> Iterator[NukeNode]:
    """A node and the groups around it, from within."""
    while node is not None:
        yield node
        node = node.parent


def _goes_on(command: str, word: Word | None) -> bool:
    """Whether a word belongs to a command that is no node: on its line, or where all is on one line, by its looks."""
    if word is None or word is NEWLINE:
        return False
    return re.match(r"v?\d", word.text) is not None if command == "version" else word.quoting != ""


def pairs(text: str, line: int = 1) -> Iterator[tuple[str, Word]]:
    """Names and values in the braces of a node: one pair a line, or several on one line."""
    found: list[Word] = []
    for word in (*scan(text, line), NEWLINE):
        if word is not NEWLINE:
            found.append(word)
            continue
        if found and len(found) % 2 and len(found) > 1:  # more words than a pair: all behind the name is the value
            joined = " ".join(f"{{{w.text}}}" if w.braced else w.text for w in found[1:])
            yield found[0].text, Word(joined, "", found[1].line)
        else:
            for name, value in zip(found[::2], found[1::2], strict=False):
                yield name.text, value
            if len(found) == 1:
                yield found[0].text, Word("", "", found[0].line)
        found = []


def knob_lines(knobs: Mapping[str, Word]) -> str:
    """Knobs as text, a line each, for nodes that are only kept."""
    return "\n".join(f"{name} {value.text}" if value.text else name for name, value in knobs.items())
