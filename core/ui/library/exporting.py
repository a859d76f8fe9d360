"""Export from the Library: what is selected, or all that the search finds."""

import streamlit as st

from core.exporting import Selection
from core.marks import several
from core.search import Query
from core.studio import Studio
from core.ui.exporting import offer
from core.ui.library.words import counted


def way_to_export(query: Query, number: int) -> None:
    """The button that exports all that is found; nothing is shown where nothing is."""
    if number and query.runs != "only":
        label = "Export these" if query.narrow else "Export"
        st.button(
            label,
            icon=":material/ios_share:",
            key="export",
            type="tertiary",
            on_click=ask,
            args=(Selection(query=query),),
        )


def ask(selection: Selection) -> None:
    """Only asks; the page opens the question."""
    st.session_state["to_export"] = selection


def export_question(studio: Studio, query: Query, number: int) -> None:
    """Opens the question that was asked for."""
    asked: Selection | None = st.session_state.pop("to_export", None)
    if asked is not None:
        words = counted(query, number) if asked.ids is None else several(len(asked.ids))
        st.dialog(f"Export {words}", icon=":material/ios_share:")(_question)(studio, asked)


def _question(studio: Studio, selection: Selection) -> None:
    offer(studio, selection, "export", lambda: st.switch_page("storage.py", query_params={"section": "Transfer"}))
