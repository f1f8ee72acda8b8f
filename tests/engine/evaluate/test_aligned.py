"""Pictures of different formats in one node meet at the bottom left of their frames, as in Nuke."""

import pytest
import torch
from torch import Tensor

from pictures import picture
from rimlight.engine import Region, Tier
from rimlight.engine.evaluate.verify import verify_keys
from stage import Stage, known

LOW, HIGH = Region(0, 0, 20, 10), Region(0, 0, 24, 32)


def element() -> Tensor:
    """A white box in black, transparent: 4 to 8 and 2 to 6 from the bottom left of the high frame."""
    x = torch.zeros(4, 32, 24)
    x[:, 26:30, 4:8] = 1.0
    return x


def seen(x: Tensor, scale: float = 1.0) -> tuple[int, int, int, int]:
    """Where a channel is not black, in artists' numbers: left, bottom, right, top."""
    rows, columns = torch.nonzero(x > 0.5, as_tuple=True)
    height = round(LOW.height * scale)
    return int(columns.min()), height - int(rows.max()) - 1, int(columns.max()) + 1, height - int(rows.min())


def stage() -> Stage:
    made = Stage().given("plate", picture(torch.zeros(3, 10, 20), LOW)).given("element", picture(element(), HIGH))
    return made.given("grey", picture(torch.full((3, 10, 20), 0.25), LOW))


def inserted(made: Stage) -> int:
    """How many pictures were moved before `N`."""
    with known():
        vertices = made.evaluator.survey(made.graph, made.project, ["N"], 1.0, 1.0, Tier.FINAL)
    assert all(vertex.error is None for vertex in vertices.values())
    return sum(vertex.inserted for vertex in vertices.values())


@pytest.mark.parametrize(
    ("kind", "wires", "values"),
    [
        ("Merge", {"B": "plate", "A": "element"}, {}),
        ("Merge", {"B": "plate", "A": "plate", "A2": "element"}, {}),
        ("AddMix", {"B": "plate", "A": "element"}, {}),
        ("KeyMix", {"B": "plate", "A": "element", "mask": "element"}, {}),
        ("Copy", {"B": "plate", "A": "element"}, {"mapping": "rgba.R=rgba.R"}),
        ("Dissolve", {"image": "plate", "image2": "element"}, {"which": 0.75}),
        ("Exposure", {"image": "grey", "mask": "element"}, {"stops": 2.0}),
    ],
)
def test_numbers_from_the_bottom_left_hold_across_formats(
    kind: str, wires: dict[str, str], values: dict[str, object]
) -> None:
    made = stage().add("N", kind, wires, **values)
    assert seen(made.evaluate("N").tensor("rgba", LOW)[0]) == (4, 2, 8, 6)
    half = made.evaluate("N", scale=0.5)
    assert seen(half.tensor("rgba", LOW.scaled(0.5))[0], 0.5) == (2, 1, 4, 3)


def test_the_trunk_keeps_its_frame_and_the_rest_of_the_element_goes_on_above_it() -> None:
    image = stage().add("N", "Merge", {"B": "plate", "A": "element"}).evaluate("N")
    assert image.info.display == LOW
    assert image.info.data == Region(0, -22, 24, 10)


def test_without_b_the_first_picture_is_the_trunk() -> None:
    made = stage().add("N", "Merge", {"A": "grey", "A2": "element"})
    image = made.evaluate("N")
    assert image.info.display == LOW and seen(image.tensor("rgba", LOW)[0]) == (4, 2, 8, 6)


def test_a_frame_that_begins_elsewhere_is_laid_on_as_well() -> None:
    away = picture(element(), HIGH.shift(100, -7))
    image = stage().given("away", away).add("N", "Merge", {"B": "plate", "A": "away"}).evaluate("N")
    assert seen(image.tensor("rgba", LOW)[0]) == (4, 2, 8, 6)


def test_nothing_stands_between_pictures_of_one_format() -> None:
    made = stage().add("N", "Merge", {"B": "plate", "A": "grey"})
    assert inserted(made) == 0


def test_keys_hold_and_only_nodes_of_the_script_are_told_of() -> None:
    made = stage().add("N", "Merge", {"B": "plate", "A": "element", "mask": "element"})
    told: list[str] = []
    services = made.evaluator.services
    with known():
        wrong = verify_keys(made.graph, made.project, services, "N", [1.0], watch=lambda e: told.append(e.path))
    assert wrong == [] and set(told) == {"plate", "element", "N"}
    assert inserted(made) == 1, "one for both wires"
