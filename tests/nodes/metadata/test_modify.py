import pytest

from compare import assert_same
from pictures import layered
from rimlight.engine import ParameterError
from rimlight.nodes.ops.metadata import matches, text_of, value_of
from stage import run, staged


def test_lines_set_and_remove_from_top_to_bottom() -> None:
    edits = 'shot = B020\nexr/owner = Kim Park\n scale=1.5\nwindow = [1, 2.5]\nflag = true\ncode = "42"\n-take\n-exr/*'
    out = run("ModifyMetaData", layered(), edits=edits)
    assert dict(out.info.metadata) == {"shot": "B020", "scale": 1.5, "window": (1, 2.5), "flag": True, "code": "42"}
    assert_same(out.layers, layered().layers)


def test_no_edits_pass_the_input() -> None:
    assert staged("ModifyMetaData", layered(), edits="").vertex("node").alias == ("given_image", 1)


@pytest.mark.parametrize("edits", ["shot", "= 4", "-", "shot = 1\nnonsense"])
def test_a_line_that_is_no_edit_is_named(edits: str) -> None:
    with pytest.raises(ParameterError, match="is no edit: expected 'name = value' or '-name'"):
        run("ModifyMetaData", layered(), edits=edits)


@pytest.mark.parametrize("value", [3, -1.5, True, "text", "42", "true", (1, 2), "a = b", ""])
def test_a_value_reads_back_from_its_text(value: object) -> None:
    found = value_of(text_of(value))
    assert found == value and type(found) is type(value)


def test_patterns_that_are_blank_fit_everything() -> None:
    assert all(matches("exr/owner", blank) for blank in ("", " , ", "\n", "exr/* nuke/*"))
    assert not matches("exr/owner", "nuke/*, exr/comments")
