"""Normals and mattes tell of faces what landmarks do not; faces are found by their form, in frames of any format."""

from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pictures import picture
from rimlight.engine import Camera, Image, NodeError, Region, Session, unit
from rimlight.nodes.face.change import Change, changed
from rimlight.nodes.face.fitting import Points, fitted
from rimlight.nodes.face.guessing import guessed, landmarks_of
from rimlight.nodes.face.model import FACE, Face, face_model, geometry, rotation, rotation_vector
from rimlight.nodes.face.refining import off_by, refined
from rimlight.nodes.face.seen import drawn
from rimlight.nodes.face.surface import around, surface_of

SIZE, FOV = 240, 24.0
CAMERA = Camera.from_fov(SIZE, SIZE, FOV)
FEW = ("eye_left_outer", "eye_left_inner", "eye_right_inner", "eye_right_outer", "nose_tip", "mouth_left",
       "mouth_right", "mouth_top", "mouth_bottom", "chin")  # fmt: skip


def person(seed: int, camera: Camera = CAMERA) -> Face:
    """A face of a random identity and pose that looks about at the camera."""
    rng = np.random.default_rng(seed)
    yaw, pitch, roll = rng.normal(0, (0.2, 0.1, 0.08))
    turn = rotation(np.array([0, yaw, 0])) @ rotation(np.array([pitch, 0, 0])) @ rotation(np.array([0, 0, roll]))
    own = np.clip(rng.normal(0, 0.9, 60), -2, 2)
    place = (float(rng.normal(0, 2)), float(rng.normal(0, 2)), -85.0)
    return Face(tuple(rotation_vector(turn).tolist()), place, camera.tan_x, tuple(own.tolist()))


def seen(face: Face, camera: Camera = CAMERA) -> tuple[Tensor, Tensor]:
    """Normals and matte of a face in the whole frame."""
    frame = Region(0, 0, camera.width, camera.height)
    layers = drawn(face_model(), *geometry(face), camera, frame, torch.device("cpu"))
    return layers["normal"], layers["face"]


def marked(face: Face, noise: float, seed: int) -> Points:
    rng = np.random.default_rng(seed)
    at = landmarks_of(face, CAMERA)
    spots = tuple((n, at[n][0] + rng.normal(0, noise), at[n][1] + rng.normal(0, noise), 1.0) for n in FEW)
    return Points(spots, (SIZE, SIZE), fov=FOV)


def off(face: Face, found: Face) -> tuple[float, float]:
    """Degrees by which normals, and millimetres by which depths differ in the median, where skin is seen."""
    (a, n), (b, m) = geometry(face), geometry(found)
    there = (n[:, 2] > 0.4) & (np.arange(len(a)) < 9400) & (face_model().mean[:, 1] > -9)
    angle = np.degrees(np.arccos((n * m).sum(1).clip(-1, 1)))[there]
    depth = (a - b)[there, 2]
    return float(np.median(angle)), float(np.median(np.abs(depth - np.median(depth)))) * 10


def refit(face: Face, points: Points, **how: Any) -> tuple[Face, Face, float, float]:
    start = fitted(points).face
    region = around(start, CAMERA)
    rows, columns = slice(region.y0, region.y1), slice(region.x0, region.x1)
    normal, matte = seen(face)
    surface = surface_of(normal[:, rows, columns], matte[:, rows, columns], region, start, CAMERA)
    found = refined(points, start, surface, **how)
    assert found.after == pytest.approx(off_by(found.fit.face, surface, CAMERA), abs=0.05)
    return start, found.fit.face, found.before, found.after


def test_normals_halve_what_landmarks_leave() -> None:
    before, after = [], []
    for seed in range(3):
        face = person(seed)
        start, found, told_before, told_after = refit(face, marked(face, 1.0, seed))
        before.append(off(face, start))
        after.append(off(face, found))
        assert told_after < 0.6 * told_before
    (angle, depth), (better_angle, better_depth) = np.mean(before, 0), np.mean(after, 0)
    assert angle > 4 and better_angle < 0.5 * angle
    assert depth > 0.8 and better_depth < 0.5 * depth


