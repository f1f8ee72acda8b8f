"""Values as they are typed for a wedge."""

from pathlib import Path

import pytest

import shots
from rimlight.engine import Curve, Expr, ParameterError, RimlightError, Session
from rimlight.engine.wedge.vary import Vary, told_value


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = Session.open(shots.shot(tmp_path))
    session.insert_after("Warm", "Blur", name="Inner", size=3)
    session.group("Inner", name="Fold")
    session.promote("Fold", "Inner.mix", "amount")
    session.add("Reformat", "Soft", name="Small")
    return session


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("Soft.mix=0, 0.5,1e-3", (0.0, 0.5, 0.001)),
        ("Soft.mix=0-1/5", (0.0, 0.25, 0.5, 0.75, 1.0)),
        ("Soft.mix=1-0x0.3", (1.0, 0.7, 0.4, 0.1)),
        ("Soft.mix=0-1:0.1", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)),
        ("Warm.add=-2--1,-.5-.5", ((-2.0,) * 4, (-1.0,) * 4, (-0.5,) * 4, (0.5,) * 4)),
        ("Warm.white=[1,2,3,1],2", ((1.0, 2.0, 3.0, 1.0), (2.0, 2.0, 2.0, 2.0))),
        ("Warm.disable=true,False", (True, False)),
        ("Small.width=10-30x10", (10, 20, 30)),
        ("Small.filter=cubic,lanczos4", ("cubic", "lanczos4")),
        ("Plate.file=a-1.exr, b.exr", ("a-1.exr", "b.exr")),
        ('Plate.file="a, b.exr",""', ("a, b.exr", "")),
        ("Soft.mix=expr:frame / 4,expr:clamp(frame, 0, 1)", (Expr("frame / 4"), Expr("clamp(frame, 0, 1)"))),
        ("Fold.Inner.mix=0,1", (0.0, 1.0)),
        ("Fold.amount=0.25", (0.25,)),
    ],
)
def test_values_are_read_as_they_are_typed(session: Session, typed: str, values: tuple) -> None:
    vary = Vary.typed(session.graph, typed)
    assert vary.values == values and list(map(type, vary.values)) == list(map(type, values))
    assert vary.name == typed.partition("=")[0]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Soft.mix", "expected Node.param=value,value"),
        ("mix=1", "'mix': expected Node.param"),
        ("Nope.mix=1", "no node 'Nope' here, only Plate"),
        ("Soft.mx=1", "no parameter 'mx', it has"),
        ("Soft.mix=0,,1", "a value is empty"),
        ("Soft.mix=", "a value is empty"),
        ("Soft.mix=0-2", "must be within 0 to 1"),
        ("Soft.mix=0-1/1", "a whole number of values after /"),
        ("Soft.mix=0-1/2.5", "a whole number of values after /"),
        ("Soft.mix=0-1x0", "a step above 0"),
        ("Soft.mix=0-1x0.0001", "more than 1000 values"),
        ("Soft.mix=wide", "expected a number"),
        ("Soft.mix=expr:1 +", "expression"),
        ("Small.filter=cubic,lanczos", "expected one of"),
        ("Plate.file=expr:frame", "no expression"),
        ("Warm.white=1,2,[1,2]", "expected 4 numbers"),
    ],
)
def test_wrong_values_are_one_sentence(session: Session, typed: str, words: str) -> None:
    with pytest.raises(RimlightError) as caught:
        Vary.typed(session.graph, typed)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_python_values_are_checked_too(session: Session) -> None:
    assert Vary.of(session.graph, "Fold/Inner.mix", [1, 0.5]).values == (1.0, 0.5)
    for values in ([2], [True], []):
        with pytest.raises(ParameterError):
            Vary.of(session.graph, "Soft.mix", values)


def test_how_values_are_told() -> None:
    values = (
        0.1 + 0.2,
        12345678,
        1234567.5,
        True,
        (1.0, 0.5),
        (2.0, 2.0),
        Expr("frame"),
        "cubic",
        "two\nlines",
        "",
        Curve.of((1, 2.0)),
    )
    told = ["0.3", "12345678", "1234567.5", "true", "1, 0.5", "2", "= frame", "cubic", "two lines", '""', "animated"]
    assert list(map(told_value, values)) == told


def test_settings_of_the_project(session: Session) -> None:
    vary = Vary.typed(session.graph, "project.view=Raw,Un-tone-mapped")
    assert (vary.node, vary.parameter, vary.name) == ("project", "view", "project.view")
    assert vary.values == ("Raw", "Un-tone-mapped")
    assert Vary.typed(session.graph, "project.fps=24,25").values == (24.0, 25.0)
    with pytest.raises(ParameterError, match="of the project a wedge takes format, fps"):
        Vary.typed(session.graph, "project.ocio=a,b")
