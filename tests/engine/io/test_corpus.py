"""Every file of the bundled corpus, damaged ones included, is read or refused with a sentence."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

CORPUS = Path(
    os.environ.get("RIMLIGHT_ASSETS", str(Path(__file__).resolve().parents[4] / "shared" / "data"))
) / "exr"  # fmt: skip

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the asset folder; RIMLIGHT_ASSETS says where it is")

_READ_ALL = """
import json, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
from pathlib import Path
from rimlight.engine import FileError
from rimlight.engine.io.read import read_info, read_pixels
found = {}
for path in sorted(Path(sys.argv[1]).rglob("*")):
    if not path.is_file() or path.suffix in (".rst", ".md", ".txt") or path.name == "LICENSE":
        continue
    began, name = time.monotonic(), str(path.relative_to(sys.argv[1]))
    sys.stderr.write(name + chr(10))
    try:
        info = read_info(path)
        pixels = read_pixels(info, [layer.name for layer in info.layers])
        result = {n: [list(x.shape), str(x.dtype)] for n, x in pixels.items()}
        for view in info.views[1:]:
            other = read_info(path, view)
            read_pixels(other, [layer.name for layer in other.layers])
    except FileError as error:
        result = str(error)
    found[name] = [result, time.monotonic() - began]
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
status = Path("/proc/self/status")
if status.exists():  # that of getrusage begins with the memory of the process that started this one
    memory = next(int(line.split()[1]) // 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
print("RESULT" + json.dumps({"files": found, "memory": memory}))
"""


@pytest.fixture(scope="module")
def corpus() -> Mapping[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _READ_ALL, CORPUS], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, f"crashed at {done.stderr[-800:]}"
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    found: dict[str, Any] = json.loads(line.removeprefix("RESULT"))
    return found


def test_damaged_files_are_refused_with_a_sentence(corpus: Mapping[str, Any]) -> None:
    damaged = {n: r for n, (r, _) in corpus["files"].items() if "Damaged" in n or "corrupt" in n}
    assert len(damaged) > 100
    for name, result in damaged.items():
        assert isinstance(result, str), f"{name} was read"
        assert name in result
        assert "\n" not in result


def test_sound_files_are_read_unless_they_are_deep(corpus: Mapping[str, Any]) -> None:
    for name, (result, _) in corpus["files"].items():
        if "Damaged" in name or "corrupt" in name:
            continue
        if isinstance(result, str):
            assert "deep data" in result
            assert name.rsplit("/", 1)[-1] in ("deepResampleRGBError.exr", "representativeDeepImage.exr", "Trunks.exr")
        else:
            assert result
            assert all(kind == "torch.float32" for _, kind in result.values())


def test_no_file_takes_long_or_eats_memory(corpus: Mapping[str, Any]) -> None:
    assert max(seconds for _, seconds in corpus["files"].values()) < 60
    assert corpus["memory"] < 1500


def test_nuke_and_standard_layouts_of_one_picture_agree(corpus: Mapping[str, Any]) -> None:
    from rimlight.engine.io.read import read_info, read_pixels

    found = []
    for layout in ("SinglePart", "PartPerLayer", "NukeSinglePart", "NukePartPerLayer"):
        info = read_info(CORPUS / "gaffer" / f"channelTest{layout}.exr")
        found.append(read_pixels(info, ["rgba", "character", "character.Z"]))
    for other in found[1:]:
        for name, x in found[0].items():
            assert (x - other[name]).abs().max() < 2e-3, name


def test_what_is_read_and_written_is_as_it_was(tmp_path: Path) -> None:
    """Layers, pixels, windows and attributes of every view; without several views also the names of all parts."""
    from rimlight.engine import Image
    from rimlight.engine.io.read import read_info, read_pixels
    from rimlight.engine.io.write import write_image

    compared = 0
    for path in sorted(CORPUS.rglob("*.exr")):
        before = read_info(path)
        for view in () if before.deep or "Damaged" in str(path) else before.views or ("",):
            before = read_info(path, view)
            pixels = read_pixels(before, before.image.names)
            out = tmp_path / "out.exr"
            write_image(Image(before.image, before.data, pixels), out)
            after = read_info(out)
            assert (after.display, after.data) == (before.display, before.data), path
            assert after.metadata == before.metadata, path
            assert {*after.layers} == {*before.layers}, path
            again = read_pixels(after, after.image.names)
            for layer in before.layers:  # colour of luminance and chroma is rounded to half
                x = pixels[layer.name].half().float() if layer.depth == "half" else pixels[layer.name]
                assert np.array_equal(again[layer.name], x, equal_nan=True), path
            grey_or_views = any(s.luma for s in before.sources) or any(p.views for p in before.header)
            if not grey_or_views and len(before.views) < 2 and path.name != "multipartDefaultChannels.exr":
                named = [(p.name or after.header[i].name, *rest) for i, (p, rest) in enumerate(_with_rest(before))]
                assert named == [(p.name, *rest) for p, rest in _with_rest(after)], path
            compared += 1
    assert compared > 80


def _with_rest(info: Any) -> list[Any]:
    return [(p, (p.data, p.view, [c.name for c in p.channels])) for p in info.header]
