"""Item: one picture or video with everything that made it."""

import streamlit as st

from core import ui

studio = ui.studio()
asked = st.query_params.get("id")
item = ui.find_item(studio, asked)
if item is not None:
    left, right = st.columns([6, 4], gap="large")
    with left:
        ui.viewer(item)
    with right:
        ui.actions(studio, item)
        ui.recipe(item)
        ui.facts(item)
