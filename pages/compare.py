"""Compare: two to four items as one, and what differs between their recipes."""

import streamlit as st

from core import ui

studio = ui.studio()
st.title("Compare", anchor=False)
items = ui.items_to_compare(studio, st.query_params.get("ids"))
if items:
    ui.side_by_side(studio, items)
    ui.what_differs(items)
