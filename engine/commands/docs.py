"""`rimlight docs`: the manual page of a node, from its declaration."""

from pathlib import Path
from typing import Annotated

import typer

from .options import ArgumentError, load_nodes

_MADE = "Made from the declarations of the nodes by `make docs`."


def docs(
    node: Annotated[str, typer.Argument(metavar="NODE", help="Kind or label, e.g. color.grade or Grade.")] = "",
    everything: Annotated[
        Path | None, typer.Option("--all", metavar="FOLDER", help="Write the pages of all nodes to a folder.")
    ] = None,
    nuke: Annotated[
        Path | None, typer.Option("--nuke", metavar="FILE", help="Write what Nuke's nodes are here to a file.")
    ] = None,
    book: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the whole manual as one page for browsers.")
    ] = None,
) -> None:
    """Print the manual page of a node, or write the whole manual.

    Pages of nodes are Markdown.
    """
    from ..errors import GraphError, file_errors
    from ..kinds import registry
    from ..manual.book import write_book
    from ..manual.pages import manual_page, nuke_table
    from ..safefile import write_safely

    if bool(node) == any(target is not None for target in (everything, nuke, book)):
        raise ArgumentError("name a node, or a folder with --all, or a file with --html or --nuke")
    load_nodes()
    if everything is not None:
        with file_errors(f"{everything}: the pages cannot be written"):
            count = write_pages(everything)
        print(f"wrote {count} pages to {everything}")
    if nuke is not None:
        with file_errors(f"{nuke}: the page cannot be written"):
            write_safely(nuke, nuke_table(_MADE).encode())
        print(f"wrote {nuke}")
    if book is not None:
        write_book(book)
        print(f"wrote {book}")
    if not node:
        return
    try:
        cls = registry.find(node)
    except GraphError as error:
        raise ArgumentError(str(error)) from None
    print(manual_page(cls), end="")


def write_pages(folder: Path) -> int:
    """Write a page for every node and an index into `folder`; returns the number of nodes."""
    from ..kinds import registry
    from ..manual.pages import manual_index, manual_page
    from ..safefile import write_safely

    folder.mkdir(parents=True, exist_ok=True)
    for cls in registry:
        write_safely(folder / f"{cls.kind}.md", manual_page(cls).encode())
    write_safely(folder / "README.md", manual_index(_MADE).encode())
    return len(registry)
