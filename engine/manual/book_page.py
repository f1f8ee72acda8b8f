"""What the manual in one page looks like: contents at the left with a field that finds, the text beside it."""

import html
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .book import Chapter

_STYLE = """
:root { color-scheme: light dark; --back: #fff; --side: #f4f5f6; --text: #1d1f23; --dim: #666c77; --line: #d9dce1;
  --code: #f0f1f3; --warm: #a85b00; --mark: #ffe3b8; }
@media (prefers-color-scheme: dark) { :root { --back: #17181b; --side: #1e2023; --text: #e2e4e8; --dim: #969ca7;
  --line: #33363c; --code: #24262a; --warm: #ffb45c; --mark: #5b4320; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 12px; }
body { margin: 0; background: var(--back); color: var(--text);
  font: 15px/1.55 "Inter", "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; }
a { color: var(--warm); text-decoration: none; } a:hover { text-decoration: underline; }
a:not([href]) { color: inherit; }
nav { position: fixed; inset: 0 auto 0 0; width: 290px; overflow-y: auto; background: var(--side);
  border-right: 1px solid var(--line); padding: 16px 14px 40px; font-size: 14px; }
nav b { font-size: 17px; } nav .version { color: var(--dim); }
nav input { width: 100%; margin: 10px 0; padding: 6px 9px; font: inherit; color: inherit; background: var(--back);
  border: 1px solid var(--line); border-radius: 5px; }
nav ul { list-style: none; margin: 0; padding: 0; } nav ul ul { padding-left: 14px; font-size: 13px; }
nav li { margin: 2px 0; } nav a { color: inherit; } nav summary { cursor: pointer; } nav h4 { margin: 14px 0 2px; }
#found li { margin: 7px 0; } #found small { color: var(--dim); display: block; line-height: 1.35; }
#found mark { background: var(--mark); color: inherit; }
main { margin-left: 290px; padding: 20px 44px 120px; max-width: 1120px; }
article { border-bottom: 1px solid var(--line); padding: 12px 0 34px; overflow-wrap: break-word; }
h1 { font-size: 29px; letter-spacing: -.01em; margin: 26px 0 10px; } h2 { font-size: 20px; margin: 30px 0 8px; }
h3 { font-size: 16px; margin: 22px 0 6px; } p, ul, ol { max-width: 86ch; }
code { font: 13px/1.5 ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace; background: var(--code);
  padding: 1px 4px; border-radius: 3px; }
pre { background: var(--code); padding: 12px 14px; border-radius: 6px; overflow-x: auto; }
pre code { padding: 0; background: none; }
img { max-width: 100%; height: auto; border-radius: 4px; }
.wide { overflow-x: auto; margin: 12px 0; }
table { border-collapse: collapse; font-size: 14px; }
td, th { text-align: left; vertical-align: top; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); }
td:first-child code { white-space: nowrap; } tr > :last-child { padding-right: 0; }
@media (max-width: 820px) { nav { position: static; width: auto; max-height: 46vh; }
  main { margin: 0; padding: 8px 18px 80px; } }
@media print { nav { display: none; } main { margin: 0; max-width: none; } article { break-before: page; } }
"""

_SCRIPT = """
for (const again of document.querySelectorAll("img[data-like]"))
  again.src = document.getElementById(again.dataset.like).src;
const field = document.querySelector("nav input"), found = document.getElementById("found");
const contents = document.getElementById("contents"), parts = [];
for (const article of document.querySelectorAll("article")) {
  let part = null;
  for (const child of article.children) {
    if (/^H[123]$/.test(child.tagName)) {
      part = { at: child.id, head: child.textContent, of: article.dataset.title, text: "" };
      parts.push(part);
    } else if (part) part.text += " " + child.textContent.replace(/\\s+/g, " ");
  }
}
for (const part of parts) part.low = (part.of + " " + part.head + " " + part.text).toLowerCase();
const safe = text => text.replace(/[&<>]/g, c => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  contents.hidden = words.length > 0;
  found.replaceChildren();
  if (!words.length) return;
  const rank = part => words.every(w => part.head.toLowerCase().includes(w)) ? 0
    : words.some(w => (part.of + part.head).toLowerCase().includes(w)) ? 1 : 2;
  const hits = parts.filter(part => words.every(w => part.low.includes(w))).sort((a, b) => rank(a) - rank(b));
  for (const part of hits.slice(0, 80)) {
    const at = Math.max(0, part.text.toLowerCase().indexOf(words[0]) - 40), line = document.createElement("li");
    const told = safe(part.text.slice(at, at + 130)).replace(new RegExp(
      words.map(w => safe(w).replace(/[.*+?^${}()|[\\]\\\\]/g, "\\\\$&")).join("|"), "gi"), "<mark>$&</mark>");
    const title = part.of === part.head ? part.head : part.of + ": " + part.head;
    line.innerHTML = `<a href="#${part.at}">${safe(title)}</a><small>${told}</small>`;
    found.append(line);
  }
  if (!hits.length) found.innerHTML = "<li>Nothing has all these words.</li>";
});
addEventListener("keydown", event => {
  if (event.key === "/" && document.activeElement !== field) { event.preventDefault(); field.focus(); field.select(); }
});
"""


def page_of(chapters: Sequence["Chapter"], nodes: Sequence["Chapter"]) -> str:
    """The page. nodes : the list of all nodes, then the page of each."""
    listed = "".join(_entry(chapter) for chapter in chapters)
    listed += f"<li>{_link(nodes[0].name, 'Nodes')}</li>"
    kinds = "".join(f"<li>{_link(node.name, node.title)}</li>" for node in sorted(nodes[1:], key=lambda n: n.title))
    body = "\n".join(
        f'<article data-title="{html.escape(part.title)}">\n{part.body}</article>' for part in (*chapters, *nodes)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>The Rimlight manual</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style></head>\n<body><nav><b>Rimlight</b> "
        f'<span class="version">{html.escape(version("rimlight"))}</span>\n'
        '<input type="search" placeholder="Find in the manual ( / )" aria-label="Find in the manual">'
        f'<ul id="found"></ul>\n<div id="contents"><ul>{listed}</ul><h4>Every node</h4><ul>{kinds}</ul></div></nav>\n'
        f"<main>\n{body}\n</main>\n<script>{_SCRIPT}</script></body></html>\n"
    )


def _entry(chapter: "Chapter") -> str:
    inner = "".join(f"<li>{_link(at, told)}</li>" for at, told in chapter.headings)
    link = _link(chapter.name, chapter.title)
    return f"<li><details><summary>{link}</summary><ul>{inner}</ul></details></li>" if inner else f"<li>{link}</li>"


def _link(at: str, told: str) -> str:
    return f'<a href="#{html.escape(at)}">{html.escape(told)}</a>'
