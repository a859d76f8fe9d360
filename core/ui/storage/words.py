"""How the Storage page looks and speaks: sizes as cards, numbers in words, its colours."""

from html import escape
from typing import Final

import streamlit as st

KINDS: Final = {"image": "Pictures", "video": "Videos", "audio": "Sounds"}
TEXT: Final = {"dark": "#E9EAEE", "light": "#15161B"}  # as in .streamlit/config.toml
STYLE: Final = """
<style>
.studio-holds { margin: 0 0 0.4rem; }
.studio-holds strong { display: block; font-size: clamp(2.2rem, 7vw, 3.4rem); line-height: 1.15; font-weight: 700;
  letter-spacing: -0.02em; }
.studio-holds span { font-size: 1.05rem; opacity: 0.8; }
.studio-parts { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 0.1rem 1.8rem;
  font-size: 0.93rem; margin: 0 !important; padding: 0 !important; list-style: none; }
.studio-parts li { display: flex; align-items: center; gap: 0.55rem; margin: 0 !important; padding: 0.3rem 0; }
.studio-parts i { width: 0.7rem; height: 0.7rem; border-radius: 3px; flex: none; }
.studio-parts b { margin-left: auto; font-weight: 500; font-variant-numeric: tabular-nums; white-space: nowrap; }
.studio-cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.7rem; }
.studio-cards div { border: 1px solid color-mix(in srgb, currentColor 14%, transparent); border-radius: 10px;
  padding: 0.8rem 0.95rem; }
.studio-cards b { display: block; font-size: 1.3rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.studio-cards span { font-size: 0.86rem; opacity: 0.72; }
</style>
"""


def cards(*facts: tuple[str, str]) -> None:
    """Facts as (value, what it is), side by side."""
    shown = "".join(f"<div><b>{escape(value)}</b><span>{escape(what)}</span></div>" for value, what in facts)
    st.html(f'{STYLE}<div class="studio-cards">{shown}</div>')


def number(items: int) -> str:
    """So many items, in words."""
    return "1 item" if items == 1 else f"{items:,} items"


def text_colour() -> str:
    """The colour of words in a chart."""
    return TEXT["dark" if st.context.theme.type == "dark" else "light"]
