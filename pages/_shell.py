"""The main script: page settings and the one list of pages."""

import streamlit as st

from core import ui

ui.frame()
pages = {
    "Make": [st.Page("create.py", title="Create", icon=":material/auto_awesome:", default=True)],
    "Keep": [
        st.Page("library.py", title="Library", icon=":material/photo_library:"),
        st.Page("jobs.py", title="Jobs", icon=":material/pending_actions:"),
        st.Page("storage.py", title="Storage", icon=":material/database:"),
        st.Page("settings.py", title="Settings", icon=":material/settings:"),
        st.Page("item.py", title="Item", icon=":material/image:", visibility="hidden"),
        st.Page("compare.py", title="Compare", icon=":material/compare:", visibility="hidden"),
    ],
}
page = st.navigation(pages)
ui.title(page.title)
ui.footer(ui.studio())
ui.banner(ui.studio())
page.run()
