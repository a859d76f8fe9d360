"""Backups that were made, what checking the whole file found, and a hash for every small picture."""

from hashlib import sha256

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = """
ALTER TABLE thumbnail ADD COLUMN sha256 TEXT;
CREATE TABLE backup_log (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL,
  reason TEXT NOT NULL,
  started_at VARCHAR(24) NOT NULL,
  finished_at VARCHAR(24) NOT NULL,
  state TEXT NOT NULL,
  error TEXT,
  bytes INTEGER,
  sha256 TEXT,
  items INTEGER,
  damaged INTEGER DEFAULT 0 NOT NULL,
  checked_at VARCHAR(24),
  CONSTRAINT ck_backup_log_state CHECK (state IN ('good', 'flawed', 'failed', 'removed')),
  CONSTRAINT ck_backup_log_reason CHECK (reason IN ('asked', 'schedule'))
);
CREATE INDEX ix_backup_log_state ON backup_log (state);
CREATE TABLE verification (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  started_at VARCHAR(24) NOT NULL,
  seen_at VARCHAR(24) NOT NULL,
  finished_at VARCHAR(24),
  reached INTEGER DEFAULT 0 NOT NULL,
  items INTEGER DEFAULT 0 NOT NULL,
  bytes INTEGER DEFAULT 0 NOT NULL,
  damaged INTEGER DEFAULT 0 NOT NULL,
  faults JSON
);
CREATE TABLE damage (
  media_id INTEGER NOT NULL,
  part TEXT NOT NULL,
  found_at VARCHAR(24) NOT NULL,
  reason TEXT NOT NULL,
  CONSTRAINT pk_damage PRIMARY KEY (media_id, part),
  CONSTRAINT ck_damage_part CHECK (part IN ('item', 'thumbnail')),
  CONSTRAINT fk_damage_media_id FOREIGN KEY(media_id) REFERENCES media (id) ON DELETE CASCADE
)
"""
AT_ONCE = 500  # small pictures in memory at a time


def upgrade() -> None:
    """Apply this version."""
    connection = op.get_bind()
    for statement in TABLES.split(";"):
        connection.exec_driver_sql(statement)
    last = 0
    page = "SELECT media_id, data FROM thumbnail WHERE media_id > ? ORDER BY media_id LIMIT ?"
    while rows := connection.exec_driver_sql(page, (last, AT_ONCE)).all():
        hashes = [(sha256(data).hexdigest(), media_id) for media_id, data in rows]
        connection.exec_driver_sql("UPDATE thumbnail SET sha256 = ? WHERE media_id = ?", hashes)
        last = rows[-1][0]
