"""A form built from a model's fields and nothing else."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from core.fields import Field
from core.studio import Upload

SEGMENTS: Final = 6  # choices shown side by side; more go into a list
SLIDER_STEPS: Final = 200  # a longer range is typed, not dragged
ALWAYS: Final = (
    "prompt",
    "aspect_ratio",
    "duration",
)  # asked for at once; the rest waits below "More settings"
PICTURES: Final = ("png", "jpg", "jpeg", "webp", "gif")


def key(model: str, name: str) -> str:
    """The session's name for a field's value; the prompt is one for all models."""
    return name if name == "prompt" else f"{model}:{name}"


def split(fields: Sequence[Field]) -> tuple[list[Field], list[Field]]:
    """The fields asked for at once, and those below "More settings"."""
    first = [field for field in fields if field.required or field.name in ALWAYS]
    return first, [field for field in fields if field not in first]


def ask(model: str, field: Field, error: str | None) -> None:
    """Show the widget for a field, whose value is in the session under `key`, and a sentence about it."""
    _widget(model, field)
    if error:
        st.error(error)


def _widget(model: str, field: Field) -> Any:
    if field.kind == "file":
        return _file(model, field)
    common: dict[str, Any] = {"key": key(model, field.name), "help": field.description or None}
    if field.choices:
        return _choice(field, common)
    if field.kind == "boolean":
        return st.toggle(field.title, **_first(common, bool(field.default), "value"), persist_state="session")
    if field.kind in ("integer", "number"):
        return _number(field, common)
    return _text(field, common)


def _text(field: Field, common: dict[str, Any]) -> Any:
    value = _first(common, str(field.default or ""), "value")
    if field.kind == "text":
        placeholder = "A lighthouse at dusk, fog over a calm sea, coral and indigo" if field.name == "prompt" else None
        return st.text_area(field.title, **value, height=128, placeholder=placeholder, persist_state="session")
    return st.text_input(field.title, **value, persist_state="session")


def _choice(field: Field, common: dict[str, Any]) -> Any:
    options = list(field.choices)
    default = field.default if field.default in options else None
    if len(options) <= SEGMENTS:
        return st.segmented_control(
            field.title,
            options,
            **_first(common, default, "default"),
            format_func=str,
            persist_state="session",
        )
    index = options.index(default) if default is not None else None
    return st.selectbox(field.title, options, **_first(common, index, "index"), persist_state="session")


def _number(field: Field, common: dict[str, Any]) -> Any:
    cast: type[int] | type[float] = int if field.kind == "integer" else float
    low = None if field.minimum is None else cast(field.minimum)
    high = None if field.maximum is None else cast(field.maximum)
    step = cast(field.step) if field.step else (1 if cast is int else 0.01)
    default = None if field.default is None else cast(field.default)
    if low is not None and high is not None and default is not None and (high - low) / step <= SLIDER_STEPS:
        return st.slider(field.title, low, high, step=step, **_first(common, default, "value"), persist_state="session")
    placeholder = "random" if field.name == "seed" else None
    value = _first(common, default, "value")
    return st.number_input(field.title, low, high, step=step, placeholder=placeholder, **value, persist_state="session")


def items_key(model: str) -> str:
    """The session's name for the library's items that the form uses as files, by field."""
    return f"{model}::items"


def chosen_files(model: str, fields: Sequence[Field]) -> tuple[dict[str, int], dict[str, Upload]]:
    """The files asked for, by field: items of the library, and uploads, which go before them."""
    uploads, items = {}, {}
    for name in [field.name for field in fields if field.kind == "file"]:
        if upload := st.session_state.get(key(model, name)):
            uploads[name] = Upload(upload.name, upload.getvalue())
        elif st.session_state.get(f"{key(model, name)}:use"):
            items[name] = st.session_state[items_key(model)][name]
    return items, uploads


def _file(model: str, field: Field) -> None:
    st.file_uploader(
        field.title, type=PICTURES, key=key(model, field.name), help=field.description or None, max_upload_size=32
    )
    item = st.session_state.get(items_key(model), {}).get(field.name)
    if item is not None:
        st.checkbox(f"Use item {item} of the library", value=True, key=f"{key(model, field.name)}:use")


def _first(common: dict[str, Any], default: Any, name: str) -> dict[str, Any]:
    """The widget's arguments with its default, unless the session already holds a value for it."""
    return common if common["key"] in st.session_state else {**common, name: default}
