"""The Storage page's section on backups: how it stands, back up and verify now, schedule, list, how to restore."""

from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Final

import humanize
import streamlit as st

from core import backup
from core.backup import Backup, Summary
from core.errors import InvalidInput, StudioError
from core.preferences import LIMITS, MINIMUM, preferences
from core.studio import Studio
from core.ui.storage.checking import damage, verified
from core.ui.storage.working import begin, elsewhere, under_way
from core.ui.widgets import literal

SCHEDULES: Final = {None: "Only when I ask", 6: "Every 6 hours", 24: "Every day", 168: "Every week"}
STATES: Final = {  # words, icon, colour
    "good": ("Whole", ":material/verified:", "green"),
    "flawed": ("Has damaged items", ":material/warning:", "orange"),
    "failed": ("Failed", ":material/error:", "red"),
    "away": ("Not there", ":material/link_off:", "gray"),
}
WORKS: Final = ("Backup", "Verifying", "Mending")
SHOWN: Final = 12  # backups in the list
OLD: Final = 7  # days after which a backup is called old


def show_backups(studio: Studio) -> None:
    """Everything about backups and about whether the file is whole."""
    now = datetime.now(UTC)
    _standing(studio, backup.summary(studio.database, now), now)
    elsewhere(studio, *WORKS)
    under_way(studio, *WORKS)
    damage(studio)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _list(studio, now)
    with right:
        _schedule(studio)


def _standing(studio: Studio, found: Summary, now: datetime) -> None:
    """The last backup with its age, the next one, the last look at everything; and the two buttons."""
    left, middle, right = st.columns(3)
    _last(left, found, now)
    _next(middle, found, now)
    verified(right, studio, now)
    with st.container(horizontal=True):
        busy = studio.upkeep.running is not None
        if st.button("Back up now", type="primary", icon=":material/save:", disabled=busy):
            begin(studio.upkeep.back_up)
        if st.button("Verify everything", icon=":material/fact_check:", disabled=busy):
            begin(studio.upkeep.verify)
    if found.last is None:
        st.info(
            "There is no backup yet. Everything you made is in one file on one disk: make a backup now, best into a "
            "folder on another disk.",
            icon=":material/shield:",
        )
    if found.failed:
        when = humanize.naturaltime(found.failed.finished_at, when=now)
        st.warning(f"The last try failed {when}: {literal(found.failed.error or '')}", icon=":material/error:")


def _last(place: "st.delta_generator.DeltaGenerator", found: Summary, now: datetime) -> None:
    last = found.last_good or found.last
    if last is None:
        return _figure(place, "Last backup", "None", "make one now")
    size = humanize.naturalsize(last.bytes or 0)
    age = humanize.naturaltime(last.started_at, when=now)
    note = f"{size} · {'old' if (now - last.started_at).days >= OLD else 'whole'}"
    _figure(place, "Last backup", age, note if last.state == "good" else f"{size} · has damaged items")


def _next(place: "st.delta_generator.DeltaGenerator", found: Summary, now: datetime) -> None:
    if found.due_at is None:
        return _figure(place, "Next backup", "Not scheduled", "only when you ask")
    due = found.due_at
    _figure(place, "Next backup", "Now" if due <= now else humanize.naturaltime(due, when=now), "by the schedule")


def _figure(place: "st.delta_generator.DeltaGenerator", label: str, value: str, note: str) -> None:
    value = value[:1].upper() + value[1:]
    place.metric(label, value, note, delta_color="off", delta_arrow="off", border=True, height="stretch")


def _list(studio: Studio, now: datetime) -> None:
    st.header("Backups", anchor=False)
    st.caption(f"In {literal(str(backup.folder_of(studio.database)))}")
    known = backup.listed(studio.database)
    if not known:
        st.caption("What is made is listed here, with what checking it found.")
    for each in known[:SHOWN]:
        _row(studio, each, now)
    if len(known) > SHOWN:
        st.caption(f"And {len(known) - SHOWN} older ones.")
    with st.expander("Backups from elsewhere, and restoring one", icon=":material/help:"):
        _steps(studio, Path("FILE"))


