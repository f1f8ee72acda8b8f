import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest
import torch
from torch import Tensor

import exrfiles
from rimlight.engine import NodeError, Region, Session, Tier
from rimlight.engine.io.metadata import Chromaticities
from rimlight.engine.io.proxy import downscale
from rimlight.engine.io.sequence import FilePattern


@pytest.fixture(scope="module")
def shared() -> Session:
    return Session()


@pytest.fixture
def session(shared: Session) -> Session:
    shared.set_project(format="32x20", working="ACEScg")
    return shared


def still(path: Path, value: float = 1, **header: Any) -> Path:
    full = {"displayWindow": exrfiles.box(0, 0, 10, 8), "dataWindow": exrfiles.box(2, 3, 8, 7), **header}
    planes = {name: exrfiles.ramp(value + i) for i, name in enumerate("RGBA")}
    return exrfiles.write(
        path, [(full, planes | {"N.X": exrfiles.ramp(9), "N.Y": exrfiles.ramp(9), "N.Z": exrfiles.ramp(9)})]
    )


def sequence(folder: Path, frames: tuple[int, ...]) -> str:
    for frame in frames:
        still(folder / f"a.{frame:04d}.exr", frame)
    return str(folder / "a.####.exr")


def first(session: Session, node: str, frame: float) -> float:
    """The red of the first pixel: the number of the file that was shown, or 0 where it is black."""
    return float(session.evaluate(node, frame=frame).tensor("rgba", Region(2, 3, 8, 7))[0, 0, 0])


def expected(value: float = 1) -> Tensor:
    return torch.stack([torch.from_numpy(exrfiles.ramp(value + i)).float() for i in range(4)])


def test_views_that_are_not_read_are_told(session: Session, tmp_path: Path) -> None:
    header = {"displayWindow": exrfiles.box(0, 0, 6, 4), "dataWindow": exrfiles.box(0, 0, 6, 4)}
    parts = [
        ({**header, "name": name, "view": name}, {channel: exrfiles.ramp(value) for channel in "RGB"})
        for value, name in enumerate(("left", "right"), 1)
    ]
    both = session.add("Read", file=exrfiles.write(tmp_path / "both.exr", parts))
    out = session.add("Write", both, file=tmp_path / "out.exr")
    told = f"{both}: the file has the views left, right, of which left is read; name one in view"
    assert session.check(out, "1").warnings == (told,)
    session.set(both, view="right")
    assert not session.check(out, "1").warnings
    assert float(session.evaluate(both)["rgba"][0, 0, 0]) == 2
    one = session.add("Read", file=exrfiles.write(tmp_path / "one.exr", parts[:1]))
    session.connect(out, "image", one)
    assert not session.check(out, "1").warnings


def test_windows_layers_and_metadata(session: Session, tmp_path: Path) -> None:
    node = session.add("Read", file=str(still(tmp_path / "a.exr", owner="me", pixelAspectRatio=2.0)))
    info = session.info(node)
    assert (info.display, info.data, info.pixel_aspect) == (Region(0, 0, 10, 8), Region(2, 3, 8, 7), 2.0)
    assert info.names == ("rgba", "N")
    assert info.metadata["owner"] == "me"
    assert info.colorspace == "ACEScg"
    assert info.frames is None
    assert torch.equal(session.evaluate(node)["rgba"], expected())


def test_a_part_equals_the_crop_of_the_whole(session: Session, tmp_path: Path) -> None:
    node = session.add("Read", file=str(still(tmp_path / "a.exr")))
    part = session.evaluate(node, region=Region(3, 4, 6, 7))["rgba"]
    assert torch.equal(part, expected()[:, 1:4, 1:4])


