from compare import assert_close
from pictures import inside
from rimlight.engine import Region
from stage import run, staged


def test_it_grows_with_black_and_shrinks() -> None:
    d = inside().info.data
    out = run("AdjustBBox", inside(), pixels=(2.0, -1.0))
    assert out.region == Region(d.x0 - 2, d.y0 + 1, d.x1 + 2, d.y1 - 1)
    assert_close(out["rgba"], inside().tensor("rgba", out.region), 0)
    assert not out["rgba"][:, :, :2].any()


def test_it_may_shrink_to_nothing() -> None:
    assert run("AdjustBBox", inside(), pixels=(-50.0, 0.0)).info.data.is_empty


def test_it_follows_the_proxy() -> None:
    assert staged("AdjustBBox", inside(), pixels=(4.0, 4.0)).info("node", scale=0.5).data == Region(-1, -1, 9, 7)
