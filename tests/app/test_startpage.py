"""What samples are called on the start page."""

from pathlib import Path

from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.startpage import StartPage, sample_scripts, title_of


def test_samples_have_titles(qtbot: QtBot) -> None:
    samples = sample_scripts()
    titles = {path.stem: title for path, title in samples.items()}
    assert titles["night_to_dusk"] == "From night to dusk" and titles["demo"] == "Demo"
    opened: list[Path] = []
    parent = QWidget()
    qtbot.addWidget(parent)
    page = StartPage([], samples, (), opened.append, parent)
    (button,) = (b for b in page.findChildren(QPushButton) if b.text() == "From night to dusk")
    button.click()
    assert [path.stem for path in opened] == ["night_to_dusk"]


def test_recent_scripts_of_one_name_are_told_apart_by_their_folders(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    long = Path("/") / "/".join(f"folder{n}" for n in range(40)) / "sh020"
    recent = [Path("/jobs/sh010/comp.rim"), Path.home() / "comp.rim", long / "comp.rim", Path("/jobs/sh010/R&D.rim")]
    page = StartPage(recent, {}, (), lambda path: None, parent)
    assert [b.text() for b in page.findChildren(QPushButton)] == ["comp"] * 3 + ["R&&D"], "Qt shows && as &"
    shown = [label.text() for label in page.findChildren(QLabel) if label.toolTip()]
    assert shown[:2] == ["/jobs/sh010", "~"] and shown[2].endswith("/sh020") and len(shown[2]) < len(str(long))


def test_a_damaged_script_is_called_by_its_file(tmp_path: Path) -> None:
    for number, text in enumerate(("", "[]", '{"nodes": 3}', '{"nodes": {"a": 1}}', '{"nodes": {}}')):
        path = tmp_path / f"my_shot{number}.rim"
        path.write_text(text, encoding="utf-8")
        assert title_of(path) == f"My shot{number}"
