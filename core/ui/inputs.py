"""File inputs: uploads, and items of the library, which stay chosen by the input's name until they are let go.

`chosen`, `choose` and `replace` are the one way to what is chosen.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from core import library, search
from core.errors import NotFound
from core.fields import Field
from core.remix import likely
from core.search import Hit, Page, Query
from core.studio import Studio, Upload
from core.ui import widgets
from core.ui.components import chosen_items, picker
from core.ui.shell import base

KINDS: Final = ("file", "files")
TYPES: Final = {
    "image": ("png", "jpg", "jpeg", "webp", "gif", "avif", "bmp", "tiff"),
    "video": ("mp4", "mov", "webm", "m4v"),
    "audio": ("wav", "mp3", "m4a", "ogg", "flac"),
}
SHOWN: Final = 36  # items of the library at a time
FILTERS: Final = {"all": "All", "image": "Images", "video": "Videos", "audio": "Sounds"}


def chosen(name: str) -> tuple[int, ...]:
    """The items chosen for the input of this name, in order."""
    return tuple(st.session_state.get("items", {}).get(name, ()))


def choose(name: str, items: Sequence[int]) -> None:
    """Choose these items for the input of this name, in place of those before."""
    st.session_state["items"] = {**st.session_state.get("items", {}), name: tuple(dict.fromkeys(items))}


def replace(items: Mapping[str, Sequence[int]]) -> None:
    """Choose these items for the inputs of these names and none for any other; uploads are let go."""
    st.session_state["items"] = {name: tuple(dict.fromkeys(ids)) for name, ids in items.items()}
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1


def offer(fields: Sequence[Field], media_id: int, kind: str) -> Field | None:
    """Choose an item for the first input that takes its kind, added to those of an input of several.

    Returns that field, None if the model has none.
    """
    asked = [field for field in fields if field.kind in KINDS and not field.deprecated]
    fitting = [field for field in asked if kind in (field.media or (likely(field) or kind,))]
    if not fitting:
        return None
    field = fitting[0]
    choose(field.name, [*chosen(field.name), media_id] if field.kind == "files" else [media_id])
    return field


def uploads(field: Field) -> tuple[Upload, ...]:
    """The files brought for a field, in order."""
    found = st.session_state.get(_uploader(field)) or []
    return tuple(Upload(each.name, each.getvalue()) for each in (found if isinstance(found, list) else [found]))


def used(field: Field) -> tuple[int, ...]:
    """The items that a run would use for a field: of one that takes a single file none if one was brought."""
    if field.kind == "files":
        return chosen(field.name)
    return () if st.session_state.get(_uploader(field)) else chosen(field.name)[:1]


def mark(field: Field) -> Any:
    """What tells one choice of files from another."""
    found = st.session_state.get(_uploader(field)) or []
    return used(field), [each.file_id for each in (found if isinstance(found, list) else [found])]


def ask(studio: Studio, field: Field) -> None:
    """Show the uploader, the way to the library, and what is chosen from it."""
    several, title, words = field.kind == "files", widgets.label(field), widgets.told(field)
    st.file_uploader(title, _types(field), accept_multiple_files=several, key=_uploader(field), help=words)
    hits = _hits(studio, field)
    if hits:
        _strip(studio, field, hits)
    with st.container(horizontal=True, gap="small"):
        look: dict[str, Any] = {"type": "tertiary", "icon": ":material/photo_library:"}
        if st.button("Choose from the library", key=f"{_uploader(field)}:pick", **look):
            _open_picker(studio, field)
        look["icon"] = ":material/close:"
        if len(hits) > 1 and st.button("Clear", key=f"{_uploader(field)}:clear", **look):
            choose(field.name, ())
            st.rerun()


def _types(field: Field) -> list[str]:
    """Endings of files, the likely ones first; the studio looks at what the file is anyway."""
    kinds = field.media or sorted(TYPES, key=lambda kind: kind != likely(field))
    return [ending for kind in kinds for ending in TYPES[kind]]


def _uploader(field: Field) -> str:
    return f"{widgets.key(field)}:{st.session_state.get('uploads', 0)}"


def _hits(studio: Studio, field: Field) -> list[Hit]:
    """The chosen items that are still there; others are let go."""
    found = []
    for media_id in chosen(field.name):
        try:
            item = library.item(studio.database, media_id)
        except NotFound:
            choose(field.name, [other for other in chosen(field.name) if other != media_id])
        else:
            found.append(Hit(item.id, item.kind, item.width, item.height, item.duration, item.caption))
    return found if field.kind == "files" else found[:1]


def _strip(studio: Studio, field: Field, hits: Sequence[Hit]) -> None:
    removed = chosen_items(hits, base=base(), file=studio.file_key, label=field.title, key=f"{_uploader(field)}:chosen")
    if removed is not None:
        choose(field.name, [each for each in chosen(field.name) if each != removed])
        st.rerun()
    if not used(field):
        st.caption("The uploaded file is used. Remove it to use the one from the library.")
    elif field.kind == "files" and st.session_state.get(_uploader(field)):
        st.caption("The items of the library come first, then the uploaded files.")


def _open_picker(studio: Studio, field: Field) -> None:
    st.session_state["picking"] = {"round": st.session_state.get("picking", {}).get("round", 0) + 1, "before": []}
    st.dialog(f"{widgets.literal(field.title)}: choose from the library", width="large")(_picker)(studio, field)


def _picker(studio: Studio, field: Field) -> None:
    """The dialog: a page of the library to choose from; what is chosen stays while one turns the pages."""
    picking = st.session_state["picking"]
    kind = _kind_on_show(studio, field)
    before = picking["before"][-1] if picking["before"] else None
    query = Query().having("kind", *([kind] if kind else []))
    page = search.page(studio.database, query, following=before, limit=SHOWN)
    if not page.hits:
        st.info("Nothing here yet. What you make or upload appears here.", icon=":material/photo_library:")
    most = 1 if field.kind == "file" else field.max_items
    taken = picker(
        page.hits, base=base(), file=studio.file_key, chosen=chosen(field.name), most=most,
        key=f"picker:{picking['round']}",
    )  # fmt: skip
    if taken is not None:
        choose(field.name, taken)
        st.rerun()
    _turn_pages(page, picking["before"])


def _kind_on_show(studio: Studio, field: Field) -> str | None:
    """The kind of items to choose from, None for all: what the field takes, or else what a person wants to see."""
    picking = st.session_state["picking"]
    if len(field.media) == 1:
        return field.media[0]
    there = [kind for kind in FILTERS if kind == "all" or search.count(studio.database, Query().having("kind", kind))]
    show = st.segmented_control(
        "Show", there, format_func=FILTERS.__getitem__, default=likely(field) if likely(field) in there else "all",
        required=True, key=f"picker:show:{picking['round']}", label_visibility="collapsed",
        on_change=picking["before"].clear,
    )  # fmt: skip
    return None if show in ("all", None) else show


def _turn_pages(page: Page, before: list[int]) -> None:
    """Older and newer items; `before` are the keys of the pages turned so far."""
    with st.container(horizontal=True, horizontal_alignment="center"):
        if before and st.button("Newer", icon=":material/arrow_back:", key="picker:newer"):
            before.pop()
            st.rerun(scope="fragment")
        if page.next and st.button("Older", icon=":material/arrow_forward:", key="picker:older"):
            before.append(page.next)
            st.rerun(scope="fragment")
