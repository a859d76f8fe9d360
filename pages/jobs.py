"""Jobs: what is under way, and how every run ended."""

import streamlit as st

from core import ui

st.title("Jobs", anchor=False)
ui.job_list(ui.studio())
