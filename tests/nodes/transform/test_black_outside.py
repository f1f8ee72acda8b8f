from compare import assert_close
from pictures import FRAME, hdr
from stage import run, staged


def test_a_black_line_surrounds_the_picture() -> None:
    out = run("BlackOutside", hdr())
    assert out.region == FRAME.expand(1)
    assert_close(out["rgba"], hdr().tensor("rgba", FRAME.expand(1)), 0)


def test_nothing_after_it_repeats_the_edge() -> None:
    stage = staged("BlackOutside", hdr()).add("Blur1", "Blur", {"image": "node"}, size=6)
    plain = staged("Blur", hdr(), size=6).evaluate("node")
    soft = stage.evaluate("Blur1")
    assert abs(float(soft.tensor("rgba", FRAME)[0, 0, 0])) < abs(float(plain.tensor("rgba", FRAME)[0, 0, 0]))
