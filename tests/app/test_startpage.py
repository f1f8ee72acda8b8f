"""The samples and recent scripts on the start page."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.samplecards import PICTURE, Sample, SampleCards
from rimlight.app.startpage import StartPage, read_samples, title_of


def test_samples_have_titles_and_pictures(qtbot: QtBot) -> None:
    samples = read_samples()
    titles = {path.stem: sample.title for path, sample in samples.items()}
    assert titles["night_to_dusk"] == "From night to dusk" and titles["demo"] == "Demo"
    assert list(titles)[:2] == ["demo", "relight"] and list(titles.values())[2:] == sorted(list(titles.values())[2:])
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
    cards = cards_of(page)
    assert [cards.item(n).text() for n in range(cards.count())] == list(titles.values())
    parent.resize(1000, 700)
    page.resize(parent.size())
    parent.show()
    qtbot.waitExposed(parent)
    (item,) = cards.findItems("From night to dusk", Qt.MatchFlag.MatchExactly)
    cards.scrollToItem(item)
    QTest.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=cards.visualItemRect(item).center())
    assert [path.stem for path in opened] == ["night_to_dusk"]


def cards_of(page: StartPage) -> SampleCards:
    (cards,) = page.findChildren(SampleCards)
    return cards


def test_a_title_of_two_lines_is_seen_whole(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    page = StartPage([], (), lambda path: None, parent)
    page.show_samples({Path("a.rim"): Sample("Short", b""), Path("b.rim"): Sample("A title of words " * 2, b"")})
    cards = cards_of(page)
    rect = cards.visualItemRect(cards.item(1))
    needed = cards.fontMetrics().boundingRect(0, 0, rect.width(), 999, Qt.TextFlag.TextWordWrap, cards.item(1).text())
    assert rect.height() >= PICTURE.height() + needed.height()


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
    for _ in range(9):  # the page itself takes the keys, too
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if QApplication.focusWidget() is cards_of(page):
            break
    assert [item.text() for item in cards_of(page).selectedItems()] == ["0"], "seen before Return opens it"
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Space):
        QTest.keyClick(QApplication.focusWidget(), key)
    assert [path.stem for path in opened] == ["0", "1", "1"]


def levels(image: QImage) -> int:
    """From the darkest to the brightest of a picture, of 255."""
    grey = [image.pixelColor(x, y).lightness() for x in range(0, image.width(), 8) for y in range(0, image.height(), 8)]
    return max(grey) - min(grey)


def test_titles_stand_in_a_row_where_a_picture_is_missing(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    page = StartPage([], (), lambda path: None, parent)
    page.show_samples({Path(f"{n}.rim"): Sample(str(n), b"") for n in range(3)})
    cards = cards_of(page)
    items = [cards.item(n) for n in range(3)]
    assert [item.text() for item in items] == ["0", "1", "2"]
    assert all(item.icon().actualSize(PICTURE) == PICTURE for item in items)


def test_without_samples_the_page_says_so(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    page = StartPage([], (), lambda path: None, parent)
    page.show_samples({})
    page.show_samples({})
    (label,) = (label for label in page.findChildren(QLabel) if label.text() == "No samples are installed.")
    assert not label.isHidden() and cards_of(page).isHidden()


def test_recent_scripts_of_one_name_are_told_apart_by_their_folders(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    long = Path("/") / "/".join(f"folder{n}" for n in range(40)) / "sh020"
    recent = [Path("/jobs/sh010/comp.rim"), Path.home() / "comp.rim", long / "comp.rim", Path("/jobs/sh010/R&D.rim")]
    page = StartPage(recent, (), lambda path: None, parent)
    scripts = [b.text() for b in page.findChildren(QPushButton) if b.property("role") == "entry"]
    assert scripts == ["comp"] * 3 + ["R&&D"], "Qt shows && as &"
    shown = [label.text() for label in page.findChildren(QLabel) if label.toolTip() and not label.isHidden()]
    assert shown[:2] == ["/jobs/sh010", "~"] and shown[2].endswith("/sh020") and len(shown[2]) < len(str(long))


def test_long_names_and_sentences_leave_the_page_in_the_window(qtbot: QtBot) -> None:
    """It was as wide as they are, so that its margins and their ends were outside."""
    parent = QWidget()
    qtbot.addWidget(parent)
    name = "/jobs/" + "a_name_without_end_" * 12 + "v012.rim"
    page = StartPage([Path(name)], (), lambda path: None, parent)
    (entry,) = (b for b in page.findChildren(QPushButton) if b.toolTip() == name)
    assert entry.text().endswith("v012")
    page.show_lost([f"shot.rim: no script can be read any more at {'/folder' * 40}", "another"])
    (label,) = (label for label in page.findChildren(QLabel) if label.text().endswith("(and 1 more)"))
    assert not label.isHidden() and page.minimumSizeHint().width() <= 1000
    page.show_lost([])
    assert not label.isVisibleTo(page)


def test_a_damaged_script_is_called_by_its_file(tmp_path: Path) -> None:
    for number, text in enumerate(("", "[]", '{"nodes": 3}', '{"nodes": {"a": 1}}', '{"nodes": {}}')):
        path = tmp_path / f"my_shot{number}.rim"
        path.write_text(text, encoding="utf-8")
        assert title_of(path) == f"My shot{number}"
