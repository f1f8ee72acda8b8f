from compare import assert_close
from pictures import inside, layered, overscan
from stage import run


def test_b_gets_the_data_window_of_a() -> None:
    b = layered()
    small = run("CopyBBox", B=b, A=inside())
    assert small.region == inside().region
    assert_close(small["rgba"], b.tensor("rgba", inside().region), 0)
    large = run("CopyBBox", B=b, A=overscan())
    assert_close(large["rgba"], b.tensor("rgba", overscan().region), 0)
    assert not large["rgba"][:, 0].any()
