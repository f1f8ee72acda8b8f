"""The whole manual as one HTML page that needs nothing beside it: chapters, pictures, and every node that is loaded.

The chapters are the Markdown files of `docs/`, in the order in which its README lists them; the pages of the nodes come
from the declarations, so those of plugins are in it, too.
"""

import base64
import hashlib
import html
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import file_errors
from ..kinds import registry
from ..safefile import write_safely
from .book_page import page_of
from .headings import manual_folder, slug
from .pages import manual_index, manual_page

if TYPE_CHECKING:
    from markdown_it.token import Token

_NODES = "nodes/README"
_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


@dataclass(frozen=True)
class Chapter:
    """A part of the book. name : its file without ending, relative to the manual. title : its first heading.

    headings : anchor and text of those below the title, as far as the contents list them.
    """

    name: str
    title: str
    body: str
    headings: tuple[tuple[str, str], ...]


def write_book(path: Path, folder: Path | None = None) -> None:
    """Write the book to a file, HTML of some megabytes; takes some seconds, none where the file is this book already.

    folder : of the chapters, by default the product's. Raises FileError where a chapter cannot be read or the file
    cannot be written.
    """
    folder = folder or manual_folder()
    sources = _sources(folder)
    key = f"<!-- {_key(sources, folder)} -->\n".encode()
    with file_errors(f"{path}: the manual cannot be written"):
        if path.is_file():
            with path.open("rb") as file:
                if file.read(len(key)) == key:
                    return
        path.parent.mkdir(parents=True, exist_ok=True)
        write_safely(path, key + _bound(sources, folder).encode("utf-8"))


def _sources(folder: Path) -> list[tuple[str, str]]:
    """Names and texts in the order of the book: chapters, the list of nodes, the nodes by menu."""
    chapters = [(name, _read(folder / f"{name}.md")) for name in chapter_names(folder)]
    classes = sorted(registry, key=lambda cls: (cls.menu, cls.label))
    return [*chapters, (_NODES, manual_index()), *((f"nodes/{cls.kind}", manual_page(cls)) for cls in classes)]


def _bound(sources: Sequence[tuple[str, str]], folder: Path) -> str:
    known = {name for name, _ in sources}
    shown: set[str] = set()
    parts = [_chapter(name, text, folder, known, shown) for name, text in sources]
    first = next(i for i, part in enumerate(parts) if part.name == _NODES)
    return page_of(parts[:first], parts[first:])


def _key(sources: Sequence[tuple[str, str]], folder: Path) -> str:
    """What the book is made of, as a hash: its texts, its look, and the sizes and times of its pictures."""
    pictures = [path for path in sorted(folder.rglob("*")) if path.suffix in _TYPES]
    stated = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in pictures]
    code = [Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("book.py", "book_page.py")]
    return hashlib.sha256(repr((sources, stated, code, version("rimlight"))).encode()).hexdigest()


def chapter_names(folder: Path) -> list[str]:
    """The chapters in the order of the README's contents, each once; the nodes are not among them."""
    linked = re.findall(r"\]\((\w+)\.md\)", _read(folder / "README.md"))
    return list(dict.fromkeys(linked))


def anchor(name: str, heading: str = "") -> str:
    """The anchor in the book of a chapter, or of a heading of it."""
    return f"{name}--{heading}" if heading else name


def _read(path: Path) -> str:
    with file_errors(f"{path}: the chapter cannot be read"):
        return path.read_text(encoding="utf-8")


def _chapter(name: str, text: str, folder: Path, known: set[str], shown: set[str]) -> Chapter:
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    title, headings = name, []
    for i, token in enumerate(tokens):
        if token.type == "heading_open":
            told = _plain(tokens[i + 1])
            at = anchor(name) if token.tag == "h1" else anchor(name, slug(told))
            token.attrSet("id", at)
            if token.tag == "h1":
                title = told
            elif token.tag == "h2":
                headings.append((at, told))
    for token in _inline(tokens):
        if token.type == "link_open":
            _lead(token, name, known)
        elif token.type == "image":
            _show(token, folder, shown)
    body = markdown.renderer.render(tokens, markdown.options, {})
    body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    return Chapter(name, title, body, tuple(headings))


def _inline(tokens: Sequence["Token"]) -> Iterator["Token"]:
    for token in tokens:
        yield token
        yield from _inline(token.children or ())


def _plain(token: "Token") -> str:
    return "".join(child.content for child in token.children or ())


def _lead(link: "Token", name: str, known: set[str]) -> None:
    """Turn a link between files into one within the book; what is not in the book becomes text with a hint."""
    target = str(link.attrGet("href"))
    if "://" in target:
        link.attrSet("rel", "noreferrer")
        return
    path, _, heading = target.partition("#")
    inside = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)).removesuffix(".md") if path else name
    if inside in known:
        link.attrSet("href", f"#{anchor(inside, heading)}")
    else:
        link.attrs.pop("href", None)
        link.attrSet("title", f"{html.escape(inside.removeprefix('../'))} in the source of Rimlight")


def _show(image: "Token", folder: Path, shown: set[str]) -> None:
    """Embed a picture where it is shown first; where it is shown again the page takes it from there."""
    name = str(image.attrs.pop("src"))
    if name in shown:
        image.attrSet("data-like", name)
        return
    shown.add(name)
    image.attrs = {"src": _embedded(folder / name), **image.attrs, "id": name, "loading": "lazy"}


def _embedded(path: Path) -> str:
    """A picture as a data address; an empty one, beside which browsers show the words, where it cannot be read."""
    try:
        data = base64.b64encode(path.read_bytes()).decode("ascii")
    except OSError:
        return "data:,"
    return f"data:{_TYPES[path.suffix]};base64,{data}"
