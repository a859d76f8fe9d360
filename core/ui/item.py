"""The Item page's parts: the picture or the player, facts, the recipe."""

from datetime import UTC, datetime
from html import escape

import humanize
import streamlit as st

from core import library
from core.errors import NotFound, UnknownModel
from core.fields import Field, fields
from core.library import Item
from core.studio import Studio
from core.ui.create import ask_for_recipe
from core.ui.shell import base, number

LONG_PROMPT = 240  # pixels
STYLE = """
<style>
.studio-viewer { display: flex; justify-content: center; border-radius: 10px; overflow: hidden;
  background: color-mix(in srgb, currentColor 5%, transparent); }
.studio-viewer img, .studio-viewer video { display: block; max-width: 100%; max-height: 78vh; height: auto; }
</style>
"""


def viewer(studio: Studio, item: Item) -> None:
    """The picture (a click opens it alone) or a player that seeks."""
    data, alt = _address(studio, item, "data"), escape(item.caption[:300], quote=True)
    if item.kind == "image":
        inner = (
            f'<a href="{data}" target="_blank" rel="noopener"><img src="{data}" alt="{alt}" '
            f'width="{item.width}" height="{item.height}"></a>'
        )
    else:
        poster = _address(studio, item, "thumbnail")
        inner = (
            f'<video src="{data}" poster="{poster}" controls loop playsinline '
            f'preload="metadata" width="{item.width}" height="{item.height}" aria-label="{alt}"></video>'
        )
    st.html(f'{STYLE}<div class="studio-viewer">{inner}</div>')


def find_item(studio: Studio, asked: str | None) -> Item | None:
    """The item that the address names; says so on the page where there is none."""
    media_id = number(asked)
    try:
        if media_id is None:
            raise NotFound(
                "This address does not name an item."
                if asked is None
                else f"'{asked[:40]}' is not the number of an item."
            )
        return library.item(studio.database, media_id)
    except NotFound as error:
        st.title("No such item", anchor=False)
        st.warning(error.sentence, icon=":material/search_off:")
        st.page_link("library.py", label="Go to the library", icon=":material/photo_library:")
        return None


def actions(studio: Studio, item: Item) -> None:
    """Use the recipe, vary it, download the untouched bytes."""
    st.title(f"{item.kind.capitalize()} {item.id}", anchor=False)
    with st.container(horizontal=True):
        if item.recipe:
            if st.button("Use this recipe", type="primary", icon=":material/edit_note:"):
                ask_for_recipe(studio, item.recipe.generation_id)
                st.switch_page("create.py")
            if st.button("Vary", icon=":material/casino:", help="Run the recipe again with a new seed."):
                studio.vary([item.id], now=datetime.now(UTC))
                st.switch_page("create.py")
        st.link_button("Download", f"{_address(studio, item, 'data')}&download=1", icon=":material/download:")


def facts(item: Item) -> None:
    """Measures, size, times, hash."""
    shape = f"{item.width} × {item.height} px"
    if item.duration is not None:
        shape += f" · {item.duration:.1f} s"
    if item.fps:
        shape += f" · {item.fps:g} frames/s"
    rows = {
        "Shape": shape,
        "Size": f"{humanize.naturalsize(item.bytes)} ({item.bytes:,} bytes)",
        "Type": item.mime,
        "Made": f"{item.created_at:%d %B %Y, %H:%M:%S} UTC",
    }
    if item.recipe and item.recipe.started_at and item.recipe.finished_at:
        rows["Took"] = f"{(item.recipe.finished_at - item.recipe.started_at).total_seconds():.1f} s"
    st.table(rows, border="horizontal")
    st.caption("SHA-256 of the stored bytes")
    st.code(item.sha256, language=None, wrap_lines=True)


def recipe(studio: Studio, item: Item) -> None:
    """Everything that made the item."""
    if item.recipe is None:
        st.caption("Uploaded, so there is no recipe.")
        return
    made = item.recipe
    st.code(made.prompt, language=None, wrap_lines=True, height=LONG_PROMPT if len(made.prompt) > 600 else "content")
    st.markdown(f"`{made.model}` version {made.version} · run {made.generation_id}")
    titles = {field.name: field.title for field in _fields(studio, made.model)}
    hidden = {"prompt", *made.inputs}
    shown = {titles.get(n, n.replace("_", " ")): _shown(v) for n, v in made.request.items() if n not in hidden}
    st.table(shown, border="horizontal")
    for role, media_id in made.inputs.items():
        st.page_link(
            "item.py",
            label=f"{role}: item {media_id}",
            icon=":material/image:",
            query_params={"id": str(media_id)},
        )
    with st.expander("Log", icon=":material/notes:"):
        st.code(made.logs or "No log.", language=None, wrap_lines=True)
    with st.expander("Request and response", icon=":material/data_object:"):
        st.json({"request": made.request, "response": made.response}, expanded=1)


def _address(studio: Studio, item: Item, what: str) -> str:
    """Where the item's data or thumbnail is; the file's key keeps a browser from showing another file's."""
    return f"{base()}/api/{item.kind}s/{item.id}/{what}?v={studio.file_key}"


def _fields(studio: Studio, model: str) -> tuple[Field, ...]:
    """The model's fields; none where it is no longer offered."""
    try:
        return fields(studio.describe(model).schema)
    except UnknownModel:
        return ()


def _shown(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
