"""What comes back from a component in the browser: declared, and taken only in the expected shape."""

from typing import Any


def ignore() -> None:
    """A callback that does nothing: naming an event is what makes Streamlit report it."""


def identifier(value: Any) -> int | None:
    """The id that an event carries, or None when there was no event."""
    return value if isinstance(value, int) else None
