"""Settings whose widgets start no run of the page reach the session soon after they are made, and so survive a change
of page."""

from collections.abc import Callable

import streamlit as st

from core.ui.components._assets import script
from core.ui.components._events import ignore

_keeper = st.components.v2.component("studio_keeper", js=script("keeper.js"))


@st.fragment
def keeper(show: Callable[[], None]) -> None:
    """Watches what people do on this page; runs nothing but itself and `show`, which draws what follows from it."""
    show()
    heard = st.session_state.get("keeper", {}).get("settled", 0)
    _keeper(key="keeper", data={"heard": heard}, on_settled_change=ignore)
