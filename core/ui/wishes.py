"""What a person asks of a run: carried out, and answered with a toast where it could not be done."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import ParamSpec

import streamlit as st

from core.errors import StudioError
from core.studio import Studio

P = ParamSpec("P")


def attempt(act: Callable[P, object], *args: P.args, **named: P.kwargs) -> bool:
    """Do it; returns whether it could be done, and says why where it could not."""
    try:
        act(*args, **named)
    except StudioError as error:
        st.toast(error.sentence, icon=":material/error:")
        return False
    return True


def cancel(studio: Studio, generation_id: int) -> None:
    """Ask for a run's end."""
    attempt(studio.cancel, generation_id, now=datetime.now(UTC))


def run_again(studio: Studio, generation_id: int) -> bool:
    """Enqueue a run once more; returns whether that was possible."""
    done = attempt(studio.again, generation_id, now=datetime.now(UTC))
    if done:
        st.toast("The run is queued again.", icon=":material/replay:")
    return done


def fetch_again(studio: Studio, generation_id: int) -> None:
    """Ask once more for what did not come home."""

    def ask() -> None:
        asked = studio.fetch_again(generation_id, now=datetime.now(UTC))
        words = "The provider is asked once more." if asked else "There is nothing left to ask for. Run it again."
        st.toast(words, icon=":material/downloading:")

    attempt(ask)


def decide(studio: Studio, generation_id: int, *, pay: bool) -> None:
    """Go on with a run of which nobody knows whether it was sent."""
    if attempt(studio.decide, generation_id, pay=pay, now=datetime.now(UTC)):
        words = "The run is sent again." if pay else "The studio looks for the run once more."
        st.toast(words, icon=":material/send:" if pay else ":material/search:")
