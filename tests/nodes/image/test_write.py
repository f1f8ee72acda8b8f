from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import exrfiles
from rimlight.engine import NodeError, Region, RimlightError, Session
from rimlight.engine.io.read import FileInfo, read_info, read_pixels


@pytest.fixture(scope="module")
def shared() -> Session:
    return Session()


@pytest.fixture
def session(shared: Session) -> Session:
    shared.set_project(working="ACEScg")
    return shared


@pytest.fixture
def plate(session: Session, tmp_path: Path) -> str:
    header = {"displayWindow": exrfiles.box(0, 0, 10, 8), "dataWindow": exrfiles.box(-2, 3, 4, 7), "owner": "me"}
    planes = {
        name: exrfiles.ramp(i / 8) for i, name in enumerate(("R", "G", "B", "A", "diffuse.R", "diffuse.G", "diffuse.B"))
    }
    path = exrfiles.write(tmp_path / "in.exr", [(header, planes | {"Z": exrfiles.ramp(900, dtype="f4")})])
    return session.add("Read", file=str(path))


def written(session: Session, plate: str, path: Path, frames: str = "1", **values: Any) -> FileInfo:
    node = session.add("Write", plate, file=str(path), **values)
    report = session.render(node, frames=frames)
    assert not report.failed
    return read_info(report.results[0].path)


def test_everything_comes_back_as_it_went(session: Session, plate: str, tmp_path: Path) -> None:
    info = written(session, plate, tmp_path / "out" / "a.####.exr", frames="7")
    assert info.path == str(tmp_path / "out" / "a.0007.exr")
    before = session.info(plate)
    assert (info.display, info.data, info.layers) == (before.display, before.data, before.layers)
    image = session.evaluate(plate)
    for name, x in read_pixels(info, before.names).items():
        assert torch.equal(x, image[name])
    assert info.metadata["owner"] == "me"


def test_where_it_came_from_is_written(session: Session, plate: str, tmp_path: Path) -> None:
    stamp = written(session, plate, tmp_path / "a.exr").metadata
    assert stamp["rimlight:tier"] == "final"
    assert len(stamp["rimlight:script_sha256"]) == 64
    assert stamp["oiio:ColorSpace"] == "ACEScg"
    assert stamp["chromaticities"][0] == pytest.approx(0.713)
    described = written(session, plate, tmp_path / "a.tif").metadata["ImageDescription"]
    assert "rimlight:script_sha256=" in described


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"compression": "lzw"}, "no compression 'lzw'"), ({"depth": "uint8"}, "cannot have the depth uint8"),
        ({"colorspace": "nowhere"}, "colour space 'nowhere'"), ({"file": "/dev/null/a.exr"}, "cannot be made"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_said_before_it_is_computed(
    session: Session, plate: str, tmp_path: Path, values: dict[str, Any], match: str
) -> None:
    node = session.add("Write", session.add("Blur", plate, size=3), **{"file": str(tmp_path / "a.exr"), **values})
    began: list[str] = []
    with pytest.raises(NodeError, match=match):
        session.render(node, frames="1", watch=lambda event: began.append(event.path))
    assert began == []


def test_colours_of_numbers_that_are_never_converted_stay_with_them(session: Session, tmp_path: Path) -> None:
    header = {"chromaticities": (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)}
    path = exrfiles.write(tmp_path / "in.exr", [(header, {name: exrfiles.ramp(1) for name in "RGB"})])
    read = session.add("Read", file=str(path), raw=True)
    found = written(session, read, tmp_path / "raw.exr", raw=True).metadata
    assert found["chromaticities"][:2] == pytest.approx((0.64, 0.33))
    assert "chromaticities" not in written(session, read, tmp_path / "none.exr", raw=True, metadata=False).metadata
    converted = written(session, read, tmp_path / "converted.exr").metadata
    assert converted["chromaticities"][0] == pytest.approx(0.713)


def test_the_image_passes_through(session: Session, plate: str, tmp_path: Path) -> None:
    node = session.add("Write", plate, file=str(tmp_path / "a.exr"))
    assert torch.equal(session.evaluate(node)["rgba"], session.evaluate(plate)["rgba"])
    assert not (tmp_path / "a.exr").exists()


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        ("all", {"rgba": "RGBA", "depth": "Z", "diffuse": "RGB"}),
        ("rgb", {"rgba": "RGB"}),
        ("rgba depth", {"rgba": "RGBA", "depth": "Z"}),
        ("all -diffuse", {"rgba": "RGBA", "depth": "Z"}),
    ],
)
def test_chosen_channels(session: Session, plate: str, tmp_path: Path, channels: str, expected: dict[str, str]) -> None:
    info = written(session, plate, tmp_path / "a.exr", channels=channels)
    assert {layer.name: "".join(layer.channels) for layer in info.layers} == expected


def test_depth_and_compression_of_layers(session: Session, plate: str, tmp_path: Path) -> None:
    info = written(
        session,
        plate,
        tmp_path / "a.exr",
        depth="half",
        compression="piz",
        layer_options="depth=float:zips, diffuse=float",
    )
    assert {layer.name: layer.depth for layer in info.layers} == {"rgba": "half", "depth": "float", "diffuse": "float"}
    assert info.parts == ("part0", "depth")  # the plate's own part, and one for the other compression
    node = session.add("Write", plate, file=str(tmp_path / "a.exr"), layer_options="depth=huge")
    with pytest.raises(NodeError, match="layer options 'depth=huge'"):
        session.render(node, frames="1")


