"""The Create page's parts: model picker, recipe form, runs with their results."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

import streamlit as st

from core import fields, jobs
from core.catalogue import Known
from core.errors import StudioError, TokenRefused
from core.fields import Field
from core.jobs import Run
from core.preferences import preferences
from core.providers import Model
from core.remix import Filling
from core.studio import Studio
from core.ui import choice, form, models, submit, wishes
from core.ui.components import draft, keeper, model_head, results
from core.ui.shell import base, open_item
from core.ui.widgets import literal

KINDS: Final = {"image": "Image", "video": "Video", "audio": "Audio", "other": "Text"}
ALWAYS: Final = ("image", "video")
HOW_MANY: Final = (1, 2, 3, 4, 6, 8)
RECENT: Final = 12  # runs shown beside the form


def model_picker(studio: Studio) -> Model:
    """Kind and model, kept in the address; models at hand in a list, all others in the browser."""
    model, shelf = choice.current(studio), studio.catalogue.shelf()
    _kind_switch(studio, model, shelf)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _shelf(studio, model, shelf)
        st.button("Change model", icon=":material/search:", key="change", on_click=models.open_browser)
    _explain_trouble(studio, model)
    _head(studio, model)
    models.browse(studio, model.id)
    return model


def recipe_form(studio: Studio, model: Model) -> None:
    """The model's inputs and Generate; errors stand beside their field, and what was typed stays.

    No `st.form`: what is set comes along with whatever happens next, so that it survives a change of model or page.
    """
    asked = fields.fields(model.schema)
    first, more = form.split(asked)
    submit.take_refusals(studio, model)
    state = st.session_state
    errors = dict(state.get("errors", {})) if state.get("errors_of") == model.id else {}
    for field in first:
        form.ask(studio, field, errors)
    with st.container(gap="xsmall"):
        st.segmented_control("How many", HOW_MANY, default=1, required=True, key="n", persist_state="session")
        if "n" in errors:
            st.error(errors.pop("n")[0])
    _more_settings(studio, model, more, errors)
    st.button(
        "Generate",
        type="primary",
        icon=":material/auto_awesome:",
        shortcut="Ctrl+Enter",
        width="stretch",
        on_click=submit.generate,
        args=(studio, model),
    )
    keeper(lambda: _price(studio, model, asked))
    for sentence in form.strays(asked, errors):
        st.error(literal(sentence))
    taken = st.session_state.get("taken", 0)
    draft(label="Prompt", text=st.session_state.get("prompt") or "", taken=taken, key="draft", restore=_restore_prompt)


def _price(studio: Studio, model: Model, asked: tuple[Field, ...]) -> None:
    """What Generate would cost."""
    if words := submit.price(studio, model, asked):
        st.caption(words)


def recent_runs(studio: Studio) -> None:
    """The newest runs and those under way: a skeleton with progress for each, then what came of it."""
    shown = [run for run in jobs.recent(studio.database, limit=RECENT) if run["status"] != "canceled"]
    st.header("Recent", anchor=False)
    if not shown:
        st.info(
            "Nothing made yet. Describe a scene and press Generate: what you make appears here and stays in your file.",
            icon=":material/landscape:",
        )
        return
    sizes = {run["id"]: (run["width"], run["height"]) for run in shown if run["width"]}
    event = results(
        base=base(), file=studio.file_key, key="results", jobs=[run["id"] for run in shown], placeholders=sizes
    )
    if event.opened:
        open_item(event.opened)
    if event.decide:
        st.switch_page("jobs.py")
    if event.cancel:
        wishes.cancel(studio, event.cancel)
    if event.fetch:
        wishes.fetch_again(studio, event.fetch)
    if event.again and wishes.run_again(studio, event.again):
        st.rerun()
    if event.reuse and wishes.attempt(ask_for_recipe, studio, event.reuse):
        st.rerun()


def ask_for_recipe(studio: Studio, generation_id: int) -> None:
    """Let Create show a run's recipe the next time that it is shown."""
    st.session_state["recipe_to_use"] = jobs.run_of(studio.database, generation_id)


def ask_for_filling(filling: Filling) -> NoReturn:
    """Go to Create, and let it show this."""
    st.session_state["filling"] = filling
    st.switch_page("create.py")


def take_over_recipe(studio: Studio) -> None:
    """Fill the form with a recipe, or with parts of one, that was asked for; must run before its widgets.

    What was asked for is forgotten last: a run that ends on the way leaves it to the next.
    """
    filling, run = st.session_state.get("filling"), st.session_state.get("recipe_to_use")
    try:
        if filling is not None:
            _take_over(studio, filling)
        elif run is not None:
            _take_recipe(studio, run)
    except StudioError as error:
        st.toast(f"The recipe cannot be shown. {models.told(error)}", icon=":material/error:")
    for name in ("filling", "recipe_to_use"):
        st.session_state.pop(name, None)


def _take_recipe(studio: Studio, run: Run) -> None:
    model = choice.look_up(run.model, lambda: studio.catalogue.describe_run(run.model, run.version, now=_now()))
    _fill(model, run.request, run.inputs)
    st.toast("The recipe is in the form, with its seed. Empty the seed for something new.", icon=":material/check:")


