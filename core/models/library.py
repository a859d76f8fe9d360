"""Runs, items, what finds them, prices and charges."""

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
    Table,
    Text,
    UniqueConstraint,
    text,
)

from core.models.basis import KINDS, STATES, STATUSES, Instant, listed, metadata

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
    Column("error_fields", JSON(none_as_null=True)),  # sentences by input, where the provider refused some
    Column("waiting", Text),  # why it does not go on just now
    Column("text", Text),  # what the answer says in words
    Column("url", Text),  # the prediction's page at the provider
    Column("deletes_at", Instant),  # when the provider removes what it made
    Column("cost_estimate", Float),  # US dollars, before the run; null: unknown
    Column("cost", Float),  # US dollars, by what the run yielded; null: unknown
    Column("experiment", Text),  # what its owner calls the undertaking that it belongs to
    CheckConstraint(f"status IN ({listed(STATUSES)})", name="status"),
    CheckConstraint(f"kind IN ({listed((*KINDS, 'other'))})", name="kind"),
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
    Column("nonce", Text),  # marks the intent to create a prediction that is paid for
    Column("intended_at", Instant),  # set before the request goes out, cleared when nothing came of it
    Column("submissions", Integer, nullable=False, server_default=text("0")),  # requests that went out
    Column("retries", Integer, nullable=False, server_default=text("0")),  # new predictions after passing failures
    Column("cancel_after", Integer),  # seconds from creation
    Index("ix_job_open", "due_at", sqlite_where=text("finished_at IS NULL")),
    Index("uq_job_handle", "handle", unique=True),
    Index("uq_job_nonce", "nonce", unique=True),
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
    Column("favourite", Boolean, nullable=False, server_default=text("0")),
    Column("rating", Integer, nullable=False, server_default=text("0")),  # 0: none
    Column("note", Text, nullable=False, server_default=text("''")),
    Column("trashed_at", Instant),  # null: not in the trash
    UniqueConstraint("generation_id", "position", name="uq_media_position"),
    CheckConstraint("rating BETWEEN 0 AND 5", name="rating"),
    CheckConstraint(f"state IN ({listed(STATES)})", name="state"),
    CheckConstraint(f"kind IN ({listed(KINDS)})", name="kind"),
    Index("ix_media_state_kind_id", "state", "kind", "id"),
    Index("ix_media_state_id", "state", "id"),
    Index("ix_media_sha256", "sha256"),
    Index("ix_media_trashed_at", "trashed_at", sqlite_where=text("trashed_at IS NOT NULL")),
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
    Column("sha256", Text),  # null: not known
)

generation_input = Table(
    "generation_input",
    metadata,
    Column("generation_id", ForeignKey("generation.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Text, primary_key=True),  # the input's name in the model's schema
    Column("position", Integer, primary_key=True, server_default=text("0")),
    Column("media_id", Integer, nullable=False),  # stays when the item is deleted for ever
    Index("ix_generation_input_media_id", "media_id"),
)

output = Table(  # one file of a run's answer, from the moment the answer is known
    "output",
    metadata,
    Column("generation_id", ForeignKey("generation.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("path", Text, nullable=False),  # where it stands in the answer, such as [0].image
    Column("url", Text),  # null: its bytes are in the answer itself
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("media_id", ForeignKey("media.id", ondelete="SET NULL")),
    Column("error_code", Text),
    Column("error", Text),
    CheckConstraint("state IN ('pending', 'stored', 'failed', 'expired')", name="state"),
    Index("ix_output_media_id", "media_id"),
)

model = Table(  # a description as a provider gave it, and what the owner makes of the model
    "model",
    metadata,
    Column("id", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("description", JSON(none_as_null=True)),
    Column("fetched_at", Instant),
    Column("used_at", Instant),
    Column("favourite", Boolean, nullable=False, server_default=text("0")),
    Index("ix_model_used_at", "used_at"),
)

model_list = Table(  # collections of a provider's models
    "model_list",
    metadata,
    Column("key", Text, primary_key=True),
    Column("answer", JSON, nullable=False),
    Column("fetched_at", Instant, nullable=False),
)

price = Table(
    "price",
    metadata,
    Column("model", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("condition", Text, primary_key=True, server_default=text("''")),  # such as resolution=1080p; empty: always
    Column("usd", Float, nullable=False),  # US dollars for one unit
    Column("dated", Text, nullable=False),  # the day on which it was true
    Column("note", Text, nullable=False, server_default=text("''")),
    CheckConstraint("unit IN ('run', 'image', 'video second', 'audio second', 'compute second')", name="unit"),
    CheckConstraint("usd >= 0", name="usd"),
)

charge = Table(  # a request for a prediction that is paid for; outlives its run, for what was spent stays spent
    "charge",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("generation_id", ForeignKey("generation.id", ondelete="SET NULL")),
    Column("number", Integer, nullable=False),  # of the run's requests
    Column("sent_at", Instant, nullable=False),
    Column("estimate", Float),  # US dollars, as expected when it was sent; null: unknown
    Column("cost", Float),  # US dollars, once it is known
    UniqueConstraint("generation_id", "number", name="uq_charge_number"),
    Index("ix_charge_sent_at", "sent_at"),
)

webhook_seen = Table(
    "webhook_seen",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seen_at", Instant, nullable=False),
)

tag = Table(
    "tag",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    UniqueConstraint("name", name="uq_tag_name"),
    sqlite_autoincrement=True,
)

media_tag = Table(
    "media_tag",
    metadata,
    Column("media_id", ForeignKey("media.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_media_tag_tag_id", "tag_id"),
    sqlite_with_rowid=False,
)

saved_view = Table(
    "saved_view",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),  # as in an address: kind=image&q=fox
    UniqueConstraint("name", name="uq_saved_view_name"),
    sqlite_autoincrement=True,
)

entry = Table(  # one thing to be found; it and what follows are kept by triggers alone, see migration 0003
    "entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("media_id", ForeignKey("media.id", ondelete="CASCADE")),  # null: a run that ended without an item
    Column("generation_id", ForeignKey("generation.id", ondelete="CASCADE")),  # null: uploaded
    *(Column(part, Boolean, nullable=False, server_default=text("0")) for part in ("words", "traits", "marks", "tags")),
    UniqueConstraint("media_id", name="uq_entry_media_id"),
    Index("ix_entry_generation_id", "generation_id"),
    sqlite_autoincrement=True,
)

facet = Table(  # which of 16,384 entries in a row have a property: a bit for each
    "facet",
    metadata,
    Column("name", Text, primary_key=True),
    Column("segment", Integer, primary_key=True),
    Column("bits", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

facet_total = Table(  # how many entries have a property
    "facet_total",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    sqlite_with_rowid=False,
)