def test_a_sequence_runs_over_what_is_on_disk(session: Session, tmp_path: Path) -> None:
    node = session.add("Read", file=sequence(tmp_path, (3, 4, 5)))
    assert session.info(node, frame=4).frames == (3, 5)
    assert [first(session, node, f) for f in (1, 3, 4, 5, 9)] == [3, 3, 4, 5, 5]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"before": "loop", "after": "loop"}, [5, 3, 4, 5, 3]),
        ({"before": "bounce", "after": "bounce"}, [4, 3, 4, 5, 4]),
        ({"before": "black", "after": "hold"}, [0, 3, 4, 5, 5]),
        ({"offset": 1}, [3, 3, 3, 4, 5]),
        ({"range": "4-5"}, [4, 4, 4, 5, 5]),
    ],
)
def test_outside_of_the_range(session: Session, tmp_path: Path, values: dict[str, Any], shown: list[float]) -> None:
    node = session.add("Read", file=sequence(tmp_path, (3, 4, 5)), **values)
    assert [first(session, node, f) for f in (2, 3, 4, 5, 6)] == shown


def test_error_outside_of_the_range(session: Session, tmp_path: Path) -> None:
    node = session.add("Read", file=sequence(tmp_path, (3, 4)), after="error")
    with pytest.raises(NodeError, match=r"frame 5 is outside 3-4"):
        session.evaluate(node, frame=5)


def test_missing_frames(session: Session, tmp_path: Path) -> None:
    file = sequence(tmp_path, (1, 2, 6))
    node = session.add("Read", file=file)
    with pytest.raises(NodeError, match=r"frame 5 has no file; the frames on disk are 1-2, 6"):
        session.evaluate(node, frame=5)
    for policy, value in (("nearest", 6.0), ("hold", 2.0), ("black", 0.0)):
        session.set(node, missing=policy)
        assert first(session, node, 5) == value
    session.set(node, missing="checkerboard")
    squares = session.evaluate(node, frame=5)
    assert squares.region == Region(0, 0, 10, 8)
    assert sorted(squares["rgba"][0].unique().tolist()) == pytest.approx([0.1])  # one square of 16 covers the frame
    assert squares["rgba"][3].min() == 1
    assert squares["N"].abs().sum() == 0


def test_a_frame_that_is_a_link_to_itself_is_missing(session: Session, tmp_path: Path) -> None:
    node = session.add("Read", file=sequence(tmp_path, (1, 3)))
    link = tmp_path / "a.0002.exr"
    link.symlink_to(link)
    with pytest.raises(NodeError, match="what is there for frame 2 is a link to nothing"):
        session.evaluate(node, frame=2)
    for policy, value in (("nearest", 1.0), ("hold", 1.0), ("black", 0.0), ("checkerboard", pytest.approx(0.1))):
        session.set(node, missing=policy)
        assert first(session, node, 2) == value
    assert session.info(node, frame=2).display == session.info(node, frame=1).display


def test_what_stands_in_for_a_frame_is_like_the_nearest_picture(session: Session, tmp_path: Path) -> None:
    file = sequence(tmp_path, (-5, 3))
    still(tmp_path / "a.-001.exr", displayWindow=exrfiles.box(0, 0, 12, 9))
    node = session.add("Read", file=file, missing="black")
    sizes = [session.info(node, frame=frame).display.box for frame in (-4, -2, 0, 2)]
    assert sizes == [(0, 0, 10, 8), (0, 0, 12, 9), (0, 0, 12, 9), (0, 0, 10, 8)]


def test_a_name_that_is_no_text(session: Session, tmp_path: Path) -> None:
    """As files have it that came from a machine with another encoding."""
    name = os.fsdecode(os.fsencode(tmp_path) + b"/gr\xfcn.exr")
    os.rename(still(tmp_path / "a.exr"), name)
    with pytest.raises(NodeError) as caught:
        session.info(session.add("Read", file=name))
    assert str(caught.value).endswith(
        r"gr\udcfcn.exr: the name is no text in UTF-8; rename it, or start Rimlight in a UTF-8 locale"
    )
    written = session.add("Write", session.add("Constant"), file=name)
    report = session.render(written, "1", continue_on_error=True)
    assert "the name is no text in UTF-8" in report.failed[0].error


def warned(session: Session, node: str, frame: float) -> tuple[str, ...]:
    vertices = session.evaluator.survey(session.graph, session.project, [node], frame, 1.0, Tier.FINAL)
    vertex = vertices[node, frame]
    assert vertex.node is not None and vertex.ctx is not None
    return tuple(vertex.node.warnings(vertex.ctx))


