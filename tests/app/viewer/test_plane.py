"""Pictures packed for showing, how data is shown, and the true values that samples read."""

import numpy as np
import pytest
import torch
from torch import Tensor

from rimlight.app.viewer.plane import LARGEST, level_for, pack
from rimlight.app.viewer.samples import measure, pixel_at, probe, space_of, spot_at, spot_light
from rimlight.app.viewer.showing import extent_of, showing
from rimlight.engine import LIGHT_LAYERS, RGBA, Image, ImageInfo, Layer, LayerKind, Region

FRAME = Region(0, 0, 8, 6)


def image(data: Region = FRAME, **layers: Tensor) -> Image:
    """A picture of layers by name, over a data window."""
    known = {**LIGHT_LAYERS, "rgba": RGBA}
    return Image(ImageInfo(FRAME, data, tuple(known[name] for name in layers)), data, layers)


def test_a_plane_holds_the_layer_interleaved() -> None:
    x = torch.rand(4, 6, 8)
    plane = pack(image(rgba=x), "rgba", 1.0, 1)
    assert np.array_equal(plane.pixels, x.permute(1, 2, 0).numpy())
    assert plane.extra is None
    assert plane.step == 1


def test_a_level_is_the_mean_of_squares() -> None:
    x = torch.rand(4, 6, 8)
    plane = pack(image(rgba=x), "rgba", 1.0, 4)
    assert plane.pixels.shape == (2, 2, 4)
    assert plane.pixels[0, 0] == pytest.approx(x[:, :4, :4].mean((1, 2)).numpy())
    assert plane.pixels[1, 1] == pytest.approx(x[:, 4:, 4:].mean((1, 2)).numpy()), "the last squares are smaller"


def test_nan_and_infinity_are_marked_and_made_harmless() -> None:
    x = torch.ones(4, 6, 8)
    x[0, 1, 2], x[1, 3, 4] = float("nan"), float("inf")
    plane = pack(image(rgba=x), "rgba", 1.0, 1)
    assert np.isfinite(plane.pixels).all()
    assert plane.pixels[1, 2, 0] == 0 and plane.pixels[3, 4, 1] == LARGEST
    assert plane.extra is not None
    assert np.argwhere(plane.extra[..., 1] > 0).tolist() == [[1, 2], [3, 4]]


def test_confidence_comes_along_when_it_is_wanted() -> None:
    picture = image(rgba=torch.ones(4, 6, 8), confidence=torch.full((1, 6, 8), 0.25))
    assert pack(picture, "rgba", 1.0, 1).extra is None
    plane = pack(picture, "rgba", 1.0, 1, aside="confidence")
    assert plane.extra is not None
    assert (plane.extra[..., 0] == 0.25).all() and (plane.extra[..., 1] == 0).all()


def test_the_albedo_beside_says_what_no_surface_has() -> None:
    albedo = torch.full((3, 2, 2), 0.5)
    albedo[:, 0, 0], albedo[:, 0, 1] = 0.01, 0.0
    albedo[0, 1, 0] = 0.95
    picture = image(rgba=torch.ones(4, 2, 2), albedo=albedo)
    plane = pack(picture, "rgba", 1.0, 1, aside="albedo")
    assert plane.extra is not None
    assert plane.extra[..., 0].tolist() == [[0, 1], [2, 1]], "too dark, nothing there, too bright, plausible"


@pytest.mark.parametrize(
    ("zoom", "scale", "level"),
    [(2, 1, 1), (1, 1, 1), (0.6, 1, 1), (0.5, 1, 2), (0.25, 1, 4), (0.24, 1, 4), (0.25, 0.5, 2)],
)
def test_levels_leave_one_to_two_pixels_for_one_of_the_screen(zoom: float, scale: float, level: int) -> None:
    assert level_for(zoom, scale) == level


def test_normals_are_shown_around_grey() -> None:
    shown = showing(LIGHT_LAYERS["normal"])
    assert not shown.managed
    assert [v * s + o for v, s, o in zip((-1, 0, 1), shown.scale, shown.offset, strict=True)] == [0, 0.5, 1]


def test_depth_is_white_near_and_black_far_and_says_so() -> None:
    depth = torch.linspace(2, 10, 48).reshape(1, 6, 8)
    depth[0, 0, 0], depth[0, 5, 7] = 0, 1e12
    low, high = extent_of(depth, LayerKind.DEPTH)
    assert 2 <= low < 2.5 and 9.5 < high <= 10
    shown = showing(LIGHT_LAYERS["depth"], (low, high))
    assert low * shown.scale[0] + shown.offset[0] == pytest.approx(1)
    assert high * shown.scale[0] + shown.offset[0] == pytest.approx(0)
    assert f"{low:.4g}" in shown.note and f"{high:.4g}" in shown.note


def test_the_range_of_a_layer_without_values_is_usable() -> None:
    assert extent_of(torch.full((1, 4, 4), float("nan")), LayerKind.DEPTH) == (0, 1)
    assert extent_of(torch.full((1, 4, 4), 3.0), LayerKind.DEPTH) == (3, 4)


def test_colour_goes_through_the_view_and_data_does_not() -> None:
    kinds = {name: showing(layer).managed for name, layer in {**LIGHT_LAYERS, "rgba": RGBA}.items()}
    assert {name for name, managed in kinds.items() if managed} == {"rgba", "albedo", "shading", "specular", "residual"}
    assert showing(Layer("uv", ("U", "V"), LayerKind.DATA)).indices == (0, 1, -1, -1)
    assert showing(LIGHT_LAYERS["roughness"]).indices == (0, 0, 0, -1)


