"""Generate, as the form means it: once for a double click, with every sentence beside the field that it is about.

What a provider refuses later comes back to the same fields, for as long as they hold what was refused.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import streamlit as st

from core import fields, jobs
from core.errors import InvalidInput, StudioError
from core.fields import Field
from core.prices import dollars
from core.providers import Model
from core.studio import Studio
from core.ui import form
from core.ui.widgets import literal

DOUBLE_CLICK: Final = timedelta(seconds=1)


def generate(studio: Studio, model: Model) -> None:
    """Start the runs that the form asks for. A callback, for what it keeps must not depend on the page's end."""
    now, state, asked = datetime.now(UTC), st.session_state, fields.fields(model.schema)
    values, after = form.values(asked), give_up_after()
    files, uploads = form.chosen_files(asked)
    marks = {field.name: form.mark(field) for field in asked}
    if _is_double_click((model.id, state["n"], after, marks), now):
        return
    sentences: dict[str, str] = {}
    try:
        ids = studio.generate(model.id, values, now=now, n=state["n"], files=files, uploads=uploads, cancel_after=after)
        st.toast("Run started." if len(ids) == 1 else f"{len(ids)} runs started.", icon=":material/auto_awesome:")
        state["sent"] = {"ids": ids, "model": model.id, "marks": marks}
    except InvalidInput as error:
        sentences = error.fields
    except StudioError as error:
        sentences = {"": error.sentence}
    state["errors"], state["errors_of"] = _beside(sentences, marks), model.id


def give_up_after() -> int | None:
    """The seconds that the form allows a run, None for what is preferred."""
    minutes = st.session_state.get("give_up_after")
    return None if minutes is None else round(minutes * 60)


def take_refusals(studio: Studio, model: Model) -> None:
    """Put what the provider refused of the last submission beside the form's fields, once for each run."""
    sent = st.session_state.get("sent")
    if not sent or not sent["ids"]:
        return
    rows = jobs.recent(studio.database, ids=sent["ids"], limit=len(sent["ids"]))
    ended = [row for row in rows if row["status"] in ("succeeded", "failed", "canceled")]
    refused = {name: text for row in ended for name, text in (row["error_fields"] or {}).items()}
    gone = {row["id"] for row in ended}
    sent["ids"] = [number for number in sent["ids"] if number in {row["id"] for row in rows} - gone]
    if not refused:
        return
    st.toast(literal(" ".join(refused.values())), icon=":material/error:")
    if sent["model"] == model.id:
        st.session_state["errors"] = st.session_state.get("errors", {}) | _beside(refused, sent["marks"])
        st.session_state["errors_of"] = model.id


def price(studio: Studio, model: Model, asked: tuple[Field, ...]) -> str:
    """What Generate would cost, in words; "" where it costs nothing."""
    each, n = studio.estimate(model, form.values(asked)), int(st.session_state.get("n") or 1)
    if each is None:
        return "Price unknown - add it on Settings."
    if not each:
        return ""
    return literal(f"About {dollars(each)}." if n == 1 else f"About {dollars(each)} each, {dollars(each * n)} for {n}.")


def _beside(sentences: Mapping[str, str], marks: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    return {name: (sentence, marks.get(name)) for name, sentence in sentences.items()}


def _is_double_click(submission: Any, now: datetime) -> bool:
    """Whether the same submission was accepted just now: a second click must not pay twice."""
    before, at = st.session_state.get("submitted", (None, now))
    if before == submission and now - at < DOUBLE_CLICK:
        return True
    st.session_state["submitted"] = (submission, now)
    return False