def _row(studio: Studio, each: Backup, now: datetime) -> None:
    """One backup: when, how large, what checking it found, and the way back to it."""
    words, icon, colour = STATES["away" if each.state != "failed" and not each.here else each.state]
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(gap=None):
            st.markdown(f"**{each.started_at:%d %B %Y, %H:%M}** UTC")
            size = f"{humanize.naturalsize(each.bytes)} · {each.items:,} items · " if each.bytes else ""
            by = "by the schedule" if each.reason == "schedule" else "asked for"
            st.caption(f"{size}{by}", help=literal(str(each.path)))
            if each.error:
                st.caption(literal(each.error))
        st.badge(words, icon=icon, color=colour)  # type: ignore[arg-type]
        if each.here and st.button("Restore", icon=":material/settings_backup_restore:", key=f"restore-{each.id}"):
            st.dialog("Restore this backup", width="large")(_restore)(studio, each)


def _restore(studio: Studio, each: Backup) -> None:
    words = "" if each.state == "good" else " Some items in it are damaged: `--accept-damage` says that you know."
    st.markdown(
        f"The backup of **{each.started_at:%d %B %Y, %H:%M} UTC** with {each.items or 0:,} items takes the place of "
        f"the studio's file. What was made since stays in the file that is there now, which is kept beside it.{words}"
    )
    _steps(studio, each.path, accept=each.state != "good")
    st.caption(f"SHA-256 of the backup: `{each.sha256}`")


def _steps(studio: Studio, path: Path, *, accept: bool = False) -> None:
    """What to do, in order, for this very file; a running studio cannot change its file under itself."""
    database = quote(str(studio.database.path))
    file = str(path) if path.name == "FILE" else quote(str(path))
    st.markdown("1. Stop the studio: Ctrl+C where it runs, or stop its service.")
    st.markdown("2. In its folder, restore. The backup is checked to its last byte before anything is touched.")
    command = f"STUDIO_DATABASE={database} .venv/bin/python -m core restore {file}"
    st.code(command + (" --accept-damage" if accept else ""), language="sh", wrap_lines=True)
    st.markdown("3. Start the studio again. The file that was there before stays beside it under a dated name.")
    st.code("make run", language="sh")
    st.caption("Only to look into a backup, open a copy of it: it is a studio as well.")
    st.code(f"cp {file} /tmp/look.db && STUDIO_DATABASE=/tmp/look.db make run", language="sh", wrap_lines=True)


def _schedule(studio: Studio) -> None:
    st.header("Schedule", anchor=False)
    wanted = preferences(studio.database)
    hours = wanted.backup_hours
    choices = dict(SCHEDULES) | ({hours: f"Every {hours} hours"} if hours not in SCHEDULES else {})
    with st.form("backup_schedule"):
        st.selectbox(
            "Back up", list(choices), format_func=choices.__getitem__, index=list(choices).index(hours),
            key="backup_hours", help="While the studio runs; a backup that was missed is made at the next start.",
        )  # fmt: skip
        st.number_input(
            "Keep the newest", value=wanted.backup_keep, step=1, key="backup_keep",
            help="Older ones are removed once a new one was checked. The newest whole one is never removed, and none "
            f"that the studio did not make. From {MINIMUM['backup_keep']} to {LIMITS['backup_keep']:,.0f}.",
        )  # fmt: skip
        st.text_input(
            "Folder", value=wanted.backup_folder or "", placeholder=str(backup.default_folder(studio.database)),
            key="backup_folder", help="Best on another disk. Empty: beside the studio's file.",
        )  # fmt: skip
        st.form_submit_button("Save", type="primary", icon=":material/check:", on_click=_save, args=(studio,))
    for sentence in st.session_state.pop("backup_errors", ()):
        st.error(sentence, icon=":material/error:")
    st.caption(
        "A backup on the same disk helps against mistakes, not against the loss of the disk. A finished backup is one "
        "plain file: copy it wherever you like."
    )


def _save(studio: Studio) -> None:
    """A callback, so that the page shows what is in force."""
    state = st.session_state
    folder = (state["backup_folder"] or "").strip() or None
    try:
        backup.schedule(studio.database, hours=state["backup_hours"], keep=state["backup_keep"] or 0, folder=folder)
        studio.upkeep.tend(datetime.now(UTC))
    except InvalidInput as error:
        state["backup_errors"] = list(error.fields.values())
    except StudioError as error:
        state["backup_errors"] = [error.sentence]
    else:
        st.toast("Saved.", icon=":material/check:")
