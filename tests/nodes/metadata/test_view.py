from pictures import layered
from rimlight.nodes.metadata.view import ViewMetaData
from stage import staged


def test_the_text_is_sorted_and_filtered() -> None:
    info = layered().info.with_(metadata={"b": (1, 2), "a": "x y", "exr/c": 2.5})
    assert ViewMetaData().text(info) == "a = x y\nb = [1, 2]\nexr/c = 2.5"
    assert ViewMetaData(names="exr/*, a").text(info) == "a = x y\nexr/c = 2.5"


def test_the_picture_passes() -> None:
    assert staged("ViewMetaData", layered()).vertex("node").alias == ("given_image", 1)
