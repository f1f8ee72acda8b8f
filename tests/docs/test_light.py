"""The example in docs/light.md prints what the page says."""

import contextlib
import io
import re

from source import ROOT


def test_the_example_prints_what_the_page_says() -> None:
    page = (ROOT / "docs" / "light.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    (expected,) = re.findall(r"```text\n(.*?)```", page, re.S)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "docs/light.md", "exec"), {})
    assert printed.getvalue() == expected
