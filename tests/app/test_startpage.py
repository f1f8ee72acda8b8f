"""The samples and recent scripts on the start page."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.startpage import PICTURE, Sample, StartPage, read_samples, title_of


def test_samples_have_titles_and_pictures(qtbot: QtBot) -> None:
    samples = read_samples()
    titles = {path.stem: sample.title for path, sample in samples.items()}
    assert titles["night_to_dusk"] == "From night to dusk" and titles["demo"] == "Demo"
    for path, sample in samples.items():
        image = QImage.fromData(sample.picture)
        assert (image.width(), image.height()) == (192, 108), f"{path.stem}: `make samples`"
        assert levels(image) > 60, f"the picture of {path.stem} shows nothing"
    opened: list[Path] = []
    parent = QWidget()
    qtbot.addWidget(parent)
    page = StartPage([], (), opened.append, parent)
    page.show_samples(samples)
    page.show_samples(samples)  # as when it was asked for twice
    (button,) = (b for b in page.findChildren(QPushButton) if b.text() == "From night to dusk")
    button.click()
    assert [path.stem for path in opened] == ["night_to_dusk"]
    assert not button.icon().isNull() and button.iconSize() == PICTURE


def test_samples_are_chosen_by_keys(qtbot: QtBot) -> None:
    opened: list[Path] = []
    parent = QWidget()
    qtbot.addWidget(parent)
    page = StartPage([], (("New script", lambda: None, ""),), opened.append, parent)
    page.show_samples({Path(f"{n}.rim"): Sample(str(n), b"") for n in range(2)})
    parent.show()
    with qtbot.waitActive(parent):
        parent.activateWindow()
    page.setFocus()
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
        for _ in range(9):  # the page itself takes the keys, too
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
            button = QApplication.focusWidget()
            if isinstance(button, QPushButton) and button.text() == "1":
                break
        QTest.keyClick(QApplication.focusWidget(), key)
    assert [path.stem for path in opened] == ["1", "1"]


def levels(image: QImage) -> int:
    """From the darkest to the brightest of a picture, of 255."""
    grey = [image.pixelColor(x, y).lightness() for x in range(0, image.width(), 8) for y in range(0, image.height(), 8)]
    return max(grey) - min(grey)


def test_titles_stay_below_each_other_where_a_picture_is_missing(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    page = StartPage([], (), lambda path: None, parent)
    page.show_samples({Path(f"{n}.rim"): Sample(str(n), b"") for n in range(3)})
    buttons = page.findChildren(QPushButton)
    assert [button.text() for button in buttons] == ["0", "1", "2"]
    assert all(button.icon().actualSize(PICTURE) == PICTURE for button in buttons)


def test_without_samples_the_page_says_so(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    page = StartPage([], (), lambda path: None, parent)
    page.show_samples({})
    assert "No samples are installed." in [label.text() for label in page.findChildren(QLabel)]


def test_recent_scripts_of_one_name_are_told_apart_by_their_folders(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    long = Path("/") / "/".join(f"folder{n}" for n in range(40)) / "sh020"
    recent = [Path("/jobs/sh010/comp.rim"), Path.home() / "comp.rim", long / "comp.rim", Path("/jobs/sh010/R&D.rim")]
    page = StartPage(recent, (), lambda path: None, parent)
    assert [b.text() for b in page.findChildren(QPushButton)] == ["comp"] * 3 + ["R&&D"], "Qt shows && as &"
    shown = [label.text() for label in page.findChildren(QLabel) if label.toolTip()]
    assert shown[:2] == ["/jobs/sh010", "~"] and shown[2].endswith("/sh020") and len(shown[2]) < len(str(long))


def test_a_damaged_script_is_called_by_its_file(tmp_path: Path) -> None:
    for number, text in enumerate(("", "[]", '{"nodes": 3}', '{"nodes": {"a": 1}}', '{"nodes": {}}')):
        path = tmp_path / f"my_shot{number}.rim"
        path.write_text(text, encoding="utf-8")
        assert title_of(path) == f"My shot{number}"
