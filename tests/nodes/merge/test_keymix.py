import torch

from compare import assert_close
from pictures import FRAME, hdr, inside, layered, matte, picture
from stage import run


def mask() -> torch.Tensor:
    return matte(FRAME).expand(4, -1, -1).clone()


def test_the_mask_chooses() -> None:
    b, a = layered(), layered(seed=20)
    out = run("KeyMix", B=b, A=a, mask=picture(mask()))
    for name in ("rgba", "diffuse", "depth"):
        assert_close(out[name], torch.lerp(b[name], a[name], mask()[:1]), 1e-5)


def test_white_is_a_and_black_is_b_bit_for_bit() -> None:
    b, a = hdr(), layered(seed=20)
    white = picture(torch.ones(4, 12, 16))
    assert_close(run("KeyMix", B=b, A=a, mask=white)["rgba"], a["rgba"], 0)
    assert_close(run("KeyMix", B=b, A=a, mask=white, invert_mask=True)["rgba"], b["rgba"], 0)


def test_other_channels_are_those_of_b() -> None:
    b, a = layered(), layered(seed=20)
    out = run("KeyMix", B=b, A=a, mask=picture(torch.ones(4, 12, 16)), channels="rgb")
    assert_close(out["rgba"], torch.cat((a["rgba"][:3], b["rgba"][3:])), 0)
    assert_close(out["diffuse"], b["diffuse"], 0)


def test_layers_of_a_alone_come_in_over_black() -> None:
    b, a = inside(), layered()
    out = run("KeyMix", B=b, A=a, mask=picture(mask()))
    assert out.info.data == FRAME
    assert_close(out["diffuse"], a["diffuse"] * mask()[:1], 1e-6)
    chosen = run("KeyMix", B=b, A=a, mask=picture(mask()), channels="rgba")
    assert chosen.info.names == ("rgba",)
