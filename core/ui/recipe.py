"""What made an item: prompt, model, inputs, values, cost, what the provider measured and said, what is still away."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st

from core import jobs, prices
from core.derived import PROVIDER
from core.errors import StudioError
from core.fields import Field, fields
from core.library import Item, Recipe
from core.programs import PROGRAMS
from core.search import to_params
from core.studio import Studio
from core.submission import SECRET
from core.ui import wishes
from core.ui.components import input_items
from core.ui.family import hits_of
from core.ui.shell import base, open_item, query_here
from core.ui.widgets import literal

LONG_PROMPT: Final = 240  # pixels
LOOK: Final = 2.0  # seconds between two looks at what is on its way
LONG_VALUE: Final = 300  # characters
METRICS: Final = {  # what providers measure, in words
    "predict_time": "Computed for",
    "total_time": "In all",
    "image_count": "Pictures",
    "image_output_count": "Pictures",
    "video_output_count": "Videos",
    "video_output_duration_seconds": "Video",
    "audio_output_duration_seconds": "Sound",
    "input_token_count": "Tokens read",
    "output_token_count": "Tokens written",
    "tokens_per_second": "Tokens a second",
    "time_to_first_token": "First token after",
    "with_audio": "With sound",
    "resolution_target": "Resolution",
}
SECONDS: Final = ("_time", "_seconds", "time_to_first_token")


def recipe(studio: Studio, item: Item) -> None:
    """Everything that made the item."""
    if item.recipe is None:
        st.caption("Uploaded, so there is no recipe.")
        return
    made = item.recipe
    if made.prompt:
        _words(made.prompt)
    _provider(made)
    asked = {field.name: field.title for field in _fields(studio, made.model)}
    _inputs(studio, made, asked)
    _table({_title(asked, n): _shown(v) for n, v in made.request.items() if n not in {"prompt", *made.inputs}})
    if made.text:
        st.caption("Answer")
        _words(made.text)
    if made.queued:  # what the studio made itself, or was made elsewhere, has no outputs that are still away
        _outputs(studio, made)
    _table(_cost(made) | dict(_metrics(made.metrics or {})))
    with st.expander("Log", icon=":material/notes:"):
        st.code(made.logs or "No log.", language=None, wrap_lines=True)
    with st.expander("Request and response", icon=":material/data_object:"):
        fetched = {"original_url": item.original_url} if item.original_url else {}
        st.json({"request": made.request, "response": made.response, **fetched}, expanded=1)


def _words(text: str) -> None:
    st.code(text, language=None, wrap_lines=True, height=LONG_PROMPT if len(text) > 600 else "content")


def _provider(made: Recipe) -> None:
    """Model, version, run, the page at the provider, and how long that keeps its own copy."""
    version = f"{made.version[:8]}..." if len(made.version) > 20 else made.version
    whole = made.version if version != made.version else None
    which = f" version {literal(version)}" if version else ""  # the earlier system did not keep it
    st.markdown(f"`{made.model}`{which} · run {made.generation_id}", help=whole)
    name = PROGRAMS.get(made.provider, made.provider.capitalize())
    if made.provider in PROGRAMS:
        st.caption(f"Brought here with its recipe, as {name} wrote it.")
    if made.url and urlsplit(made.url).scheme in ("http", "https"):
        st.link_button(f"This run at {name}", made.url, icon=":material/open_in_new:")
    now = datetime.now(UTC)
    if made.deletes_at and made.deletes_at > now:
        minutes = int((made.deletes_at - now).total_seconds() // 60) + 1
        left = (
            f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} days"
        )
        st.caption(
            f"{name} deletes its own copy at {made.deletes_at:%H:%M} UTC (in {left}); yours is in the file.",
            help=f"{made.deletes_at:%d %B %Y, %H:%M:%S} UTC",
        )


def _inputs(studio: Studio, made: Recipe, asked: Mapping[str, str]) -> None:
    """The items that it was made from, each leading to its page."""
    groups = {_title(asked, role): list(hits_of(studio, media_ids)) for role, media_ids in made.inputs.items()}
    opened = input_items(groups, base=base(), file=studio.file_key, key="inputs") if any(groups.values()) else None
    if opened:
        open_item(opened, to_params(query_here()))


def _outputs(studio: Studio, made: Recipe) -> None:
    """Outputs of the same run that are not home; looks again by itself while some are on their way."""
    (run,) = jobs.recent(studio.database, ids=[made.generation_id])
    if run["status"] == "running":
        st.fragment(_coming, run_every=LOOK)(studio, made.generation_id)
    elif run["lost"]:
        _lost(studio, run)


def _coming(studio: Studio, generation_id: int) -> None:
    (run,) = jobs.recent(studio.database, ids=[generation_id])
    if run["status"] != "running":
        st.rerun()
    home, away = len(run["media"]), run["awaited"] + len(run["lost"])
    st.info(run["waiting"] or f"{home} of {home + away} outputs are home.", icon=":material/downloading:")


def _lost(studio: Studio, run: Mapping[str, Any]) -> None:
    """What did not come home, with the reasons and what can be done."""
    lost, total = run["lost"], len(run["media"]) + len(run["lost"])
    reasons = "\n".join(f"- Output {one['position'] + 1}: {literal(one['error'] or '')}" for one in lost)
    st.warning(
        f"{len(lost)} of this run's {total} outputs did not come home.\n\n{reasons}", icon=":material/cloud_off:"
    )
    if not any(one["state"] == "failed" for one in lost):
        st.caption("The provider has removed what is missing. The recipe is kept: use it, and run it again.")
    elif st.button("Fetch again", icon=":material/downloading:", help="Ask the provider once more for these."):
        wishes.fetch_again(studio, run["id"])
        st.rerun()


def _cost(made: Recipe) -> dict[str, str]:
    free = made.provider in (*prices.FREE, PROVIDER) or (not made.queued and made.cost is None)
    return {} if free else {"Cost": prices.cost_words(made.cost, made.cost_estimate)}


def _metrics(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the provider measured, readable; what it says twice, once."""
    for name, value in metrics.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            words = _shown(value)
        elif name.endswith(SECONDS):
            words = f"{value:.1f} s"
        else:
            words = f"{value:,.1f}" if isinstance(value, float) and not value.is_integer() else f"{value:,.0f}"
        yield METRICS.get(name, name.replace("_", " ").capitalize()), words


def _table(rows: Mapping[str, str]) -> None:
    if rows:
        st.table(dict(rows), border="horizontal")


def _title(asked: Mapping[str, str], name: str) -> str:
    return asked.get(name, name.replace("_", " ").capitalize())


def _fields(studio: Studio, model: str) -> tuple[Field, ...]:
    """The model's fields, as far as they are known without waiting for its provider."""
    try:
        return fields(studio.catalogue.known(model).model.schema)
    except StudioError:
        return ()


def _shown(value: object) -> str:
    """A value of the request; what is a secret is not told, for it is not kept."""
    if value == SECRET:
        return "secret, not kept"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in value)
    text = str(value)
    return text if len(text) <= LONG_VALUE else f"{text[:LONG_VALUE]}..."
