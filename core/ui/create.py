"""The Create page's parts: model picker, recipe form, runs with their results."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import streamlit as st

from core import fields, jobs
from core.errors import InvalidInput, StudioError
from core.providers import Model
from core.studio import Studio
from core.ui import form
from core.ui.components import draft, results
from core.ui.shell import base, open_item

KINDS: Final = {"image": "Image", "video": "Video"}
HOW_MANY: Final = (1, 2, 3, 4, 6, 8)
DOUBLE_CLICK: Final = timedelta(seconds=1)
RECENT: Final = 12  # runs shown beside the form


def model_picker(studio: Studio) -> Model:
    """Kind and model, kept in the address."""
    kind = st.segmented_control(
        "Kind",
        list(KINDS),
        format_func=KINDS.__getitem__,
        default="image",
        required=True,
        key="kind",
        bind="query-params",
        label_visibility="collapsed",
    )
    models = {model.id: model for model in studio.models(kind)}
    chosen = st.selectbox("Model", list(models), format_func=lambda name: models[name].title, key=f"model:{kind}")
    st.caption(models[chosen].description)
    return models[chosen]


def recipe_form(studio: Studio, model: Model) -> None:
    """The model's inputs and Generate; errors stand beside their field, and what was typed stays."""
    first, more = form.split(fields.fields(model.schema))
    of_model, errors = st.session_state.get("errors", (model.id, {}))
    errors = errors if of_model == model.id else {}
    with st.form("recipe", border=False, enter_to_submit=False):
        for field in first:
            form.ask(model.id, field, errors.get(field.name))
        _how_many(errors.get("n"))
        with st.expander("More settings", icon=":material/tune:", expanded=any(field.name in errors for field in more)):
            for field in more:
                form.ask(model.id, field, errors.get(field.name))
        st.form_submit_button(
            "Generate",
            type="primary",
            icon=":material/auto_awesome:",
            shortcut="Ctrl+Enter",
            width="stretch",
            on_click=_submit,
            args=(studio, model),
        )
        if "" in errors:
            st.error(errors[""])
    prompt = form.key(model.id, "prompt")
    draft(label="Prompt", empty=not st.session_state.get(prompt), key="draft", restore=_restore_prompt)


def recent_runs(studio: Studio) -> None:
    """The newest runs: a skeleton with progress for each, then what came of it."""
    shown = jobs.recent(studio.database, limit=RECENT)
    st.subheader("Recent", anchor=False)
    if not shown:
        st.info(
            "Nothing made yet. Describe a scene and press Generate: what you make appears here and stays in your file.",
            icon=":material/landscape:",
        )
        return
    sizes = {run["id"]: (run["width"], run["height"]) for run in shown if run["width"]}
    event = results(base=base(), key="results", jobs=[run["id"] for run in shown], placeholders=sizes)
    if event.opened:
        open_item(event.opened)
    if event.cancel:
        studio.cancel(event.cancel, now=datetime.now(UTC))
    if event.again:
        studio.again(event.again, now=datetime.now(UTC))
        st.rerun()
    if event.reuse:
        reuse_recipe(studio, event.reuse)


def reuse_recipe(studio: Studio, generation_id: int) -> None:
    """Put a run's recipe into the form on the Create page and go there."""
    run = jobs.run_of(studio.database, generation_id)
    known = {field.name for field in fields.fields(studio.describe(run.model).schema) if field.kind != "file"}
    values = {name: value for name, value in run.request.items() if name in known}
    st.session_state["recipe_to_use"] = (run.kind, run.model, values, run.inputs)
    st.switch_page("create.py")


def take_over_recipe() -> None:
    """Fill the form with a recipe that was asked for; must run before its widgets."""
    asked = st.session_state.pop("recipe_to_use", None)
    if asked is None:
        return
    kind, model, values, inputs = asked
    st.session_state["kind"] = kind
    st.session_state[f"model:{kind}"] = model
    for name, value in values.items():
        st.session_state[form.key(model, name)] = value
    st.session_state[form.items_key(model)] = dict(inputs)
    st.toast("The recipe is in the form.", icon=":material/check:")


def _restore_prompt(text: str) -> None:
    st.session_state[form.key("", "prompt")] = text


def _how_many(error: str | None) -> None:
    st.segmented_control("How many", HOW_MANY, default=1, required=True, key="n", persist_state="session")
    if error:
        st.error(error)


def _submit(studio: Studio, model: Model) -> None:
    """Start the runs that the form asks for. A callback, for what it keeps must not depend on the page's end."""
    now, state, asked = datetime.now(UTC), st.session_state, fields.fields(model.schema)
    values = {field.name: state.get(form.key(model.id, field.name)) for field in asked if field.kind != "file"}
    files, uploads = form.chosen_files(model.id, asked)
    if _is_double_click((model.id, state["n"], values, files, uploads), now):
        return
    errors: dict[str, str] = {}
    try:
        studio.generate(model.id, values, now=now, n=state["n"], files=files, uploads=uploads)
    except InvalidInput as error:
        errors = error.fields
    except StudioError as error:
        errors = {"": error.sentence}
    state["errors"] = (model.id, errors)


def _is_double_click(submission: Any, now: datetime) -> bool:
    """Whether the same submission came just now: a second click must not pay twice."""
    before, at = st.session_state.get("submitted", (None, now))
    st.session_state["submitted"] = (submission, now)
    return bool(before == submission and now - at < DOUBLE_CLICK)
