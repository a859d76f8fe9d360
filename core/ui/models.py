"""The browser of models: favourites and those used, collections, search, and any model by its name.

What was listed stays in the session while the browser is open, so that only what is new asks the provider.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import streamlit as st

from core.errors import ProviderUnreachable, RateLimited, StudioError, TokenRefused
from core.prices import dollars
from core.providers import Model
from core.studio import Studio
from core.ui import choice
from core.ui.components import Card, group_chips, model_grid
from core.ui.widgets import literal

TABS: Final = {"yours": "Yours", "groups": "Collections", "search": "Search"}
SIZES: Final = ((1e9, "B"), (1e6, "M"), (1e3, "k"))
YOURS: Final = "Your models"
STYLE: Final = "<style>.st-key-browser { min-height: min(52vh, 480px); }</style>"  # no jumps from tab to tab


def browse(studio: Studio, chosen: str) -> None:
    """Show the browser if it is open; must be called in each run of the page."""
    if _open() is not None:
        st.dialog("Choose a model", width="large", on_dismiss=close)(_browser)(studio, chosen)


def open_browser() -> None:
    """Open the browser, where it was left."""
    st.session_state["browser"] = {"lists": {}}


def close() -> None:
    """Close the browser; the focus goes back to where it was opened."""
    st.session_state.pop("browser", None)
    choice.focus_on("change")


def card(studio: Studio, model: Model) -> Card:
    """A model as a card, with its price for one run as far as it is known."""
    owner, _, rest = model.id.partition("/")
    name, _, version = rest.partition(":")
    return Card(
        id=model.id,
        owner=owner,
        name=name,
        kind=model.kind,
        description=model.description,
        price=_price(studio.estimate(model, {}), model),
        runs=f"{count(model.runs)} {'run' if model.runs == 1 else 'runs'}" if model.runs is not None else "",
        official=model.official,
        cover=model.cover if (model.cover or "").startswith(("https://", "http://")) else None,
        url=model.url,
        version=version[:8],
        note="Answers in words; there is no file to keep." if model.kind == "other" else "",
    )


def favour(studio: Studio, model: str, on: bool) -> None:
    """Make a model a favourite, or no longer; one that was never described is looked up for it."""
    try:
        if on:
            studio.describe(model)
        studio.catalogue.favour(model, on)
    except StudioError as error:
        st.toast(told(error), icon=":material/error:")
    st.session_state["turn"] = st.session_state.get("turn", 0) + 1


def refresh(studio: Studio, model: str) -> None:
    """Ask for a model's description anew, and say how that went; the old one stays where that fails."""
    try:
        studio.catalogue.describe(model, now=datetime.now(UTC), refresh=True)
        st.toast("The description is up to date.", icon=":material/check:")
    except StudioError as error:
        st.toast(told(error), icon=":material/error:")
    st.session_state["turn"] = st.session_state.get("turn", 0) + 1


def count(number: int) -> str:
    """A large number in few letters, such as 2.1M."""
    size, letter = next(((size, letter) for size, letter in SIZES if number >= size), (1, ""))
    digits = 1 if letter and number < 100 * size else 0
    return f"{number / size:.{digits}f}".removesuffix(".0") + letter


def token_help() -> None:
    """What a person sees who has no token yet."""
    with st.container(border=True):
        st.markdown("**Run any model of Replicate with a token of your own**")
        token_steps()


def token_steps() -> None:
    """How to get to hosted models, in three steps, and how to do without."""
    st.markdown(
        "1. Make a token at [replicate.com/account/api-tokens](https://replicate.com/account/api-tokens). "
        "Replicate bills your account for what you run.\n"
        "2. Set the environment variable `REPLICATE_API_TOKEN` to it, or write the line "
        '`REPLICATE_API_TOKEN = "r8_..."` into the file `.streamlit/secrets.toml`.\n'
        "3. Start the studio again.\n\n"
        "The built-in sketch models need no token. To try hosted models without an account, "
        "run `make standin` and set the variables that it prints."
    )


def told(error: StudioError) -> str:
    """One sentence on what went wrong while asking for models, and what to do."""
    if isinstance(error, ProviderUnreachable):
        return "Replicate cannot be reached just now. Look at your connection, then try again."
    if isinstance(error, RateLimited):
        return f"Replicate asks for a pause. Wait {max(1, round(error.retry_after))} s, then try again."
    return literal(error.sentence)


def _browser(studio: Studio, chosen: str) -> None:
    """The dialog."""
    if _open() is None:  # closed while its last words were on their way
        return
    st.html(STYLE)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tab = st.segmented_control(
            "Models", list(TABS), format_func=TABS.__getitem__, required=True, key="browser_tab",
            default=_first_tab(studio), persist_state="session", label_visibility="collapsed", width="content",
        )  # fmt: skip
        st.text_input(
            "Model by its name or address", key="browser_name", on_change=_typed, label_visibility="collapsed",
            placeholder="owner/name or a replicate.com address", icon=":material/link:",
        )  # fmt: skip
    _take_typed(studio)
    with st.container(key="browser"):
        {"yours": _yours, "groups": _groups, "search": _search}[str(tab)](studio, chosen)