def test_a_matte_alone_brings_outlines_inside() -> None:
    face = person(6)
    points = marked(face, 2.0, 1)
    start, found, _, _ = refit(face, points, by_normals=0.0, by_matte=1.0)

    def outside(x: Face) -> float:
        own = seen(x)[1]
        return float((own * (1 - seen(face)[1])).sum() / own.sum())

    assert outside(start) > 0.01 and outside(found) < 0.4 * outside(start)


def test_something_in_front_does_little() -> None:
    """A third of the face is hidden by a flat thing that is turned aside."""
    face = person(2)
    points = marked(face, 1.0, 3)
    start = fitted(points).face
    region = around(start, CAMERA)
    normal, matte = (x[:, region.y0 : region.y1, region.x0 : region.x1].clone() for x in seen(face))
    normal[:, : int(normal.shape[1] * 0.42)] = torch.tensor([0.9, 0.1, 0.42])[:, None, None]
    matte[:, : int(normal.shape[1] * 0.42)] = 1
    found = refined(points, start, surface_of(normal, matte, region, start, CAMERA)).fit.face
    assert off(face, found)[0] < 0.8 * off(face, start)[0]


@pytest.mark.parametrize(("width", "height", "aspect"), [(320, 180, 1.0), (150, 220, 2.0)])
def test_a_face_is_found_in_any_format(width: int, height: int, aspect: float) -> None:
    camera = Camera.from_fov(width, height, 30.0, aspect)
    face = Face((0.05, 0.2, 0.05), (4.0, -3.0, -90.0 * width / min(width, height / aspect)), camera.tan_x)
    normal, matte = seen(face, camera)
    wall = torch.tensor([0.0, 0.0, 1.0])[:, None, None].expand_as(normal)
    found = guessed(None, torch.where(matte > 0.5, normal, wall), None, aspect, 30.0)
    assert found is not None and found.likeness > 0.7
    spots, truth = landmarks_of(found.face, camera), landmarks_of(face, camera)
    tall = abs(truth["chin"][1] - truth["nose_bridge"][1]) * 1.6
    apart = [np.hypot(*np.subtract(spots[name], truth[name])) for name in truth if not name.startswith("jaw")]
    assert np.median(apart) < 0.03 * tall


def test_a_ball_and_a_wall_are_no_face() -> None:
    y, x = torch.meshgrid(torch.linspace(1, -1, 120), torch.linspace(-1, 1, 120), indexing="ij")
    inside = (x**2 + y**2 < 0.7)[None]
    ball = unit(torch.stack((x, y, (1 - x**2 - y**2).clamp_min(1e-3).sqrt()))) * inside
    wall = torch.tensor([0.0, 0.0, 1.0])[:, None, None].expand(3, 120, 120)
    for normal in (torch.where(inside, ball, wall), wall):
        found = guessed(None, normal, None, 1.0, 30.0)
        assert found is None or found.likeness < 0.68


def test_a_portrait_is_found_by_its_paint() -> None:
    """The sample's portrait, in which normals alone took the chin for a face: landmarks placed by hand."""
    path = str(files("rimlight.resources") / "plates" / "collins.exr")
    session = Session()
    light = session.evaluate(session.add("image.read", file=path), layers=("rgba",))["rgba"][:3]
    found = guessed(light, None, None, 1.0, 20.0)
    assert found is not None and found.likeness > 0.45
    at = landmarks_of(found.face, Camera.from_fov(512, 512, 20.0))
    truth = {
        "eye_left_outer": (192.5, 100.5), "eye_left_inner": (211, 103.5), "eye_right_inner": (237, 104.5),
        "eye_right_outer": (258.5, 104.5), "nose_tip": (224, 127), "mouth_left": (203, 140),
        "mouth_right": (245.5, 141), "mouth_bottom": (223, 154), "chin": (223, 177.5),
    }  # fmt: skip
    off = [np.hypot(at[name][0] - x, at[name][1] - y) for name, (x, y) in truth.items()]
    tall = 159  # from chin to hairline
    assert np.mean(off) < 0.04 * tall and max(off) < 0.1 * tall


