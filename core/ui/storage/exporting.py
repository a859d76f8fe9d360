"""The Storage page's export: everything, or all that a search finds."""

import streamlit as st

from core import search
from core.exporting import Selection
from core.search import Query
from core.studio import Studio
from core.ui.exporting import offer
from core.ui.library.words import counted


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
