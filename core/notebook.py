"""The notebook face: waits for runs and shows items. Needs no notebook to be imported, and no Streamlit."""

import base64
import time
from dataclasses import dataclass
from html import escape
from typing import Final

from core import blobs, jobs, library
from core.errors import NotFound, PredictionFailed, SubmissionUnclear
from core.library import Item
from core.studio import Studio

PAUSE: Final = 0.1  # seconds between two looks
LARGEST: Final = 64 * 2**20  # bytes of an item that is put into a notebook; of larger ones their small picture is
TAGS: Final = {
    "image": '<img src="{address}" alt="{caption}" style="max-width: 100%">',
    "video": '<video src="{address}" aria-label="{caption}" controls loop style="max-width: 100%"></video>',
    "audio": '<audio src="{address}" aria-label="{caption}" controls></audio>',
}


@dataclass(frozen=True)
class Shown:
    """Items as a notebook displays them."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def wait(studio: Studio, generation_id: int) -> list[Item]:
    """The items of a run, once it has ended; the studio must have been started.

    Raises `NotFound`, `PredictionFailed` with the run's own sentence, `SubmissionUnclear` where you must decide.
    """
    while True:
        row = next(iter(jobs.recent(studio.database, ids=[generation_id])), None)
        if row is None:
            raise NotFound(f"There is no run {generation_id}.")
        if row["status"] == "uncertain":
            raise SubmissionUnclear("It is not known whether this run was sent. Decide on the Jobs page.")
        if row["status"] in ("failed", "canceled"):
            raise PredictionFailed(row["error"] or "The run was stopped before it had ended.")
        if row["status"] == "succeeded":
            return [library.item(studio.database, each["id"]) for each in row["media"]]
        time.sleep(PAUSE)


def show(studio: Studio, *items: Item) -> Shown:
    """Pictures, players for videos and sounds: make it the last line of a cell."""
    return Shown("\n".join(_tag(studio, item) for item in items))


def _tag(studio: Studio, item: Item) -> str:
    kind, mime, data = item.kind, item.mime, b""
    if item.thinned or item.bytes > LARGEST:
        kind, (mime, data) = "image", library.thumbnail_data(studio.database, item.kind, item.id)
    else:
        data = b"".join(blobs.read(studio.database, item.id, 0, item.bytes))
    address = f"data:{mime};base64,{base64.b64encode(data).decode()}"
    return TAGS[kind].format(address=address, caption=escape(item.caption[:300], quote=True))
