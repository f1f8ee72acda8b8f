"""Made-up solids: closed, facing outwards, standing, and no two alike."""

import functools

import numpy as np
import pytest
from numpy.typing import NDArray

from rimlight.training.stage.forms import made_form
from rimlight.training.stage.mesh import Mesh

SEEDS = range(60)


@functools.cache
def form(seed: int) -> tuple[Mesh, ...]:
    """The solid of a seed, made once."""
    return made_form(np.random.default_rng(seed))


def corners(mesh: Mesh) -> NDArray[np.float64]:
    return mesh.vertices.astype(np.float64)[mesh.faces]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_form_is_closed_and_faces_outwards(seed: int) -> None:
    for mesh in form(seed):
        a, b, c = corners(mesh).transpose(1, 0, 2)
        across = np.cross(b - a, c - a)
        area = np.linalg.norm(across, axis=1)
        # The areas of a closed surface, as vectors, add up to nothing.
        assert np.linalg.norm(across.sum(0)) < 1e-3 * area.sum()
        assert np.einsum("ij,ij->i", a - mesh.vertices.mean(0), across).sum() > 0
        there = area > 1e-9
        shown = mesh.normals[mesh.faces[there]].mean(1)
        facing = np.einsum("ij,ij->i", shown, across[there] / area[there, None])
        assert np.average(facing, weights=area[there]) > 0.7


@pytest.mark.parametrize("seed", SEEDS)
def test_a_form_stands_in_the_middle_and_is_of_size_one(seed: int) -> None:
    parts = form(seed)
    points = np.concatenate([mesh.vertices for mesh in parts])
    low, high = points.min(0), points.max(0)
    assert (high - low).max() == pytest.approx(1, abs=1e-4)
    assert low[1] == pytest.approx(0, abs=1e-4)
    assert (low + high)[[0, 2]] == pytest.approx([0, 0], abs=1e-4)
    for mesh in parts:
        assert all(np.isfinite(x).all() for x in (mesh.vertices, mesh.normals, mesh.uv))
        assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1, abs=1e-3)


def test_forms_are_the_same_for_a_seed_and_differ_between_seeds() -> None:
    def outline(parts: tuple[Mesh, ...]) -> NDArray[np.float32]:
        return np.concatenate([mesh.vertices for mesh in parts])

    assert np.array_equal(outline(form(3)), outline(made_form(np.random.default_rng(3))))
    extents = np.array([np.sort(np.ptp(outline(form(seed)), axis=0)) for seed in SEEDS])
    assert len(np.unique(extents.round(3), axis=0)) == len(SEEDS)