def test_a_frame_that_stands_in_for_another_is_a_warning(session: Session, tmp_path: Path) -> None:
    node = session.add("Read", file=sequence(tmp_path, (3, 4, 6)), missing="nearest")
    assert warned(session, node, 4) == ()
    assert warned(session, node, 5) == ("frame 5 has no file, a.0004.exr is shown in its place",)
    assert warned(session, node, 7) == ("frame 7 is outside 3-6, a.0006.exr is held",)
    session.set(node, missing="black", offset=10, before="loop", after="black")
    assert warned(session, node, 15) == ("frame 5 has no file, black is shown in its place",)
    assert warned(session, node, 12) == warned(session, node, 17) == ()
    assert warned(session, session.add("Read", file=str(still(tmp_path / "a.exr"))), 9) == ()


def test_no_file_at_all(session: Session, tmp_path: Path) -> None:
    for file, match in (("", "no file is chosen"), ("a.####.exr", "no file of that name"), ("a.exr", "no such file")):
        node = session.add("Read", file=file and str(tmp_path / file))
        with pytest.raises(NodeError, match=match):
            session.info(node)
    node = session.add("Read", file=str(tmp_path / "a.####.exr"), missing="black")
    assert session.info(node).display == Region(0, 0, 32, 20)
    assert session.evaluate(node).region.is_empty


def test_a_replaced_file_is_read_again_and_a_still_once(session: Session, tmp_path: Path) -> None:
    path = still(tmp_path / "a.exr")
    node = session.add("Read", file=str(path))
    survey, tier = session.evaluator.survey, Tier.FINAL
    keys = {survey(session.graph, session.project, [node], f, 1.0, tier)[node, f].key for f in (1.0, 2.0)}
    assert len(keys) == 1
    assert first(session, node, 1) == 1
    still(path, 7)
    os.utime(path, ns=(1, 10**18))
    assert first(session, node, 1) == 7


@pytest.mark.parametrize(("range", "listings"), [("", 2), ("1-4", 0)])
def test_a_folder_that_is_written_into_is_listed_for_a_frame_and_ahead_of_it(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, range: str, listings: int
) -> None:
    node = session.add("Read", file=sequence(tmp_path, (1, 2, 3, 4)), range=range)
    out = session.add("Write", node, file=str(tmp_path / "out.####.exr"))
    listed, real = [], FilePattern.frames
    monkeypatch.setattr(FilePattern, "frames", lambda self: listed.append(self) or real(self))
    monkeypatch.setattr(time, "time", lambda: 0.0)  # no change of a folder is ever old
    report = session.render(out, "1-4")
    assert not report.failed
    assert len(listed) <= 4 * listings
    assert all(Path(result.path).exists() for result in report.results)


def test_paths_start_at_the_folder_of_the_script(session: Session, tmp_path: Path) -> None:
    still(tmp_path / "plates.exr", 3)
    node = session.add("Read", file="plates.exr")
    session.save(tmp_path / "a.rim")
    assert first(session, node, 1) == 3


AP0 = Chromaticities(0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)


def test_only_colour_is_converted_to_the_working_space(session: Session, tmp_path: Path) -> None:
    path = still(tmp_path / "a.exr", chromaticities=tuple(AP0))
    node = session.add("Read", file=str(path))
    to_ap1 = torch.tensor([
        [1.4514393161, -0.2365107469, -0.2149285693], [-0.0765537734, 1.1762296998, -0.0996759264],
        [0.0083161484, -0.0060324498, 0.9977163014],
    ])  # fmt: skip
    found = session.evaluate(node)
    torch.testing.assert_close(
        found["rgba"][:3], torch.einsum("ij,jhw->ihw", to_ap1, expected()[:3]), rtol=1e-5, atol=1e-5
    )  # fmt: skip
    assert torch.equal(found["rgba"][3], expected()[3])
    assert torch.equal(found["N"], torch.from_numpy(exrfiles.ramp(9)).float().expand(3, -1, -1))
    assert "chromaticities" not in session.info(node).metadata
    session.set(node, raw=True)
    assert torch.equal(session.evaluate(node)["rgba"], expected())
    assert session.info(node).metadata["chromaticities"] == pytest.approx(AP0)
    session.set(node, raw=False, colorspace="ACEScg")
    assert torch.equal(session.evaluate(node)["rgba"], expected())


