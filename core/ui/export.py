"""Taking an item elsewhere: its bytes, a copy with the recipe in it, and code that makes it once more."""

import streamlit as st

from core import snippets
from core.embedding import can_embed
from core.library import FAMILIES, Item
from core.studio import Studio
from core.ui.shell import base


def downloads(studio: Studio, item: Item) -> None:
    """The untouched bytes, if they are kept; and a copy that carries the recipe, where files of this type can."""
    if item.thinned:
        return
    st.link_button("Download", f"{address(studio, item, 'data')}&download=1", icon=":material/download:")
    if item.recipe is not None and can_embed(item.mime):
        st.link_button(
            "Download with recipe", address(studio, item, "copy"), icon=":material/attach_file:",
            help="Download a copy that carries its recipe. The stored bytes stay as they are.",
        )  # fmt: skip


def code(studio: Studio, item: Item) -> None:
    """The same run as a command and as Python, to copy."""
    texts = {
        "Notebook": ("python", snippets.notebook(item)),
        "cURL": ("bash", snippets.curl(studio.database, item)),
    }
    there = {name: (language, text) for name, (language, text) in texts.items() if text}
    if not there:
        return
    with st.expander("Code", icon=":material/code:"):
        for tab, (language, text) in zip(st.tabs(list(there)), there.values(), strict=True):
            tab.code(text, language=language, wrap_lines=True, height=320)


def address(studio: Studio, item: Item, what: str) -> str:
    """Where the item's data, thumbnail or copy is; the file's key keeps a browser from showing another file's."""
    return f"{base()}/api/{FAMILIES[item.kind]}/{item.id}/{what}?v={studio.file_key}"
