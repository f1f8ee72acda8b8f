import torch

from compare import assert_close
from rimlight.engine import Project, Region
from stage import run, staged


def test_one_colour_everywhere() -> None:
    out = run("Constant", color=(0.5, -1.0, 40.0, 0.25))
    assert out.region == Region(0, 0, 16, 12)
    expected = torch.tensor([0.5, -1.0, 40.0, 0.25])[:, None, None].expand(4, 12, 16)
    assert_close(out["rgba"], expected, 0)


def test_the_size_is_the_formats_or_the_projects() -> None:
    info = run("Constant", format="20x10@2").info
    assert (info.display, info.pixel_aspect) == (Region(0, 0, 20, 10), 2.0)
    assert run("Constant", project=Project(format="PAL")).info.pixel_aspect == 1.09
    assert staged("Constant", format="21x10").info("node", scale=0.5).display == Region(0, 0, 11, 5)


def test_it_is_in_the_working_space() -> None:
    assert run("Constant", project=Project(format="4x4", working="ACEScg")).info.colorspace == "ACEScg"
