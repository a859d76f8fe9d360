"""What is typed but not yet sent survives a reload and a change of page: the browser keeps it and hands it back."""

from collections.abc import Callable

import streamlit as st

from core.ui.components._assets import script

_draft = st.components.v2.component("studio_draft", js=script("draft.js"))


def draft(*, label: str, text: str, taken: int, key: str, restore: Callable[[str], None]) -> None:
    """Keeps the text field `label`, which the session knows as `text`; `restore` gets what was typed after that.

    A change of `taken` says that `text` replaces what was typed.
    """

    def restored() -> None:
        kept = st.session_state[key].restored
        if isinstance(kept, str):
            restore(kept)

    _draft(key=key, data={"label": label, "text": text, "taken": taken}, on_restored_change=restored)
