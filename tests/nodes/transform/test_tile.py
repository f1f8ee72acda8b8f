import torch

from compare import assert_close
from pictures import hdr, layered, overscan, picture
from rimlight.engine import Region
from stage import run, staged

FRAME = Region(0, 0, 32, 24)


def halves() -> torch.Tensor:
    """Dark below and to the left, each of four quarters of one value."""
    x = torch.zeros(4, 24, 32)
    x[:, :12, :16], x[:, :12, 16:], x[:, 12:, :16], x[:, 12:, 16:] = 3.0, 4.0, 1.0, 2.0
    return x


def test_copies_fill_the_frame() -> None:
    out = run("Tile", picture(halves(), FRAME), rows=2.0, columns=2.0)["rgba"][0]
    for top in (0, 12):
        for left in (0, 16):
            part = out[top : top + 12, left : left + 16]
            assert_close(part[2, 2::8], torch.tensor([3.0, 4.0]), threshold=1e-4)
            assert_close(part[9, 2::8], torch.tensor([1.0, 2.0]), threshold=1e-4)


def test_mirrored_copies_meet_without_a_seam() -> None:
    out = run("Tile", picture(halves(), FRAME), rows=2.0, columns=2.0, mirror_rows=True, mirror_columns=True)["rgba"][0]
    assert_close(out, out.flip(1), threshold=1e-5)
    assert_close(out, out.flip(0), threshold=1e-5)
    # The first copy is at the bottom left, as it is.
    assert_close(out[21, 2:16:8], torch.tensor([1.0, 2.0]), threshold=1e-4)
    assert_close(out[14, 2:16:8], torch.tensor([3.0, 4.0]), threshold=1e-4)


def test_the_mean_stays_and_bright_light_too() -> None:
    out = run("Tile", hdr(), rows=2.0, columns=2.0)["rgba"]
    assert_close(out.mean((1, 2)), hdr()["rgba"].mean((1, 2)), threshold=0.05, relative=0.1)


def test_fewer_than_one_copy_shows_a_part() -> None:
    out = run("Tile", picture(halves(), FRAME), rows=0.5, columns=0.5)["rgba"][0]
    assert_close(out[2:22, 2:30], torch.ones(20, 28), threshold=1e-4)


def test_one_copy_of_a_framed_picture_is_no_node() -> None:
    assert staged("Tile", hdr()).vertex("node").alias is not None
    out = run("Tile", overscan())
    assert out.region == overscan().info.display
    assert_close(out["rgba"], overscan().tensor("rgba", out.region), threshold=1e-5)


def test_ids_are_not_mixed() -> None:
    x = layered()
    assert run("Tile", x, rows=3.0, columns=2.0).info.names == x.info.names