def test_a_colour_space_that_is_read_back(session: Session, plate: str, tmp_path: Path) -> None:
    info = written(session, plate, tmp_path / "a.exr", colorspace="ACES2065-1", depth="float")
    assert (read_pixels(info, ["rgba"])["rgba"][:3] - session.evaluate(plate)["rgba"][:3]).abs().max() > 0.01
    back = session.add("Read", file=info.path)
    torch.testing.assert_close(session.evaluate(back)["rgba"], session.evaluate(plate)["rgba"], rtol=1e-5, atol=1e-5)
    raw = written(session, plate, tmp_path / "raw.exr", colorspace="ACES2065-1", raw=True)
    assert torch.equal(read_pixels(raw, ["rgba"])["rgba"], session.evaluate(plate)["rgba"])


def test_png_holds_straight_colour_in_the_frame(session: Session, tmp_path: Path) -> None:
    planes = {
        name: exrfiles.ramp(value, 1, 2) * 0 + value for name, value in zip("RGBA", (0.1, 0.05, 0.0, 0.2), strict=True)
    }
    source = session.add("Read", file=str(exrfiles.write(tmp_path / "in.exr", [({}, planes)])))
    session.set_project(working="Linear Rec.709 (sRGB)")
    info = written(session, source, tmp_path / "a.png", depth="uint16")
    assert info.straight

    def encode(v: float) -> float:
        return 1.055 * v ** (1 / 2.4) - 0.055

    found = read_pixels(info, ["rgba"])["rgba"][:, 0, 0].tolist()
    assert found == pytest.approx([encode(0.5), encode(0.25), 0, 0.2], abs=2e-4)
    back = session.add("Read", file=info.path)
    torch.testing.assert_close(session.evaluate(back)["rgba"], session.evaluate(source)["rgba"], rtol=0, atol=2e-4)


def test_the_window_of_the_frame(session: Session, plate: str, tmp_path: Path) -> None:
    info = written(session, plate, tmp_path / "a.exr", window="display")
    assert info.data == info.display == Region(0, 0, 10, 8)
    found = read_pixels(info, ["rgba"])["rgba"]
    assert torch.equal(found[:, 3:7, 0:4], session.evaluate(plate)["rgba"][:, :, 2:])
    assert found[:, :3].abs().sum() == 0


def test_drafts_are_refused_unless_asked_for(session: Session, plate: str, tmp_path: Path) -> None:
    node = session.add("Write", plate, file=str(tmp_path / "a.exr"))
    with pytest.raises(RimlightError, match="drafts are not written"):
        session.render(node, frames="1", tier="draft")
    session.set(node, allow_draft=True)
    session.render(node, frames="1", tier="draft")
    assert read_info(tmp_path / "a.exr").metadata["rimlight:tier"] == "draft"


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"file": ""}, "no file is chosen"),
        ({"file": "a.mov"}, "pictures of type '.mov' are not written"),
        ({"channels": "specular"}, "channels 'specular' names nothing of the image, which has rgba, depth, diffuse"),
        ({"file": "a.png", "channels": "rgba depth"}, "this format holds one layer"),
    ],
)
def test_what_cannot_be_written_is_a_sentence(
    session: Session, plate: str, tmp_path: Path, values: dict[str, Any], match: str
) -> None:
    file = values.pop("file", "a.exr")
    node = session.add("Write", plate, file=file and str(tmp_path / file), **values)
    with pytest.raises(NodeError, match=match):
        session.render(node, frames="1")
    assert [p.name for p in tmp_path.iterdir()] == ["in.exr"]


def test_too_bright_for_half_is_a_warning(session: Session, tmp_path: Path) -> None:
    planes = {c: exrfiles.ramp(70000, dtype="f4") for c in "RGB"}
    source = session.add("Read", file=str(exrfiles.write(tmp_path / "in.exr", [({}, planes)])))
    node = session.add("Write", source, file=str(tmp_path / "a.exr"), depth="half")
    (result,) = session.render(node, frames="1").results
    assert "beyond 65504" in result.warnings[0]


def test_pixels_that_are_no_numbers_are_a_warning(session: Session, tmp_path: Path) -> None:
    light, distance = exrfiles.ramp(1, dtype="f4"), exrfiles.ramp(1, dtype="f4")
    height = light.shape[0]
    light[1, 3] = light[2, 1] = distance[0, 0] = np.nan
    bright = exrfiles.ramp(1, dtype="f4")
    bright[0, 0], bright[1, 1] = np.inf, -np.inf
    planes = {
        "R": light,
        "G": light,
        "B": light,
        "depth.Z": distance,
        "sum.R": bright,
        "sum.G": bright,
        "sum.B": bright,
    }
    source = session.add("Read", file=str(exrfiles.write(tmp_path / "in.exr", [({}, planes)])))
    node = session.add("Write", source, file=str(tmp_path / "a.exr"), depth="float")
    (result,) = session.render(node, frames="1").results
    # A depth without surface, and light without bounds, may be meant.
    assert result.warnings == [
        f"layer 'rgba' has 2 pixels that are no numbers (NaN), the first at 3.5, {height - 1.5:g}"
    ]


def test_a_picture_that_was_converted_already_is_warned_of(session: Session, plate: str, tmp_path: Path) -> None:
    shown = session.add("OCIODisplay", plate)
    out = session.add("Write", shown, file=str(tmp_path / "a.png"))
    (told,) = session.check(out, "1").warnings
    assert "is in sRGB - Display already and is converted once more, as if it were in ACEScg; tick raw" in str(told)
    session.set(out, raw=True)
    assert not session.check(out, "1").warnings
    back = session.add("OCIODisplay", shown, direction="inverse")
    assert not session.check(session.add("Write", back, file=str(tmp_path / "b.exr")), "1").warnings
    assert not session.check(session.add("Write", plate, file=str(tmp_path / "c.png")), "1").warnings
