"""Inputs built from a model's fields and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from core.fields import Field
from core.studio import Upload

SEGMENTS: Final = 6  # choices shown side by side; more go into a list
SLIDER_STEPS: Final = 200  # a longer range is typed, not dragged
ALWAYS: Final = ("prompt", "aspect_ratio", "duration")  # asked for at once; the rest waits below "More settings"
PICTURES: Final = ("png", "jpg", "jpeg", "webp", "gif")


def key(field: Field) -> str:
    """The session's name for a field's value; models share it where they ask for the same."""
    if field.name == "prompt":
        return "prompt"
    return f"{field.name}:{field.kind}:{field.choices}:{field.minimum}:{field.maximum}:{field.step}"


def split(fields: Sequence[Field]) -> tuple[list[Field], list[Field]]:
    """The fields asked for at once, and those below "More settings"."""
    first = [field for field in fields if field.required or field.name in ALWAYS]
    return first, [field for field in fields if field not in first]


def ask(field: Field, errors: Mapping[str, tuple[str, Any]]) -> None:
    """Show the widget for a field, and what was wrong with its value for as long as it is the same."""
    _widget(field)
    sentence, wrong = errors.get(field.name, ("", None))
    if sentence and st.session_state.get(key(field)) == wrong:
        st.error(sentence)


def values(fields: Sequence[Field]) -> dict[str, Any]:
    """What the widgets say, by field; files apart."""
    return {field.name: st.session_state.get(key(field)) for field in fields if field.kind != "file"}


def chosen_files(fields: Sequence[Field]) -> tuple[dict[str, int], dict[str, Upload]]:
    """The files asked for, by field: items of the library, and uploads, which go before them."""
    uploads, items = {}, {}
    for field in fields:
        if field.kind == "file" and (upload := st.session_state.get(key(field))):
            uploads[field.name] = Upload(upload.name, upload.getvalue())
        elif field.kind == "file" and st.session_state.get(f"{key(field)}:use"):
            items[field.name] = st.session_state["items"][field.name]
    return items, uploads


def fill(fields: Sequence[Field], request: Mapping[str, Any], items: Mapping[str, int]) -> None:
    """Let the widgets, which must come after, show these values and items."""
    for field in fields:
        if field.kind != "file" and field.name in request:
            st.session_state[key(field)] = request[field.name]
    st.session_state["items"] = dict(items)


def _widget(field: Field) -> None:
    common: dict[str, Any] = {"key": key(field), "help": field.description or None}
    if field.kind == "file":
        return _file(field, common)
    common |= {"persist_state": "session", "on_change": "ignore"}  # the next run of the page hears of it, none is made
    if field.choices:
        _choice(field, common)
    elif field.kind == "boolean":
        st.toggle(field.title, **_first(common, bool(field.default), "value"))
    elif field.kind in ("integer", "number"):
        _number(field, common)
    else:
        _text(field, common)


def _text(field: Field, common: dict[str, Any]) -> None:
    common = _first(common, str(field.default or ""), "value")
    if field.kind == "text":
        placeholder = "A lighthouse at dusk, fog over a calm sea, coral and indigo" if field.name == "prompt" else None
        st.text_area(field.title, height=128, placeholder=placeholder, **common)
    else:
        st.text_input(field.title, **common)


def _choice(field: Field, common: dict[str, Any]) -> None:
    options = list(field.choices)
    default = field.default if field.default in options else None
    if len(options) <= SEGMENTS:
        required = default is not None
        st.segmented_control(
            field.title, options, format_func=str, required=required, **_first(common, default, "default")
        )
    else:
        index = options.index(default) if default is not None else None
        st.selectbox(field.title, options, **_first(common, index, "index"))


def _number(field: Field, common: dict[str, Any]) -> None:
    """A slider for short ranges, else a field to type in, without bounds: core tells what is wrong, in words."""
    cast: type[int] | type[float] = int if field.kind == "integer" else float
    low, high, default = (
        None if number is None else cast(number) for number in (field.minimum, field.maximum, field.default)
    )
    step = cast(field.step) if field.step else (1 if cast is int else 0.01)
    common = _first(common, default, "value")
    if low is not None and high is not None and default is not None and (high - low) / step <= SLIDER_STEPS:
        st.slider(field.title, low, high, step=step, **common)
    else:
        st.number_input(field.title, step=step, placeholder="random" if field.name == "seed" else None, **common)


def _file(field: Field, common: dict[str, Any]) -> None:
    st.file_uploader(field.title, type=PICTURES, **common)
    item = st.session_state.get("items", {}).get(field.name)
    if item is not None:
        st.checkbox(f"Use item {item} of the library", value=True, key=f"{key(field)}:use")


def _first(common: dict[str, Any], default: Any, name: str) -> dict[str, Any]:
    """The widget's arguments with its default, unless the session already holds a value for it."""
    return common if common["key"] in st.session_state else {**common, name: default}
