"""Items as HTML that shows in Jupyter, VS Code and marimo alike: styles inline, pictures as data, all words escaped.

Only small pictures and short clips go into a notebook, so that it stays small; knows neither studio nor frames.
"""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from core import blobs, library
from core.database import Database
from core.errors import NotFound
from core.library import Item

MOST: Final = 60  # items shown at a time
INLINE: Final = 8 * 2**20  # bytes of a clip or sound that goes into a notebook whole
HEIGHT: Final = 116  # pixels of a picture in a strip: four beside each other fit
LONGEST: Final = 120  # characters of a caption
FIGURE: Final = "margin:0;display:inline-flex;flex-direction:column;gap:4px;max-width:100%"
PICTURE: Final = "display:block;border-radius:6px;margin:0"
CAPTION: Final = "font:12px/1.4 system-ui,sans-serif;opacity:.75;overflow-wrap:anywhere"
STRIP: Final = "display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start;padding:4px 0"
BOX: Final = (
    "box-sizing:border-box;display:flex;align-items:center;justify-content:center;text-align:center;padding:10px;"
    "border:1px dashed currentColor;border-radius:6px;opacity:.65;font:12px/1.4 system-ui,sans-serif"
)
TABLE: Final = "border-collapse:separate;border-spacing:8px;font:12px/1.4 system-ui,sans-serif;width:auto"
CELL: Final = "padding:0;text-align:left;vertical-align:top;border:0;background:none"
HEAD: Final = (
    "padding:2px 0;text-align:left;vertical-align:top;border:0;font-weight:600;max-width:220px;white-space:normal"
)


def small(
    database: Database, kind: str, media_id: int, *, height: int = HEIGHT, words: str = "", fit: bool = True
) -> str:
    """The thumbnail of an item, or a box that says that there is none (any more).

    `fit` makes it no wider than what it stands in, which a cell of a table takes for leave to shrink it to nothing.
    """
    try:
        mime, data = library.thumbnail_data(database, kind, media_id)
    except NotFound as error:
        return box(error.sentence, height)
    width = "max-width:100%" if fit else "max-width:none"
    return f'<img src="{_data(mime, data)}" alt="{_quoted(words)}" style="{PICTURE};{width};max-height:{height}px">'


def whole(database: Database, item: Item, *, height: int = HEIGHT, address: str | None = None) -> str:
    """A picture, or a player where the item is short; `address` is where all of it is found, if it is anywhere."""
    if item.kind == "image" or item.thinned or item.bytes > INLINE:
        shown = small(database, item.kind, item.id, height=height, words=item.caption)
        link = f'<a href="{_quoted(address)}" target="_blank" rel="noopener">{shown}</a>' if address else shown
        return link + ("" if item.kind == "image" else _instead(item, address))
    data = b"".join(blobs.read(database, item.id, 0, item.bytes))
    source = f'src="{_data(item.mime, data)}" aria-label="{_quoted(item.caption)}" controls'
    if item.kind == "audio":
        return f"<audio {source}></audio>"
    return f'<video {source} loop muted playsinline style="{PICTURE};max-width:100%;max-height:{height}px"></video>'


def figure(shown: str, *lines: str) -> str:
    """Something with lines of words below it."""
    words = "<br>".join(escape(_cut(line)) for line in lines if line)
    return f'<figure style="{FIGURE}">{shown}<figcaption style="{CAPTION}">{words}</figcaption></figure>'


def strip(figures: Iterable[str], more: int = 0, words: str = "") -> str:
    """Things beside each other; `more` are those left out."""
    left = f"{more:,} more" if more else ""
    told = "".join(f'<div style="{CAPTION}">{escape(line)}</div>' for line in (words, left) if line)
    return f'<div style="{STRIP}">{"".join(figures)}</div>{told}'


def box(words: str, height: int = HEIGHT) -> str:
    """Words where a picture would be."""
    return f'<div style="{BOX};height:{height}px;width:{height}px">{escape(_cut(words))}</div>'


def grid(columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], caption: str = "") -> str:
    """A table of shown things with names above and beside them."""
    head = "".join(f'<th scope="col" style="{HEAD}">{escape(_cut(name))}</th>' for name in columns)
    body = "".join(
        f'<tr style="background:none"><th scope="row" style="{HEAD}">{escape(_cut(name))}</th>'
        + "".join(f'<td style="{CELL}">{cell}</td>' for cell in cells)
        + "</tr>"
        for name, cells in rows
    )
    told = f'<div style="{CAPTION}">{escape(caption)}</div>' if caption else ""
    top = f'<thead><tr style="background:none"><th style="{HEAD}"></th>{head}</tr></thead>'
    return f'<div style="overflow-x:auto"><table style="{TABLE}">{top}<tbody>{body}</tbody></table>{told}</div>'


def note(words: str) -> str:
    """A line of small words."""
    return f'<div style="{CAPTION}">{escape(words)}</div>'


def measures(kind: str, width: int, height: int, duration: float | None) -> str:
    """How large, or how long."""
    size = f"{width} × {height}" if kind != "audio" else ""
    return ", ".join(filter(None, [size, f"{duration:.3g} s" if duration else ""]))


def _instead(item: Item, address: str | None) -> str:
    """Why a clip is not played here, and where it is."""
    if item.thinned:
        return note("Thinned: the small picture is what is kept.")
    size = f"{item.bytes / 1e6:,.1f} MB"
    return note(
        f"{size}: click to play it." if address else f"{size}: too large to play here; .save() it, or start the studio."
    )


def _data(mime: str, data: bytes) -> str:
    return f"data:{_quoted(mime)};base64,{base64.b64encode(data).decode()}"


def _quoted(words: str | None) -> str:
    return escape(_cut(words or "", 300), quote=True)


def _cut(words: str, most: int = LONGEST) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
