"""The button that logs out: a form of its own, since the session's cookie is none of a page's business."""

import streamlit as st

from core.ui.components._assets import script, style

_leave = st.components.v2.component("studio_leave", css=style(), js=script("leave.js"))


def leave(base: str) -> None:
    """Log out of this browser, in all its tabs; `base` is the server's base path."""
    _leave(key="leave", data={"action": f"{base}/logout"})
