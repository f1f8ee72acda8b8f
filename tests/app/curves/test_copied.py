"""Keys on the clipboard."""

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from rimlight.app.curves.copied import copied_keys


@pytest.mark.parametrize(
    "text", ["", "no keys", "[1, 2]", "3", "null", '{"keys": []}', '{"rimlight_keys": 5}', '{"rimlight_keys": [{}]}']
)
def test_other_text_is_no_keys(qapp: QApplication, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    assert copied_keys() == []
