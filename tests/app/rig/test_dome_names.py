"""Names in the dome stand beside each other, however small it is."""

from itertools import combinations

import pytest
from pytestqt.qtbot import QtBot

from rigpanels import Make, opened
from rimlight.app.rig.dome_names import around, name_boxes
from rimlight.app.workspace import Workspace


@pytest.mark.parametrize("size", [150, 170, 320])
def test_no_name_lies_on_another_or_on_a_handle(
    size: int, workspace: Workspace, make_panel: Make, qtbot: QtBot
) -> None:
    s, rig = workspace.session, ()
    for name, azimuth, elevation in (
        ("key", 40, 35), ("window", 55, 30), ("kicker", 50, 10), ("fill", -50, 5), ("practical", -60, 12),
    ):  # fmt: skip
        rig = (s.add("light.directional", *rig, name=name, light_name=name, azimuth=azimuth, elevation=elevation),)
    workspace.select(rig)
    dome = opened(make_panel, qtbot).dome
    dome.setFixedSize(int(1.8 * size), size)
    boxes = name_boxes(dome)
    assert dome.current in boxes and len(boxes) >= 4
    assert not [pair for pair in combinations(boxes.values(), 2) if pair[0].intersects(pair[1])]
    for handle in dome.handles:
        others = [box for path, box in boxes.items() if path != handle.path]
        assert not any(box.intersects(around(dome.place_of(handle))) for box in others)
    assert all(dome.rect().contains(box.toAlignedRect()) for box in boxes.values())
