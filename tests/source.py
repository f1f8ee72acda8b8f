"""The project's own source as data, for the tests that check how it is laid out."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "docs", "engine", "nodes", "resources", "training")


@cache
def project() -> dict:
    """pyproject.toml, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the project: tracked, or new and not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git does not know this folder")
    listed = done.stdout.split("\0")
    return tuple(path for name in sorted(set(listed)) if name and (path := ROOT / name).is_file())


def modules(*folders: str) -> list[Path]:
    """The Python files of these top-level folders, without what tools left behind."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "__pycache__" not in path.parts)


def imports(path: Path) -> Iterator[tuple[int, str, int]]:
    """Yield `(line, module, level)` for each import, wherever it stands; level 0 is absolute.

    Counts statements and `import_module("name")`.
    """
    for found in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        match found:
            case ast.Import(names=names):
                yield from ((found.lineno, name.name, 0) for name in names)
            case ast.ImportFrom(module=module, level=level):
                yield found.lineno, module or "", level
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield found.lineno, module, 0
