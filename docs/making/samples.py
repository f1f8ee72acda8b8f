"""Make the small pictures of the samples on the start page: `make samples`.

Each is what the Write node *Picture* of the sample writes at the last frame of its range. Names of samples may be given
to make only those.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from rimlight.engine import Session, Settings

SCRIPTS = Path(__file__).resolve().parents[2] / "resources" / "scripts"
SINK = "Picture"
SIZE = (192, 108)
"""Pixels: twice as many as the page shows, for screens with small ones."""
HEAD = (0.5, 0.1)
"""What is kept of pictures that are not as wide: the middle, from near the top, where heads are."""
QUALITY = 88


def make(script: Path) -> Path:
    """Render the picture of a sample. Raises RimlightError."""
    session = Session(Settings())
    session.load(script)
    with tempfile.TemporaryDirectory(prefix="rimlight-samples-") as place:
        file = Path(place) / "picture.png"
        write = session.add("image.write", session.graph[SINK].inputs["image"], file=str(file), channels="rgb")
        session.render(write, str(session.project.frames[1]))
        with Image.open(file) as opened:
            picture = ImageOps.fit(opened.convert("RGB"), SIZE, Image.Resampling.LANCZOS, centering=HEAD)
    path = script.parent / "pictures" / f"{script.stem}.jpg"
    path.parent.mkdir(exist_ok=True)
    picture.save(path, quality=QUALITY, optimize=True)
    return path


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="samples, default all")
    names = parser.parse_args(arguments).names
    for script in sorted(SCRIPTS.glob("*.rim")):
        if not names or script.stem in names:
            sys.stdout.write(f"{make(script)}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
