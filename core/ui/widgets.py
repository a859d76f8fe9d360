"""One widget for each kind of field. Bounds are told here and checked in core, which can say what is wrong."""

import re
from hashlib import blake2s
from typing import Any, Final

import streamlit as st

from core.fields import Field, items, limits, written

SEGMENTS: Final = 6  # choices shown side by side; more go into a list
ROOM: Final = 44  # characters that fit side by side on a phone, with four for the frame of each choice
SLIDER_STEPS: Final = 200  # a longer range is typed, not dragged
STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # of a slider for decimals, of which a hundred are enough
EXACT: Final = 2**53 - 1  # a browser knows larger whole numbers only roughly
PROMPT: Final = "A lighthouse at dusk, fog over a calm sea, coral and indigo"
MARKUP: Final = re.compile(r"(https?://[^\s<>\"'`)\]]+)|([\\`*_{}\[\]<>#$~|]|:(?=[a-z+-]))", re.IGNORECASE)
STYLE: Final = "<style>[class*='st-key-json-'] textarea { font-family: ui-monospace, monospace; }</style>"


def key(field: Field) -> str:
    """The session's name for a field's value; models share it where they ask for the same."""
    if is_prompt(field):
        return "prompt"
    asked = (field.kind, field.item, field.choices, field.minimum, field.maximum, field.step, field.default)
    return f"{field.name}-{blake2s(repr(asked).encode(), digest_size=6).hexdigest()}"


def ask(field: Field) -> None:
    """Show the widget for any field but a file; it holds what the session says, at first the field's default."""
    common: dict[str, Any] = {"label": label(field), "key": key(field), "help": told(field)}
    if field.kind == "secret":
        return _secret(field, common)
    st.session_state.setdefault(key(field), shown(field, field.default))
    common |= {"persist_state": "session", "on_change": "ignore"}  # the next run of the page hears of it, none is made
    if field.kind == "list" and field.choices:
        named = _names(field)
        st.multiselect(options=list(field.choices), format_func=named, max_selections=field.max_items or None, **common)
    elif field.choices or _is_open_question(field):
        _choice(field, common)
    elif field.kind == "boolean":
        st.toggle(**common)
    elif field.kind in ("integer", "number"):
        _number(field, common)
    else:
        _text(field, common)


def shown(field: Field, value: Any) -> Any:
    """What the field's widget holds for a value that fits the field, or for None."""
    if field.kind == "list" and field.choices:
        return list(value or ())
    if field.choices or _is_open_question(field):
        return value
    if field.kind == "boolean":
        return bool(value)
    if field.kind == "integer":
        return value if value is None or abs(value) <= EXACT else None
    if field.kind == "number":
        return None if value is None or float(value) != value else float(value)
    if field.kind in ("list", "json"):
        return "" if value is None else written(field, value)
    if is_prompt(field) and value == field.default:
        return ""  # its default stands behind, in grey
    return value if isinstance(value, str) else ""


def is_prompt(field: Field) -> bool:
    """Whether the field is the one that all models share."""
    return field.name == "prompt" and field.kind == "text"


def label(field: Field) -> str:
    """The field's title, with what one should know before filling it in; in plain words, for it is read aloud."""
    optional = " (optional)" if field.kind in ("file", "files") and not field.required else ""
    return literal(field.title) + optional + (" (deprecated)" if field.deprecated else "")


def told(field: Field) -> str | None:
    """The help of a field: its author's words with their line breaks, and the rules that its value must keep."""
    rules = [
        limits(field),
        f"a multiple of {field.step:,}" if field.step and field.step != 1 else "",
        f"up to {field.max_length:,} characters" if field.max_length else "",
        items(field),
    ]
    rule = ", ".join(filter(None, rules))
    notes = [
        field.description,
        rule[:1].upper() + rule[1:] + "." if rule else "",
        "Sent to the model, never stored." if field.kind == "secret" else "",
        "Written as JSON." if field.kind == "json" else "",
    ]
    return "\n\n".join(literal(note).replace("\n", "  \n") for note in filter(None, notes)) or None


