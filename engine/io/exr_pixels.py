"""Pixels of EXR files: only the channels and rows that are wanted.

Two libraries read them. The OpenEXR module reads whole files about twice as fast as OpenImageIO and can read subsampled
channels; OpenImageIO reads single parts, rows and tiles. Both give the same numbers, so whichever reads less is taken.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..errors import FileError
from ..region import Region
from .exr_header import ExrPart
from .luminance import upsample


def exr_threads() -> int:
    """How many threads the OpenEXR module uses; it starts with none, and writing uses those of the process alone."""
    import OpenEXR

    if OpenEXR.global_thread_count() == 0:
        OpenEXR.set_global_thread_count(torch.get_num_threads())
    return int(OpenEXR.global_thread_count())


Samples = dict[tuple[int, str], tuple[Tensor, Region]]
"""Samples `[h, w]` of any type with the region they cover, by part and channel name."""


def read_samples(path: str, parts: Sequence[ExrPart], wanted: Mapping[int, Sequence[str]], region: Region) -> Samples:
    """The channels `wanted` (names by part) over at least the pixels of `region` that their parts have.

    Raises FileError when the pixels are damaged.
    """
    wanted = {p: names for p, names in wanted.items() if names and not parts[p].data.intersect(region).is_empty}
    subsampled = any(parts[p].subsampled for p in wanted)
    if subsampled or _reads_most(parts, wanted, region):
        try:
            return _whole(path, parts, wanted)
        except _Attribute as error:
            if subsampled:
                raise _damaged(path, str(error)) from None
    return _partial(path, parts, wanted, region)


class _Attribute(Exception):
    """The module refuses a file for an attribute of a type that it does not know, as OpenImageIO does not."""


def _reads_most(parts: Sequence[ExrPart], wanted: Mapping[int, Sequence[str]], region: Region) -> bool:
    """Whether at least half of what the file unpacks to is wanted, so that reading all of it is the fastest way."""
    if any(part.deep or part.levels & 15 for part in parts):
        return False
    everything = sum(part.row_bytes * part.data.height for part in parts)
    share = 0.0
    for p, names in wanted.items():
        part = parts[p]
        rows = part.data.intersect(region).height
        share += part.row_bytes * rows * len(names) / len(part.channels)
    return 2 * share >= everything


def _whole(path: str, parts: Sequence[ExrPart], wanted: Mapping[int, Sequence[str]]) -> Samples:
    import OpenEXR

    try:
        file = OpenEXR.File(path, separate_channels=True, num_threads=exr_threads())
        found = [part.channels for part in file.parts]
        if len(found) != len(parts):
            # The module prints what is wrong and leaves the part out instead of raising.
            raise _damaged(path, f"part {len(found)} of {len(parts)} is damaged")
        samples: Samples = {}
        for p, names in wanted.items():
            for name in names:
                x = torch.from_numpy(found[p][name].pixels)
                step = next(c.step for c in parts[p].channels if c.name == name)
                if step != (1, 1):
                    x = upsample(x.float(), step)
                samples[p, name] = (x, parts[p].data)
        return samples
    except (RuntimeError, ValueError, KeyError, IndexError) as error:
        if "unsupported attribute type" in str(error):
            raise _Attribute(str(error)) from None
        raise _damaged(path, str(error)) from None


def _partial(path: str, parts: Sequence[ExrPart], wanted: Mapping[int, Sequence[str]], region: Region) -> Samples:
    import OpenImageIO as oiio

    file = oiio.ImageInput.open(path)
    if file is None:
        raise _damaged(path, oiio.geterror())
    try:
        samples: Samples = {}
        for p, names in wanted.items():
            if not file.seek_subimage(p, 0):
                raise _damaged(path, file.geterror())
            spec = file.spec()
            order = list(spec.channelnames)
            missing = [name for name in names if name not in order]
            if missing:
                raise _damaged(path, f"channel {missing[0]} of part {p} cannot be reached")
            first, last = min(map(order.index, names)), max(map(order.index, names)) + 1
            x, covered = _read_rows(file, p, parts[p], region, (first, last), _common_type(parts[p], names))
            if x is None:
                raise _damaged(path, file.geterror())
            for name in names:
                samples[p, name] = (torch.from_numpy(x)[:, :, order.index(name) - first], covered)
        return samples
    finally:
        file.close()


def _common_type(part: ExrPart, names: Sequence[str]) -> str:
    depths = {c.depth for c in part.channels if c.name in names}
    return {"half": "half", "uint32": "uint"}.get(depths.pop(), "float") if len(depths) == 1 else "float"


def _read_rows(
    file: Any, number: int, part: ExrPart, region: Region, channels: tuple[int, int], kind: str
) -> tuple[Any, Region]:
    want, data = part.data.intersect(region), part.data
    if part.tile is None:
        x = file.read_scanlines(number, 0, want.y0, want.y1, 0, *channels, kind)
        return x, Region(data.x0, want.y0, data.x1, want.y1)
    width, height = part.tile
    aligned = Region(
        data.x0 + (want.x0 - data.x0) // width * width,
        data.y0 + (want.y0 - data.y0) // height * height,
        data.x0 - (data.x0 - want.x1) // width * width,
        data.y0 - (data.y0 - want.y1) // height * height,
    ).intersect(data)
    x = file.read_tiles(number, 0, aligned.x0, aligned.x1, aligned.y0, aligned.y1, 0, 1, *channels, kind)
    return x, aligned


def _damaged(path: str, reason: str) -> FileError:
    first = next((line.strip() for line in reason.splitlines() if line.strip()), "the library gives no reason")
    return FileError(f"{path}: the pixels cannot be read: {first.rstrip('.')}")
