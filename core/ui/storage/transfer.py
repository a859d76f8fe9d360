"""The Storage page's section on taking items elsewhere, and on bringing them here."""

import streamlit as st

from core import search
from core.search import Query
from core.studio import Studio
from core.ui.storage.exporting import EXPORT, show_export
from core.ui.storage.importing import IMPORT, show_import
from core.ui.storage.working import elsewhere


def show_transfer(studio: Studio) -> None:
    """Export, then import, each with how far it is; import alone where there is nothing to take elsewhere."""
    elsewhere(studio, EXPORT, IMPORT)
    if search.count(studio.database, Query()):
        show_export(studio)
        show_import(studio)
    else:
        show_import(studio)
        st.header("Export", anchor=False)
        st.caption("Nothing is stored yet. What you make or bring in can be taken elsewhere here.")
