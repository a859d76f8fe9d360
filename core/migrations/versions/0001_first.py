"""Runs, their media in chunks, thumbnails, inputs and jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE generation (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  batch TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  version TEXT NOT NULL,
  kind TEXT NOT NULL,
  prompt TEXT NOT NULL,
  seed INTEGER,
  width INTEGER,
  height INTEGER,
  request JSON NOT NULL,
  response JSON,
  status TEXT NOT NULL,
  progress FLOAT,
  logs TEXT DEFAULT '' NOT NULL,
  metrics JSON,
  error_code TEXT,
  error TEXT,
  created_at VARCHAR(24) NOT NULL,
  started_at VARCHAR(24),
  finished_at VARCHAR(24),
  CONSTRAINT ck_generation_status CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'canceled')),
  CONSTRAINT ck_generation_kind CHECK (kind IN ('image', 'video'))
);
CREATE INDEX ix_generation_batch ON generation (batch);
CREATE INDEX ix_generation_status ON generation (status);
CREATE TABLE job (
  generation_id INTEGER NOT NULL,
  handle TEXT,
  fence INTEGER DEFAULT 0 NOT NULL,
  owner TEXT,
  lease_until VARCHAR(24),
  due_at VARCHAR(24) NOT NULL,
  attempts INTEGER DEFAULT 0 NOT NULL,
  cancel_requested BOOLEAN DEFAULT 0 NOT NULL,
  finished_at VARCHAR(24),
  CONSTRAINT pk_job PRIMARY KEY (generation_id),
  CONSTRAINT fk_job_generation_id FOREIGN KEY(generation_id) REFERENCES generation (id) ON DELETE CASCADE
);
CREATE INDEX ix_job_open ON job (due_at) WHERE finished_at IS NULL;
CREATE TABLE media (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  generation_id INTEGER,
  position INTEGER DEFAULT 0 NOT NULL,
  kind TEXT NOT NULL,
  mime TEXT NOT NULL,
  name TEXT,
  bytes INTEGER,
  sha256 TEXT,
  width INTEGER,
  height INTEGER,
  duration FLOAT,
  fps FLOAT,
  has_audio BOOLEAN,
  original_url TEXT,
  state TEXT NOT NULL,
  created_at VARCHAR(24) NOT NULL,
  CONSTRAINT uq_media_position UNIQUE (generation_id, position),
  CONSTRAINT ck_media_state CHECK (state IN ('incoming', 'ready', 'damaged', 'lost')),
  CONSTRAINT ck_media_kind CHECK (kind IN ('image', 'video')),
  CONSTRAINT fk_media_generation_id FOREIGN KEY(generation_id) REFERENCES generation (id)
);
CREATE INDEX ix_media_sha256 ON media (sha256);
CREATE INDEX ix_media_state_id ON media (state, id);
CREATE INDEX ix_media_state_kind_id ON media (state, kind, id);
CREATE TABLE generation_input (
  generation_id INTEGER NOT NULL,
  role TEXT NOT NULL,
  position INTEGER DEFAULT 0 NOT NULL,
  media_id INTEGER NOT NULL,
  CONSTRAINT pk_generation_input PRIMARY KEY (generation_id, role, position),
  CONSTRAINT fk_generation_input_generation_id FOREIGN KEY(generation_id) REFERENCES generation (id) ON DELETE CASCADE,
  CONSTRAINT fk_generation_input_media_id FOREIGN KEY(media_id) REFERENCES media (id)
);
CREATE INDEX ix_generation_input_media_id ON generation_input (media_id);
CREATE TABLE media_chunk (
  media_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  data BLOB NOT NULL,
  CONSTRAINT pk_media_chunk PRIMARY KEY (media_id, position),
  CONSTRAINT fk_media_chunk_media_id FOREIGN KEY(media_id) REFERENCES media (id) ON DELETE CASCADE
);
CREATE TABLE thumbnail (
  media_id INTEGER NOT NULL,
  mime TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  data BLOB NOT NULL,
  CONSTRAINT pk_thumbnail PRIMARY KEY (media_id),
  CONSTRAINT fk_thumbnail_media_id FOREIGN KEY(media_id) REFERENCES media (id) ON DELETE CASCADE
)
"""

# The earlier system's names, so that any SQLite tool shows the pictures. The subquery keeps the order: ORDER BY inside
# group_concat would make the whole file unreadable to tools older than SQLite 3.44, and unhex() to those before 3.41.
VIEW = """
CREATE VIEW generated_{kind}s AS
SELECT media.id, generation.prompt, '/api/{kind}s/' || media.id || '/data' AS {kind}_url,
  generation.model AS model_id, generation.request AS parameters, generation.status,
  generation.batch AS collection, generation.metrics AS metadata, media.created_at,
  (SELECT CAST(group_concat(data, '') AS BLOB)
   FROM (SELECT data FROM media_chunk WHERE media_id = media.id ORDER BY position)) AS {kind}_data
FROM media LEFT JOIN generation ON generation.id = media.generation_id
WHERE media.kind = '{kind}' AND media.state = 'ready'
"""


def upgrade() -> None:
    """Apply this version."""
    for statement in TABLES.split(";"):
        op.execute(sa.text(statement.replace(":", "\\:")))
    for kind in ("image", "video"):
        op.execute(sa.text(VIEW.format(kind=kind)))
