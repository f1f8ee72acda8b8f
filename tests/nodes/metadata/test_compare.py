from pictures import hdr, layered, picture
from stage import staged


def differences(**values: str) -> tuple[str, ...]:
    b = picture(hdr()["rgba"], metadata={"shot": "B020", "take": 3, "own": 1})
    vertex = staged("CompareMetaData", B=b, A=layered(), **values).vertex("node")
    return tuple(vertex.node.warnings(vertex.ctx))


def test_differences_are_warnings() -> None:
    assert differences() == ("own: A is missing, B is 1", "shot: A is A010, B is B020")
    assert differences(names="shot take") == ("shot: A is A010, B is B020",)
