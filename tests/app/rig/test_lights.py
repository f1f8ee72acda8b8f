"""Which rig is shown, where its lights stand, and what moving them sets."""

import pytest
import torch

from rimlight.app.rig.edits import RigEdits
from rimlight.app.rig.lights import Handle, at_distance, handle_of, handles_of, moved
from rimlight.app.rig.measuring import group_layers, levels_of, ratio_of, stops_of
from rimlight.app.rig.projection import Side, directions, from_disc, hidden, to_disc
from rimlight.app.rig.scene import find_scene
from rimlight.app.rig.values import standing, value_at, with_keys
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, Expr, ParameterError, angles_of, direction_of

SUBJECT = (0.0, 0.0, -200.0)


def rig(workspace: Workspace) -> dict[str, str]:
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


def test_the_rig_of_what_is_viewed(workspace: Workspace) -> None:
    names = rig(workspace)
    scene = find_scene(workspace.session, None, names["graded"])
    assert (scene.rig, scene.lit) == (names["rig"], names["lit"])
    assert scene.lights == (names["key"], names["lamp"], names["rim"])


def test_a_light_in_the_middle_shows_its_whole_rig(workspace: Workspace) -> None:
    names = rig(workspace)
    other = workspace.session.add("light.directional", light_name="elsewhere")
    assert find_scene(workspace.session, names["key"], other).rig == names["rig"]
    assert find_scene(workspace.session, other, names["graded"]).lights == (other,)


def test_without_selection_or_view_the_first_rig_is_shown(workspace: Workspace) -> None:
    assert find_scene(workspace.session, None, None).lights == ()
    names = rig(workspace)
    assert find_scene(workspace.session, names["plate"], None).rig == names["rig"]


def test_lights_in_groups_and_behind_dots_are_found(workspace: Workspace) -> None:
    s = workspace.session
    key = s.add("light.directional", light_name="key")
    dot = s.add("structure.dot", key)
    fill = s.add("light.directional", dot, light_name="fill")
    group = s.group(key, dot)
    scene = find_scene(s, fill, None)
    assert scene.lights == (f"{group}/{key}", fill)


def test_a_handle_stands_around_its_target(workspace: Workspace) -> None:
    names = rig(workspace)
    key, lamp, rim = handles_of(workspace.session, find_scene(workspace.session, None, names["lit"]), 1, SUBJECT)
    assert (key.azimuth, key.elevation, key.distance, key.size) == (30.0, 20.0, None, 4.0)
    assert (lamp.azimuth, lamp.elevation, lamp.distance) == (0.0, 90.0, 100.0)
    assert lamp.size == pytest.approx(5.725, abs=1e-3)  # 2 atan(5 / 100)
    assert rim.aim == (0.0, 0.0, -250.0)
    assert (rim.azimuth, rim.distance, rim.behind) == (180.0, 150.0, True)


def test_solo_mute_and_enabled_say_which_lights_shine(workspace: Workspace) -> None:
    names = rig(workspace)
    s = workspace.session

    def shining() -> list[str]:
        return [h.name for h in handles_of(s, find_scene(s, None, names["lit"]), 1, SUBJECT) if h.shines]

    s.set(names["rim"], enabled=False)
    assert shining() == ["key", "lamp"]
    s.set(names["lamp"], solo=True)
    assert shining() == ["lamp"]
    s.set(names["lamp"], disable=True)
    assert shining() == ["key"]


@pytest.mark.parametrize(("azimuth", "elevation"), [(0.0, 0.0), (120.0, -35.0), (-90.0, 60.0)])
def test_a_moved_lamp_keeps_its_distance(workspace: Workspace, azimuth: float, elevation: float) -> None:
    names = rig(workspace)
    s = workspace.session
    lamp = handle_of(s, names["lamp"], 1, SUBJECT)
    s.set(names["lamp"], **moved(lamp, azimuth, elevation))
    there = handle_of(s, names["lamp"], 1, SUBJECT)
    assert (there.azimuth, there.elevation, there.distance) == pytest.approx((azimuth, elevation, 100.0), abs=1e-4)
    s.set(names["lamp"], **at_distance(there, 40.0))
    nearer = handle_of(s, names["lamp"], 1, SUBJECT)
    assert (nearer.azimuth, nearer.elevation, nearer.distance) == pytest.approx((azimuth, elevation, 40.0), abs=1e-4)


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


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("azimuth", [-170.0, -60.0, 0.0, 45.0, 120.0])
@pytest.mark.parametrize("elevation", [-70.0, 0.0, 30.0])
def test_the_disc_and_back(side: Side, azimuth: float, elevation: float) -> None:
    x, y, z = direction_of(azimuth, elevation).tolist()
    direction = (x, y, z)
    back = from_disc(*to_disc(direction, side), side)
    if hidden(direction, side):
        assert back[:2] == pytest.approx(direction[:2], abs=1e-5)
        assert back[2] == pytest.approx(-z, abs=1e-5)
    else:
        assert angles_of(back) == pytest.approx((azimuth, elevation), abs=1e-3)


