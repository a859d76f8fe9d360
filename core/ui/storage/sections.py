"""The Storage page's title and its sections."""

from typing import Final

import streamlit as st

SECTIONS: Final = {"backup": "Backup"}


def storage_section() -> str:
    """The page's title and the section that is chosen; it is kept in the address."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    left.title("Storage", anchor=False)
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        chosen = st.segmented_control(
            "Section", list(SECTIONS), format_func=SECTIONS.__getitem__, default="backup", required=True,
            key="section", bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
    return chosen or "backup"
