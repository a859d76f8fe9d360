"""The Storage page's parts, a module each, and the one list of its sections."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from core.studio import Studio
from core.ui.storage.backups import show_backups
from core.ui.storage.overview import show_overview
from core.ui.storage.rules import show_rules
from core.ui.storage.transfer import show_transfer

SECTIONS: Final[dict[str, tuple[str, Callable[[Studio], None]]]] = {  # name in the address, words, what shows it
    "overview": ("Overview", show_overview),
    "rules": ("Rules", show_rules),
    "backup": ("Backup", show_backups),
    "transfer": ("Transfer", show_transfer),
}

__all__ = ["SECTIONS", "storage"]


def storage(studio: Studio) -> None:
    """The page's title, and the section that is chosen; it is kept in the address."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    left.title("Storage", anchor=False)
    first = next(iter(SECTIONS))
    chosen: str | None = first
    if len(SECTIONS) > 1:
        with right, st.container(horizontal=True, horizontal_alignment="right"):
            chosen = st.segmented_control(
                "Section",
                list(SECTIONS),
                format_func=lambda name: SECTIONS[name][0],
                default=first,
                required=True,
                key="section",
                bind="query-params",
                label_visibility="collapsed",
            )
    _, show = SECTIONS[chosen or first]
    show(studio)
