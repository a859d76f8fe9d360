"""The Item page of an item whose bytes are not those that were stored: what is known of it, and the ways on."""

import streamlit as st

from core.library import FAMILIES, Item
from core.studio import Studio
from core.ui import wishes
from core.ui.place import TITLES
from core.ui.recipe import recipe
from core.ui.shell import base
from core.ui.widgets import literal


def damaged_item(studio: Studio, item: Item, sentence: str) -> None:
    """In place of the page of a whole item: its small picture, what is left of it, and its recipe."""
    address = f"{base()}/api/{FAMILIES[item.kind]}/{item.id}"
    st.title(f"{TITLES[item.kind]} {item.id}", anchor=False)
    st.error(literal(sentence), icon=":material/heart_broken:")
    left, right = st.columns([2, 1], gap="large")
    with left:
        st.html(
            f'<img src="{address}/thumbnail" alt="Small picture of item {item.id}" '
            'style="max-width: 100%; width: 32rem; border-radius: 10px">'
        )
        st.caption("Its small picture, which is kept apart from it.")
        with st.container(horizontal=True):
            st.page_link(
                "storage.py", label="To what is damaged", icon=":material/healing:", query_params={"section": "Backup"}
            )
            if item.recipe and st.button("Run again", icon=":material/replay:", key="run_again"):
                wishes.run_again(studio, item.recipe.generation_id)
        st.markdown(f"[Download what is left of it]({address}/data?damaged=1) - one wrong byte may not be seen.")
    with right:
        recipe(studio, item)
        st.caption("SHA-256 of the bytes as they were stored")
        st.code(item.sha256, language=None, wrap_lines=True)
