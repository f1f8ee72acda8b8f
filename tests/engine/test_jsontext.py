"""The JSON of scripts: what is refused and where, and how it is laid out."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rimlight.engine import ScriptError
from rimlight.engine.jsontext import MAX_DEPTH, Block, from_json, parse, render

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.dictionaries(st.text(), inner).map(Block),
)


@given(PLAIN)
def test_what_is_written_reads_back(data: object) -> None:
    text = render(data)
    assert parse(text, "it") == data
    assert render(parse(text, "it")) == render(json.loads(json.dumps(data)))
    assert text.encode() and text.endswith("\n")


def test_a_text_that_was_cut_short_is_told_as_such() -> None:
    whole = render(Block(nodes=Block(a={"on": True, "off": None, "keys": [-1, 22]}), name="shot one")).rstrip()
    for end in range(1, len(whole)):
        with pytest.raises(ScriptError, match=r"s\.rim: line \d+, column \d+: the text ends in the middle"):
            parse(whole[:end], "s.rim")
    with pytest.raises(ScriptError, match="expecting ',' delimiter"):
        parse(whole.replace("22]", "22 }"), "s.rim")


@pytest.mark.parametrize("number", [0.1, 1e22, 5e-324, 1.7976931348623157e308, -0.0, 1 / 3, 16777217.0])
def test_floats_are_shortest_and_exact(number: float) -> None:
    text = render(number).strip()
    assert text == repr(number)
    assert math.copysign(1, parse(text, "it")) == math.copysign(1, number)


def test_blocks_have_a_member_per_line_and_the_rest_goes_on_one_line_while_it_fits() -> None:
    data = Block(
        values=Block(color=[1.0, 2.0, 3.0], keys={"keys": [[i, 0.5, "smooth"] for i in range(6)]}), none=Block()
    )
    assert render(data) == (
        '{\n  "values": {\n    "color": [1.0, 2.0, 3.0],\n    "keys": {\n      "keys": [\n'
        + ",\n".join(f'        [{i}, 0.5, "smooth"]' for i in range(6))
        + '\n      ]\n    }\n  },\n  "none": {}\n}\n'
    )


def test_a_file_name_that_is_not_utf8_survives() -> None:
    name = b"shot_\xff.exr".decode("utf-8", "surrogateescape")
    assert parse(render([name]).encode().decode(), "it") == [name]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "s.rim: line 1, column 1: expecting value"),
        (
            '{\n  "a": 1,\n}',
            "s.rim: line 2, column 9: illegal trailing comma|s.rim: line 3, column 1: expecting property",
        ),
        ('{"a": 1} x', "s.rim: line 1, column 10: extra data"),
        ('{"a": NaN}', "s.rim: NaN stands for a number, expected a finite one"),
        ("[-Infinity]", "s.rim: -Infinity stands for a number"),
        ('{"a": {"b": [1e999]}}', "s.rim: a.b holds a number that is too large"),
        ('{\n "a": {"b": "{\\"b\\": 1}",\n "b": 1}}', 's.rim: line 3: the name "b" stands twice in one block'),
        ("9" * 5000, "s.rim: it holds a number that is too large"),
        ('{"a": {"b": -' + "9" * 5000 + "}}", "s.rim: a.b holds a number that is too large"),
        ('{"a": ' + "9" * 400 + "}", "s.rim: a holds a number that is too large"),
        ("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), "s.rim: nested deeper than 200 levels"),
        ("[" * 100000, "s.rim: nested deeper than 200 levels"),
        ('{"a": "\x01"}', "s.rim: line 1, column 8: invalid control character"),
    ],
)
def test_what_a_script_cannot_mean_is_refused_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(ScriptError, match=rf"\A({sentence})"):
        parse(text, "s.rim")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[" * 100000, "nested without end"),
        (f"[{'9' * 400}]", "9{20}... is a number that is too large"),
        ("{", "line 1"),
    ],
)
def test_json_of_others_raises_nothing_but_value_errors(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        from_json(text)
    assert from_json('\ufeff[1, 1e999, {"a": "b"}]'.encode()) == [1, math.inf, {"a": "b"}]


@pytest.mark.parametrize("data", [float("nan"), [float("inf")], {"a": object()}, Block(a={1, 2})])
def test_what_json_cannot_hold_is_refused(data: object) -> None:
    with pytest.raises(ScriptError, match="the script holds something that no script can hold"):
        render(data)
