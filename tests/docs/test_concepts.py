"""What the chapter on concepts lists is what there is."""

import re

from rimlight.engine import LIGHT_LAYERS, LayerKind
from source import ROOT

TEXT = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, cells without their marks."""
    section = re.split(r"^#+ ", TEXT.split(f" {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_light_layers_are_those_of_the_engine_with_their_kinds() -> None:
    assert [(name, kind) for name, kind, _ in rows("Light layers")] == [
        (layer.name, layer.kind.value) for layer in LIGHT_LAYERS.values()
    ]


def test_every_kind_of_layer_is_told() -> None:
    named = {name.strip(" `") for kinds, _ in rows("Pictures") for name in kinds.split(",")}
    assert named == {kind.value for kind in LayerKind}
