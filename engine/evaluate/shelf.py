"""Where results, and parts of them that nodes ask to be kept, are found and put."""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..cache.memory import TensorCache
from ..cache.values import ValueCache
from ..cancel import CancelToken
from ..computing import Origin
from ..image import ImageInfo
from ..region import EMPTY, Region
from .flights import Flights
from .keeping import Keeping
from .plan import Task
from .survey import Vertex, digest


class Shelf:
    """Finished work on one device: tensors in a cache, other values beside it. Thread-safe.

    keeping : the memory of a render, which says what is worth being kept; None where everything is.
    """

    def __init__(self, cache: TensorCache, device: torch.device) -> None:
        self.keeping: Keeping | None = None
        self._cache = cache
        self._device = device
        self._values = ValueCache()
        self._flights: Flights[Any] = Flights()

    def new_keeping(self, everything: bool) -> Keeping:
        """The memory of a render, for `sparing`."""
        return Keeping(self._cache, self._values, everything)

    def sparing(self, keeping: Keeping) -> "Shelf":
        """This shelf with the memory of a render, which keeps only what is asked for again."""
        made = copy.copy(self)
        made.keeping = keeping
        return made

    def find(self, key: bytes, layer: str, region: Region) -> tuple[Region, Tensor] | None:
        """A layer `[C, h, w]` of a result that holds `region`, with the region that it is of."""
        found = self.keeping.find(key, layer, region) if self.keeping is not None else None
        return found or self._cache.find(key, layer, region, self._device)

    def find_value(self, key: bytes) -> Any:
        """A result that is no image, or None."""
        return self._values.find(key)

    def clear(self) -> None:
        """Forget results that are not images."""
        self._values.clear()

    def admits(self, content: bytes, needs: Sequence[bytes] | None = None) -> bool:
        """Whether a result is to be put into the cache; in a render only where it is asked for again, and then the
        render's memory is told, which forgets it in time. Parts of results are always admitted. needs : of a part, the
        keys of the vertices that it is of use for.
        """
        if self.keeping is None:
            return True
        if needs is None and not self.keeping.wants(content):
            return False
        self.keeping.stored(content, (content,) if needs is None else needs)
        return True

    def value(self, content: bytes, needs: Sequence[bytes], token: CancelToken, make: Callable[[], Any]) -> Any:
        """A value from the cache, or made and put there, here or by another thread at the same time. needs : as for
        `admits`.
        """

        def compute() -> Any:
            value = self._values.find(content)
            if value is None:
                value = make()
                self.admits(content, needs)
                self._values.store(content, value)
            return value

        return self._flights.run(content, token, compute)

    def part(
        self,
        vertex: Vertex,
        region: Region,
        key: object,
        names: Sequence[str],
        make: Callable[[], Mapping[str, Tensor]],
    ) -> Mapping[str, Tensor]:
        """See `ComputeContext.part`."""
        whole = isinstance(vertex.info, ImageInfo) and region == vertex.info.data
        return self._tensors(digest(vertex.pixels, key), (vertex.pixels,), region, names, make, whole)

    def common(
        self,
        task: Task,
        token: CancelToken,
        of: Sequence[Origin],
        key: object,
        names: Sequence[str] | None,
        make: Callable[[], Any],
    ) -> Any:
        """See `ComputeContext.shared` and `shared_layers`."""
        needs = [task.content(*origin) for origin in of]
        content = digest("shared", needs, [origin[1] for origin in of], key)
        if names is None:
            return self.value(content, needs, token, make)
        return self._flights.run(
            (content, *names), token, lambda: self._tensors(content, needs, EMPTY, names, make, whole=True)
        )

    def _tensors(
        self,
        content: bytes,
        needs: Sequence[bytes],
        region: Region,
        names: Sequence[str],
        make: Callable[[], Mapping[str, Tensor]],
        whole: bool,
    ) -> Mapping[str, Tensor]:
        """Tensors over a region (of any size where it is empty) from the cache, or made and put there."""
        found = {name: self.find(content, name, region) for name in names}
        out = {}
        for name, hit in found.items():
            if hit is not None:
                rows, columns = hit[0].slices_of(hit[0] if region.is_empty else region)
                out[name] = hit[1][:, rows, columns]
        if len(out) == len(names):
            return out
        begin = time.perf_counter()
        made = make()
        cost_ms = 1000 * (time.perf_counter() - begin) / max(1, len(made))
        self.admits(content, needs)
        for name in names:
            _, h, w = made[name].shape
            where = Region(0, 0, w, h) if region.is_empty else region
            self._cache.store(content, name, where, made[name], cost_ms, whole)
        return made
