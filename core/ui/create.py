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
    """Kind and model; the kind is kept in the address."""
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
    """The model's inputs and Generate; errors stand beside their field, and what was typed stays.

    No `st.form`: what is set comes along with whatever happens next, so that it survives a change of model or page.
    """
    first, more = form.split(fields.fields(model.schema))
    errors = st.session_state.get("errors", {})
    for field in first:
        form.ask(field, errors)
    st.segmented_control(
        "How many", HOW_MANY, default=1, required=True, key="n", persist_state="session", on_change="ignore"
    )
    if "n" in errors:
        st.error(errors["n"][0])
    taken = st.session_state.get("taken", 0)  # how many recipes were taken over; their seed should be seen
    open_more = taken > 0 or any(field.name in errors for field in more)
    with st.expander("More settings", icon=":material/tune:", expanded=open_more):
        for field in more:
            form.ask(field, errors)
    st.button(
        "Generate",
        type="primary",
        icon=":material/auto_awesome:",
        shortcut="Ctrl+Enter",
        width="stretch",
        on_click=_generate,
        args=(studio, model),
    )
    if "" in errors:
        st.error(errors[""][0])
    draft(label="Prompt", text=st.session_state.get("prompt") or "", taken=taken, key="draft", restore=_restore_prompt)


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
    if event.cancel:
        studio.cancel(event.cancel, now=datetime.now(UTC))
    if event.again:
        studio.again(event.again, now=datetime.now(UTC))
        st.rerun()
    if event.reuse:
        ask_for_recipe(studio, event.reuse)
        st.rerun()


def ask_for_recipe(studio: Studio, generation_id: int) -> None:
    """Let Create show a run's recipe the next time that it is shown."""
    run = jobs.run_of(studio.database, generation_id)
    studio.describe(run.model)
    st.session_state["recipe_to_use"] = run


def take_over_recipe(studio: Studio) -> None:
    """Fill the form with a recipe that was asked for; must run before its widgets."""
    run = st.session_state.pop("recipe_to_use", None)
    if run is None:
        return
    st.session_state["kind"] = run.kind
    st.session_state[f"model:{run.kind}"] = run.model
    form.fill(fields.fields(studio.describe(run.model).schema), run.request, run.inputs)
    st.session_state["taken"] = st.session_state.get("taken", 0) + 1
    st.session_state["errors"] = {}
    st.toast("The recipe is in the form, with its seed. Empty the seed for something new.", icon=":material/check:")


def _restore_prompt(text: str) -> None:
    st.session_state["prompt"] = text


def _generate(studio: Studio, model: Model) -> None:
    """Start the runs that the form asks for. A callback, for what it keeps must not depend on the page's end."""
    now, state, asked = datetime.now(UTC), st.session_state, fields.fields(model.schema)
    values = form.values(asked)
    files, uploads = form.chosen_files(asked)
    if _is_double_click((model.id, state["n"], values, files, uploads), now):
        return
    sentences: dict[str, str] = {}
    try:
        ids = studio.generate(model.id, values, now=now, n=state["n"], files=files, uploads=uploads)
        st.toast("Run started." if len(ids) == 1 else f"{len(ids)} runs started.", icon=":material/auto_awesome:")
    except InvalidInput as error:
        sentences = error.fields
    except StudioError as error:
        sentences = {"": error.sentence}
    shown = {field.name: state.get(form.key(field)) for field in asked}
    state["errors"] = {name: (sentence, shown.get(name)) for name, sentence in sentences.items()}


def _is_double_click(submission: Any, now: datetime) -> bool:
    """Whether the same submission was accepted just now: a second click must not pay twice."""
    before, at = st.session_state.get("submitted", (None, now))
    if before == submission and now - at < DOUBLE_CLICK:
        return True
    st.session_state["submitted"] = (submission, now)
    return False
