"""The Compare page's parts: which items, the items as one, and what differs between their recipes."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

import humanize
import streamlit as st

from core import differences, library, prices
from core.differences import Row
from core.errors import InvalidInput, NotFound, StudioError
from core.library import Item
from core.studio import Studio
from core.submission import SECRET
from core.ui.components import comparison
from core.ui.shell import base, number, open_item
from core.ui.widgets import literal

FEWEST, MOST = 2, 4
NAMES: Final = {"image": "Image", "video": "Video", "audio": "Sound"}
TEXT: Final = "Prompt"  # the row that is compared word by word
STYLE: Final = """
<style>
.studio-differences { overflow-x: auto; }
.studio-differences table { width: 100%; border-collapse: collapse; font-size: 0.95rem; }
.studio-differences th, .studio-differences td { text-align: left; vertical-align: top; padding: 8px 14px 8px 0;
  border: 0; border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); overflow-wrap: anywhere; }
.studio-differences th { font-weight: 600; }
.studio-differences tbody th { font-weight: 400; opacity: 0.75; width: 9rem; min-width: 6rem; }
.studio-differences td { min-width: 8rem; white-space: pre-wrap; }
.studio-differences ins, .studio-differences del { text-decoration: none; border-radius: 4px; padding: 1px 2px; }
.studio-differences ins { background: color-mix(in srgb, #2ea043 34%, transparent); }
.studio-differences del { background: color-mix(in srgb, #e5484d 32%, transparent); }
</style>
"""


def items_to_compare(studio: Studio, asked: str | None) -> list[Item]:
    """The items that the address names; says so on the page where it does not name two to four that are there."""
    try:
        return [library.item(studio.database, media_id) for media_id in _numbers(asked or "")]
    except StudioError as error:
        st.warning(literal(error.sentence), icon=":material/compare:")
        st.caption("Select two to four items in the library, then press Compare.")
        st.page_link("library.py", label="Go to the library", icon=":material/photo_library:")
        return []


def side_by_side(studio: Studio, items: Sequence[Item]) -> None:
    """The items, zoomed, moved and played as one."""
    opened = comparison(items, base=base(), file=studio.file_key, key="comparison")
    if opened:
        open_item(opened)


def what_differs(items: Sequence[Item]) -> None:
    """The recipes as a table: what differs first, what is the same folded."""
    differing, same = differences.rows([_told(item) for item in items])
    st.subheader("What differs", anchor=False)
    st.html(STYLE + _table(items, differing))
    if same:
        title = "1 thing is the same" if len(same) == 1 else f"{len(same)} things are the same"
        with st.expander(title, icon=":material/equal:"):
            st.html(STYLE + _table(items, same))


def _numbers(asked: str) -> list[int]:
    """The ids in the address, each once; raises `NotFound` and `InvalidInput`."""
    found: list[int] = []
    for text in filter(None, (each.strip() for each in asked[:200].split(","))):
        media_id = number(text)
        if media_id is None:
            raise NotFound(f"'{text[:40]}' is not the number of an item.")
        found.append(media_id)
    unique = list(dict.fromkeys(found))
    if not FEWEST <= len(unique) <= MOST:
        raise InvalidInput({"ids": f"{FEWEST} to {MOST} items can be compared; the address names {len(unique)}."})
    return unique


def _told(item: Item) -> dict[str, Any]:
    """What is compared of an item, by its name on the page."""
    made = item.recipe
    told: dict[str, Any] = {"Name": item.name} if made is None else {TEXT: made.prompt, "Model": made.model}
    if made is not None:
        told |= {"Version": made.version} | dict(_asked(made.request, made.inputs))
        told |= {_title(role): [f"item {each}" for each in used] for role, used in made.inputs.items()}
        if made.provider not in prices.FREE and made.cost is not None:
            told["Cost"] = prices.cost_words(made.cost, made.cost_estimate)
        if made.started_at and made.finished_at:
            told["Took"] = f"{(made.finished_at - made.started_at).total_seconds():.1f} s"
    told |= {} if item.kind == "audio" else {"File shape": f"{item.width} × {item.height} px"}
    told |= {} if item.duration is None else {"File length": f"{item.duration:.1f} s"}
    told |= {
        "File type": item.mime,
        "File size": humanize.naturalsize(item.bytes) + (", not kept" if item.thinned else ""),
    }
    told |= {"Rating": "★" * item.rating or None, "Tags": ", ".join(item.tags) or None, "Note": item.note or None}
    return {name: value for name, value in told.items() if value is not None}


def _asked(request: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in request.items():
        if name != "prompt" and name not in inputs:
            yield _title(name), "secret, not kept" if value == SECRET else value


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _table(items: Sequence[Item], rows: Sequence[Row]) -> str:
    heads = "".join(f'<th scope="col">{NAMES[item.kind]} {item.id}</th>' for item in items)
    body = "".join(f'<tr><th scope="row">{escape(row.name)}</th>{_cells(row)}</tr>' for row in rows)
    return (
        f'<div class="studio-differences"><table><thead><tr><th></th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cells(row: Row) -> str:
    if row.name == TEXT and not row.same:
        return "".join(f"<td>{text}</td>" for text in _word_by_word([str(value or "") for value in row.values]))
    return "".join(f"<td>{escape(_shown(value))}</td>" for value in row.values)


def _word_by_word(texts: Sequence[str]) -> Iterator[str]:
    """Each text with what sets it apart from the first; of two also what the first has alone."""
    first, *others = texts
    yield _marked(first, others[0], "removed") if len(others) == 1 else escape(first)
    for other in others:
        yield _marked(first, other, "added")


def _marked(one: str, other: str, kind: str) -> str:
    tag = {"added": "ins", "removed": "del"}[kind]
    shown = [piece for piece in differences.words(one, other) if piece.kind in ("same", kind)]
    return "".join(
        escape(piece.text) if piece.kind == "same" else f"<{tag}>{escape(piece.text)}</{tag}>" for piece in shown
    )


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
