import pytest

from rimlight.engine import FileError, LayerKind
from rimlight.engine.io.naming import LayerSource, StoredChannel, StoredPart, layers_of


def part(
    number: int, channels: str, name: str = "", view: str = "", views: tuple[str, ...] = (), depth: str = "half"
) -> StoredPart:
    return StoredPart(name, view, views, tuple(StoredChannel(number, c, depth) for c in channels.split()))


def shown(sources: tuple[LayerSource, ...]) -> dict[str, str]:
    return {s.layer.name: ",".join(s.layer.channels) for s in sources}


def stored(sources: tuple[LayerSource, ...], layer: str) -> list[str]:
    return next([f"{c.part}:{c.name}" for c in s.stored] for s in sources if s.layer.name == layer)


def test_plain_names_in_any_order() -> None:
    _, found = layers_of([part(0, "A B G N.X N.Y N.Z R Z diffuse.B diffuse.G diffuse.R")])
    assert shown(found) == {"rgba": "R,G,B,A", "N": "X,Y,Z", "depth": "Z", "diffuse": "R,G,B"}
    assert [s.layer.kind for s in found] == [LayerKind.COLOR, LayerKind.NORMAL, LayerKind.DEPTH, LayerKind.COLOR]


def test_blender() -> None:
    names = (
        "ViewLayer.Combined.A ViewLayer.Combined.B ViewLayer.Combined.G ViewLayer.Combined.R ViewLayer.Depth.Z "
        "ViewLayer.DiffCol.B ViewLayer.DiffCol.G ViewLayer.DiffCol.R ViewLayer.Normal.X ViewLayer.Normal.Y "
        "ViewLayer.Normal.Z ViewLayer.Vector.W ViewLayer.Vector.X ViewLayer.Vector.Y ViewLayer.Vector.Z "
        "ViewLayer.CryptoObject00.a ViewLayer.CryptoObject00.b ViewLayer.CryptoObject00.g ViewLayer.CryptoObject00.r"
    )
    _, found = layers_of([part(0, names)])
    assert shown(found) == {
        "rgba": "R,G,B,A", "depth": "Z", "DiffCol": "R,G,B", "Normal": "X,Y,Z", "Vector": "X,Y,Z,W",
        "CryptoObject00": "R,G,B,A",
    }  # fmt: skip
    kinds = {s.layer.name: s.layer.kind for s in found}
    assert kinds["CryptoObject00"] is LayerKind.DATA
    assert kinds["Vector"] is LayerKind.MOTION


def test_blender_with_two_view_layers_keeps_the_name_of_the_second() -> None:
    _, found = layers_of([part(0, "First.Combined.R First.Combined.G First.Combined.B Second.Combined.R Second.AO.R")])
    assert shown(found) == {"rgba": "R,G,B", "Second.Combined": "R", "Second.AO": "R"}


def test_nuke_part_for_each_layer() -> None:
    _, found = layers_of([
        part(0, "A B G R", "rgba.main", "main"), part(1, "Z alpha blue green mask red", "character.main", "main"),
        part(2, "Z", "depth.main", "main"), part(3, "u v", "forward.main", "main"),
    ])  # fmt: skip
    assert shown(found) == {
        "rgba": "R,G,B,A", "character": "R,G,B,A", "character.Z": "Z", "character.mask": "mask", "depth": "Z",
        "forward": "u,v",
    }  # fmt: skip
    assert stored(found, "character") == ["1:red", "1:green", "1:blue", "1:alpha"]


def test_parts_named_by_the_standard_share_the_main_layer() -> None:
    _, found = layers_of([part(0, "B G R", "rgb"), part(1, "A", "RGBA"), part(2, "Z", "depth")])
    assert shown(found) == {"rgba": "R,G,B,A", "depth": "Z"}


def test_parts_with_the_same_names_stay_apart() -> None:
    _, found = layers_of([part(0, "B G R", "customRgb"), part(1, "A B G R", "customRgba"), part(2, "Z", "customDepth")])
    assert shown(found) == {"rgba": "R,G,B", "customRgba": "R,G,B,A", "customDepth": "Z"}
    assert stored(found, "customRgba")[0] == "1:R"


@pytest.mark.parametrize("names", ["R G B diffuse.left.R diffuse.right.R right.R right.G right.B", None])
def test_views_of_one_part(names: str | None) -> None:
    nuke = "R G B diffuse.R left.R left.G left.B left.diffuse.R"
    views = ("left", "right") if names else ("right", "left")
    parts = [part(0, names or nuke, views=views)]
    found_views, first = layers_of(parts)
    assert found_views == views
    assert shown(first) == {"rgba": "R,G,B", "diffuse": "R"}
    assert stored(first, "rgba")[0] == "0:R"
    _, second = layers_of(parts, views[1])
    assert shown(second) == {"rgba": "R,G,B", "diffuse": "R"}
    assert stored(second, "rgba")[0] == f"0:{views[1]}.R"
    assert stored(second, "diffuse") == (["0:diffuse.right.R"] if names else ["0:left.diffuse.R"])


def test_dots_at_the_ends_of_a_name_leave_nobody_without_one() -> None:
    _, found = layers_of([part(0, "R G B .R x. .. a.b")])
    assert shown(found) == {"rgba": "R,G,B", ".R": ".R", "x.": "x.", "..": "..", "a": "B"}


def test_views_in_parts() -> None:
    parts = [
        part(0, "A B G R", "rgba_right", "right"), part(1, "Z", "depth_left", "left"),
        part(2, "A B G R", "rgba_left", "left"), part(3, "disparity.x", "disparity"),
    ]  # fmt: skip
    views, right = layers_of(parts)
    assert views == ("right", "left")
    assert shown(right) == {"rgba": "R,G,B,A", "disparity": "X"}
    _, left = layers_of(parts, "left")
    assert shown(left) == {"rgba": "R,G,B,A", "depth": "Z", "disparity": "X"}
    assert stored(left, "rgba")[0] == "2:R"


def test_a_view_that_is_not_there() -> None:
    with pytest.raises(FileError, match="no view 'top', it has left, right"):
        layers_of([part(0, "R right.R", views=("left", "right"))], "top")
    assert shown(layers_of([part(0, "R G B")], "left")[1]) == {"rgba": "R,G,B"}


def test_views_without_channels_do_not_count() -> None:
    assert layers_of([part(0, "R G B", views=("main", "cam1"))])[0] == ("main",)


@pytest.mark.parametrize(
    ("names", "expected", "luma"),
    [
        ("Y", "R,G,B", True),
        ("A Y", "R,G,B,A", True),
        ("BY RY Y", "R,G,B", True),
        ("A", "A", False),
        ("G", "G", False),
        ("r g b a", "R,G,B,A", False),
        ("red green blue", "R,G,B", False),
    ],
)
def test_the_main_layer(names: str, expected: str, luma: bool) -> None:
    _, found = layers_of([part(0, names)])
    assert shown(found) == {"rgba": expected}
    assert found[0].luma is luma


def test_cryptomatte_is_data_in_rgba_order() -> None:
    _, found = layers_of(
        [part(0, "crypto_object00.A crypto_object00.B crypto_object00.G crypto_object00.R", depth="float")]
    )
    assert shown(found) == {"crypto_object00": "R,G,B,A"}
    assert found[0].layer.kind is LayerKind.DATA
    assert found[0].layer.depth == "float"


def test_single_channels_are_layers_of_their_own_name() -> None:
    _, found = layers_of([part(0, "R G B id mask")])
    assert shown(found) == {"rgba": "R,G,B", "id": "id", "mask": "mask"}
