"""The frame around every page: settings, navigation, errors as one calm sentence."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

import humanize
import streamlit as st
from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value

from core.errors import StudioError
from core.search import Query, from_params
from core.studio import Studio
from core.ui.accounts import accounts
from core.ui.components import history, leave
from core.ui.widgets import literal

ASSETS: Final = Path(__file__).parent / "assets"

log = logging.getLogger(__name__)


def base() -> str:
    """The server's base path, "" or such as "/studio"."""
    path = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def frame() -> None:
    """Page settings and logo; the first thing that runs."""
    # A run that follows one of a dialog's fragment in the same thread would draw the whole page into that dialog.
    context_dg_stack.set(get_default_dg_stack_value())
    st.set_page_config(page_icon=str(ASSETS / "icon.svg"), layout="wide")
    st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))


def title(page: str) -> None:
    """What the browser's tab says."""
    st.set_page_config(page_title=f"{page} · Onefile Studio")


def footer(studio: Studio) -> None:
    """The sidebar's foot: which file this is and how large; and, unseen, the watch over the browser's history."""
    path = studio.database.path
    size = humanize.naturalsize(path.stat().st_size)
    with st.sidebar:
        history()
        if studio.settings.token or accounts():
            leave(base())
    st.sidebar.caption(f":material/database: {path.name} · {size}", help=f"Everything is in this one file: {path}")


def banner(studio: Studio) -> None:
    """Above every page, why nothing new is begun or saved now."""
    if why := studio.shortage():
        st.error(literal(why), icon=":material/error:")


def explain(error: Exception) -> bool:
    """Show an error that a page did not handle as one sentence; the log has the rest."""
    if isinstance(error, StudioError):
        log.warning("%s: %s", error.code, error.sentence)
        sentence = error.sentence
    else:
        log.exception("A page failed.", exc_info=error)
        sentence = "Something went wrong on this page; the log has the details. Your work is safe: reload the page."
    st.toast(sentence, icon=":material/error:")  # seen even when the page is long
    st.error(sentence, icon=":material/error:")
    return True


def number(text: str | None) -> int | None:
    """A positive number from a query parameter, None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else None


def lead_to_create() -> None:
    """The button of an empty page."""
    if st.button("Create something", type="primary", icon=":material/auto_awesome:"):
        st.switch_page("create.py")


def lead_to_import(on_click: Callable[[], None] | None = None) -> None:
    """The button beside it for those who have something already; `on_click` does what a page has to do instead."""
    asked = st.button("Bring in what you have", icon=":material/download:", on_click=on_click)
    if asked and on_click is None:
        st.switch_page("storage.py", query_params={"section": "Transfer"})


def query_here() -> Query:
    """The search that the address speaks of."""
    return from_params({name: st.query_params.get_all(name) for name in st.query_params})


def open_item(media_id: int, found_with: Mapping[str, str | list[str]] | None = None) -> NoReturn:
    """Go to an item's page; `found_with` are the parameters of the query that it was found with."""
    st.switch_page("item.py", query_params={**(found_with or {}), "id": str(media_id)})


def open_compare(items: Sequence[int]) -> NoReturn:
    """Go to the page that shows some items beside each other."""
    st.switch_page("compare.py", query_params={"ids": ",".join(map(str, items))})
