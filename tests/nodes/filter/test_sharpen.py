import pytest
import torch

from compare import assert_close
from pictures import hdr, inside, ramp
from stage import run, staged

SIZE = 4.0


def test_it_adds_what_the_blur_takes_away() -> None:
    x = hdr()["rgba"]
    blurred = run("Blur", hdr(), size=SIZE, channels="rgb")["rgba"]
    y = run("Sharpen", hdr(), size=SIZE, amount=0.8)["rgba"]
    assert_close(y[:3], (x + 0.8 * (x - blurred))[:3], threshold=1e-4)
    assert torch.equal(y[3], x[3])


def test_an_amount_of_minus_one_is_the_blur() -> None:
    blurred = run("Blur", hdr(), size=SIZE, channels="rgb")["rgba"]
    assert_close(run("Sharpen", hdr(), size=SIZE, amount=-1)["rgba"], blurred, threshold=1e-4)


def test_detail_under_the_threshold_stays() -> None:
    assert torch.equal(run("Sharpen", ramp(), threshold=10.0)["rgba"], ramp()["rgba"])


@pytest.mark.parametrize("values", [{"amount": 0.0}, {"size": 0.0}])
def test_nothing_to_add_is_no_node(values: dict[str, float]) -> None:
    assert staged("Sharpen", ramp(), **values).vertex("node").alias is not None


def test_the_data_window_stays() -> None:
    assert run("Sharpen", inside()).region == inside().region
