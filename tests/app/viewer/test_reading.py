"""What the viewer says and shows of single colours."""

import pytest
import torch

from rimlight.app.viewer.frame import open_display
from rimlight.app.viewer.reading import swatch_display
from rimlight.engine import Colors, Project
from rimlight.engine.color import display as display_module


def test_swatches_have_the_exact_colour_and_bake_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    baked: list[object] = []
    plain = display_module.bake
    monkeypatch.setattr(display_module, "bake", lambda *given: baked.append(given) or plain(*given))
    display = open_display(Colors(), Project(), "", "")
    _, render = swatch_display(display)
    light = (0.31, 2.5, 0.02)
    shown = render(light)
    assert baked == []  # a view of many costs a tenth of a second, which a window that paints would wait for
    exact = display.renderer.render(torch.tensor(light).reshape(3, 1, 1), display.display, display.view)
    assert shown == tuple(exact.flatten().tolist())
    display.renderer.render(torch.zeros(3, 1, 1), display.display, display.view, exact=False)
    assert len(baked) == 1
