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
