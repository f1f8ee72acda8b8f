"""Run with pytest, with rimlight installed."""

from pathlib import Path

import pytest
import torch

from rimlight.engine import LayerKind, NodeError, Session, check_node


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("RIMLIGHT_PLUGIN_PATH", str(Path(__file__).parent))
    session = Session()
    session.set_project(format="32x24")
    session.add("Constant", name="Growing")
    session.express("Growing", color="frame")
    session.add("Radial", name="Half", area=(4.0, 4.0, 28.0, 20.0))
    session.add("Movement", "Growing", name="Moved", back=3)
    return session


def test_what_grows_by_one_a_frame_has_moved_by_three(session: Session) -> None:
    out = session.evaluate("Moved", frame=10)
    assert out.info.layer("movement").kind is LayerKind.DATA
    assert torch.allclose(out["movement"], torch.tensor(3.0))
    assert torch.equal(out["rgba"], session.evaluate("Growing", frame=10)["rgba"])
    session.set("Moved", measure="squared")
    assert torch.allclose(session.evaluate("Moved", frame=10)["movement"], torch.tensor(9.0))


def test_a_mask_holds_it_back(session: Session) -> None:
    session.connect("Moved", "mask", "Half")
    mask = session.evaluate("Half", frame=10)["rgba"][3:]
    assert torch.allclose(session.evaluate("Moved", frame=10)["movement"], 3 * mask)


def test_it_keeps_what_every_node_promises(session: Session) -> None:
    session.add("Noise", name="Alive")
    session.connect("Moved", "image", "Alive")
    session.connect("Moved", "mask", "Half")
    assert check_node(session, "Moved", (1.0, 10.0)) == []


def test_a_layer_that_is_not_there_is_a_sentence(session: Session) -> None:
    session.set("Moved", layer="depth")
    with pytest.raises(NodeError, match="Moved at frame 10: the input has no layer 'depth', it has rgba"):
        session.evaluate("Moved", frame=10)
