"""Numbers that only the pixels say: kept beside the result, never for another one."""

from collections.abc import Mapping
from pathlib import Path
from unittest import mock

import pytest
import torch
from torch import Tensor

from rimlight.engine import ComputeContext, NodeError, Project, Request, Tier
from toy_nodes import CALLS, Box, evaluator, graph

PROJECT = Project(format="64x48")


pytestmark = pytest.mark.usefixtures("toys")


def test_a_number_is_known_once_it_was_computed_and_only_of_what_is() -> None:
    ev, g = evaluator(), graph(("A", "toy.gain", {"gain": 2}), ("B", "toy.meter", {}))
    assert ev.measured(g, PROJECT, "B", 1) == {}
    ev.evaluate(g, PROJECT, Request("B", 1, layers=("rgba",)))
    assert ev.measured(g, PROJECT, "B", 1) == {"toy:brightest": 126.0}
    changed = g.set_value("A", "gain", 3)
    assert ev.measured(changed, PROJECT, "B", 1) == {}
    assert ev.measured(g.set_value("B", "disable", True), PROJECT, "B", 1) == {}
    assert ev.measured(g, PROJECT, "A", 1) == {}
    ev.clear()
    assert ev.measured(g, PROJECT, "B", 1) == {}


def test_the_best_quality_is_told() -> None:
    ev, g = evaluator(), graph(("B", "toy.meter", {}))
    ev.evaluate(g, PROJECT, Request("B", 1, scale=0.5, tier=Tier.DRAFT))
    assert ev.measured(g, PROJECT, "B", 1) == {"toy:brightest": 31.0}
    ev.evaluate(g, PROJECT, Request("B", 1))
    assert ev.measured(g, PROJECT, "B", 1) == {"toy:brightest": 63.0}


def test_a_picture_has_the_nearest_number_in_its_metadata(tmp_path: Path) -> None:
    chain = (("A", "toy.meter", {}), ("B", "toy.meter", {}), ("C2", "toy.gain", {"gain": 5}))
    ev, g = evaluator(disk_folder=str(tmp_path), disk_bytes=1 << 20), graph(*chain)
    for _ in range(2):  # the second time from the cache
        image = ev.evaluate(g, PROJECT, Request("C2", 1, layers=("rgba",)))
        assert image.info.metadata["toy:brightest"] == 31.5
    assert "toy:brightest" not in ev.info(g, PROJECT, "C2", 1).metadata


def test_numbers_outlive_results_that_memory_has_no_room_for() -> None:
    ev, g = evaluator(host_bytes=0), graph(("A", "toy.meter", {}), ("B", "toy.gain", {"gain": 5}))
    image = ev.evaluate(g, PROJECT, Request("B", 1, layers=("rgba",)))
    assert image.info.metadata["toy:brightest"] == 63.0
    assert ev.measured(g, PROJECT, "A", 1) == {"toy:brightest": 63.0}


def test_numbers_are_told_when_memory_runs_out_behind_them() -> None:
    ev, g = evaluator(), graph(("A", "toy.meter", {}), ("B", "toy.box", {"size": 3}))
    outcomes = [torch.OutOfMemoryError("out"), None]

    def compute(node: Box, ctx: ComputeContext) -> Mapping[str, Tensor]:
        if (failure := outcomes.pop(0)) is not None:
            raise failure
        return computed(node, ctx)

    computed = Box.compute
    with mock.patch.object(Box, "compute", compute):
        image = ev.evaluate(g, PROJECT, Request("B", 1, layers=("rgba",)))
    assert not outcomes and image.info.metadata["toy:brightest"] == 63.0


def test_a_result_that_a_session_before_left_on_disk_has_them_too(tmp_path: Path) -> None:
    g = graph(("A", "toy.meter", {}), ("D", "structure.disk_cache", {}), ("B", "toy.gain", {"gain": 5}))
    images = []
    for _ in range(2):
        ev, CALLS[:] = evaluator(disk_folder=str(tmp_path), disk_bytes=1 << 20), []
        images.append(ev.evaluate(g, PROJECT, Request("B", 1, layers=("rgba",))))
    assert CALLS == ["gain"]
    assert images[0].info.metadata == images[1].info.metadata == {"toy:brightest": 63.0}


def test_what_was_not_declared_is_a_fault_of_the_node() -> None:
    with pytest.raises(NodeError, match="'toy:brightest' is not among the node's measures"):
        evaluator().evaluate(graph(("B", "toy.babbler", {})), PROJECT, Request("B", 1, layers=("rgba",)))
