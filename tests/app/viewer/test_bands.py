"""The bands of false colour."""

import numpy as np
import numpy.typing as npt
import pytest
import torch

from rimlight.app.viewer.bands import BANDS
from rimlight.app.viewer.marks import band_of

SEEN = {
    "all colours": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""How linear Rec.709 is seen, by Machado, Oliveira and Fernandes, 2009, for whom one kind of cone is missing."""
_XYZ = np.array([[0.412456, 0.357576, 0.180438], [0.212673, 0.715152, 0.072175], [0.019334, 0.119192, 0.950304]])


def lab(linear: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """CIELAB of linear Rec.709, `[N, 3]` both."""
    t = linear @ _XYZ.T / _XYZ.sum(1)
    x, y, z = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29).T
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), 1)


def linear() -> npt.NDArray[np.float64]:
    codes = np.array([band.color for band in BANDS])
    return np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize(
    ("stops", "name"),
    [(-9, "below"), (-6.6, "below"), (-6.4, "-6"), (-1.6, "-2"), (-1.4, "-1"), (-0.7, "-½"), (-0.3, "-½"), (-0.2, "0"),
     (0.2, "0"), (0.3, "+½"), (0.8, "+1"), (1.4, "+1"), (1.6, "+2"), (6.4, "+6"), (6.6, "above"), (30, "above")],
)  # fmt: skip
def test_light_is_in_the_band_next_to_it(stops: float, name: str) -> None:
    assert BANDS[int(band_of(torch.tensor(0.18 * 2.0**stops)))].name == name


@pytest.mark.parametrize("light", [0.0, -0.5, -float("inf")])
def test_what_is_no_light_is_in_the_darkest_band(light: float) -> None:
    assert int(band_of(torch.tensor(light))) == 0


def test_brighter_bands_are_lighter_so_that_they_are_read_in_greys() -> None:
    assert (np.diff(lab(linear())[:, 0]) > 3).all()


@pytest.mark.parametrize("eyes", SEEN)
def test_bands_differ_for_every_kind_of_eyes(eyes: str) -> None:
    seen = lab(np.clip(linear() @ np.array(SEEN[eyes]).T, 0, 1))
    apart = np.linalg.norm(seen[:, None] - seen, axis=-1)[np.triu_indices(len(seen), 1)]
    assert apart.min() > 15, "several times what is just seen"
