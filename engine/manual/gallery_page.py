"""The pages of the gallery: one for browsers, dark and without anything from elsewhere, and a chapter of the manual."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from ..kinds import registry
from .gallery import Example, Shown

_STYLE = """
:root { color-scheme: dark; --line: #2a2d33; --dim: #9298a3; --warm: #ffb45c; }
* { box-sizing: border-box; }
body { margin: 0; background: #131417; color: #e6e7ea; font: 15px/1.55 "Inter", "Segoe UI", "DejaVu Sans", sans-serif; }
header { padding: 72px 6vw 40px; background: radial-gradient(900px 380px at 12% -10%, #3a2c1b 0, transparent 70%); }
h1 { margin: 0; font-size: 44px; letter-spacing: -.02em; font-weight: 650; }
header p { margin: 8px 0 0; color: var(--dim); max-width: 62ch; }
nav { padding: 0 6vw 8px; display: flex; flex-wrap: wrap; gap: 8px; }
nav a { color: var(--dim); text-decoration: none; border: 1px solid var(--line); border-radius: 99px;
  padding: 3px 12px; }
nav a:hover { color: #fff; border-color: var(--warm); }
section { padding: 44px 6vw 8px; }
h2 { margin: 0 0 2px; font-size: 23px; font-weight: 600; letter-spacing: -.01em; }
.kind { color: var(--warm); font: 13px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
.caption { color: #c3c6cd; max-width: 78ch; margin: 6px 0 14px; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 6px; max-width: 1320px;
  align-items: start; }
@media (max-width: 760px) { .pair { grid-template-columns: 1fr; } }
figure { margin: 0; background: #0b0c0e; border-radius: 6px; overflow: hidden; }
figure img { width: 100%; display: block; }
figcaption { padding: 3px 10px 4px; font-size: 12px; color: var(--dim); }
.settings { margin: 10px 0 0; color: var(--dim); font: 13px/1.6 ui-monospace, "DejaVu Sans Mono", monospace; }
.settings b { color: #cfd2d8; font-weight: 500; }
.error { color: #ff8a7a; }
footer { padding: 48px 6vw 64px; color: var(--dim); }
"""


def settings_of(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What of the values a reader wants to know, by name, as they are typed; of strokes how many."""
    return [(name, _number(value)) for name, value in values.items()]


def _number(value: Any) -> str:
    if isinstance(value, Mapping):
        return "keyed" if "keys" in value else str(value.get("expr", "…"))
    if isinstance(value, (list, tuple)):
        if any(isinstance(part, Mapping) and "points" in part for part in value):
            return str(len(value))
        return " ".join(_number(v) for v in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _label(example: Example) -> str:
    return registry.find(example.node).label


def html_page(shown: Sequence[Shown], images: str) -> str:
    """One page with all pairs; pictures are in the folder `images` beside it."""
    links = "".join(f'<a href="#{s.example.name}">{html.escape(s.example.title)}</a>' for s in shown)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Rimlight: gallery</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style></head>\n<body><header><h1>Rimlight</h1>"
        "<p>Take the light apart. Put it back where you want it. Every pair was rendered from the node and "
        f"the settings beside it.</p></header>\n<nav>{links}</nav>\n"
        + "\n".join(_section(s, images) for s in shown)
        + "\n<footer>"
        "Sample frames: see the licences of the resources. Made by <code>rimlight gallery</code>.</footer>"
        "</body></html>\n"
    )


def _section(shown: Shown, images: str) -> str:
    example = shown.example
    if shown.error:
        pair = f'<p class="error">{html.escape(shown.error)}</p>'
    else:
        pair = '<div class="pair">' + "".join(
            f'<figure><img loading="lazy" src="{images}/{name}" alt="{html.escape(example.title)}, {which}">'
            f"<figcaption>{which}</figcaption></figure>"
            for which, name in (("before", shown.before), ("after", shown.after))
        ) + "</div>"  # fmt: skip
    told = " &nbsp; ".join(f"{html.escape(n)} <b>{html.escape(v)}</b>" for n, v in settings_of(example.shown))
    if example.script:
        told = f"sample script <b>{html.escape(example.script)}</b>"
    return (
        f'<section id="{example.name}"><h2>{html.escape(example.title)}</h2>'
        f'<div class="kind">{html.escape(_label(example))} &nbsp;{html.escape(example.node)}</div>'
        f'<p class="caption">{html.escape(example.caption)}</p>{pair}<p class="settings">{told}</p></section>'
    )


def markdown_page(shown: Sequence[Shown], images: str) -> str:
    """The chapter of the manual; pictures are in the folder `images` beside it."""
    lines = [
        "# Gallery", "",
        "Before and after, rendered from the sample frames by `rimlight gallery DIR`, which makes a page of them anew.",
        "What each node does and its parameters are in the [reference of the nodes](nodes/README.md).", "",
    ]  # fmt: skip
    for s in shown:
        if s.error:
            continue
        e = s.example
        about = f"[{_label(e)}](nodes/{e.node}.md)"
        told = ", ".join(f"`{name}` {value}" for name, value in settings_of(e.shown))
        how = f"Sample script `{e.script}`." if e.script else (f"{told}." if told else "All at its defaults.")
        lines += [
            f"## {e.title}", "", f"{about}: {e.caption}", "", "| before | after |", "|---|---|",
            f"| ![{e.title}, before]({images}/{s.before}) | ![{e.title}, after]({images}/{s.after}) |", "", how, "",
        ]  # fmt: skip
    return "\n".join(lines)
