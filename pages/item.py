"""Item: one picture, video or sound with everything that made it, and what came of it."""

import streamlit as st

from core import ui

studio = ui.studio()
asked = st.query_params.get("id")
item = ui.find_item(studio, asked)
if item is not None:
    ui.heading(studio, item)
    left, right = st.columns([2, 1], gap="large")
    with left:
        ui.viewer(studio, item)
        ui.trash_notice(studio, item)
        ui.marks(studio, item)
        ui.actions(studio, item)
        ui.family(studio, item)
    with right:
        ui.recipe(studio, item)
        ui.code(studio, item)
        ui.facts(item)
