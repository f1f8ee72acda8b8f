import pytest

from compare import assert_same
from pictures import hdr, layered, picture
from stage import run


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("add and overwrite", {"shot": "A010", "take": 3, "own": 1}),
        ("add", {"shot": "mine", "take": 3, "own": 1}),
        ("replace all", {"shot": "A010", "take": 3}),
    ],
)
def test_what_becomes_of_both(mode: str, expected: dict[str, object]) -> None:
    b = picture(hdr()["rgba"], metadata={"shot": "mine", "own": 1})
    out = run("CopyMetaData", B=b, A=layered(), mode=mode)
    assert dict(out.info.metadata) == expected
    assert_same(out.layers, b.layers)


def test_names_are_chosen() -> None:
    assert dict(run("CopyMetaData", B=hdr(), A=layered(), names="t* x").info.metadata) == {"take": 3}
