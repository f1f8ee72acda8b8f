"""What is installed is what is in the folders, under one name, with everything it needs declared."""

import ast
import importlib.metadata
import pkgutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from source import PACKAGES, ROOT, files, imports, modules, project


def requirements(*extras: str) -> dict[str, Requirement]:
    """The declared dependencies, with those of the extras, by canonical name."""
    declared = list(project()["project"]["dependencies"])
    for extra in extras:
        declared += project()["project"]["optional-dependencies"][extra]
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, declared)}


def provided(name: str) -> set[str]:
    """The names that a distribution lets us import; its own name where it is not installed, as some extras are not."""
    try:
        tops = {path.parts[0] for path in importlib.metadata.files(name) or ()}
    except importlib.metadata.PackageNotFoundError:
        return {name.replace("-", "_")}
    return {top.partition(".")[0] for top in tops if not top.endswith((".dist-info", ".libs", ".."))}


def third_party(*folders: str) -> dict[str, str]:
    """The foreign modules that these folders import, each with the last place that does."""
    return {
        top: f"{path.relative_to(ROOT)}:{line}"
        for path in modules(*folders)
        for line, module, level in imports(path)
        if not level and (top := module.partition(".")[0]) not in {*sys.stdlib_module_names, "rimlight"}
    }


def test_every_package_folder_is_listed() -> None:
    folders = {
        ".".join(("rimlight", *path.parent.relative_to(ROOT).parts))
        for path in modules(*PACKAGES)
        if path.name == "__init__.py"
    }
    assert set(project()["tool"]["setuptools"]["packages"]) == folders


def test_every_folder_with_code_is_a_package_but_what_makes_the_manual() -> None:
    code = [path for path in modules(*PACKAGES) if path.parent != ROOT / "docs" / "making"]
    bare = {path.parent.relative_to(ROOT) for path in code if not (path.parent / "__init__.py").exists()}
    assert not bare, f"without an __init__.py: {sorted(map(str, bare))}"


def test_the_manual_ships_without_what_makes_it() -> None:
    assert [path.name for path in (ROOT / "docs").glob("*.py")] == ["__init__.py"]
    assert not (ROOT / "docs" / "making" / "__init__.py").exists()
    patterns = project()["tool"]["setuptools"]["package-data"]["rimlight.docs"]
    assert not [pattern for pattern in patterns if fnmatch("making/keys.py", pattern)]


def test_every_data_file_is_in_the_wheel() -> None:
    data = project()["tool"]["setuptools"]["package-data"]
    left_out = []
    for path in files():
        inside = path.relative_to(ROOT)
        if inside.parts[0] not in PACKAGES or path.suffix == ".py":
            continue
        package = next(folder for folder in path.parents if (folder / "__init__.py").exists())
        dotted = ".".join(("rimlight", *package.relative_to(ROOT).parts))
        patterns = [*data["*"], *data.get(dotted, [])]
        # setuptools reads ** as any number of folders, none included; fnmatch lets * cross slashes.
        if not any(fnmatch(str(path.relative_to(package)), pattern.replace("**/", "*")) for pattern in patterns):
            left_out.append(str(inside))
    assert not left_out


@pytest.mark.parametrize("folder", ["app", "engine", "nodes", "training"])
def test_a_second_copy_is_refused(folder: str) -> None:
    command = [sys.executable, "-c", f"import {folder}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"ImportError: import rimlight.{folder}, not {folder}" in done.stderr


@pytest.mark.parametrize(
    ("folders", "extras"), [(("engine", "nodes"), ("onnx", "usd")), (("app",), ("gui",)), (("training",), ("train",))]
)
def test_every_import_is_declared(folders: tuple[str, ...], extras: tuple[str, ...]) -> None:
    imported = third_party(*folders)
    for name in requirements(*extras):
        for module in provided(name):
            imported.pop(module, None)
    assert not imported


def test_every_dependency_is_imported() -> None:
    imported = set(third_party("engine", "nodes"))
    assert not {name for name in requirements() if not provided(name) & imported}


def test_constraints_pin_every_dependency_within_its_range() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    versions = {canonicalize_name(name): version for name, version in pinned.items()}
    for name, requirement in requirements(*project()["project"]["optional-dependencies"]).items():
        assert name in versions, f"{name} is not pinned"
        assert requirement.specifier.contains(versions[name]), f"{requirement} does not allow {versions[name]}"
    # A local version would tie every user to one build of torch.
    assert not [line for line in pinned.values() if "+" in line]


def test_entry_points_lead_somewhere() -> None:
    (command,) = importlib.metadata.entry_points(group="console_scripts", name="rimlight")
    (builtin,) = importlib.metadata.entry_points(group="rimlight.nodes", name="builtin")
    assert callable(command.load())
    assert callable(builtin.load())


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.stem)
def test_benchmarks_use_what_there_is(path: Path) -> None:
    """They are run seldom and go deep into packages, where names move."""
    for line in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(line, ast.ImportFrom) and (line.module or "").startswith("rimlight."):
            for name in line.names:
                pkgutil.resolve_name(f"{line.module}.{name.name}")
