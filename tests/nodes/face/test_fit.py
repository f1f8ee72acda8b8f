"""FaceFit finds pose, form and expression of faces whose landmarks are known, and draws what a camera sees of them."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

from pictures import picture
from rimlight.engine import Camera, NodeError, Region
from rimlight.nodes.face import fitting
from rimlight.nodes.face.fitting import Points, average, fitted
from rimlight.nodes.face.model import FACE, Array, Face, face_model, geometry, rotation, rotation_vector
from rimlight.nodes.face.seen import drawn
from stage import Stage

SIZE, FOV = 640, 24.0
TAN = float(np.tan(np.radians(FOV / 2)))


def person(seed: int) -> Face:
    """A face of a random identity, expression and pose; a face in the picture is about 400 pixels high."""
    rng = np.random.default_rng(seed)
    yaw, pitch, roll = rng.normal(0, (0.3, 0.15, 0.15))
    turn = rotation(np.array([0, yaw, 0])) @ rotation(np.array([pitch, 0, 0])) @ rotation(np.array([0, 0, roll]))
    smile = float(rng.uniform(0, 0.5))
    expression = (("mouthSmile_L", smile), ("mouthSmile_R", smile), ("jawOpen", float(rng.uniform(0, 0.3))))
    own = np.clip(rng.normal(0, 0.8, 60), -2, 2)
    place = (float(rng.normal(0, 3)), float(rng.normal(0, 3)), -85.0)
    return Face(tuple(rotation_vector(turn).tolist()), place, TAN, tuple(own.tolist()), expression)


def marked(face: Face, noise: float, seed: int) -> tuple[tuple[str, float, float, float], ...]:
    """Where the landmarks of a face are in the picture, with noise of so many pixels."""
    rng, vertices = np.random.default_rng(seed), geometry(face)[0]
    at = []
    for name, line in face_model().landmarks.items():
        spot = vertices[line[len(line) // 2]] if name.startswith("jaw") else vertices[line].mean(0)
        x, y = Camera(SIZE, SIZE, TAN).project(torch.from_numpy(spot))
        at.append((name, float(x) + rng.normal(0, noise), float(y) + rng.normal(0, noise), 1.0))
    return tuple(at)


def front(face: Face) -> tuple[Array, Array, Any]:
    """Vertices, normals, and which of them are skin that the camera sees."""
    vertices, normals = geometry(face)
    return vertices, normals, (normals[:, 2] > 0.3) & (np.arange(len(vertices)) < 9400)


def off(face: Face, found: Face) -> tuple[float, float, float]:
    """How far a fit is off: degrees of the pose, degrees of normals in the mean, pixels of the surface in the mean."""
    turn = rotation(np.array(found.turn)) @ rotation(np.array(face.turn)).T
    (a, n, seen), (b, m, _) = front(face), front(found)
    angle = np.degrees(np.arccos((n * m).sum(1).clip(-1, 1)))[seen].mean()
    x, y = Camera(SIZE, SIZE, TAN).project(torch.from_numpy(a.T))
    u, v = Camera(SIZE, SIZE, found.tan_x).project(torch.from_numpy(b.T))
    apart = float(torch.hypot(x - u, y - v).numpy()[seen].mean())
    return float(np.degrees(np.linalg.norm(rotation_vector(turn)))), float(angle), apart


def test_it_finds_faces_from_noisy_landmarks() -> None:
    """Points that are off by half a percent of the face, as people place them."""
    found = []
    for seed in range(12):
        face = person(seed)
        fit = fitted(Points(marked(face, 2.0, seed), (SIZE, SIZE), fov=FOV))
        assert fit.error < 4
        found.append(off(face, fit.face))
    pose, normal, apart = np.median(np.array(found), 0)
    assert pose < 1.8 and normal < 8 and apart < 4.5
    assert max(p for p, _, _ in found) < 6


def test_exact_landmarks_and_weak_priors_are_met() -> None:
    face = person(3)
    fit = fitted(Points(marked(face, 0.0, 0), (SIZE, SIZE), fov=FOV, identity=0.01, expression=0.01))
    assert fit.error < 0.2
    assert off(face, fit.face)[0] < 1.5


def test_nodes_that_ask_at_once_wait_for_one_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, solved = [], fitting.Problem.solved

    def counted(problem: fitting.Problem) -> fitting.Fit:
        begun.append(problem)
        time.sleep(0.05)  # the others come meanwhile
        return solved(problem)

    monkeypatch.setattr(fitting.Problem, "solved", counted)
    points = Points(marked(person(77), 0.0, 77), (SIZE, SIZE))
    with ThreadPoolExecutor(4) as pool:
        faces = list(pool.map(fitted, [points] * 4))
    assert len(begun) == 1 and all(found is faces[0] for found in faces)


def test_one_wrong_landmark_does_little() -> None:
    face = person(5)
    at = list(marked(face, 0.0, 0))
    name, x, y, weight = at[13]
    before = off(face, fitted(Points(tuple(at), (SIZE, SIZE), fov=FOV)).face)[0]
    at[13] = (name, x + 60, y, weight)
    fit = fitted(Points(tuple(at), (SIZE, SIZE), fov=FOV))
    assert fit.worst == name
    assert off(face, fit.face)[0] < before + 2.5
    at[13] = (name, x + 60, y, 0.0)
    assert off(face, fitted(Points(tuple(at), (SIZE, SIZE), fov=FOV)).face)[0] < before + 0.7


def test_the_lens_is_found_roughly() -> None:
    face = person(8)
    fit = fitted(Points(marked(face, 0.0, 0), (SIZE, SIZE), fov=FOV * 1.3, fit_lens=True, identity=0.1, expression=0.1))
    fov = float(np.degrees(2 * np.arctan(fit.face.tan_x)))
    assert abs(fov - FOV) < abs(FOV * 1.3 - FOV)


def test_what_is_drawn_lies_on_its_pixels() -> None:
    camera, region = Camera(200, 160, 0.3), Region(0, 0, 200, 160)
    layers = drawn(face_model(), *geometry(Face((0.1, 0.4, 0.0))), camera, region, torch.device("cpu"))
    there = layers["depth"][0] > 0
    assert 2000 < int(there.sum()) < 20000
    x, y = camera.project(layers["position"][:, there].double())
    rows, columns = there.nonzero().T
    assert float((x - columns - 0.5).abs().max()) < 1e-3 and float((y - rows - 0.5).abs().max()) < 1e-3
    facing = -(layers["normal"] * layers["position"]).sum(0)[there] / layers["position"][:, there].norm(dim=0)
    assert float((facing > 0).float().mean()) > 0.98
    matte = layers["face"][0]
    assert bool((matte[there] > 0).all()) and 0 < int(((matte > 0) & (matte < 1)).sum()) < 2000
    # The pixels that a picture twice as large covers are, four by four, the share of one.
    large = drawn(face_model(), *geometry(Face((0.1, 0.4, 0.0))), Camera(800, 640, 0.3), Region(0, 0, 800, 640),
                  torch.device("cpu"), coverage=False)["face"]  # fmt: skip
    share = torch.nn.functional.avg_pool2d(large[None], 4)[0, 0]
    # But for gaps that no pixel's centre lies in, as between the lips.
    assert int(((share - matte).abs() > 1e-5).sum()) < 40 and float((share - matte).abs().max()) < 0.4


def placed(face: Face, size: int = SIZE) -> dict[str, tuple[float, float]]:
    """The landmarks of a face as the node's parameters."""
    return {name: (x, size - y) for name, x, y, _ in marked(face, 0.0, 0)}