def test_samples_read_true_values_whatever_the_screen_shows() -> None:
    x = torch.rand(4, 6, 8) * 5 - 1
    plane = pack(image(rgba=x), "rgba", 1.0, 4)
    assert probe(plane, 3.7, 2.2) == pytest.approx(x[:, 2, 3].tolist())
    assert probe(plane, 8.1, 2.2) is None
    values = measure(plane, Region(1, 1, 6, 5), "ACEScg")
    assert values is not None
    part = x[:, 1:5, 1:6].reshape(4, -1)
    assert values.minimum == pytest.approx(part.amin(1).tolist())
    assert values.maximum == pytest.approx(part.amax(1).tolist())
    assert values.mean == pytest.approx(part.mean(1).tolist())
    assert values.median == pytest.approx(np.median(part.numpy(), axis=1).tolist())
    assert values.count == 20
    assert values.space == "ACEScg, scene-linear"
    assert values.where == "x 1 y 1, 5 x 4"


def test_a_sample_of_one_pixel_names_its_centre_in_artists_coordinates() -> None:
    plane = pack(image(rgba=torch.zeros(4, 6, 8)), "rgba", 1.0, 1)
    values = measure(plane, pixel_at(2.9, 5.0), "ACEScg")
    assert values is not None
    assert values.where == "x 2.5 y 0.5"
    assert "R 0\tG 0" in values.text()


def test_values_that_are_not_finite_do_not_count() -> None:
    x = torch.ones(4, 6, 8)
    x[0, 0, 0] = float("nan")
    values = measure(pack(image(rgba=x), "rgba", 1.0, 1), FRAME, "ACEScg")
    assert values is not None
    assert values.bad == 1 and values.mean == (1, 1, 1, 1)


def test_nothing_is_measured_outside_the_picture() -> None:
    plane = pack(image(rgba=torch.zeros(4, 6, 8)), "rgba", 1.0, 1)
    assert measure(plane, Region(20, 20, 30, 30), "ACEScg") is None


WEIGHTS = (0.25, 0.5, 0.25)


def test_the_light_of_a_sample_is_its_luminance() -> None:
    x = torch.rand(4, 6, 8) * 5 - 1
    values = measure(pack(image(rgba=x), "rgba", 1.0, 4), Region(1, 1, 6, 5), "ACEScg", WEIGHTS)
    assert values is not None and values.light is not None
    y = (x[:3, 1:5, 1:6] * torch.tensor(WEIGHTS)[:, None, None]).sum(0)
    light = values.light
    assert (light.minimum, light.maximum) == pytest.approx((float(y.min()), float(y.max())))
    assert light.mean == pytest.approx(float(y.mean()))
    assert light.median == pytest.approx(float(np.median(y.numpy())))
    assert len(values.mean) == 4, "and it is none of the channels"


def test_the_clipboard_has_the_stops_of_light_and_none_of_data() -> None:
    x = torch.full((4, 6, 8), 0.36)
    plane = pack(image(rgba=x, depth=x[:1]), "rgba", 1.0, 1)
    area = measure(plane, FRAME, "ACEScg", WEIGHTS)
    assert area is not None
    assert "mean\t0.36\t0.36\t0.36\t0.36\t+1.0 stops  4.0:1 / 2.0 stops" in area.text(1.44).splitlines()
    pixel = measure(plane, pixel_at(2, 2), "ACEScg", WEIGHTS)
    assert pixel is not None and pixel.text().endswith("A 0.36\t+1.0 stops")
    depth = measure(pack(plane.image, "depth", 1.0, 1), FRAME, "ACEScg", WEIGHTS)
    assert depth is not None and depth.light is None and "stops" not in depth.text(1.44)


def test_a_spot_takes_in_what_is_around_the_mouse() -> None:
    x = torch.arange(48.0).reshape(6, 8).expand(4, 6, 8).contiguous()
    plane = pack(image(rgba=x), "rgba", 1.0, 2)
    assert spot_light(plane, spot_at(3.5, 2.5, 1), WEIGHTS) == float(x[0, 2, 3])
    assert spot_light(plane, spot_at(3.5, 2.5, 5), WEIGHTS) == pytest.approx(float(x[0, 0:5, 1:6].mean()))
    assert spot_light(plane, spot_at(0.5, 0.5, 5), WEIGHTS) == pytest.approx(float(x[0, :3, :3].mean()))
    assert spot_light(plane, spot_at(30, 2, 5), WEIGHTS) is None
    half = pack(image(rgba=x), "rgba", 0.5, 1)
    assert spot_light(half, spot_at(7.0, 5.0, 1), WEIGHTS) == float(x[0, 2, 3]), "a proxy's pixel is where it is"


def test_what_is_no_number_counts_in_a_spot_only_where_nothing_else_is() -> None:
    x = torch.full((4, 6, 8), 0.5)
    x[1, 2, 3] = float("nan")
    plane = pack(image(rgba=x), "rgba", 1.0, 1)
    assert spot_light(plane, spot_at(3.5, 2.5, 5), WEIGHTS) == 0.5
    assert str(spot_light(plane, spot_at(3.5, 2.5, 1), WEIGHTS)) == "nan"
    assert spot_light(pack(image(rgba=x, normal=x[:3]), "normal", 1.0, 1), spot_at(3, 2, 1), WEIGHTS) is None


def test_a_sample_says_which_space_the_picture_is_in() -> None:
    assert space_of(LIGHT_LAYERS["albedo"], "", "ACEScg") == "ACEScg, scene-linear"
    assert space_of(LIGHT_LAYERS["albedo"], "sRGB - Display", "ACEScg") == "sRGB - Display"
