"""Ratios and levels of lights."""

import pytest
import torch

from rimlight.app.rig.measuring import group_layers, levels_of, ratio_of, stops_of


def test_the_ratio_counts_the_key_with_the_fill() -> None:
    key = torch.zeros(4, 4)
    key[:, 2:] = 3.0
    groups = {"key": key, "fill": torch.ones(4, 4)}
    there = torch.ones(4, 4, dtype=torch.bool)
    found = ratio_of(groups, there, "picture")
    assert found is not None
    assert (found.key, found.value, found.stops) == ("key", 4.0, 2.0)
    assert found.text() == "4 : 1"
    alone = ratio_of({"a": key}, there, "picture")
    assert alone is not None
    assert alone.text() == "no fill"
    assert ratio_of({"a": key * 0}, there, "picture") is None
    strongest = ratio_of({"a": key, "b": 10 * key + 1}, there, "picture")
    assert strongest is not None
    assert strongest.key == "b"
    assert levels_of(groups, there) == {"key": 1.5, "fill": 1.0}


def test_group_layers_and_stops() -> None:
    names = ("rgba", "light_key_diffuse", "light_key_specular", "light_key_shadow", "light_a_b_diffuse", "albedo")
    assert group_layers(names) == ["light_key_diffuse", "light_key_specular", "light_a_b_diffuse"]
    assert stops_of(0.18) == 0
    assert stops_of(0.72) == pytest.approx(2)
    assert stops_of(0.0) == -12
