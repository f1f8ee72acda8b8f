"""Expressions of Nuke in our language: C's operators become words, functions get our names, links are looked up."""

import re
from collections.abc import Callable, Sequence

from ..expression_functions import ARGUMENTS

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<name>\$?[A-Za-z_]\w*(?:\.\w+)*)"
    r"|(?P<sign>\*\*|&&|\|\||==|!=|<=|>=|[-+*/%^<>!?:(),])|(?P<other>\S))"
)
_LEVELS: Sequence[tuple[str, ...]] = (
    ("||",), ("&&",), ("==", "!=", "<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"),
)  # fmt: skip
_WORDS = {"||": "or", "&&": "and"}
_CONSTANTS = {"true": "1", "false": "0", "yes": "1", "no": "0", "on": "1", "off": "0", "t": "frame", "$gui": "0"}
_RENAMED = {"ln": "log", "rint": "round", "random": "rand", "mix": "lerp", "fBm": "noise"}
_WRITTEN: dict[str, tuple[int, str]] = {
    "fmod": (2, "({0} - {1} * trunc({0} / {1}))"),
    "pow2": (1, "({0}) ** 2"),
    "cosh": (1, "((exp({0}) + exp(-({0}))) / 2)"),
    "sinh": (1, "((exp({0}) - exp(-({0}))) / 2)"),
    "tanh": (1, "(1 - 2 / (exp(2 * ({0})) + 1))"),
    "from_sRGB": (1, "(({0}) / 12.92 if ({0}) <= 0.04045 else ((({0}) + 0.055) / 1.055) ** 2.4)"),
    "to_sRGB": (1, "(({0}) * 12.92 if ({0}) <= 0.0031308 else 1.055 * ({0}) ** (1 / 2.4) - 0.055)"),
}
OTHER_NUMBERS = frozenset({"random", "noise", "fBm", "turbulence"})
"""Functions whose numbers differ from ours, though they are of the same make."""
_DEPTH = 60

Names = Callable[[str], str | None]
"""Gives our text for a name, None where it means nothing here."""


class UntranslatableError(ValueError):
    """What of an expression has no counterpart, as part of a sentence."""


def translate(text: str, names: Names) -> str:
    """An expression in our language. `names` is asked for all names but functions and constants.

    Raises UntranslatableError.
    """
    if "[" in text or "{" in text:
        raise UntranslatableError("it holds Tcl")
    parser = _Parser(text, names)
    made = parser.choice(0)
    if parser.sign is not None:
        raise UntranslatableError(f"'{parser.sign}' is out of place")
    return made


class _Parser:
    """Descends over the levels of operators; `sign` is the token ahead, `kind` what it is."""

    def __init__(self, text: str, names: Names) -> None:
        self.text, self.names, self.at = text.strip(), names, 0
        self.sign: str | None = None
        self.kind = ""
        self.advance()

    def advance(self) -> str:
        before, self.sign = self.sign or "", None
        if self.at < len(self.text):
            found = _TOKEN.match(self.text, self.at)
            if found is not None and found.lastgroup is not None:
                self.at, self.kind, self.sign = found.end(), found.lastgroup, found[found.lastgroup]
                if self.kind == "other":
                    raise UntranslatableError(f"'{self.sign}' has no counterpart")
        return before

    def take(self, sign: str) -> None:
        if self.sign != sign:
            raise UntranslatableError(f"'{sign}' is missing")
        self.advance()

    def choice(self, depth: int) -> str:
        if depth > _DEPTH:
            raise UntranslatableError("it is nested too deeply")
        test = self.level(0, depth + 1)
        if self.sign != "?":
            return test
        self.advance()
        yes = self.choice(depth + 1)
        self.take(":")
        return f"({yes} if {test} else {self.choice(depth + 1)})"

    def level(self, index: int, depth: int) -> str:
        if index == len(_LEVELS):
            return self.unary(depth)
        made, signs = self.level(index + 1, depth), _LEVELS[index]
        compares = index == 2
        while self.sign in signs and self.kind == "sign":
            sign = self.advance()
            right = self.level(index + 1, depth)
            made = f"{made} {_WORDS.get(sign, sign)} {right}"
            if compares:  # ours would chain what Nuke takes for one comparison after the other
                made = f"({made})"
        return made

    def unary(self, depth: int) -> str:
        if depth > _DEPTH:
            raise UntranslatableError("it is nested too deeply")
        if self.sign in ("-", "+") and self.kind == "sign":
            sign = self.advance()
            return f"{'-' if sign == '-' else ''}{self.unary(depth + 1)}"
        if self.sign == "!":
            self.advance()
            return f"(not {self.unary(depth + 1)})"
        made = self.atom(depth)
        if self.sign in ("^", "**"):
            self.advance()
            made = f"{made} ** {self.unary(depth + 1)}"
        return made

    def atom(self, depth: int) -> str:
        if self.sign is None:
            raise UntranslatableError("it ends too early")
        if self.kind == "number":
            number = self.advance()
            return number.lstrip("0") or "0" if number.isdigit() else number
        if self.sign == "(":
            self.advance()
            made = self.choice(depth + 1)
            self.take(")")
            return f"({made})"
        if self.kind != "name":
            raise UntranslatableError(f"'{self.sign}' is out of place")
        name = self.advance()
        if self.sign == "(":
            return self.call(name, depth)
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        found = self.names(name)
        if found is None:
            raise UntranslatableError(f"'{name}' means nothing here")
        return found

    def call(self, name: str, depth: int) -> str:
        self.advance()
        arguments = []
        while self.sign != ")":
            arguments.append(self.choice(depth + 1))
            if self.sign != ",":
                break
            self.advance()
        self.take(")")
        if name in _WRITTEN and len(arguments) == _WRITTEN[name][0]:
            return _WRITTEN[name][1].format(*arguments)
        ours = _RENAMED.get(name, name)
        if "." in name:
            raise UntranslatableError(f"it asks for '{name}' at another frame")
        if ours not in ARGUMENTS:
            raise UntranslatableError(f"there is no function '{name}'")
        if name in ("noise", "random", "fBm"):
            arguments = arguments[: ARGUMENTS[ours][1]] or ["frame"]
        least, most = ARGUMENTS[ours]
        if not least <= len(arguments) <= most:
            raise UntranslatableError(f"{name} has {len(arguments)} arguments")
        return f"{ours}({', '.join(arguments)})"
