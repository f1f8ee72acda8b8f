"""`rimlight gallery`: before and after of every node of light, as a page and as a chapter of the manual."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import file_errors
from ..kinds import registry
from .options import ArgumentError, AsJson, Device, Proxy, load_nodes
from .output import SOME_FAILED, Output

if TYPE_CHECKING:
    from ..manual.gallery import Example


def gallery(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where index.html and its pictures are written.")],
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="WORD", help="Nodes or parts of titles, default all.")
    ] = None,
    manual: Annotated[bool, typer.Option("--manual", help="Write gallery.md and images/gallery instead.")] = False,
    proxy: Proxy = 1,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Render examples of the nodes of light into one page.

    Exit code 3 when some of them failed; the page says which and why.
    """
    with Output(as_json) as output:
        from ..manual.gallery import read_examples, render_example, write_pages

        load_nodes()
        examples = read_examples()
        if only:
            words = [word.lower() for word in only]
            examples = [e for e in examples if any(word in about(e) for word in words)]
            if not examples:
                raise ArgumentError(f"--only: no example is about {', '.join(only)}")
        pictures = folder / "images" / "gallery" if manual else folder / "images"
        with file_errors(f"{pictures}: the folder cannot be made"):
            pictures.mkdir(parents=True, exist_ok=True)
        shown = []
        for number, example in enumerate(examples, 1):
            done = render_example(example, pictures, device, 1 / proxy)
            shown.append(done)
            if done.error:
                print(f"rimlight: {example.title}: {done.error}", file=sys.stderr)
            elif not as_json:
                print(f"{number}/{len(examples)} {example.title}")
        page = folder / ("gallery.md" if manual else "index.html")
        write_pages(shown, None if manual else page, page if manual else None)
        output.data = {
            "page": str(page),
            "examples": [
                {"name": s.example.name, "node": s.example.node, "title": s.example.title, "error": s.error}
                for s in shown
            ],
        }
        if not as_json:
            print(f"wrote {page}")
    if any(s.error for s in shown):
        raise typer.Exit(SOME_FAILED)


def about(example: "Example") -> str:
    """What an example is chosen by: the kind of its node, the node's name and its own."""
    cls = registry.get(example.node)
    return f"{example.node} {cls.label if cls is not None else ''} {example.title}".lower()