def test_past_the_rim_a_light_goes_behind() -> None:
    assert from_disc(1.0, 0.0, Side.FRONT) == pytest.approx((1, 0, 0))
    beyond = from_disc(1.2, 0.0, Side.FRONT)
    assert beyond == pytest.approx((0.8, 0.0, -0.6))
    assert from_disc(0.0, -1.2, Side.BACK) == pytest.approx((0.0, -0.8, 0.6))


@pytest.mark.parametrize("side", list(Side))
def test_pixels_of_the_dome_lie_where_handles_do(side: Side) -> None:
    towards, inside = directions(64, side)
    x, y = (50 + 0.5) / 32 - 1, 1 - (20 + 0.5) / 32
    assert towards[:, 20, 50].tolist() == pytest.approx(from_disc(x, y, side), abs=1e-4)
    assert inside[0, 0, 0] == 0
    assert inside[0, 32, 32] == 1
    assert torch.allclose(towards.norm(dim=0)[inside[0] == 1], torch.ones(()), atol=1e-4)


def test_the_ratio_counts_the_key_with_the_fill() -> None:
    key = torch.zeros(4, 4)
    key[:, 2:] = 3.0
    groups = {"key": key, "fill": torch.ones(4, 4)}
    there = torch.ones(4, 4, dtype=torch.bool)
    found = ratio_of(groups, there, "picture")
    assert found is not None
    assert (found.key, found.value, found.stops) == ("key", 4.0, 2.0)
    assert found.text() == "4 : 1"
    alone = ratio_of({"a": key}, there, "picture")
    assert alone is not None
    assert alone.text() == "no fill"
    assert ratio_of({"a": key * 0}, there, "picture") is None
    strongest = ratio_of({"a": key, "b": 10 * key + 1}, there, "picture")
    assert strongest is not None
    assert strongest.key == "b"
    assert levels_of(groups, there) == {"key": 1.5, "fill": 1.0}


def test_group_layers_and_stops() -> None:
    names = ("rgba", "light_key_diffuse", "light_key_specular", "light_key_shadow", "light_a_b_diffuse", "albedo")
    assert group_layers(names) == ["light_key_diffuse", "light_key_specular", "light_a_b_diffuse"]
    assert stops_of(0.18) == 0
    assert stops_of(0.72) == pytest.approx(2)
    assert stops_of(0.0) == -12


def test_handles_are_values(workspace: Workspace) -> None:
    key = workspace.session.add("light.directional")
    assert handle_of(workspace.session, key, 1, SUBJECT) == handle_of(workspace.session, key, 1, SUBJECT)
    assert isinstance(handle_of(workspace.session, key, 1, SUBJECT), Handle)


def test_an_angle_stays_within_a_turn_unless_it_is_animated(workspace: Workspace) -> None:
    s, edits = workspace.session, RigEdits(workspace)
    still = s.add("light.directional", azimuth=-150.0)
    keyed = s.add("light.directional", azimuth=Curve.of((1, -150.0)))
    for path in (still, keyed):
        handle = handle_of(s, path, 1, SUBJECT)
        edits.move(handle, -245.4, 18.0, None)
    assert s.graph[still].value("azimuth") == 114.6
    assert s.value(keyed, "azimuth", 1) == -245.4, "it must not turn back between two keys"


def test_of_two_nodes_that_a_rig_lights_the_one_that_is_viewed_counts(workspace: Workspace) -> None:
    s = workspace.session
    plate = s.add("image.constant")
    sun = s.add("light.directional")
    one, other = (s.add("light.relight", inputs={"image": plate, "rig": sun}) for _ in range(2))
    graded = s.add("color.grade", other)
    assert find_scene(s, sun, graded).lit == other and find_scene(s, sun, one).lit == one
    apart = s.add("light.relight", inputs={"image": plate, "rig": s.add("light.directional")})
    assert find_scene(s, sun, apart).lit in (one, other), "the selected light comes before what is viewed"
