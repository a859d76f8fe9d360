"""What is typed but not yet sent survives a reload: the browser keeps it and hands it back."""

from collections.abc import Callable

import streamlit as st

from core.ui.components._assets import script

_draft = st.components.v2.component("studio_draft", js=script("draft.js"))


def draft(*, label: str, empty: bool, key: str, restore: Callable[[str], None]) -> None:
    """Keeps the text field `label`; calls `restore` with what was kept when the session has nothing (`empty`)."""

    def restored() -> None:
        text = st.session_state[key].restored
        if isinstance(text, str):
            restore(text)

    _draft(key=key, data={"label": label, "empty": empty}, on_restored_change=restored)
