"""Items that the studio itself makes out of others, such as a frame of a video: kept once, their origin recorded.

Each is a run that has ended, without a job: it was never in the queue.
"""

import math
import uuid
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Select, select, update

from core import blobs, library
from core.blobs import Stored
from core.database import Database
from core.errors import InvalidInput
from core.library import Item
from core.media import Inspection, Inspector
from core.models import generation, generation_input, media
from core.scratch import Scratch

PROVIDER: Final = "studio"
FRAME: Final = "studio/frame"
VERSION: Final = "1"
ENDING: Final = 1.0  # seconds after a video's end at which its last frame may still be asked for


@dataclass(frozen=True)
class Origin:
    """How an item was made of another: `request` says all of it, `role` what the other one is in it."""

    model: str
    role: str
    item: Item
    request: dict[str, Any]
    name: str


def save_frame(
    database: Database, inspector: Inspector, scratch: Scratch, video: Item, seconds: float, now: datetime
) -> int:
    """Keep the frame that a video shows at `seconds`; returns its item, the known one for a frame that was kept before.

    Raises `InvalidInput` for no video or no moment of it, `BytesGone`, `MediaRefused` where it cannot be decoded.
    """
    _require_moment(video, seconds)
    library.require_bytes(database, video)
    with scratch.room() as room:
        source, target = room / "video", room / "frame.png"
        blobs.bring(database, video.id, video.bytes, source)
        begins = inspector.take_frame(source, video.mime, seconds, target)
        found, data = inspector.inspect(target), target.read_bytes()
    request = {"video": f"studio:media/{video.id}", "seconds": begins}
    name = f"{video.caption[:150]} - frame at {begins:g} s"
    return keep(database, data, found, Origin(FRAME, "video", video, request, name), now)


def keep(database: Database, data: bytes, found: Inspection, origin: Origin, now: datetime) -> int:
    """Store an item made of another, once for equal bytes of the same origin; returns its id."""
    digest = sha256(data).hexdigest()
    with database.write() as connection:
        for row in connection.execute(_like(origin, digest)):
            if row.request == origin.request:
                return int(row.id)
        generation_id = _insert_run(connection, found, origin, now)
        media_id = library.begin(connection, generation_id, 0, found, None, now)
        connection.execute(update(media).where(media.c.id == media_id).values(name=origin.name))
        blobs.insert(connection, media_id, blobs.split(data))
        library.make_ready(connection, media_id, Stored(len(data), digest), found.thumbnail)
        return media_id


def _require_moment(video: Item, seconds: float) -> None:
    if video.kind != "video":
        raise InvalidInput({"video": f"Item {video.id} is no video, so it has no frames to take."})
    length = video.duration or 0.0
    if not (math.isfinite(seconds) and 0 <= seconds <= length + ENDING):
        raise InvalidInput({"seconds": f"The moment must be from 0 to {length:.2f} s; {seconds:g} is not."})


def _like(origin: Origin, digest: str) -> Select[Any]:
    """Items of these bytes that were made of the same item in the same way."""
    return (
        select(media.c.id, generation.c.request)
        .join(generation, generation.c.id == media.c.generation_id)
        .join(generation_input, generation_input.c.generation_id == generation.c.id)
        .where(media.c.sha256 == digest, media.c.state == "ready", generation.c.model == origin.model)
        .where(media.c.trashed_at.is_(None))
        .where(generation.c.provider == PROVIDER, generation_input.c.media_id == origin.item.id)
    )


def _insert_run(connection: Connection, found: Inspection, origin: Origin, now: datetime) -> int:
    moments = {"created_at": now, "started_at": now, "finished_at": now}
    made = generation.insert().values(
        batch=uuid.uuid4().hex,
        provider=PROVIDER,
        model=origin.model,
        version=VERSION,
        kind=found.kind,
        prompt=origin.item.recipe.prompt if origin.item.recipe else "",  # it still shows what these words say
        width=found.width,
        height=found.height,
        request=origin.request,
        status="succeeded",
        progress=1.0,
        cost=0.0,
        **moments,
    )
    inserted = connection.execute(made).inserted_primary_key
    assert inserted is not None
    used = {"generation_id": int(inserted[0]), "role": origin.role, "media_id": origin.item.id}
    connection.execute(generation_input.insert().values(used))
    return int(inserted[0])
