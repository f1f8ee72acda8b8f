"""Numbers that nodes tell, as keys of their parameters: a step each, followed by others, and no part of the picture."""

import pytest

from rimlight.engine import Curve, Expr, GraphError, Key, ParameterError, Session, Tier, measured_parameters


@pytest.fixture
def session() -> Session:
    """A constant that gets one stop brighter a frame, over frames 1 to 4, and a CurveTool."""
    s = Session()
    s.set_project(format="16x8", frames=[1, 4])
    s.add("image.constant", name="Grey", color=(0.25, 0.5, 1.0, 1.0))
    s.add("color.exposure", "Grey", name="Up", stops=Curve((Key(1, 0.0, "linear"), Key(4, 3.0, "linear"))))
    s.add("CurveTool", "Up", name="Tool")
    return s


def keys(session: Session, node: str, name: str) -> dict[float, float]:
    curve = session.graph[node].values[name]
    assert isinstance(curve, Curve)
    return {key.frame: key.value for key in curve.keys}


def content(session: Session, node: str, frame: float) -> object:
    """The key of a picture."""
    vertices = session.evaluator.survey(session.graph, session.project, [node], frame, 1.0, Tier.FINAL)
    return vertices[node, frame].key


def test_every_frame_gets_a_key_in_one_step(session: Session) -> None:
    steps = session.history.position
    rows = session.measure("Tool")
    assert session.history.position == steps + 1
    assert list(rows) == [1.0, 2.0, 3.0, 4.0]
    assert keys(session, "Tool", "red") == pytest.approx({1: 0.25, 2: 0.5, 3: 1.0, 4: 2.0})
    assert keys(session, "Tool", "blue")[3] == pytest.approx(4.0)
    session.undo()
    assert "red" not in session.graph["Tool"].values


def test_others_follow_it_and_the_picture_is_what_it_was(session: Session) -> None:
    session.add("color.multiply", "Tool", name="Level", value=Expr("0.25 / Tool.red"))
    before = content(session, "Tool", 3.0)
    session.measure("Tool", "1-4")
    assert content(session, "Tool", 3.0) == before
    for frame in (1, 4):
        assert float(session.evaluate("Level", frame).tensor("rgba")[0].mean()) == pytest.approx(0.25, rel=1e-5)


def test_frames_without_a_number_get_no_key(session: Session) -> None:
    session.add("FlickerMeter", session.add("time.frame_range", "Up", first=1, last=4), name="Meter")
    rows = session.measure("Meter", "1-3")
    assert rows[1.0] == {} and rows[2.0]["flicker"] > 0
    assert list(keys(session, "Meter", "flicker")) == [2, 3]
    assert "flicker_plate" not in session.graph["Meter"].values


def test_measuring_again_replaces_and_one_frame_is_a_constant(session: Session) -> None:
    session.measure("Tool", "2")
    assert session.graph["Tool"].values["red"] == pytest.approx(0.5)
    session.measure("Tool", "1-2")
    session.set("Up", stops=0.0)
    session.measure("Tool", "2-3")
    assert keys(session, "Tool", "red") == pytest.approx({1: 0.25, 2: 0.25, 3: 0.25})


def test_what_cannot_be_measured_or_kept_is_told(session: Session) -> None:
    with pytest.raises(GraphError, match="Up measures nothing"):
        session.measure("Up")
    session.set("Tool", red=Expr("frame"))
    before = session.graph
    with pytest.raises(ParameterError, match="red follows an expression"):
        session.measure("Tool")
    assert session.graph is before
    assert measured_parameters(session.graph["Up"].cls) == ()
