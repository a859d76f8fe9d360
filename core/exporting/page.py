"""`index.html` of an export: a gallery with recipes, read from the disk without a network, and without scripts too.

Everything that a person or a model wrote is escaped; a policy in the page lets nothing run but its own script.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import quote

import humanize

from core.about import NAME
from core.exporting.made import Skipped
from core.marks import several
from core.plainjson import written

HERE: Final = Path(__file__).parent
SPOKEN: Final = 200  # characters of a prompt that describe a picture
CAPTIONS: Final = {"video": "Video", "audio": "Sound"}

CARDS: Final = "<!-- cards -->\n"  # where they stand in the page


def head(number: int, now: datetime) -> str:
    """The beginning of the page; `number` is how many items follow."""
    script = _asset("page.js")
    digest = b64encode(sha256(f"\n{script}".encode()).digest()).decode()
    day = f"{now.day} {now:%B %Y}"
    known = {"hash": digest, "title": NAME, "style": _asset("page.css"), "held": several(number), "day": day}
    return Template(_asset("page.html").partition(CARDS)[0]).substitute(known)


def card(found: Mapping[str, Any]) -> str:
    """One item, as `core.exporting.entry.entry` describes it."""
    words = _words(found)
    lines = [
        f'<figure id="i{found["id"]}" data-kind="{found["kind"]}">',
        _shot(found, words),
        f'<figcaption><p class="words" dir="auto">{escape(words)}</p><p class="facts">{_facts(found)}</p>',
        f"<details><summary>Recipe</summary><dl>{''.join(_rows(found))}</dl></details></figcaption></figure>\n",
    ]
    return "".join(lines)


def foot(skipped: Sequence[Skipped]) -> str:
    """The end of the page, with what is not in the export."""
    rows = "".join(f"<li>Item {each.id}: {escape(each.why)}</li>" for each in skipped)
    left_out = f"<p>Not in this export:</p><ul>{rows}</ul>\n" if rows else ""
    known = {"skipped": left_out, "script": f"\n{_asset('page.js')}"}
    return Template(_asset("page.html").partition(CARDS)[2]).substitute(known)


def _words(found: Mapping[str, Any]) -> str:
    """The prompt, or the name of what was made without one."""
    return (found["recipe"] or {}).get("prompt") or found["name"] or "Uploaded"


def _shot(found: Mapping[str, Any], words: str) -> str:
    """The small picture, which leads to the file if that is kept."""
    spoken = f"{CAPTIONS[found['kind']]}: {words}" if found["kind"] in CAPTIONS else words
    shown = escape(spoken[:SPOKEN])
    inside = f"<span>{shown}</span>"
    if found["thumbnail"] is not None:
        inside = f'<img src="{quote(found["thumbnail"])}" alt="{shown}" loading="lazy" decoding="async">'
    if found["file"] is None:
        return f'<div class="shot">{inside}<b>Small picture only</b></div>'
    length = f"<b>{_length(found['duration'])}</b>" if found["duration"] else ""
    return f'<a class="shot" href="{quote(found["file"])}">{inside}{length}</a>'


def _facts(found: Mapping[str, Any]) -> str:
    model = (found["recipe"] or {}).get("model")
    told = [
        escape(str(model)) if model else "Brought here",
        f"{found['width']} &#215; {found['height']}" if found["kind"] != "audio" else "",
        f"{found['duration']:.1f} s" if found["duration"] else "",
        "Favourite" if found["favourite"] else "",
        f'<span class="stars" role="img" aria-label="Rated {found["rating"]} of 5">{"&#9733;" * found["rating"]}</span>'
        if found["rating"]
        else "",
    ]
    return " &#183; ".join(filter(None, told))


def _rows(found: Mapping[str, Any]) -> Iterator[str]:
    """What is known of it, as terms and descriptions."""
    recipe = found["recipe"] or {}
    known = {
        "Note": found["note"],
        "Tags": ", ".join(found["tags"]),
        "Experiment": found["experiment"],
        "Provider": recipe.get("provider"),
        "Version": recipe.get("version"),
        **{name: value for name, value in recipe.get("request", {}).items() if name != "prompt"},
        "Made": found["created_at"].replace("T", " ").removesuffix("Z") + " UTC",
        "Size": humanize.naturalsize(found["bytes"]) if found["bytes"] else None,
        "SHA-256": found["sha256"],
        "Number": found["id"],
    }
    for name, value in known.items():
        if value not in (None, "", [], {}):
            shown = value if isinstance(value, str) else written(value)
            yield f"<dt>{escape(str(name))}</dt><dd>{escape(shown)}</dd>"


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