def test_a_change_takes_one_face_to_another() -> None:
    before, after = person(1), person(2)
    change = Change.between(before, after)
    assert np.allclose(geometry(change.of(before))[0], geometry(after)[0], atol=1e-6)
    points = marked(before, 0.0, 0)
    fit = fitted(points)
    assert changed(points, Change()) is fit
    more = changed(points, Change(move=(1.0, 0.0, 0.0)))
    assert more.face.place[0] == pytest.approx(fit.face.place[0] + 1) and more.error > fit.error + 5


def solving(stage_pictures: Image, folder: Any) -> tuple[Session, str]:
    """A session with a Read of a picture, wired to both inputs of a FaceFit."""
    from rimlight.engine import WriteOptions, Writer

    path = folder / "face.exr"
    Writer().write(stage_pictures, path, WriteOptions(depth="float", compression="zip"))
    session = Session()
    read = session.add("image.read", file=str(path))
    fit = session.add("face.fit", inputs={"image": read, "surface": read}, field_of_view=FOV)
    return session, fit


def test_the_node_finds_a_face_and_refines_it(tmp_path: Any) -> None:
    face = person(7)
    normal, matte = seen(face)
    frame = Region(0, 0, SIZE, SIZE)
    session, fit = solving(picture({"rgba": torch.cat((torch.rand(3, SIZE, SIZE), matte)), "normal": normal}, frame),
                           tmp_path)  # fmt: skip
    session.set(fit, add_move=(1.0, 2.0, 3.0), add_form_01=0.5)
    session.solve(fit, "guess")  # which takes off what was added before
    assert session.value(fit, "add_move") == (0.0, 0.0, 0.0) and session.value(fit, "add_form_01") == 0.0
    assert np.hypot(*np.subtract(session.value(fit, "nose_tip"), _up(landmarks_of(face, CAMERA)["nose_tip"]))) < 6
    guess = session.evaluate(fit, layers=("depth",)).info.metadata
    session.set(fit, by_normals=1.0)
    session.solve(fit, "refine")
    refined_ = session.evaluate(fit, layers=("depth",)).info.metadata
    assert refined_["rimlight:face_normals_error"] < 0.7 * guess["rimlight:face_normals_error"]
    found = Face.from_text(str(refined_[FACE]))
    assert off(face, found)[0] < 3.5
    # Once more changes next to nothing.
    once = session.value(fit, "add_move")
    session.solve(fit, "refine")
    assert np.allclose(session.value(fit, "add_move"), once, atol=0.1)


def _up(spot: tuple[float, float]) -> tuple[float, float]:
    return spot[0], SIZE - spot[1]


def test_what_cannot_be_found_is_a_sentence_and_the_middle_is_that_of_any_frame(tmp_path: Any) -> None:
    session, fit = solving(picture(torch.rand(3, 90, 160), Region(0, 0, 160, 90)), tmp_path)
    with pytest.raises(NodeError, match="no layer 'normal', it has rgba; add Intrinsics"):
        session.solve(fit, "refine")
    session.connect(fit, "surface", None)
    with pytest.raises(NodeError, match="wire Intrinsics to 'surface'"):
        session.solve(fit, "refine")
    with pytest.raises(NodeError, match="nothing in the picture looks like a face"):
        session.solve(fit, "guess")
    session.solve(fit, "middle")
    x, y = session.value(fit, "nose_tip")
    assert abs(x - 80) < 1 and 20 < y < 60
    assert 0 < session.value(fit, "chin")[1] < y < session.value(fit, "nose_bridge")[1] < 90