def _yours(studio: Studio, chosen: str) -> None:
    shelf = studio.catalogue.shelf()
    _cards(studio, _listed(YOURS, YOURS, lambda: _shown(studio, [known.model for known in shelf])), chosen, YOURS)
    if not studio.has_token:
        token_help()
    elif all(known.fetched_at is None for known in shelf):
        st.caption("Models that you run or mark with a star appear here. Look through Collections, or Search.")


def _groups(studio: Studio, chosen: str) -> None:
    if not studio.has_token:
        return token_help()
    groups = _listed("groups", "its collections", lambda: studio.catalogue.groups(now=datetime.now(UTC)))
    if groups is None:
        return None
    by_key = {group.key: group for group in groups}
    group = by_key.get(st.session_state.get("browser_group", ""), groups[0] if groups else None)
    if group is None:
        return None
    chips = [(group.key, group.name, group.description) for group in groups]
    group_chips(chips, chosen=group.key, key="browser_groups", press=_open_group)
    found = _listed(
        f"group:{group.key}",
        group.name,
        lambda: _shown(studio, studio.catalogue.group(group.key, now=datetime.now(UTC))),
    )
    if found is not None:
        st.caption(literal(group.description))
        _cards(studio, found, chosen, group.name)
    return None


def _open_group(key: str) -> None:
    st.session_state["browser_group"] = key


def _search(studio: Studio, chosen: str) -> None:
    if not studio.has_token:
        return token_help()
    words = st.text_input(
        "Search for models", key="browser_words", persist_state="session", icon=":material/search:",
        label_visibility="collapsed", placeholder="What it should do, or a part of its name",
    ).strip()  # fmt: skip
    if not words:
        st.caption("For example: portrait, upscale, music, remove background. Press Enter to search.")
        return None
    found = _listed(f"search:{words}", words, lambda: _shown(studio, studio.catalogue.search(words)))
    if found:
        _cards(studio, found, chosen, f"Models for {words}")
    elif found is not None:
        st.info("No model fits these words. Try fewer or other ones.", icon=":material/search_off:")
    return None


def _cards(studio: Studio, cards: Sequence[Card], chosen: str, label: str) -> None:
    favourites = [known.model.id for known in studio.catalogue.shelf() if known.favourite]
    picked = model_grid(
        cards, favourites=favourites, chosen=chosen, label=label, turn=st.session_state.get("turn", 0),
        key="browser_cards", favour=lambda model, on: _favour(studio, model, on, label),
    )  # fmt: skip
    if picked:
        _pick(studio, picked)


def _favour(studio: Studio, model: str, on: bool, where: str) -> None:
    """Keep a star; among one's own models a card stays where it is until the browser is opened anew."""
    favour(studio, model, on)
    if where != YOURS:
        _state()["lists"].pop(YOURS, None)


def _pick(studio: Studio, text: str) -> None:
    """Choose the model of this name or address and close; what is wrong with it is told, and the browser stays."""
    try:
        name = studio.catalogue.named(text)
        model = choice.look_up(name, lambda: studio.describe(name))
    except StudioError as error:
        _trouble(error)
        return
    choice.choose(studio, model.id)
    close()
    st.rerun()


def _typed() -> None:
    _state()["typed"] = st.session_state["browser_name"]


def _take_typed(studio: Studio) -> None:
    if typed := _state().pop("typed", None):
        _pick(studio, typed)


def _trouble(error: StudioError) -> None:
    st.warning(told(error), icon=":material/error:")
    if isinstance(error, TokenRefused):
        token_help()


def _listed(key: str, what: str, ask: Callable[[], Any]) -> Any:
    """What `ask` gave when it was first asked; None, and a word on why, where it could not be had."""
    lists = _state()["lists"]
    if key not in lists:
        try:
            with st.spinner(f"Asking Replicate for {literal(what)}"):
                lists[key] = ask()
        except StudioError as error:
            lists[key] = error
    if not isinstance(lists[key], StudioError):
        return lists[key]
    _trouble(lists[key])
    st.button("Try again", icon=":material/refresh:", key="browser_again", on_click=lists.pop, args=(key,))
    return None


def _shown(studio: Studio, models: Sequence[Model]) -> list[Card]:
    return [card(studio, model) for model in models]


def _first_tab(studio: Studio) -> str:
    """Where the browser opens first: with the person's own models, or where there are some to find."""
    own = any(known.fetched_at is not None for known in studio.catalogue.shelf())
    return "yours" if own or not studio.has_token else "groups"


def _price(usd: float | None, model: Model) -> str:
    if usd is None:
        return ""
    return f"about {dollars(usd)}" if usd else "free"


def _open() -> dict[str, Any] | None:
    found = st.session_state.get("browser")
    return found if isinstance(found, dict) else None


def _state() -> dict[str, Any]:
    return _open() or {"lists": {}}
