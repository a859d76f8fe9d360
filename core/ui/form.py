"""Inputs built from a model's fields and nothing else: which stand where, what they say, what was wrong with them."""

from collections.abc import Mapping, Sequence
from hashlib import blake2s
from typing import Any, Final

import streamlit as st

from core.fields import Field, fits
from core.studio import Studio, Upload
from core.ui import inputs, widgets

ALWAYS: Final = ("prompt", "aspect_ratio", "duration")  # asked for at once; the rest waits below "More settings"
EARLY: Final = 5  # a file that its author asks for among the first of all inputs is asked for at once too


def key(field: Field) -> str:
    """The session's name for a field's value; models share it where they ask for the same."""
    return widgets.key(field)


def split(fields: Sequence[Field]) -> tuple[list[Field], list[Field]]:
    """The fields asked for at once, and those below "More settings", deprecated ones last."""
    early = [field for field in fields[:EARLY] if field.kind in inputs.KINDS]
    first = [field for field in fields if not field.deprecated and _comes_first(field, early)]
    more = [field for field in fields if field not in first]
    return first, sorted(more, key=lambda field: field.deprecated)


def ask(studio: Studio, field: Field, errors: Mapping[str, tuple[str, Any]]) -> None:
    """Show the widget for a field, and what was wrong with its value for as long as it is the same."""
    with st.container(gap="xsmall"):  # one element whether there is an error or not: the page below keeps its state
        if field.kind in inputs.KINDS:
            inputs.ask(studio, field)
        else:
            widgets.ask(field)
        sentence, wrong = errors.get(field.name, ("", None))
        if sentence and mark(field) == wrong:
            st.error(widgets.literal(sentence))


def strays(fields: Sequence[Field], errors: Mapping[str, tuple[str, Any]]) -> list[str]:
    """What was wrong, but with no field of the form."""
    names = {field.name for field in fields}
    return [sentence for name, (sentence, _) in errors.items() if name not in names]


def mark(field: Field) -> Any:
    """What tells one value of a field from another without being it: a secret's is only its digest."""
    if field.kind in inputs.KINDS:
        return inputs.mark(field)
    value = st.session_state.get(key(field))
    return blake2s(str(value).encode()).hexdigest() if field.kind == "secret" else value


def values(fields: Sequence[Field]) -> dict[str, Any]:
    """What the widgets say, by field; files apart."""
    asked = [field for field in fields if field.kind not in inputs.KINDS]
    said = {field.name: st.session_state.get(key(field)) for field in asked}
    return {name: value or None if name == "prompt" else value for name, value in said.items()}


def chosen_files(fields: Sequence[Field]) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[Upload, ...]]]:
    """The files asked for, by field: items of the library, and uploads. Where one is taken, an upload goes first."""
    asked = [field for field in fields if field.kind in inputs.KINDS]
    items = {field.name: inputs.used(field) for field in asked}
    uploads = {field.name: inputs.uploads(field) for field in asked}
    return {name: ids for name, ids in items.items() if ids}, {name: each for name, each in uploads.items() if each}


def fill(fields: Sequence[Field], request: Mapping[str, Any], items: Mapping[str, Sequence[int]]) -> None:
    """Let the widgets, which must come after, show exactly these values and items; secrets stay as they are."""
    for field in fields:
        if field.kind not in (*inputs.KINDS, "secret"):
            value = request.get(field.name)
            known = value if value is not None and fits(field, value) else field.default
            st.session_state[key(field)] = widgets.shown(field, known)
    inputs.replace(items)


def _comes_first(field: Field, early: Sequence[Field]) -> bool:
    return field.required or field.name in ALWAYS or field in early
