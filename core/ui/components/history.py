"""Lets the browser's Back go from an item to the page it was opened from."""

import streamlit as st

from core.ui.components._assets import script

_history = st.components.v2.component("studio_history", js=script("history.js"))


def history() -> None:
    """Watches the browser's history; shows nothing."""
    _history(key="history")