def literal(text: str) -> str:
    """A text that means itself where Markdown is read; addresses stay links."""
    return MARKUP.sub(lambda found: found[1] or f"\\{found[2]}", text)


def _secret(field: Field, common: dict[str, Any]) -> None:
    """Kept by its widget alone, for as long as it is on show."""
    st.text_input(
        type="password", placeholder="Sent to the model, never stored", autocomplete="off", on_change="ignore", **common
    )


def _is_open_question(field: Field) -> bool:
    """Whether on, off and unsaid are three things."""
    return field.kind == "boolean" and field.default is None and not field.required


def _choice(field: Field, common: dict[str, Any]) -> None:
    """Choices side by side, or as a list; they can be cleared where there is no default to come back."""
    options = list(field.choices) if field.choices else [True, False]
    name, must = _names(field), field.default is not None or field.required
    if len(options) <= SEGMENTS and sum(len(name(option)) + 4 for option in options) <= ROOM:
        st.segmented_control(options=options, format_func=lambda option: literal(name(option)), required=must, **common)
    else:
        index = None if field.default is None else 0
        st.selectbox(options=options, format_func=name, index=index, **common)


def _names(field: Field) -> Any:
    if field.kind == "boolean":
        return {True: "On", False: "Off"}.__getitem__
    named = dict(zip(map(str, field.choices), field.choice_names, strict=False))
    return lambda option: named.get(str(option), str(option)) or "(empty)"


def _number(field: Field, common: dict[str, Any]) -> None:
    """A slider for short ranges, else a field to type in, without bounds: core tells what is wrong, in words."""
    step = _slider_step(field)
    if step is not None and field.minimum is not None and field.maximum is not None:
        cast: Any = type(step)
        look = "%d" if cast is int else f"%.{_decimals(step)}f"
        st.slider(min_value=cast(field.minimum), max_value=cast(field.maximum), step=step, format=look, **common)
        return
    hint = "random" if field.name == "seed" else limits(field) if field.default is None else f"{field.default:,}"
    if field.kind == "integer":
        st.number_input(value=None, placeholder=hint, step=max(1, int(min(field.step or 1, EXACT))), **common)
    else:
        st.number_input(value=None, placeholder=hint, step=float(field.step or 0.01), format="%g", **common)


def _slider_step(field: Field) -> float | None:
    """The step of a slider that reaches every value that matters, None if one has to be typed."""
    low, high, default = field.minimum, field.maximum, field.default
    if low is None or high is None or default is None or low >= high or max(abs(low), abs(high)) > EXACT:
        return None
    if field.kind == "integer":
        step = int(field.step or 1)
        return step if (high - low) / step <= SLIDER_STEPS and low % step == 0 else None
    steps = (float(field.step),) if field.step else STEPS
    short = (step for step in steps if (high - low) / step <= SLIDER_STEPS / 2 and _on_grid(default - low, step))
    return next(short, None)


def _decimals(step: float) -> int:
    return len(f"{step:.6f}".rstrip("0").partition(".")[2])


def _on_grid(distance: float, step: float) -> bool:
    return abs(distance / step - round(distance / step)) < 1e-6


def _text(field: Field, common: dict[str, Any]) -> None:
    if field.kind == "string":
        st.text_input(**common)
    elif field.kind == "text":
        hint = str(field.default or PROMPT) if is_prompt(field) else None
        st.text_area(height=128 if is_prompt(field) else 90, placeholder=hint, **common)
    elif field.kind == "list":
        st.text_area(height=90, placeholder="One a line", **common)
    else:
        with st.container(key=f"json-{key(field)}"):
            st.html(STYLE)
            st.text_area(height=110, placeholder=field.example or None, **common)
