import pytest
import torch

from compare import assert_close
from pictures import FRAME, hdr, layered, matte, overscan, picture, plate
from rimlight.engine import NodeError
from stage import run, staged


def test_alpha_is_copied_by_default() -> None:
    b, a = layered(), hdr()
    out = run("Copy", B=b, A=a)
    assert_close(out["rgba"], torch.cat((b["rgba"][:3], a["rgba"][3:])), 0)
    assert out.info.metadata == b.info.metadata


def test_layers_are_made_and_data_windows_united() -> None:
    b, a = picture(plate(FRAME, 5)), overscan()
    out = run("Copy", B=b, A=a, mapping="key=rgba mask.A=alpha")
    assert out.info.data == a.info.data
    assert_close(out["key"], a["rgba"], 0)
    assert_close(out["mask"], a["rgba"][3:], 0)
    assert_close(out["rgba"], b.tensor("rgba", a.region), 0)


def test_mask_and_mix_hold_it_back() -> None:
    b, a, mask = layered(), layered(seed=20), picture(matte(FRAME).expand(4, -1, -1).clone())
    out = run("Copy", B=b, A=a, mask=mask, mapping="rgba=rgba", mix=0.5)
    assert_close(out["rgba"], torch.lerp(b["rgba"], a["rgba"], mask["rgba"][:1] * 0.5), 0)


def test_a_new_layer_fades_in_from_black() -> None:
    out = run("Copy", B=hdr(), A=layered(), mapping="diffuse=diffuse", mix=0.25)
    assert_close(out["diffuse"], layered()["diffuse"] * 0.25)


def test_a_missing_channel_is_named() -> None:
    with pytest.raises(NodeError, match=r"input 'A' has no 'depth\.Z'"):
        run("Copy", B=layered(), A=hdr(), mapping="depth.Z=depth.Z")


def test_only_what_is_copied_is_computed() -> None:
    vertex = staged("Copy", B=layered(), A=layered(), mapping="diffuse.R=rgba.R").vertex("node")
    assert vertex.node.changes(vertex.ctx, vertex.info.names) == {"diffuse"}
