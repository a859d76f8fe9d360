"""Item: one picture or video with everything that made it."""

import streamlit as st

from core import ui

studio = ui.studio()
asked = st.query_params.get("id")
item = ui.find_item(studio, asked)
if item is not None:
    left, right = st.columns([2, 1], gap="large")
    with left:
        ui.viewer(studio, item)
    with right:
        ui.actions(studio, item)
        ui.recipe(studio, item)
        ui.facts(item)
