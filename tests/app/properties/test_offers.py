"""What is offered for names and files: layers that come in, colour spaces, sequences on disk. Nothing of it waits."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from rimlight.app.panels import Desktop
from rimlight.app.preferences import Preferences
from rimlight.app.properties.files import as_pattern
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.properties.text_rows import ChoiceRow, FileRow, OfferRow
from rimlight.app.workspace import Workspace


@pytest.mark.parametrize(
    ("name", "others", "pattern"),
    [
        ("a.1001.exr", ["a.1001.exr", "a.1002.exr"], "a.####.exr"),
        ("a.0007.exr", ["a.0008.exr", "a.0007.exr"], "a.####.exr"),
        ("a_12.png", ["a_9.png", "a_12.png"], "a_%d.png"),
        ("a.1001.exr", ["a.1001.exr", "b.1002.exr"], "a.1001.exr"),
        ("a.1001.exr", ["a.1001.exr"], "a.1001.exr"),
        ("shot_v002.exr", ["shot_v002.exr", "shot_v003.png"], "shot_v002.exr"),
        ("plate.exr", ["plate.exr", "plate2.exr"], "plate.exr"),
    ],
)  # fmt: skip
def test_one_file_of_a_sequence_is_all_of_it(name: str, others: list[str], pattern: str) -> None:
    assert as_pattern(Path("/x") / name, others) == f"/x/{pattern}"


def test_a_chosen_file_becomes_a_sequence_and_is_described(
    panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    for frame in (1001, 1002, 1004):
        (tmp_path / f"a.{frame}.exr").touch()
    workspace.session.add("image.read")
    node = panel.open("Read1")
    assert node is not None
    row = node.row("file")
    assert isinstance(row, FileRow)
    assert not row.found.isVisible(), "no room for what is on disk under no name"
    row.chooser.choose(str(tmp_path / "a.1002.exr"))
    qtbot.waitUntil(lambda: workspace.graph["Read1"].value("file") == str(tmp_path / "a.####.exr"))
    QApplication.processEvents()
    places = [other.mapToGlobal(QPoint()) for other in node.rows]
    row.found.clear()  # as it was before the disk had answered
    QApplication.processEvents()
    assert [other.mapToGlobal(QPoint()) for other in node.rows] == places, "no row moves when it is known"
    workspace.files_written.emit()
    qtbot.waitUntil(lambda: row.found.text() == "3 frames, 1001-1002,1004")
    (tmp_path / "a.1003.exr").touch()
    workspace.files_written.emit()
    qtbot.waitUntil(lambda: row.found.text() == "4 frames, 1001-1004")
    for width in (600, 360):
        panel.resize(width, 500)
        qtbot.waitUntil(lambda: row.line.isVisible() and row.found.isVisible())
        QApplication.processEvents()
        inside = row.found.x() + row.found.contentsRect().left() - row.line.x()
        assert 0 <= inside <= 8, "under the text in the field"


def test_a_file_that_is_asked_for_is_chosen_in_the_dialog(panel: PropertiesPanel, workspace: Workspace) -> None:
    workspace.session.add("image.read")
    workspace.file_requested.emit("Read1")
    dialog = panel.window().findChild(QFileDialog)
    assert dialog is not None and dialog.windowTitle() == "Read1: file"
    dialog.close()


def test_a_new_write_proposes_a_name_for_frames(panel: PropertiesPanel, workspace: Workspace, tmp_path: Path) -> None:
    workspace.session.add("image.write")
    workspace.file_requested.emit("Write1")
    dialog = panel.window().findChild(QFileDialog)
    assert dialog is not None and dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    assert Path(dialog.selectedFiles()[0]).name == "untitled.####.exr"
    dialog.close()


@pytest.mark.parametrize("kind", ["image.read", "image.write"])
def test_a_file_is_looked_for_beside_that_of_the_last_node_of_its_kind(
    panel: PropertiesPanel, workspace: Workspace, tmp_path: Path, kind: str
) -> None:
    for folder in ("first", "last", "elsewhere"):
        (tmp_path / folder).mkdir()
    session = workspace.session
    session.add(kind, file=str(tmp_path / "first" / "a.####.exr"))
    session.add(kind, file=str(tmp_path / "last" / "b.####.exr"))
    other = "image.read" if kind == "image.write" else "image.write"
    session.add(other, file=str(tmp_path / "elsewhere" / "c.####.exr"))
    workspace.file_requested.emit(session.add(kind))
    dialog = panel.window().findChild(QFileDialog)
    assert dialog is not None and Path(dialog.directory().absolutePath()) == tmp_path / "last"
    dialog.close()


def test_a_new_node_and_its_file_are_one_step(
    panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    history = workspace.session.history
    workspace.session.add("image.read")
    workspace.file_requested.emit("Read1")
    dialog = panel.window().findChild(QFileDialog)
    assert dialog is not None
    workspace.session.add("image.constant")  # the dialog blocks nothing
    dialog.fileSelected.emit(str(tmp_path / "plate.exr"))
    qtbot.waitUntil(lambda: workspace.graph["Read1"].value("file") == str(tmp_path / "plate.exr"))
    assert len(history.labels) == 2
    dialog.close()
    node = panel.open("Read1")
    assert node is not None
    row = node.row("file")
    assert isinstance(row, FileRow)
    row.chooser.choose(str(tmp_path / "other.exr"))
    qtbot.waitUntil(lambda: workspace.graph["Read1"].value("file") == str(tmp_path / "other.exr"))
    assert len(history.labels) == 3, "a choice made later is a step of its own"
    workspace.undo()
    assert workspace.graph["Read1"].value("file") == str(tmp_path / "plate.exr")
    workspace.undo()
    workspace.undo()
    assert "Read1" not in workspace.graph


def offered(row: OfferRow) -> list[str]:
    return [text for text, _ in row.known.offers(row.parameter)]


def test_lights_that_come_in_are_offered(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    s = workspace.session
    picture = s.add("image.constant")
    for layer in ("light_key_diffuse", "light_key_specular", "light_key_shadow", "light_sky", "albedo"):
        picture = s.add("channel.add_layer", picture, layer=layer)
    s.add("light.mixer", picture)
    s.add("light.rig", s.add("light.point", s.add("light.directional", light_name="sun"), light_name="lamp"))
    for node, name, lights in (
        ("LightMixer1", "lights1", ["*", "key", "sky"]), ("Rig1", "drop", ["", "sun", "lamp"]),
    ):  # fmt: skip
        opened = panel.open(node)
        assert opened is not None
        row = opened.row(name)
        assert isinstance(row, OfferRow)
        qtbot.waitUntil(lambda row=row, lights=lights: offered(row) == lights, timeout=10_000)


def test_channels_of_what_a_light_lights_are_offered(
    panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot
) -> None:
    """Not those of the gobo, which is the picture that comes into the light."""
    s = workspace.session
    gobo = s.add("channel.add_layer", s.add("image.constant"), layer="wall")
    light = s.add("light.spot", inputs={"gobo": gobo})
    lit = s.add("channel.add_layer", s.add("image.constant"), layer="matte", channels="hero prop")
    s.add("light.relight", inputs={"image": lit, "rig": s.add("light.rig", light)})
    expected = ["", "matte.hero", "matte.prop", "alpha", "rgba.R", "rgba.G", "rgba.B", "rgba.A"]
    for node in (light, "Rig1"):
        opened = panel.open(node)
        assert opened is not None
        row = opened.row("link_channel")
        assert isinstance(row, OfferRow)
        qtbot.waitUntil(lambda row=row: offered(row) == expected, timeout=20_000)


def test_layers_that_come_in_are_offered(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    s = workspace.session
    s.add("toy.coordinates")
    s.add("color.grade", "Coordinates1")
    node = panel.open("Grade1")
    assert node is not None
    channels, mask = node.row("channels"), node.row("mask_channel")
    assert isinstance(channels, OfferRow)
    assert isinstance(mask, OfferRow)
    qtbot.waitUntil(lambda: "depth" in offered(channels))
    assert "rgba.R" in offered(channels)
    assert "depth.Z" in offered(mask)
    channels.offer()
    menu = channels.findChild(QMenu)
    assert menu is not None
    next(action for action in menu.actions() if action.data() == "depth").trigger()
    menu.close()
    assert workspace.graph["Grade1"].value("channels") == "depth"


def test_colour_spaces_are_found_in_the_background(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    workspace.session.add("color.ocio_colorspace")
    workspace.session.add("color.ocio_display")
    node = panel.open("OCIOColorSpace1" if "OCIOColorSpace1" in workspace.graph else next(iter(workspace.graph)))
    assert node is not None
    row = node.row("in_colorspace")
    assert isinstance(row, OfferRow)
    offered(row)  # asks
    qtbot.waitUntil(lambda: "ACEScg" in offered(row), timeout=20000)
    display = panel.open(list(workspace.graph)[1])
    assert display is not None
    views = display.row("view")
    assert isinstance(views, OfferRow)
    assert len(offered(views)) > 1


def test_the_list_of_choices_opens_and_sets(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    workspace.session.add("image.read")
    node = panel.open("Read1")
    assert node is not None
    row = node.row("before")
    assert isinstance(row, ChoiceRow)
    qtbot.mouseClick(row.choice, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    menu = row.choice.findChild(QMenu)
    assert menu is not None
    next(action for action in menu.actions() if action.data() == "loop").trigger()
    menu.close()
    assert workspace.graph["Read1"].value("before") == "loop"


def test_properties_follow_the_selection_only_if_that_is_preferred(
    panel: PropertiesPanel, desktop: Desktop, workspace: Workspace
) -> None:
    workspace.session.add("color.grade")
    workspace.session.add("color.gamma")
    workspace.select(["Grade1"])
    assert panel.nodes == []
    desktop.preferences = lambda: replace(Preferences(), properties_follow=True)
    workspace.select(["Gamma1"])
    assert [node.path for node in panel.nodes] == ["Gamma1"]
