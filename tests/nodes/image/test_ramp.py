import torch

from compare import assert_close
from pictures import FRAME, coordinates, hdr, inside, layered, picture
from stage import run, scaled

BLACK_TO_WHITE = {"color0": (0.0, 0.0, 0.0, 1.0), "color1": (1.0, 1.0, 1.0, 1.0)}


def test_it_rises_from_one_point_to_the_other() -> None:
    out = run("Ramp", format="16x12", p0=(0.0, 0.0), p1=(0.0, 12.0), **BLACK_TO_WHITE)["rgba"]
    up = 12 - coordinates(FRAME)[1]
    assert_close(out[0], up / 12, 1e-6)
    assert bool((out[3] == 1).all())


def test_over_a_picture() -> None:
    a = layered()
    out = run("Ramp", a, p0=(0.0, 0.0), p1=(16.0, 0.0), color1=(2.0, 1.0, 0.5, 0.8))
    t = coordinates(FRAME)[0] / 16
    drawn = torch.tensor([2.0, 1.0, 0.5, 0.8])[:, None, None] * t
    assert_close(out["rgba"], drawn + a["rgba"] * (1 - drawn[3]), 1e-5)
    assert_close(out["depth"], a["depth"], 0)
    assert out.info.metadata == a.info.metadata


def test_in_the_place_of_the_picture() -> None:
    values = {"p0": (0.0, 0.0), "p1": (16.0, 0.0)}
    alone = run("Ramp", format="16x12", **values)
    assert_close(run("Ramp", hdr(), replace=True, **values)["rgba"], alone["rgba"], 0)


def test_mask_and_mix_hold_it_back() -> None:
    values = {"p0": (0.0, 0.0), "p1": (16.0, 0.0)}
    full, half = run("Ramp", hdr(), **values)["rgba"], run("Ramp", hdr(), mix=0.5, **values)["rgba"]
    assert_close(half, torch.lerp(hdr()["rgba"], full, 0.5), 1e-5)
    mask = picture(torch.zeros(4, 12, 16))
    assert_close(run("Ramp", hdr(), mask=mask, **values)["rgba"], hdr()["rgba"], 0)


def test_it_fills_the_frame_around_a_small_picture() -> None:
    out = run("Ramp", inside(), p0=(0.0, 0.0), p1=(0.0, -1.0))
    assert out.region == FRAME
    assert_close(out["rgba"], inside().tensor("rgba", FRAME), 0)


def test_a_picture_without_the_main_layer_gets_one() -> None:
    depth = picture({"depth": layered()["depth"]})
    out = run("Ramp", depth, p0=(0.0, 0.0), p1=(0.0, -1.0), color0=(1.0, 1.0, 1.0, 1.0), replace=True)
    assert out.info.names == ("rgba", "depth")
    assert_close(out["depth"], depth["depth"], 0)


def test_a_proxy_shows_the_same_ramp() -> None:
    values = {"format": "64x48", "p0": (5.0, 5.0), "p1": (60.0, 40.0), "curve": "smooth"}
    whole, half = run("Ramp", **values), run("Ramp", scale=0.5, **values)
    assert_close(half["rgba"], scaled(whole, 0.5)["rgba"], 2e-3)
