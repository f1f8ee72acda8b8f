"""Benchmarks of the desktop, offscreen where there is no display: `python benchmarks/desktop.py [NAMES]`."""

import argparse
from collections.abc import Callable

from desktop_graph import node_graph
from desktop_start import start
from desktop_viewer import viewer
from harness import Figure
from run import row

BENCHMARKS: dict[str, Callable[[int], list[Figure]]] = {"start": start, "node_graph": node_graph, "viewer": viewer}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="benchmarks, default all: " + ", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=11, help="repetitions of each measurement")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}")
    for name in arguments.names or BENCHMARKS:
        for item in BENCHMARKS[name](arguments.rounds):
            print(row(item), flush=True)


if __name__ == "__main__":
    main()
