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


def test_names_stand_still_under_the_mouse_and_one_without_room_is_shown_there(
    workspace: Workspace, make_panel: Make, qtbot: QtBot
) -> None:
    s, rig = workspace.session, ()
    places = [(35, 18), (50, 15), (-36, 32), (-54, -8), (-40, 23), (45, 20), (27, 60), (-17, -28), (54, -37), (29, 15)]
    for i, (azimuth, elevation) in enumerate(places):
        name = f"practical{i}"
        rig = (s.add("light.directional", *rig, name=name, light_name=name, azimuth=azimuth, elevation=elevation),)
    workspace.select(rig)
    dome = opened(make_panel, qtbot).dome
    dome.setFixedSize(300, 170)
    boxes = name_boxes(dome)
    without = [handle.path for handle in dome.handles if handle.path not in boxes]
    assert boxes and without
    for path in boxes:
        dome.hovered = path
        assert name_boxes(dome) == boxes
    for path in without:
        dome.hovered = path
        assert path in name_boxes(dome)
