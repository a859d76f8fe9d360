"""The Storage page's export: everything, or all that a search finds; and where the last one is."""

from shlex import quote
from typing import Final

import streamlit as st

from core import search
from core.exporting import Selection
from core.search import Query
from core.studio import Studio
from core.ui.exporting import offer
from core.ui.library.words import counted
from core.ui.storage.working import under_way

EXPORT: Final = "Export"  # the work's name


def show_export(studio: Studio) -> None:
    """What to take elsewhere, how much that is, and the ways to take it."""
    st.header("Export", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        words = st.text_input(
            "What", key="export_words", type="search", icon=":material/search:", placeholder="Everything",
            help="As in the Library's search: words, tag:sea, rating:>=4, kind:video. Left empty, everything is "
            "exported. The trash stays where it is.",
        )  # fmt: skip
        query = Query(words or "")
        number = search.count(studio.database, query)
        st.markdown(f"**{counted(query, number)}**" if number else "Nothing matches this.")
        st.caption(
            "Nothing in the studio changes. Secrets are never in an export. Items that are damaged are named and left "
            "out; of thinned ones, thumbnail and recipe go along."
        )
    with right:
        if number:
            offer(studio, Selection(query=query), "storage_export", st.rerun)
    under_way(studio, EXPORT)
    _made(studio)


def _made(studio: Studio) -> None:
    """Where the file is that was written last, to be copied, and how to open it."""
    work, made = studio.upkeep.last, studio.upkeep.exported
    if work is None or work.name != EXPORT or work.good is None or made is None:
        return
    form, file = made
    if form == "zip":
        st.code(str(file.path), language=None, wrap_lines=True)
        st.caption("Unpack it and open index.html in a browser, or bring it into another studio by Import.")
    else:
        st.caption("Bring it into another studio by Import, or open it as a studio of its own:")
        st.code(f"STUDIO_DATABASE={quote(str(file.path))} make run", language="sh", wrap_lines=True)
