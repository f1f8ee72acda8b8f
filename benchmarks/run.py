"""Runs the benchmarks, prints a table and writes JSON: `{name: {value, unit, peer, peer_value, ratio, device,
versions}}`.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from rimlight.engine.allocator import tune

import torch
from comp_chain import cold_frame, comp_chain_1080p, comp_chain_1080p_files, memory_200_frames, ten_point_ops_1080p
from harness import Figure
from light_nodes import light_nodes_1080p
from light_shot import light_propagate_1080p
from overnight import comp_4k, light_4k, light_6k
from relight import relight_1080p
from student import student_512, train_step

Benchmark = Callable[[int], list[Figure]]
BENCHMARKS: dict[str, Benchmark] = {
    "comp_chain_1080p": comp_chain_1080p,
    "ten_point_ops_1080p": ten_point_ops_1080p,
    "comp_chain_1080p_files": comp_chain_1080p_files,
    "cold_frame": cold_frame,
    "relight_1080p": relight_1080p,
    "light_nodes_1080p": light_nodes_1080p,
    "light_propagate_1080p": light_propagate_1080p,
    "student_512": student_512,
    "train_step": train_step,
    "memory_200_frames": memory_200_frames,
    "comp_4k": comp_4k,
    "light_4k": light_4k,
    "light_6k": light_6k,
}
ON_GPU: dict[str, Callable[[int, str], list[Figure]]] = {
    "comp_chain_1080p": comp_chain_1080p,
    "ten_point_ops_1080p": ten_point_ops_1080p,
    "relight_1080p": relight_1080p,
    "light_nodes_1080p": light_nodes_1080p,
    "light_propagate_1080p": light_propagate_1080p,
    "student_512": student_512,
    "train_step": train_step,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="benchmarks, default all: " + ", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=11, help="paired rounds of each benchmark")
    parser.add_argument("--output", type=Path, default=Path("build/bench.json"))
    arguments = parser.parse_args()
    tune()
    unknown = sorted(set(arguments.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}")
    figures: dict[str, Figure] = {}
    for name in arguments.names or BENCHMARKS:
        found = BENCHMARKS[name](arguments.rounds)
        if torch.cuda.is_available() and name in ON_GPU:
            found += [_on_gpu(f) for f in ON_GPU[name](arguments.rounds, "cuda:0")]
        for item in found:
            figures[item.name] = item
            print(row(item), flush=True)
            if item.note:
                print(f"    {item.note}", flush=True)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps({n: f.to_data() for n, f in figures.items()}, indent=2) + "\n")
    print(f"wrote {arguments.output}")


def _on_gpu(item: Figure) -> Figure:
    item.name += "_gpu"
    return item


def row(item: Figure) -> str:
    peer = "" if item.peer_value is None else f"{item.peer} {item.peer_value:.2f}"
    ratio = "" if item.ratio is None else f"ratio {item.ratio:.3f}"
    others = ", ".join(f"{n} {v:.1f}" for n, v in item.others.items())
    return f"{item.name:26} {item.value:9.2f} {item.unit:20} {peer:22} {ratio:12} {others}"


if __name__ == "__main__":
    main()
