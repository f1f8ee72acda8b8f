"""What strokes and shapes have in common: read alike, with the same sentences, and moved alike."""

from typing import Any

import pytest
import torch

from rimlight.nodes.ops.drawn import size_of
from rimlight.nodes.ops.paint_strokes import PaintStrokes
from rimlight.nodes.ops.shapes import Shapes

BAD: list[tuple[Any, str]] = [
    ("circle", "expected a list of KINDs"),
    ([{"name": 3}], "the name of KIND 1 is 3, expected text"),
    ([{"name": "a", "colour": 1}], "KIND 'a' has 'colour', expected only name, visible, translate"),
    ([{}, {"visible": 1}], "visible of KIND 2 is 1, expected true or false"),
    ([{"opacity": 2}], "opacity of KIND 1 is 2, expected 0 to 1"),
    ([{"opacity": {"keys": []}}], "opacity of KIND 1: a curve"),
    ([{"rotate": True}], "rotate of KIND 1 is True, expected a number"),
    ([{"rotate": 1e8}], "rotate of KIND 1 is 100000000, expected -10000000 to 10000000"),
    ([{"translate": [1]}], r"translate of KIND 1 is \[1\], expected 2 numbers"),
    ([{"points": 5}], "points of KIND 1: found 5, expected a list of points"),
    ([{"name": "a", "points": [[0, 0], [1]]}], r"point 2 of the points of KIND 'a' is \[1\], expected \[x, y\]"),
    ([{"points": [["x", 0]]}], "point 1 of the points of KIND 1 is 'x', expected a number"),
]


@pytest.mark.parametrize(("kind", "reader"), [("stroke", PaintStrokes), ("shape", Shapes)])
@pytest.mark.parametrize(("data", "sentence"), BAD)
def test_bad_data_gets_the_same_sentence(data: Any, sentence: str, kind: str, reader: Any) -> None:
    with pytest.raises(ValueError, match=sentence.replace("KIND", kind)):
        reader.parse(data)


@pytest.mark.parametrize("reader", [PaintStrokes, Shapes])
def test_both_move_about_their_centres(reader: Any) -> None:
    ramp = {"keys": [[1, 0, "linear"], [11, 20, "linear"]]}
    data = {"points": [[3, 0]], "center": [1, 0], "rotate": 90, "scale": [2, 2], "translate": [ramp, 5]}
    assert reader.parse([data]).to_data() == [data]
    (found,) = vars(reader.parse([data]).resolved(6)).values()
    place = found[0].matrix @ torch.tensor([3.0, 0.0, 1.0], dtype=torch.float64)
    assert place[:2].tolist() == pytest.approx([1 + 10, 4 + 5]) and found[0].is_still
    assert size_of(found[0].matrix) == pytest.approx(2)
    assert size_of(torch.tensor([[0.3, 0, 9], [0, -0.3, 4], [0, 0, 1]], dtype=torch.float64)) == 0.3, "to the last bit"
