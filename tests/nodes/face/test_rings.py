"""Normals of the vertices that are looked at, and how they move."""

import numpy as np

from rimlight.nodes.face.model import Face, geometry
from rimlight.nodes.face.rings import rings


def test_normals_move_with_form_as_differences_say() -> None:
    weights = np.random.default_rng(1).normal(0, 0.5, rings().moves.shape[2])
    normal, slopes = rings().normals(weights)
    assert np.allclose(np.linalg.norm(normal, axis=1), 1)
    for k in (0, 7, 59, 80):
        step = np.zeros_like(weights)
        step[k] = 1e-5
        differences = (rings().normals(weights + step)[0] - rings().normals(weights - step)[0]) / 2e-5
        assert np.allclose(slopes[:, :, k], differences, atol=1e-4)
    # And they are those of the whole mesh.
    face = Face((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.2, tuple(weights[:60].tolist()))
    mine = rings().normals(np.concatenate((weights[:60], np.zeros(len(weights) - 60))))[0]
    assert np.allclose(mine, geometry(face)[1][rings().vertex], atol=1e-9)
