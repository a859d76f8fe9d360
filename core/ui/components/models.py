"""Models as cards: one as the head of a form, many as a grid to choose from, and chips for collections.
Each says only what a person did; covers are fetched by the browser, without telling from where."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.ui.components._assets import script, style
from core.ui.components._events import ignore

# In a dialog the Tab key does not reach into a shadow root, so these two stand in the page itself.
_SCOPED = f"@scope (.studio) {{\n{style('models.css').replace('.studio', ':scope')}\n}}"
_head = st.components.v2.component("studio_model", css=style("models.css"), js=script("models.js", "model_head.js"))
_grid = st.components.v2.component(
    "studio_models", css=_SCOPED, js=script("models.js", "model_grid.js"), isolate_styles=False
)
_chips = st.components.v2.component("studio_groups", css=_SCOPED, js=script("model_groups.js"), isolate_styles=False)

Favour = Callable[[str, bool], None]


@dataclass(frozen=True)
class Card:
    """A model as it is shown. `price` is in words, "" unknown; `version` its first digits, "" for the newest."""

    id: str
    owner: str
    name: str
    kind: str
    description: str
    price: str = ""
    runs: str = ""
    official: bool = False
    cover: str | None = None
    url: str | None = None
    version: str = ""
    note: str = ""


def model_head(
    card: Card, *, favourite: bool, fetched: str | None, focus: tuple[str, int], turn: int, key: str,
    favour: Favour, refresh: Callable[[], None],
) -> None:  # fmt: skip
    """One model at the head of its form; `fetched` is when it was described, as ISO 8601.

    `favour` and `refresh` are called when a person asks for it; another `turn` shows that it was done. The focus goes
    to what has the key in `focus` each time that the number there is another one.
    """
    data = {"card": vars(card), "favourite": favourite, "fetched": fetched, "focus": list(focus), "turn": turn}
    _head(key=key, data=data, on_favoured_change=_favours(key, favour), on_refresh_change=refresh)


def model_grid(
    cards: Sequence[Card], *, favourites: Sequence[str], chosen: str, label: str, turn: int, key: str, favour: Favour
) -> str | None:
    """Models to choose from, of which `chosen` is in use; the id of the one that was picked, for one rerun.

    `favour` is called when a star is pressed; another `turn` puts all stars right.
    """
    shown = [vars(card) for card in cards]
    data = {"cards": shown, "favourites": list(favourites), "chosen": chosen, "label": label, "turn": turn}
    return _text(_grid(key=key, data=data, on_picked_change=ignore, on_favoured_change=_favours(key, favour)).picked)


def group_chips(groups: Sequence[tuple[str, str, str]], *, chosen: str, key: str, press: Callable[[str], None]) -> None:
    """Collections as (key, name, description), of which one is chosen; `press` is called with the key of another."""

    def pressed() -> None:
        if group := _text(st.session_state[key].pressed):
            press(group)

    data = {"groups": [list(group) for group in groups], "chosen": chosen}
    _chips(key=key, data=data, on_pressed_change=pressed)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _favours(key: str, favour: Favour) -> Callable[[], None]:
    """A callback, for what it does must be done before anything is shown."""

    def favoured() -> None:
        value = st.session_state[key].favoured
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
            favour(value[0], bool(value[1]))

    return favoured
