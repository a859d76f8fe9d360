"""The line to search with, the syntax by example, and the order of what is found."""

from dataclasses import replace
from random import SystemRandom
from typing import Final

import streamlit as st

from core.search import Query
from core.search.query import SEEDS
from core.ui.library import address
from core.ui.library.filtering import switch_panel
from core.ui.widgets import literal

ORDERS: Final = {
    "best": "Best match",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "rating": "Highest rated",
    "largest": "Largest first",
    "smallest": "Smallest first",
    "random": "Shuffled",
}
EXAMPLES: Final = {
    "lighthouse fog": "both words, anywhere in prompt, note, tags, model or log",
    '"long shadows"': "a phrase",
    "-night": "not this word",
    "light*": "words that begin so",
    "prompt:harbour": "only in the prompt; also note:, error: and log:",
    "model:sketch tag:sea": "a model's name and a tag",
    "rating:>=4 is:favourite": "rated 4 or 5, and a favourite",
    "kind:video duration:2..10": "videos of 2 to 10 seconds",
    "date:2026-11 size:>1mb": "made in a month, larger than 1 MB",
    "status:failed error:memory": "runs that failed, by what they said",
}


def search_line(query: Query, notes: tuple[str, ...]) -> None:
    """The search box, what was not understood in it, and what stands beside it."""
    if st.session_state.get("search") != query.text:  # else it would take away what is being typed
        st.session_state["search"] = query.text
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "Search", key="search", type="search", icon=":material/search:", label_visibility="collapsed",
            placeholder='Words, "phrases", -not, tag:sea, rating:>=4 (press /)', max_chars=1_000,
            on_change=_typed, args=(query,),
        )  # fmt: skip
        switch_panel(query)
        _help(query)
    for note in notes:
        st.caption(f":material/info: {literal(note)}")


def _typed(query: Query) -> None:
    text = st.session_state["search"] or ""
    order = "" if query.order == "best" and not text.strip() else query.order
    address.go(replace(query, text=text, order=order))


def order(query: Query) -> None:
    """Best match is there for words only, and what is meant where nothing was chosen."""
    words = bool(query.text.strip())
    shown = query.order or ("best" if words else "newest")
    st.session_state["order"] = shown
    st.selectbox(
        "Order", [name for name in ORDERS if words or name != "best" or shown == "best"], key="order", width=170,
        format_func=ORDERS.__getitem__, label_visibility="collapsed", on_change=_reorder, args=(query,),
    )  # fmt: skip
    if shown == "random":
        tip = "Shuffle again"
        st.button("", icon=":material/shuffle:", help=tip, key="shuffle", on_click=_shuffle, args=(query,))


def _reorder(query: Query) -> None:
    name = st.session_state["order"]
    if name == "random":
        return _shuffle(query)
    usual = "best" if query.text.strip() else "newest"
    address.go(replace(query, order="" if name == usual else name, seed=0))


def _shuffle(query: Query) -> None:
    address.go(replace(query, order="random", seed=SystemRandom().randrange(1, SEEDS)))


def _help(query: Query) -> None:
    """Built only when it is open."""
    popover = st.popover("", icon=":material/help:", help="How to search", key="search_help", on_change="rerun")
    if not popover.open:
        return
    with popover:
        st.subheader("How to search", anchor=False)
        st.caption("Press an example to try it.")
        for number, (example, meaning) in enumerate(EXAMPLES.items()):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    f"`{example}`", key=f"example_{number}", type="tertiary",
                    on_click=address.go, args=(replace(query, text=example, order=""),),
                )  # fmt: skip
                st.caption(meaning)
        st.caption("Press ? for the keys that select and mark items.")
