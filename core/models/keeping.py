"""Rules and what they took, backups, verification, and what the earlier system knew."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from core.models.basis import STRENGTHS, Instant, listed, metadata

retention_policy = Table(  # a rule; any change of it takes `armed_at` away, see the triggers of migration 0004
    "retention_policy",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("strength", Text, nullable=False),
    Column("older_than", Integer),  # days
    Column("kind", Text),
    Column("tag", Text),
    Column("rating_below", Integer),
    Column("unrated", Boolean, nullable=False, server_default=text("0")),
    Column("failed", Boolean, nullable=False, server_default=text("0")),
    Column("total_bytes", Integer),  # that matching items may have together
    Column("per_model", Integer),  # matching items that each model may have
    Column("armed_at", Instant),  # null: not armed
    Column("ran_at", Instant),
    Column("held", Text),  # why its last run stopped and asks
    CheckConstraint(f"strength IN ({listed(STRENGTHS)})", name="strength"),
    UniqueConstraint("name", name="uq_retention_policy_name"),
    sqlite_autoincrement=True,
)

protection = Table(  # what no automatic deletion touches, beside favourites
    "protection",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True, server_default=text("''")),  # a rating, a tag, a number of items
    CheckConstraint("kind IN ('rating', 'tag', 'input', 'newest')", name="kind"),
    sqlite_with_rowid=False,
)

deleting = Table(  # whose hand deletes in the transaction under way; empty outside of one
    "deleting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hand", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("run", Text, nullable=False),
    Column("policy_id", Integer),
    Column("rule", Text, nullable=False, server_default=text("''")),
    CheckConstraint("id = 1", name="one"),
    CheckConstraint("hand IN ('person', 'rule', 'trash')", name="hand"),
)

deletion_log = Table(  # written by triggers alone, so that nothing goes without a line
    "deletion_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("hand", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("policy_id", Integer),
    Column("rule", Text, nullable=False),
    Column("media_id", Integer, nullable=False),
    Column("generation_id", Integer),
    Column("kind", Text, nullable=False),
    Column("sha256", Text),
    Column("bytes", Integer, nullable=False),
    CheckConstraint("act IN ('trash', 'thin', 'delete')", name="act"),
    Index("ix_deletion_log_at", "at"),
    Index("ix_deletion_log_media_id", "media_id"),
    sqlite_autoincrement=True,
)

backup_log = Table(  # a backup that was tried; what happens to its file afterwards is told by its state
    "backup_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("bytes", Integer),
    Column("sha256", Text),  # of the whole file
    Column("items", Integer),
    Column("damaged", Integer, nullable=False, server_default=text("0")),  # items that it has only damaged
    Column("checked_at", Instant),
    CheckConstraint("state IN ('good', 'flawed', 'failed', 'removed')", name="state"),
    CheckConstraint("reason IN ('asked', 'schedule')", name="reason"),
    Index("ix_backup_log_state", "state"),
    sqlite_autoincrement=True,
)

verification = Table(  # one look at everything, which may be interrupted and gone on with
    "verification",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("finished_at", Instant),  # null: not at its end
    Column("reached", Integer, nullable=False, server_default=text("0")),  # the last item that was looked at
    Column("items", Integer, nullable=False, server_default=text("0")),
    Column("bytes", Integer, nullable=False, server_default=text("0")),
    Column("damaged", Integer, nullable=False, server_default=text("0")),
    Column("faults", JSON(none_as_null=True)),  # sentences on the file as a whole
    sqlite_autoincrement=True,
)

damage = Table(  # bytes that are no longer those that were stored
    "damage",
    metadata,
    Column("media_id", ForeignKey("media.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Text, primary_key=True),
    Column("found_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("part IN ('item', 'thumbnail')", name="part"),
)

former = Table(  # a row of the earlier system: its own number, by which its address still answers, and its own words
    "former",
    metadata,
    Column("generation_id", ForeignKey("generation.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, nullable=False),  # of the table that it was in
    Column("number", Integer),  # null: it had none that an address could name
    Column("media_id", ForeignKey("media.id", ondelete="CASCADE")),  # null: it never had a picture
    Column("url", Text),
    Column("parameters", Text),
    Column("metadata", Text),
    Column("status", Text),
    Column("created_at", Text),
    Column("rest", JSON(none_as_null=True)),  # its other columns
    CheckConstraint("kind IN ('image', 'video')", name="kind"),
    Index("ix_former_kind_number", "kind", "number"),
    Index("ix_former_media_id", "media_id"),
)
