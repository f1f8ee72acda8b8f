"""Renders frames of the chain with a small cache and prints the largest memory of the process in bytes."""

import resource
import sys
from pathlib import Path

from comp_chain import GIB, chain_session


def main() -> None:
    folder, frames = Path(sys.argv[1]), int(sys.argv[2])
    session = chain_session(folder / "a.####.exr", folder / "b.exr", folder / "out" / "out.####.exr", cache=GIB)
    report = session.render("Out", f"1-{frames}")
    if report.failed:
        raise SystemExit(str(report.failed[0].error))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak * (1 if sys.platform == "darwin" else 1024))


if __name__ == "__main__":
    main()