def test_the_node_puts_out_layers_and_the_face() -> None:
    face, plate = person(2), picture(torch.rand(3, SIZE, SIZE), Region(0, 0, SIZE, SIZE))
    stage = Stage().given("plate", plate).add("Fit", "face.fit", {"image": "plate"}, field_of_view=FOV, **placed(face))
    out = stage.evaluate("Fit")
    found = Face.from_text(str(out.info.metadata[FACE]))
    assert off(face, found)[0] < 3
    assert set(out.layers) == {"rgba", "uv", "position", "normal", "depth", "face"}
    assert bool((out["rgba"] == plate["rgba"]).all())
    shown = stage.set("Fit", show="normal").evaluate("Fit")["rgba"]
    inside = out["face"][0] == 1
    assert torch.allclose(shown[:, inside], out["normal"][:, inside] / 2 + 0.5, atol=1e-5)
    assert bool((shown[:, out["face"][0] == 0] == plate["rgba"][:, out["face"][0] == 0]).all())


def test_only_moved_landmarks_count_and_before_four_the_average_face_fills_the_frame() -> None:
    frame = Region(0, 0, SIZE, SIZE)
    stage = Stage().given("plate", picture(torch.rand(3, SIZE, SIZE), frame))
    stage.add("Fit", "face.fit", {"image": "plate"}, field_of_view=FOV)
    first = Face.from_text(str(stage.info("Fit").metadata[FACE]))
    assert np.linalg.norm(first.turn) < 0.01 and np.abs(first.identity).max() < 0.02
    spots = placed(person(4))
    few = ("eye_left_outer", "eye_right_outer", "nose_tip", "mouth_left", "mouth_right", "chin")
    stage.set("Fit", **{name: spots[name] for name in few[:3]})
    assert Face.from_text(str(stage.info("Fit").metadata[FACE])) == first
    stage.set("Fit", **{name: spots[name] for name in few})
    assert off(person(4), Face.from_text(str(stage.info("Fit").metadata[FACE])))[0] < 10


def test_half_the_size_is_the_same_face() -> None:
    face, frame = person(6), Region(0, 0, SIZE, SIZE)
    stage = Stage().given("plate", picture(torch.rand(3, SIZE, SIZE), frame))
    stage.add("Fit", "face.fit", {"image": "plate"}, field_of_view=FOV, **placed(face))
    whole, half = (Face.from_text(str(stage.info("Fit", scale=s).metadata[FACE])) for s in (1.0, 0.5))
    assert np.allclose(whole.place, half.place, atol=0.05) and np.allclose(whole.turn, half.turn, atol=2e-3)


def test_too_few_landmarks_are_a_sentence() -> None:
    at = tuple((name, x, y, 1.0) for name, (x, y) in average((64, 64), 1.0, 30.0).items())
    with pytest.raises(Exception, match="4 landmarks at least, 3 are in use"):
        fitted(Points(at[:3], (64, 64)))
    weights = {f"weight_{name}": 0.0 for name, *_ in at[3:]}
    stage = Stage().given("plate", picture(torch.rand(3, 12, 16)))
    with pytest.raises(NodeError, match="4 landmarks at least"):
        stage.add("Fit", "face.fit", {"image": "plate"}, **weights).info("Fit")


def test_a_face_survives_its_text_and_other_text_is_a_sentence() -> None:
    face = person(1)
    again = Face.from_text(face.to_text())
    assert np.allclose(geometry(again)[0], geometry(face)[0], atol=2e-3)
    for text in ("no face", json.dumps({"turn": [1]}), "[]"):
        with pytest.raises(Exception, match="does not describe a face"):
            Face.from_text(text)
