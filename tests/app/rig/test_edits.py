"""What moving lights writes."""

from rimlight.app.rig.edits import RigEdits
from rimlight.app.rig.lights import handle_of
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve

SUBJECT = (0.0, 0.0, -200.0)


def test_an_angle_stays_within_a_turn_unless_it_is_animated(workspace: Workspace) -> None:
    s, edits = workspace.session, RigEdits(workspace)
    still = s.add("light.directional", azimuth=-150.0)
    keyed = s.add("light.directional", azimuth=Curve.of((1, -150.0)))
    for path in (still, keyed):
        handle = handle_of(s, path, 1, SUBJECT)
        edits.move(handle, -245.4, 18.0, None)
    assert s.graph[still].value("azimuth") == 114.6
    assert s.value(keyed, "azimuth", 1) == -245.4, "it must not turn back between two keys"
