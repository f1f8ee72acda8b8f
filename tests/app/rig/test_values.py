"""Values of lights, their keys and what may be dragged."""

import pytest

from rimlight.app.rig.values import standing, value_at, with_keys
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, Expr, ParameterError


def test_animated_parameters_get_keys_and_others_are_set(workspace: Workspace) -> None:
    s = workspace.session
    key = s.add("light.directional", azimuth=Curve.of((1, 0.0), (9, 80.0), interp="linear"), elevation=10.0)
    s.set(key, **with_keys(s.graph.at(key), {"azimuth": 50.0, "elevation": 12.0}, 5.0))
    azimuth = s.graph.at(key).value("azimuth")
    assert [(k.frame, k.value, k.interp) for k in azimuth.keys] == [
        (1, 0, "linear"), (5, 50, "linear"), (9, 80, "linear"),
    ]  # fmt: skip
    assert s.graph.at(key).value("elevation") == 12.0
    assert standing(s.graph.at(key), "azimuth", 5) == "keyframe"
    assert standing(s.graph.at(key), "azimuth", 6) == "animated"
    assert standing(s.graph.at(key), "elevation", 5) == "modified"
    assert standing(s.graph.at(key), "kelvin", 5) == "default"


def test_a_component_is_keyed_where_only_it_is_animated(workspace: Workspace) -> None:
    s = workspace.session
    lamp = s.add("light.point", position=(1.0, Curve.of((1, 0.0), (3, 2.0), interp="linear"), 3.0))
    s.set(lamp, **with_keys(s.graph.at(lamp), {"position": (7.0, 8.0, 9.0)}, 2.0))
    x, y, z = s.graph.at(lamp).value("position")
    assert (x, z) == (7.0, 9.0)
    assert y.at(2) == 8.0
    assert value_at(s, lamp, s.graph.at(lamp), "position", 1.0) == (7.0, 0.0, 9.0)


def test_an_expression_is_not_dragged_away(workspace: Workspace) -> None:
    s = workspace.session
    key = s.add("light.directional", azimuth=Expr("frame * 2"))
    assert value_at(s, key, s.graph.at(key), "azimuth", 4.0) == 8.0
    with pytest.raises(ParameterError, match=r"azimuth is driven by the expression 'frame \* 2'"):
        with_keys(s.graph.at(key), {"azimuth": 3.0}, 1.0)
