"""What a run of one's own takes over from an item: all of its recipe, parts of it, or the item itself as an input."""

from datetime import UTC, datetime
from typing import Final

import streamlit as st

from core import remix
from core.derived import PROVIDER
from core.errors import StudioError
from core.library import Item
from core.programs import PROGRAMS
from core.providers import Model
from core.remix import Filling, Part
from core.studio import Studio
from core.ui import choice, wishes
from core.ui.create import ask_for_filling, ask_for_recipe
from core.ui.widgets import literal

PARTS: Final[dict[Part, tuple[str, str]]] = {
    "all": ("Everything", "The same recipe, with its seed."),
    "without seed": ("Without the seed", "The same recipe for something new."),
    "prompt": ("The prompt only", "Everything else as the model has it."),
    "input": ("This item as an input", "For a model that takes it."),
}


def repeat(studio: Studio, item: Item) -> None:
    """Use the recipe as it is, or run it again with another seed."""
    if not has_recipe(item):
        return
    assert item.recipe is not None
    if not item.recipe.queued:  # made elsewhere: the form looks at it as at what is typed
        if st.button("Use this recipe", type="primary", icon=":material/edit_note:"):
            _go(studio, item, "all", None)
        return
    use = st.button("Use this recipe", type="primary", icon=":material/edit_note:")
    if use and wishes.attempt(ask_for_recipe, studio, item.recipe.generation_id):
        st.switch_page("create.py")
    vary = st.button("Vary", icon=":material/casino:", help="Run the recipe again with a new seed.")
    if vary and wishes.attempt(studio.vary, [item.id], now=datetime.now(UTC)):
        st.switch_page("create.py")


def remix_menu(studio: Studio, item: Item) -> None:
    """Choose what to take over; then go to Create with the form filled."""
    whole = has_recipe(item) or (item.recipe is not None and item.recipe.provider in PROGRAMS)
    parts = list(PARTS) if whole else [part for part in PARTS if part == "input"]
    with st.popover("Remix", icon=":material/shuffle:"):
        part = st.radio(
            "Take over", parts, format_func=lambda each: PARTS[each][0], captions=[PARTS[each][1] for each in parts],
            key=f"remix:{item.id}",
        )  # fmt: skip
        foreign = item.recipe is not None and item.recipe.provider in PROGRAMS
        takers = takers_of(studio, item.kind) if part == "input" else models_of(studio, item.kind) if foreign else []
        if part == "input" and not takers:
            return _no_model(f"No model at hand takes a {item.kind}.")
        if foreign and not takers:
            return _no_model(f"No model at hand makes a {item.kind}.")
        chosen = _pick("Model", takers, f"taker:{item.id}") if takers else None
        if st.button("Fill the form", type="primary", icon=":material/edit_note:", key=f"fill:{item.id}"):
            _go(studio, item, part or "all", chosen)


def animate_menu(studio: Studio, item: Item) -> None:
    """Make a film of a picture with one of the models at hand that begin with one."""
    if item.kind != "image" or item.thinned:
        return
    with st.popover("Animate", icon=":material/animation:", help="Make a film that begins with this picture."):
        models = remix.models_that_animate(studio.catalogue.shelf())
        if not models:
            return _no_model("No video model at hand begins with a picture.")
        chosen = _pick("Video model", models, f"animator:{item.id}")
        if st.button("Animate this", type="primary", icon=":material/animation:", key=f"animate:{item.id}"):
            try:
                filling = remix.animate(item, studio.describe(chosen.id))
            except StudioError as error:
                st.toast(literal(error.sentence), icon=":material/error:")
                return
            ask_for_filling(filling)


def has_recipe(item: Item) -> bool:
    """Whether a model that the studio knows of can make it again: what was brought here without a recipe or with one of
    another program, and a frame that was kept, cannot."""
    return item.recipe is not None and item.recipe.provider not in (PROVIDER, *PROGRAMS)


def takers_of(studio: Studio, kind: str) -> list[Model]:
    """The models at hand that take an item of this kind."""
    return [known.model for known in studio.catalogue.shelf() if remix.input_for(known.model, kind)]


def models_of(studio: Studio, kind: str) -> list[Model]:
    """The models at hand that make an item of this kind."""
    return [known.model for known in studio.catalogue.shelf() if known.model.kind == kind]


def _pick(label: str, models: list[Model], key: str) -> Model:
    named = {model.id: model for model in models}
    chosen = st.selectbox(label, list(named), format_func=lambda name: f"{name} ({named[name].kind})", key=key)
    return named[chosen or models[0].id]


def _go(studio: Studio, item: Item, part: Part, chosen: Model | None) -> None:
    try:
        filling = _filling(studio, item, part, chosen)
    except StudioError as error:
        st.toast(literal(error.sentence), icon=":material/error:")
        return
    ask_for_filling(filling)


def _filling(studio: Studio, item: Item, part: Part, chosen: Model | None) -> Filling:
    if chosen is not None or item.recipe is None:
        assert chosen is not None
        return remix.fill(item, studio.describe(chosen.id), part)
    made, now = item.recipe, datetime.now(UTC)
    model = choice.look_up(made.model, lambda: studio.catalogue.describe_run(made.model, made.version, now=now))
    return remix.fill(item, model, part)


def _no_model(sentence: str) -> None:
    st.caption(f"{sentence} Open one on Create with Change model; from then on it is offered here.")
    st.page_link("create.py", label="Go to Create", icon=":material/auto_awesome:")