def _take_over(studio: Studio, filling: Filling) -> None:
    """Fill the form with what was made ready for it, and say what was left out."""
    _fill(studio.describe(filling.model), filling.values, filling.items)
    left_out = " ".join(filling.dropped.values())
    st.toast(literal(f"The form is filled. {left_out}"), icon=":material/check:")


def _fill(model: Model, values: Mapping[str, Any], items: Mapping[str, Sequence[int]]) -> None:
    choice.choose_quietly(model.id)
    form.fill(fields.fields(model.schema), values, items)
    st.session_state["taken"] = st.session_state.get("taken", 0) + 1


# What is chosen is part of these widgets' keys: a message that was on its way when the choice was made tells of the
# widget before with the choice before, and changes nothing.


def _kind_switch(studio: Studio, model: Model, shelf: Sequence[Known]) -> None:
    """What to make; kinds that no model at hand makes are left out."""
    there, key = {*ALWAYS, model.kind, *(known.model.kind for known in shelf)}, f"kind:{model.kind}"

    def changed() -> None:
        if st.session_state[key] != model.kind:
            choice.choose_kind(studio, st.session_state[key])

    with st.container(key="kinds"):
        st.segmented_control(
            "Kind", [kind for kind in KINDS if kind in there], format_func=KINDS.__getitem__, required=True, key=key,
            default=model.kind, on_change=changed, label_visibility="collapsed",
        )  # fmt: skip


def _shelf(studio: Studio, model: Model, shelf: Sequence[Known]) -> None:
    """The models of this kind that are at hand: favourites, then those used, then those built in."""
    at_hand = {known.model.id: _name(known) for known in shelf if known.model.kind == model.kind}
    names = at_hand if model.id in at_hand else {model.id: model.id, **at_hand}
    key = f"model:{model.id}:{names[model.id]}"  # with its words, for a browser keeps those that it knows

    def changed() -> None:
        if st.session_state[key] != model.id:
            choice.choose(studio, st.session_state[key], focus="shelf")

    with st.container(key="shelf"):
        st.selectbox(
            "Model", list(names), list(names).index(model.id), format_func=lambda name: names.get(name, name), key=key,
            on_change=changed,
        )  # fmt: skip


def _name(known: Known) -> str:
    title = known.model.title if known.fetched_at is None else known.model.id
    return f"★ {title}" if known.favourite else title


def _head(studio: Studio, model: Model) -> None:
    """The chosen model in short, and what is missing to run it."""
    known = studio.catalogue.known(model.id)
    fetched = known.fetched_at.isoformat() if known.fetched_at else None
    model_head(
        models.card(studio, model), favourite=known.favourite, fetched=fetched,
        focus=choice.focus(), turn=st.session_state.get("turn", 0), key="head",
        favour=lambda name, on: models.favour(studio, name, on), refresh=lambda: models.refresh(studio, model.id),
    )  # fmt: skip
    if fetched and not studio.has_token:
        _ask_for_token(model.id)


def _explain_trouble(studio: Studio, model: Model) -> None:
    """Why the model asked for is not the one shown, and another try."""
    found = choice.trouble()
    if found is None:
        return
    if isinstance(found.error, TokenRefused) and not studio.has_token:
        return _ask_for_token(found.wanted)
    st.warning(f"{models.told(found.error)} Meanwhile here is {literal(model.id)}.", icon=":material/error:")
    st.button("Try again", icon=":material/refresh:", key="try_again", on_click=choice.try_again, args=(found.wanted,))


def _ask_for_token(model: str) -> None:
    """What is missing to run a hosted model."""
    st.info(f"{literal(model[:80])} needs a Replicate token. The built-in models need none.", icon=":material/key:")
    with st.expander("How to get a token", icon=":material/help:"):
        models.token_steps()


def _more_settings(studio: Studio, model: Model, more: Sequence[Field], errors: dict[str, tuple[str, object]]) -> None:
    """What is asked for less often; open when a recipe was taken over, for its seed should be seen."""
    deadline = studio.catalogue.provider(model.id).capabilities.deadline
    names = {field.name for field in more} | {"cancel_after"}
    if not more and not deadline:
        return
    wanted = st.session_state.get("taken", 0) > 0 or any(name in errors for name in names)
    is_open = st.session_state["more"] = wanted or st.session_state.get("more", False)  # it stays as it is
    with st.expander("More settings", icon=":material/tune:", expanded=is_open):
        for field in more:
            form.ask(studio, field, errors)
        if deadline:
            _give_up_after(studio)
            if "cancel_after" in errors:
                st.error(errors.pop("cancel_after")[0])


def _give_up_after(studio: Studio) -> None:
    preferred = preferences(studio.database).cancel_after
    st.number_input(
        "Give up after, in minutes", value=None, step=1.0, format="%g", key="give_up_after",
        placeholder=f"{preferred / 60:g}, as preferred" if preferred else "as long as it takes",
        help="The provider ends the run by itself after this time. From 5 seconds to 24 hours.",
        persist_state="session", on_change="ignore",
    )  # fmt: skip


def _restore_prompt(text: str) -> None:
    st.session_state["prompt"] = text


def _now() -> datetime:
    return datetime.now(UTC)
