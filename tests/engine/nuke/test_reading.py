"""From text to nodes: words as Tcl quotes them, the stack, groups, clones, and text that is damaged."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rimlight.engine import ScriptError, dumps, import_nuke, is_nuke, loads
from rimlight.engine.nuke.reading import NukeNode, pairs, read_script
from rimlight.engine.nuke.words import items

HERE = Path(__file__).parent
COMP, EVERY = ((HERE / name).read_text() for name in ("comp.nk", "every.nk"))


def texts(text: str) -> list[str]:
    return [word.text for word in items(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b  c", ["a", "b", "c"]),
        ('"two words" x', ["two words", "x"]),
        (r'"a \"b\" \[c] \{ \\ \x41 \u00e9\n"', ['a "b" [c] { \\ A é\n']),
        ("{curve x1 0} 10", ["curve x1 0", "10"]),
        ("{{a {b c}} d}", ["{a {b c}} d"]),
        (r"{a \} b} c", [r"a \} b", "c"]),
        ("name [stack 0] [value a [b c]]x", ["name", "[stack 0]", "[value a [b c]]x"]),
        ("{0} B", ["0", "B"]),
        ("{never closed", ["never closed"]),
        ('"never closed', ["never closed"]),
        ("} a }}", ["a"]),
        ("a;b", ["a", "b"]),
        ("{} {}", ["", ""]),
    ],
)
def test_words_are_read_as_tcl_quotes_them(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_knobs_are_pairs_on_lines_and_braces_go_over_lines() -> None:
    body = " size {10\n  20}\n label \"one\n two\"\n empty\n a 1 b 2\n many x y\n"
    found = {name: word.text for name, word in pairs(body)}
    assert found == {"size": "10\n  20", "label": "one\n two", "empty": "", "a": "1", "b": "2", "many": "x y"}


def sources(node: NukeNode) -> list[str | None]:
    return [source.name if source is not None else None for source in node.inputs]


def test_inputs_come_from_the_stack_the_top_first() -> None:
    script = read_script(
        "Read {\n inputs 0\n name R\n}\nset N1 [stack 0]\nConstant {\n inputs 0\n name C\n}\npush 0\npush $N1\n"
        "Grade {\n name G\n}\nMerge2 {\n inputs 2+1\n name M\n}\npush $N1\nDot {\n inputs 1\n name D\n}\n"
    )
    by_name = {node.name: node for node in script.nodes}
    assert sources(by_name["G"]) == ["R"]
    assert sources(by_name["M"]) == ["G", None, "C"] and by_name["M"].masks == 1
    assert sources(by_name["D"]) == ["R"]


def test_groups_have_a_stack_of_their_own_and_clones_repeat_a_node() -> None:
    script = read_script(
        "Blur {\n inputs 0\n size 3\n name B\n xpos 5\n}\nset C1 [stack 0]\n"
        "Group {\n inputs 1\n name G\n}\n Input {\n  inputs 0\n  name In\n }\n Output {\n  name Out\n }\nend_group\n"
        "clone $C1 {\n inputs 0\n xpos 9\n}\nclone nodeX|Grade|7 Grade {\n inputs 0\n mix 0.5\n name K\n}\n"
        "clone nodeX|Grade|7 {\n inputs 0\n}\n"
    )
    blur, group, copy, first, second = script.nodes
    assert sources(group) == ["B"]
    assert group.inside is not None and [n.cls for n in group.inside] == ["Input", "Output"]
    assert sources(group.inside[1]) == ["In"]
    assert copy.original is blur and copy.text("size") == "3" and copy.text("xpos") == "9"
    assert second.original is first and second.text("mix") == "0.5"


def test_what_is_no_node_is_passed_over_and_named() -> None:
    text = "#! nuke\n# a comment {\nversion 13.0 v2\nadd_layer {depth depth.Z}\nfoo bar\n{loose}\nNoOp {\n name N\n}\n"
    script = read_script(text)
    assert [node.cls for node in script.nodes] == ["NoOp"]
    assert script.skipped == ["line 5: 'foo' is no node", "line 5: 'bar' is no node", "line 6: 'loose' is no node"]


def test_a_script_in_one_line_is_read_too() -> None:
    script = read_script("set cut_paste_input [stack 0] version 12.0 v3 push $cut_paste_input Blur { size 3 name B }")
    assert [(n.cls, n.name, n.text("size")) for n in script.nodes] == [("Blur", "B", "3")]


def test_texts_of_nuke_are_told_from_ours() -> None:
    assert is_nuke(COMP) and is_nuke(EVERY)
    assert is_nuke("set cut_paste_input [stack 0]\nversion 14.0 v1\npush $cut_paste_input\nBlur {\n size 4\n}\n")
    assert is_nuke("Blur {\n size 4\n}\n")
    for other in ('{\n "rimlight": 1\n}', "set cut_paste_input [stack 0]", "hello", "", "Blur { a b }"):
        assert not is_nuke(other)


def test_a_text_without_nodes_is_no_script() -> None:
    with pytest.raises(ScriptError, match="no node in it"):
        import_nuke("Root {\n inputs 0\n}\n")


def unharmed(text: str) -> None:
    """The text gives a script that reads back as it is, or is refused with a sentence."""
    try:
        document = import_nuke(text).document
    except ScriptError:
        return
    written = dumps(document)
    assert dumps(loads(written).document) == written


PIECES = st.sampled_from(
    [
        "Blur {\n", "}\n", "{", "}", '"', "\\", "[stack 0]", "set N1 ", "push $N1\n", "push 0\n", "end_group\n",
        "Group {\n", " size {{curve x1 3 K x2 4}}\n", " size {{frame*2} 4}\n", " inputs 2+1\n", " name A\n",
        " mix {{B.mix}}\n", "\n", " ", "Merge2 {\n", "clone $N1 {\n", " addUserKnob {41 a T B.size}\n", "1e999", "nan",
        "Roto {\n curves {{{v 1} {n {layer R {curvegroup S 1 bezier {{cc {px 1 {0 0} {1 2} {0 0}}}}}}}}}\n}\n",
        "Tracker4 {\n tracks {{1 2 1} {{ 2 1 58 a track_x 1}} {{{curve x1 3}}}}\n}\n",
        'Shuffle2 {\n mappings "1 a 0 0 b"\n}\n', "-", "é",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40))
@settings(max_examples=150, deadline=None)
def test_no_text_of_pieces_does_harm(pieces: list[str]) -> None:
    unharmed("".join(pieces))


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_text_at_all_does_harm(text: str) -> None:
    unharmed(text)


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_script_does_no_harm(seed: int) -> None:
    rng = random.Random(seed)
    text = list(rng.choice((COMP, EVERY)))
    for _ in range(rng.randint(1, 60)):
        at = rng.randrange(len(text))
        change = rng.random()
        if change < 0.4:
            text[at] = rng.choice('{}"\\\n [];x1')
        elif change < 0.7:
            del text[at : at + rng.randint(1, 30)]
        else:
            text[at:at] = text[(start := rng.randrange(len(text))) : start + rng.randint(1, 40)]
    unharmed("".join(text))


def test_deep_nesting_ends_with_a_note_and_not_with_the_stack() -> None:
    unharmed("Group {\n name G\n}\n" * 300 + "Blur {\n}\n")
    unharmed("Roto {\n curves " + "{" * 3000 + "}" * 3000 + "\n}\n")
    unharmed("Blur {\n size {{" + "(" * 3000 + "}}\n mix {{" + "-" * 3000 + "1}}\n}\n")
