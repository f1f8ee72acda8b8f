"""What a render keeps between its frames, and room for what waits."""

from pathlib import Path

import pytest
import torch

import shots
from rimlight.engine import CancelToken, Region, Session, Tier
from rimlight.engine.cache.memory import TensorCache
from rimlight.engine.cache.values import ValueCache
from rimlight.engine.evaluate.evaluator import Request
from rimlight.engine.evaluate.keeping import Keeping
from rimlight.engine.evaluate.survey import Vertex

REGION = Region(0, 0, 4, 4)
SIZE = 4 * 3 * REGION.area


def vertex(key: bytes) -> Vertex:
    return Vertex((key.decode(), 1.0), key=key, pixels=key + b" pixels")


@pytest.fixture
def cache() -> TensorCache:
    return TensorCache(4 * SIZE)


@pytest.fixture
def keeping(cache: TensorCache) -> Keeping:
    return Keeping(cache, ValueCache())


def store(cache: TensorCache, key: bytes) -> None:
    cache.store(key, "rgba", REGION, torch.ones(3, 4, 4), 1.0, whole=True)


def there(cache: TensorCache, *keys: bytes) -> list[bool]:
    return [cache.holds(key, "rgba") is not None for key in keys]


def test_what_comes_later_is_kept_and_nothing_else(cache: TensorCache, keeping: Keeping) -> None:
    keeping.expect([vertex(b"now")], [vertex(b"later")])
    assert keeping.wants(b"later") and not keeping.wants(b"now")
    for key in (b"later", b"others"):
        store(cache, key)
    keeping.stored(b"later", (b"later",))
    keeping.expect([vertex(b"later")], [vertex(b"last")])
    assert there(cache, b"later", b"others") == [True, True]
    keeping.expect([vertex(b"last")], [])
    assert there(cache, b"later", b"others") == [False, True]  # what somebody else has put there stays


def test_parts_go_with_the_last_who_may_ask(cache: TensorCache, keeping: Keeping) -> None:
    keeping.expect([vertex(b"now")], [vertex(b"still")])
    for part, needs in ((b"a", b"now"), (b"b", b"still pixels"), (b"c", b"now pixels")):
        store(cache, part)
        keeping.stored(part, (needs,))
    assert keeping.has_parts
    keeping.finished(frozenset({b"now"}))
    assert there(cache, b"a", b"b", b"c") == [True, True, False]
    keeping.finished(frozenset())
    assert there(cache, b"a", b"b", b"c") == [False, True, False]


def test_what_was_read_before_its_time_waits_in_memory_of_the_cache(cache: TensorCache, keeping: Keeping) -> None:
    keeping.expect([vertex(b"now")], [vertex(b"later")])
    assert cache.reserve(SIZE) and cache.reserve(SIZE) and not cache.reserve(SIZE)
    keeping.put(b"later", "rgba", REGION, torch.ones(3, 4, 4), whole=True)
    found = keeping.find(b"later", "rgba", Region(1, 1, 2, 2))
    assert found is not None and found[0] == REGION
    assert keeping.find(b"later", "rgba", Region(0, 0, 5, 5)) is None
    keeping.let_go(b"later", ["rgba"])
    assert keeping.find(b"later", "rgba", REGION) is None and there(cache, b"later") == [True]
    assert cache.reserve(SIZE) and not cache.reserve(SIZE)


def test_after_the_end_nothing_is_held(cache: TensorCache, keeping: Keeping) -> None:
    keeping.expect([], [vertex(b"later")])
    cache.reserve(2 * SIZE)
    keeping.put(b"later", "rgba", REGION, torch.ones(3, 4, 4), whole=True)
    keeping.close()
    keeping.put(b"later", "rgba", REGION, torch.ones(3, 4, 4), whole=True)  # of a thread that had begun before
    assert keeping.find(b"later", "rgba", REGION) is None
    assert cache.reserve(2 * SIZE)


def test_what_waits_pushes_out_what_is_old(cache: TensorCache) -> None:
    for key in (b"a", b"b", b"c", b"d"):
        store(cache, key)
    assert sum(there(cache, b"a", b"b", b"c", b"d")) == 4
    assert cache.reserve(2 * SIZE)
    assert sum(there(cache, b"a", b"b", b"c", b"d")) == 2


@pytest.mark.parametrize("tier", list(Tier))
def test_a_result_is_the_same_with_a_keeping(tier: Tier, tmp_path: Path) -> None:
    session = Session.open(shots.shot(tmp_path))
    evaluator, request = session.evaluator, Request("Soft", 2.0, tier=tier)
    vertices = evaluator.survey(session.graph, session.project, ["Soft"], 2.0, 1.0, tier)
    keeping = evaluator.keeping()
    keeping.expect((), vertices.values())
    evaluator.read_ahead(vertices, request, keeping, CancelToken())
    plate = vertices["Plate", 2.0]
    assert keeping.find(plate.key, "rgba", plate.info.data) is not None
    events: list[str] = []
    sparing = evaluator.evaluate(
        session.graph, session.project, request, watch=lambda e: events.append(e.path), keeping=keeping
    )
    assert "Soft" in events and "Plate" not in events
    keeping.close()
    evaluator.clear()
    assert torch.equal(sparing["rgba"], session.evaluate("Soft", 2, tier=tier)["rgba"])
