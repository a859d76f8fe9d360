"""Hosted runs: intents, outputs, models and prices; sounds as a third kind of media."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COLUMNS = """
ALTER TABLE generation ADD COLUMN error_fields JSON;
ALTER TABLE generation ADD COLUMN waiting TEXT;
ALTER TABLE generation ADD COLUMN text TEXT;
ALTER TABLE generation ADD COLUMN url TEXT;
ALTER TABLE generation ADD COLUMN deletes_at VARCHAR(24);
ALTER TABLE generation ADD COLUMN cost_estimate FLOAT;
ALTER TABLE generation ADD COLUMN cost FLOAT;
ALTER TABLE job ADD COLUMN nonce TEXT;
ALTER TABLE job ADD COLUMN intended_at VARCHAR(24);
ALTER TABLE job ADD COLUMN submissions INTEGER DEFAULT 0 NOT NULL;
ALTER TABLE job ADD COLUMN retries INTEGER DEFAULT 0 NOT NULL;
ALTER TABLE job ADD COLUMN cancel_after INTEGER;
CREATE UNIQUE INDEX uq_job_handle ON job (handle);
CREATE UNIQUE INDEX uq_job_nonce ON job (nonce)
"""

TABLES = """
CREATE TABLE output (
  generation_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  path TEXT NOT NULL,
  url TEXT,
  state TEXT NOT NULL,
  attempts INTEGER DEFAULT 0 NOT NULL,
  media_id INTEGER,
  error_code TEXT,
  error TEXT,
  CONSTRAINT pk_output PRIMARY KEY (generation_id, position),
  CONSTRAINT ck_output_state CHECK (state IN ('pending', 'stored', 'failed', 'expired')),
  CONSTRAINT fk_output_generation_id FOREIGN KEY(generation_id) REFERENCES generation (id) ON DELETE CASCADE,
  CONSTRAINT fk_output_media_id FOREIGN KEY(media_id) REFERENCES media (id) ON DELETE SET NULL
);
CREATE INDEX ix_output_media_id ON output (media_id);
CREATE TABLE model (
  id TEXT NOT NULL,
  provider TEXT NOT NULL,
  description JSON,
  fetched_at VARCHAR(24),
  used_at VARCHAR(24),
  favourite BOOLEAN DEFAULT 0 NOT NULL,
  CONSTRAINT pk_model PRIMARY KEY (id)
);
CREATE INDEX ix_model_used_at ON model (used_at);
CREATE TABLE model_list (
  key TEXT NOT NULL,
  answer JSON NOT NULL,
  fetched_at VARCHAR(24) NOT NULL,
  CONSTRAINT pk_model_list PRIMARY KEY (key)
);
CREATE TABLE price (
  model TEXT NOT NULL,
  unit TEXT NOT NULL,
  condition TEXT DEFAULT '' NOT NULL,
  usd FLOAT NOT NULL,
  dated TEXT NOT NULL,
  note TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_price PRIMARY KEY (model, unit, condition),
  CONSTRAINT ck_price_unit CHECK (unit IN ('run', 'image', 'video second', 'audio second', 'compute second')),
  CONSTRAINT ck_price_usd CHECK (usd >= 0)
);
CREATE TABLE charge (
  id INTEGER NOT NULL,
  generation_id INTEGER,
  number INTEGER NOT NULL,
  sent_at VARCHAR(24) NOT NULL,
  estimate FLOAT,
  cost FLOAT,
  CONSTRAINT pk_charge PRIMARY KEY (id),
  CONSTRAINT uq_charge_number UNIQUE (generation_id, number),
  CONSTRAINT fk_charge_generation_id FOREIGN KEY(generation_id) REFERENCES generation (id) ON DELETE SET NULL
);
CREATE INDEX ix_charge_sent_at ON charge (sent_at);
CREATE TABLE webhook_seen (
  id TEXT NOT NULL,
  seen_at VARCHAR(24) NOT NULL,
  CONSTRAINT pk_webhook_seen PRIMARY KEY (id)
)
"""

# A CHECK cannot be altered, and dropping a table to make it anew would delete its children with it. What SQLite's own
# page on ALTER TABLE describes for changes that touch no stored row: the text of the schema is edited in place.
WIDER = (
    ("generation", "('queued', 'running', 'succeeded'", "('queued', 'running', 'uncertain', 'succeeded'"),
    ("generation", "kind IN ('image', 'video')", "kind IN ('image', 'video', 'audio', 'other')"),
    ("media", "kind IN ('image', 'video')", "kind IN ('image', 'video', 'audio')"),
)


def upgrade() -> None:
    """Apply this version."""
    for statement in (COLUMNS + ";" + TABLES).split(";"):
        op.execute(sa.text(statement))
    connection = op.get_bind()
    op.execute("PRAGMA writable_schema = ON")
    for table, old, new in WIDER:
        change = "UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :table"
        connection.execute(sa.text(change), {"old": old, "new": new, "table": table})
    number = connection.execute(sa.text("PRAGMA schema_version")).scalar_one()
    op.execute(f"PRAGMA schema_version = {number + 1}")
    op.execute("PRAGMA writable_schema = RESET")
