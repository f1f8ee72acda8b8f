"""Links in expressions: where they lead and how they are written from elsewhere."""

import pytest

from rimlight.engine import Expr
from rimlight.engine.graph.links import find_link, map_links, write_link

NODES = {"A", "G", "G/A", "G/H", "G/H/B", "K", "K/C"}


@pytest.mark.parametrize(
    ("scope", "node", "link", "found"),
    [
        ("", "X", "A.size", ("A", ["size"])),
        ("", "X", "A.color.r", ("A", ["color", "r"])),
        ("", "X", "G.H.B.size", ("G/H/B", ["size"])),
        ("", "X", "G.size", ("G", ["size"])),
        ("G", "X", "A.size", ("G/A", ["size"])),
        ("G", "X", "parent.A.size", ("A", ["size"])),
        ("G", "X", "parent.size", ("G", ["size"])),
        ("G", "X", "parent.color.r", ("G", ["color", "r"])),
        ("G/H", "B", "parent.parent.K.C.size", ("K/C", ["size"])),
        ("G/H", "B", "parent.parent.size", ("G", ["size"])),
        ("G/H", "B", "self.size", ("G/H/B", ["size"])),
        ("", "X", "Nobody.size", None),
        ("", "X", "parent.A.size", None),
        ("", "X", "size", None),
    ],
)
def test_where_a_link_leads(scope: str, node: str, link: str, found: tuple[str, list[str]] | None) -> None:
    assert find_link(NODES, scope, node, link) == found


@pytest.mark.parametrize("scope", ["", "G", "G/H", "K"])
@pytest.mark.parametrize("target", sorted(NODES))
def test_what_is_written_leads_there(scope: str, target: str) -> None:
    assert find_link(NODES, scope, "X", f"{write_link(scope, target)}.size") == (target, ["size"])


def test_only_links_change_in_an_expression() -> None:
    value = Expr("max(A.size, frame) + A . color[0] * BA.size - A.size.x ** pi")
    changed = map_links(value, lambda link: link.replace("A.", "Z.", 1) if link.startswith("A.") else link)
    assert changed == Expr("max(Z.size, frame) + Z.color[0] * BA.size - Z.size.x ** pi")


def test_a_value_without_changes_is_the_same_object() -> None:
    value = (1.0, Expr("A.size"), 2.0)
    assert map_links(value, lambda link: link) is value
