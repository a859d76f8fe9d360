"""The schema as SQLAlchemy tables: what is stored, not how it is asked for."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, stored as text that sorts by time: 2026-11-22T09:36:00.000Z."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else stamp(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


def stamp(moment: datetime) -> str:
    """`moment` as the text that the database and the JSON answers use; it must carry its time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

generation = Table(
    "generation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch", Text, nullable=False),  # one submission of the form
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("seed", Integer),
    Column("width", Integer),  # expected, in pixels
    Column("height", Integer),
    Column("request", JSON, nullable=False),  # the exact input
    Column("response", JSON(none_as_null=True)),  # the provider's raw answer
    Column("status", Text, nullable=False),
    Column("progress", Float),
    Column("logs", Text, nullable=False, server_default=text("''")),
    Column("metrics", JSON(none_as_null=True)),
    Column("error_code", Text),
    Column("error", Text),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    CheckConstraint("status IN ('queued', 'running', 'succeeded', 'failed', 'canceled')", name="status"),
    CheckConstraint("kind IN ('image', 'video')", name="kind"),
    Index("ix_generation_status", "status"),
    Index("ix_generation_batch", "batch"),
    sqlite_autoincrement=True,
)

job = Table(
    "job",
    metadata,
    Column("generation_id", ForeignKey("generation.id", ondelete="CASCADE"), primary_key=True),
    Column("handle", Text),  # the prediction's id at the provider, once it has one
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("owner", Text),
    Column("lease_until", Instant),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("cancel_requested", Boolean, nullable=False, server_default=text("0")),
    Column("finished_at", Instant),
    Index("ix_job_open", "due_at", sqlite_where=text("finished_at IS NULL")),
)

media = Table(
    "media",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("generation_id", ForeignKey("generation.id")),  # null: uploaded
    Column("position", Integer, nullable=False, server_default=text("0")),
    Column("kind", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("name", Text),  # of an uploaded file
    Column("bytes", Integer),
    Column("sha256", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("duration", Float),  # seconds
    Column("fps", Float),
    Column("has_audio", Boolean),
    Column("original_url", Text),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("generation_id", "position", name="uq_media_position"),
    CheckConstraint("state IN ('incoming', 'ready', 'damaged', 'lost')", name="state"),
    CheckConstraint("kind IN ('image', 'video')", name="kind"),
    Index("ix_media_state_kind_id", "state", "kind", "id"),
    Index("ix_media_state_id", "state", "id"),
    Index("ix_media_sha256", "sha256"),
    sqlite_autoincrement=True,
)

media_chunk = Table(
    "media_chunk",
    metadata,
    Column("media_id", ForeignKey("media.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

thumbnail = Table(
    "thumbnail",
    metadata,
    Column("media_id", ForeignKey("media.id", ondelete="CASCADE"), primary_key=True),
    Column("mime", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

generation_input = Table(
    "generation_input",
    metadata,
    Column("generation_id", ForeignKey("generation.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Text, primary_key=True),  # the input's name in the model's schema
    Column("position", Integer, primary_key=True, server_default=text("0")),
    Column("media_id", ForeignKey("media.id"), nullable=False),
    Index("ix_generation_input_media_id", "media_id"),
)
