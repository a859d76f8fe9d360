"""What verifying everything found: the last look with its date, what is damaged, and the ways out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import humanize
import streamlit as st

from core import verification
from core.marks import several
from core.studio import Studio
from core.ui.storage.working import begin
from core.ui.widgets import literal
from core.verification import Damage, Verification

SHOWN: Final = 20  # damaged items in the list


def verified(place: "st.delta_generator.DeltaGenerator", studio: Studio, now: datetime) -> None:
    """When everything was verified last, and whether it was well."""
    last = verification.last(studio.database)
    value, note = _words(last, now)
    value = value[:1].upper() + value[1:]
    place.metric("Verified", value, note, delta_color="off", delta_arrow="off", border=True, height="stretch")


def damage(studio: Studio) -> None:
    """What is wrong with the file, and each damaged item with the way to it; nothing where all is well."""
    last = verification.last(studio.database)
    for sentence in last.faults if last else ():
        st.error(literal(sentence), icon=":material/heart_broken:")
    found = verification.damaged(studio.database)
    if found:
        _damaged(studio, found)


def _words(last: Verification | None, now: datetime) -> tuple[str, str]:
    if last is None:
        return "Never", "nothing was checked yet"
    when = humanize.naturaltime(last.finished_at or last.seen_at, when=now)
    if last.finished_at is None:
        return when, f"stopped after {several(last.items)}; it goes on from there"
    if last.good:
        return when, f"{several(last.items)} as stored"
    return when, " · ".join(filter(None, [f"{last.damaged:,} damaged", "faults" if last.faults else ""]))


def _damaged(studio: Studio, found: Sequence[Damage]) -> None:
    number = len({each.media_id for each in found})
    with st.container(border=True):
        st.subheader(f":material/healing: {several(number)} damaged", anchor=False)
        st.markdown(
            "Their bytes changed on the disk. Items are set apart, so that nothing shows them as good; nothing of them "
            "was deleted. A backup from before the damage has them whole."
        )
        for each in found[:SHOWN]:
            what = "" if each.part == "item" else "Its small picture: "
            link = f"[{each.kind.capitalize()} {each.media_id}](item?id={each.media_id})"
            st.markdown(f"{link} · {literal(each.caption[:80])}")
            st.caption(f"{what}{each.reason} Found {each.found_at:%d %B %Y}.")
        if len(found) > SHOWN:
            st.caption(f"And {len(found) - SHOWN} more.")
        if st.button("Mend from backups", icon=":material/healing:", disabled=studio.upkeep.running is not None):
            begin(studio.upkeep.mend)
