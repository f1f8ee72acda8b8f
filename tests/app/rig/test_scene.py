"""Which rig is shown, and its lights."""

from rimlight.app.rig.scene import find_scene
from rimlight.app.workspace import Workspace


def test_the_rig_of_what_is_viewed(workspace: Workspace, names: dict[str, str]) -> None:
    scene = find_scene(workspace.session, None, names["graded"])
    assert (scene.rig, scene.lit) == (names["rig"], names["lit"])
    assert scene.lights == (names["key"], names["lamp"], names["rim"])


def test_a_light_in_the_middle_shows_its_whole_rig(workspace: Workspace, names: dict[str, str]) -> None:
    other = workspace.session.add("light.directional", light_name="elsewhere")
    assert find_scene(workspace.session, names["key"], other).rig == names["rig"]
    assert find_scene(workspace.session, other, names["graded"]).lights == (other,)


def test_without_lights_none_are_shown(workspace: Workspace) -> None:
    assert find_scene(workspace.session, None, None).lights == ()


def test_without_selection_or_view_the_first_rig_is_shown(workspace: Workspace, names: dict[str, str]) -> None:
    assert find_scene(workspace.session, names["plate"], None).rig == names["rig"]


def test_lights_in_groups_and_behind_dots_are_found(workspace: Workspace) -> None:
    s = workspace.session
    key = s.add("light.directional", light_name="key")
    dot = s.add("structure.dot", key)
    fill = s.add("light.directional", dot, light_name="fill")
    group = s.group(key, dot)
    scene = find_scene(s, fill, None)
    assert scene.lights == (f"{group}/{key}", fill)


def test_of_two_nodes_that_a_rig_lights_the_one_that_is_viewed_counts(workspace: Workspace) -> None:
    s = workspace.session
    plate = s.add("image.constant")
    sun = s.add("light.directional")
    one, other = (s.add("light.relight", inputs={"image": plate, "rig": sun}) for _ in range(2))
    graded = s.add("color.grade", other)
    assert find_scene(s, sun, graded).lit == other and find_scene(s, sun, one).lit == one
    apart = s.add("light.relight", inputs={"image": plate, "rig": s.add("light.directional")})
    assert find_scene(s, sun, apart).lit in (one, other), "the selected light comes before what is viewed"
