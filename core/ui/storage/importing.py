"""Bringing in what was made elsewhere: files dropped here, or a path on the studio's machine; and what became of it."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any, Final
from uuid import uuid4

import humanize
import streamlit as st

from core.errors import DiskFull, StudioError
from core.importing import FATES, Preview, Report, look, words
from core.studio import Studio
from core.ui import wishes
from core.ui.storage.words import cards, number
from core.ui.storage.working import under_way
from core.ui.widgets import literal

IMPORT: Final = "Import"  # the work's name
BROUGHT_MIB: Final = 1024  # that a file dropped here may have; it is held in memory until it is brought in
SHOWN: Final = 500  # lines in the table
RECIPES: Final = (
    "Pictures, videos and sounds with their recipes, from **AUTOMATIC1111, Forge, ComfyUI, InvokeAI** or another "
    "studio: files, folders, ZIPs, exports and studio files. What is here already is not added twice."
)
WHERE: Final = (
    "Recipes are read in PNG, JPEG and WebP, in XMP, and in a text beside a file (`NAME.txt`, `NAME.json`, "
    "`NAME.xmp`). Exports and studio files come whole, with marks and tags."
)


@dataclass(frozen=True)
class _Look:
    """What lies at a path, as it was when somebody looked."""

    path: str
    found: Preview | None
    sentence: str = ""


def show_import(studio: Studio) -> None:
    """The two ways in, and what became of what was brought last."""
    st.header("Import", anchor=False)
    st.markdown(RECIPES, help=WHERE)
    left, right = st.columns(2, gap="large")
    with left:
        _dropped(studio)
    with right:
        _at_path(studio)
    under_way(studio, IMPORT)
    brought = studio.upkeep.brought
    if brought is not None and studio.upkeep.running is None and (brought.lines or brought.notes):
        _report(brought)


def _dropped(studio: Studio) -> None:
    """Files from the browser; they are let go as soon as the work has them."""
    state = st.session_state
    key = f"import_files:{state.get('import_round', 0)}"
    files: Sequence[Any] = st.file_uploader(
        "Drop files here, from this computer", accept_multiple_files=True, key=key, max_upload_size=BROUGHT_MIB,
        help="Pictures, videos and sounds, texts beside them, ZIPs, or a studio's file.",
    )  # fmt: skip
    busy = studio.upkeep.running is not None
    if not files:
        st.caption("As many as you like. Larger things are quicker by their path.")
        return
    size = sum(file.size for file in files)
    label = f"Bring in {len(files):,} file{'s' * (len(files) != 1)}"
    wanted = st.button(label, type="primary", icon=":material/download:", key="import_dropped", disabled=busy)
    if wanted and wishes.attempt(_begin_dropped, studio, files):
        state["import_round"] = state.get("import_round", 0) + 1
        st.rerun()
    st.caption(humanize.naturalsize(size))


def _begin_dropped(studio: Studio, files: Sequence[Any]) -> None:
    """Lay the files into a temporary folder that goes with the work."""
    name = f"brought-{uuid4().hex}"
    room = studio.scratch.keep(name)
    try:
        paths = _laid(room, files)
        studio.upkeep.bring(studio.intake, paths, datetime.now(UTC), then=lambda: studio.scratch.drop(name))
    except OSError as error:
        studio.scratch.drop(name)
        raise DiskFull(
            f"The files cannot be laid down for a moment ({error.strerror}). Make room, and try again."
        ) from error
    except BaseException:
        studio.scratch.drop(name)
        raise


def _laid(room: Path, files: Sequence[Any]) -> list[Path]:
    """Each under its own name; one that comes twice gets a folder of its own."""
    paths = []
    for position, file in enumerate(files):
        bare = PurePath(file.name.replace("\\", "/")).name.replace("\0", "").lstrip(".")[-150:] or "file"
        path = room / bare
        if path.exists():
            path = room / str(position) / bare
            path.parent.mkdir()
        with path.open("wb") as target:
            file.seek(0)
            shutil.copyfileobj(file, target)
        paths.append(path)
    return paths


def _at_path(studio: Studio) -> None:
    """A folder, ZIP, file or studio on the machine where the studio runs."""
    path = st.text_input(
        "Path on the studio's machine", key="import_path", placeholder="/home/me/outputs",
        help="A folder with all below it, a ZIP, a file, or another studio's file. Nothing there is changed.",
    ).strip()  # fmt: skip
    busy = studio.upkeep.running is not None
    with st.container(horizontal=True):
        asked = st.button("Look first", icon=":material/search:", key="import_look")
        wanted = st.button("Bring in", type="primary", icon=":material/download:", key="import_bring", disabled=busy)
    if not path and (asked or wanted):
        st.warning("Write a path first.", icon=":material/edit:")
        return
    state = st.session_state
    if wanted and wishes.attempt(studio.upkeep.bring, studio.intake, [_path(path)], datetime.now(UTC)):
        state.pop("import_looked", None)
        st.rerun()
    if asked:
        with st.spinner("Looking"):
            st.session_state["import_looked"] = _looked(studio, path)
    seen = st.session_state.get("import_looked")
    if isinstance(seen, _Look) and seen.path == path and not busy:
        _preview(seen)


def _looked(studio: Studio, path: str) -> _Look:
    try:
        return _Look(path, look(studio.database, studio.scratch, [_path(path)]))
    except StudioError as error:
        return _Look(path, None, error.sentence)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~ of nobody
        return Path(text)


def _preview(seen: _Look) -> None:
    found = seen.found
    if found is None:
        st.warning(literal(seen.sentence), icon=":material/error:")
    elif not found.looked:
        files = f"{found.number:,} files, {humanize.naturalsize(found.bytes)}"
        st.info(f"{files}. What is here already is told as it goes.", icon=":material/folder_open:")
    else:
        cards(
            (f"{found.fresh:,}", "not here yet"),
            (f"{found.here:,}", "already here"),
            (f"{found.recipes:,}", "with a recipe"),
        )
        others = f" {found.others:,} more are no media, or the same again." if found.others else ""
        st.caption(f"{humanize.naturalsize(found.bytes)} in all.{others}")


def _report(brought: Report) -> None:
    """Numbers, recipes by program, and a line for each file."""
    st.subheader("What became of each file", anchor=False)
    cards(*((f"{brought.fates[fate]:,}", title) for fate, title in FATES.items()))
    if brought.programs:
        named = " · ".join(f"{count:,} of {words(name)}" for name, count in brought.programs.most_common())
        st.caption(f"Recipes found: {named}")
    for note in brought.notes:
        st.caption(literal(note))
    order = list(FATES)[::-1]
    lines = sorted(brought.lines, key=lambda line: order.index(line.fate))[:SHOWN]
    table = {
        "Name": [line.name for line in lines],
        "Result": [FATES[line.fate] for line in lines],
        "Item": [f"item?id={line.media_id}" if line.media_id else "" for line in lines],
        "Recipe": [words(line.program) if line.program else "" for line in lines],
        "Reason": [line.why for line in lines],
    }
    config = {
        "Name": st.column_config.Column(width=190),
        "Result": st.column_config.Column(width=100),
        "Item": st.column_config.LinkColumn(width=60, display_text=r"id=(\d+)"),
        "Recipe": st.column_config.Column(width=120),
        "Reason": st.column_config.Column(width=560),
    }
    st.dataframe(table, hide_index=True, column_config=config, key="import_lines")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download as CSV", brought.csv, "import.csv", "text/csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        if brought.fates["added"]:
            st.page_link("library.py", label="Look at them in the Library", icon=":material/photo_library:")
        if sum(brought.fates.values()) > SHOWN:
            st.caption(f"The first {SHOWN:,} of {number(sum(brought.fates.values()))}; the CSV has more.")
