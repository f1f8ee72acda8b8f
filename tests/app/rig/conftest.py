"""Lights that the panel's tests begin with."""

import pytest

from rimlight.app.workspace import Workspace


@pytest.fixture
def lights(workspace: Workspace) -> tuple[str, str]:
    s = workspace.session
    key = s.add("light.directional", light_name="key", azimuth=30.0, elevation=20.0)
    lamp = s.add("light.point", key, light_name="lamp", position=(-60.0, 0.0, -120.0))
    return key, lamp


@pytest.fixture
def flag(workspace: Workspace, lights: tuple[str, str]) -> str:
    """A flag before the lamp, half way to what it lights."""
    return workspace.session.add(
        "light.flag", lights[1], flag_name="cutter", lights="lamp", position=(-30.0, 0.0, -160.0)
    )  # fmt: skip


@pytest.fixture
def names(workspace: Workspace) -> dict[str, str]:
    """Two lights in a row, merged with a third, lighting a picture that is graded."""
    s = workspace.session
    key = s.add("light.directional", light_name="key", azimuth=30.0, elevation=20.0, angle=4.0)
    lamp = s.add("light.point", key, light_name="lamp", position=(0.0, 100.0, -200.0), size=10.0)
    rim = s.add("light.spot", light_name="rim", position=(0.0, 0.0, -400.0), target=(0.0, 0.0, -250.0))
    both = s.add("light.rig", lamp, rim)
    plate = s.add("image.constant")
    lit = s.add("light.relight", inputs={"image": plate, "rig": both})
    graded = s.add("color.grade", lit)
    return {"key": key, "lamp": lamp, "rim": rim, "rig": both, "lit": lit, "graded": graded, "plate": plate}
