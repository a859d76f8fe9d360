"""Create: write a prompt, pick a model, watch the results come."""

import streamlit as st

from core import ui

studio = ui.studio()
ui.take_over_recipe(studio)
left, right = st.columns([5, 7], gap="large")
with left:
    st.title("Create", anchor=False)
    model = ui.model_picker(studio)
    ui.recipe_form(studio, model)
with right:
    ui.recent_runs(studio)
