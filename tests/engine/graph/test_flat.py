import pytest

from rimlight.engine import Expr, Graph, ParameterError, Session
from rimlight.engine.expression import Expression
from rimlight.engine.graph import edits
from rimlight.engine.graph.flat import Flat


def linked(count: int, text: str) -> Flat:
    """Grades that each link the components of `multiply` to those of the one before; `{}` is the link in `text`."""
    session = Session()
    session.add("Grade", name="G0")
    session.express("G0", mix="frame / 100")
    for i in range(1, count):
        session.add("Grade", name=f"G{i}", multiply=tuple(Expr(text.format(f"G{i - 1}.multiply.{c}")) for c in "rgba"))
    return session.flat()


def test_components_that_link_to_each_other_are_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each node of a row would take four times as long as the one before."""
    count, evaluated = 12, []
    flat = linked(count, "{} + 1")
    evaluate = Expression.evaluate
    monkeypatch.setattr(Expression, "evaluate", lambda self, *a: (evaluated.append(self), evaluate(self, *a))[1])
    state = flat.node(f"G{count - 1}").state
    assert state.cls is not None
    assert flat.value(f"G{count - 1}", state.cls.spec("multiply"), 1.0) == (12.0,) * 4
    assert len(evaluated) == 4 * (count - 1)


def test_links_see_the_frame_they_are_asked_at() -> None:
    session = Session()
    a = session.add("Blur", name="A")
    session.express(a, mix="frame / 8")
    b = session.add("Blur", name="B")
    session.express(b, mix="A.mix + A.mix")
    assert [session.value(b, "mix", frame) for frame in (1, 2, 1)] == [0.25, 0.5, 0.25]


def test_too_many_links_in_a_row_are_a_sentence() -> None:
    graph, name = edits.add(Graph(), "filter.blur", values={"size": 3.0})
    for _ in range(600):
        graph, name = edits.add(graph, "filter.blur", values={"size": Expr(f"{name}.size")})
    flat = Flat(graph)
    state = flat.node(name).state
    assert state.cls is not None
    with pytest.raises(ParameterError, match=f"{name}.size: its expression leads through too many links in a row"):
        flat.value(name, state.cls.spec("size"), 1.0)
