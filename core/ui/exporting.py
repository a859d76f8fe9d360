"""Taking items elsewhere, as a download or to a path on the machine; in the Library and on the Storage page."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from core.errors import StudioError
from core.exporting import Selection, to_params
from core.studio import Studio
from core.ui.shell import base
from core.ui.widgets import literal

FORMS: Final = {  # words, what they mean, end of a name
    "zip": (
        "ZIP",
        "Every file as it is, thumbnails, the recipes as JSON and as a table, and a gallery that opens in any browser.",
        "zip",
    ),
    "studio": (
        "Studio file",
        "A studio of its own with just these items: recipes, lineage among them, tags, ratings and notes. Start it "
        "by itself, or bring it into another one.",
        "db",
    ),
}
WAIT: Final = {  # what a download is like
    "zip": "It is packed while it is sent, so the browser cannot tell how long it takes.",
    "studio": "It is made and checked first, so a large one takes a while to begin.",
}


def offer(studio: Studio, selection: Selection, key: str, begun: Callable[[], None]) -> None:
    """The ways to take a selection elsewhere; `begun` is called when one to the machine began."""
    form: str = st.segmented_control(
        "Export as", list(FORMS), format_func=lambda name: FORMS[name][0], default="zip", required=True,
        key=f"{key}_form", width="stretch",
    )  # fmt: skip
    _, meaning, end = FORMS[form]
    st.caption(meaning)
    address = f"{base()}/api/exports/{form}"
    if params := urlencode(to_params(selection), doseq=True):
        address += f"?{params}"
    st.link_button("Download", address, type="primary", icon=":material/download:", width="stretch")
    st.caption(WAIT[form])
    with st.expander("Write it to the machine that the studio runs on", icon=":material/folder_open:"):
        _to_path(studio, selection, form, key, end, begun)


def _to_path(studio: Studio, selection: Selection, form: str, key: str, end: str, begun: Callable[[], None]) -> None:
    """A path on the machine: it needs no browser to wait, and is checked to its last byte before it counts."""
    usual = studio.database.path.parent / f"export-{datetime.now(UTC):%Y%m%d}.{end}"
    typed = st.text_input("File", placeholder=str(usual), key=f"{key}_path")
    replace = st.checkbox("Replace a file of that name", key=f"{key}_replace")
    work = studio.upkeep.running
    st.caption(
        f"{work.name} is under way. Wait until it is done."
        if work
        else "It goes on in the background and is checked to its last byte; Storage shows how far it is."
    )
    if st.button("Write", icon=":material/save:", key=f"{key}_write", disabled=work is not None):
        target = Path((typed or "").strip() or usual).expanduser()
        target = target if target.is_absolute() else studio.database.path.parent / target
        now = datetime.now(UTC)
        try:
            studio.upkeep.export(now, selection, target, form, replace=replace)
        except StudioError as error:
            st.error(literal(error.sentence), icon=":material/error:")
        else:
            begun()