def _png(path: Path, code: tuple[int, int, int, int]) -> Path:
    spec = oiio.ImageSpec(1, 1, 4, "uint8")
    spec.attribute("oiio:UnassociatedAlpha", 1)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec) and out.write_image(np.array([[code]], np.uint8)) and out.close()
    return path


def test_primaries_of_no_known_space_are_told(session: Session, tmp_path: Path) -> None:
    wide = (0.684, 0.313, 0.221, 0.848, 0.0861, -0.102, 0.3127, 0.329)
    file = str(still(tmp_path / "a.exr", chromaticities=wide))
    node = session.add("Read", file=file)
    (told,) = warned(session, node, 1)
    assert "chromaticities 0.684 0.313, 0.221 0.848, 0.0861 -0.102, 0.3127 0.329 are those of no colour space" in told
    assert "taken for ACEScg; choose its colorspace" in told
    for known in (
        session.add("Read", file=file, raw=True),
        session.add("Read", file=file, colorspace="ACES2065-1"),
        session.add("Read", file=str(still(tmp_path / "b.exr", chromaticities=tuple(Chromaticities(
            0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290
        ))))),
    ):  # fmt: skip
        assert warned(session, known, 1) == ()


def test_straight_colour_is_linear_before_it_is_multiplied(session: Session, tmp_path: Path) -> None:
    session.set_project(working="Linear Rec.709 (sRGB)")
    node = session.add("Read", file=str(_png(tmp_path / "a.png", (188, 255, 0, 51))))
    linear = ((188 / 255 + 0.055) / 1.055) ** 2.4
    assert session.evaluate(node)["rgba"].flatten().tolist() == pytest.approx([linear / 5, 0.2, 0, 0.2], abs=1e-5)
    session.set(node, alpha="ignore")
    assert session.evaluate(node)["rgba"].flatten().tolist() == pytest.approx([linear, 1, 0, 0.2], abs=1e-5)
    session.set(node, alpha="premultiplied")
    assert float(session.evaluate(node)["rgba"][1]) > 1  # brighter than its alpha: shown as the light it is


def test_nan_and_infinity_pass_unless_they_are_to_be_zero(session: Session, tmp_path: Path) -> None:
    values = np.array([[np.nan, np.inf, -np.inf, -2]], np.float16)
    path = exrfiles.write(tmp_path / "a.exr", [({}, dict.fromkeys("RGB", values))])
    node = session.add("Read", file=str(path))
    assert session.evaluate(node)["rgba"][0].nan_to_num(1, 2, 3).tolist() == [[1, 2, 3, -2]]
    session.set(node, nonfinite="zero")
    assert session.evaluate(node)["rgba"][0].tolist() == [[0, 0, 0, -2]]


@pytest.mark.parametrize("scale", [0.5, 0.25])
def test_a_proxy_is_the_small_picture_of_the_whole(session: Session, tmp_path: Path, scale: float) -> None:
    node = session.add("Read", file=str(still(tmp_path / "a.exr")))
    found = session.evaluate(node, scale=scale)
    small, covered = downscale(expected(), Region(2, 3, 8, 7), scale)
    assert found.region == covered
    torch.testing.assert_close(found["rgba"], small)
    assert session.info(node, scale=scale).display == Region(0, 0, 10, 8).scaled(scale)


def test_damaged_and_deep_files_name_the_node(session: Session, tmp_path: Path) -> None:
    path = still(tmp_path / "a.exr")
    path.write_bytes(path.read_bytes()[:300])
    node = session.add("Read", name="Plate", file=str(path))
    with pytest.raises(NodeError, match=rf"Plate at frame 1: {path} is a damaged EXR"):
        session.evaluate(node)
