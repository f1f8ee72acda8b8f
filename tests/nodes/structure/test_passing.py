import pytest

from compare import assert_same
from pictures import layered
from rimlight.engine import NodeError
from stage import run, staged


@pytest.mark.parametrize("kind", ["Dot", "NoOp", "Input", "Output"])
def test_it_disappears_from_the_evaluation(kind: str) -> None:
    stage = staged(kind, layered())
    assert stage.vertex("node").alias == ("given_image", 1)
    assert_same(stage.evaluate("node"), layered())


@pytest.mark.parametrize("kind", ["Backdrop", "StickyNote"])
def test_notes_are_only_seen(kind: str) -> None:
    with pytest.raises(NodeError):
        run(kind)
