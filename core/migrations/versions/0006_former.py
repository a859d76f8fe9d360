"""What the earlier system knew of a row: its number of old, by which its address still answers, and its own words.

The views with the earlier system's names answer as it did: its status words, its dates, its parameters to the letter,
and rows whose picture is lost or damaged.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLE = """
CREATE TABLE former (
  generation_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  number INTEGER,
  media_id INTEGER,
  url TEXT,
  parameters TEXT,
  metadata TEXT,
  status TEXT,
  created_at TEXT,
  rest JSON,
  CONSTRAINT pk_former PRIMARY KEY (generation_id),
  CONSTRAINT ck_former_kind CHECK (kind IN ('image', 'video')),
  CONSTRAINT fk_former_generation_id FOREIGN KEY(generation_id) REFERENCES generation (id) ON DELETE CASCADE,
  CONSTRAINT fk_former_media_id FOREIGN KEY(media_id) REFERENCES media (id) ON DELETE CASCADE
);
CREATE INDEX ix_former_kind_number ON former (kind, number);
CREATE INDEX ix_former_media_id ON former (media_id)
"""

# Dates in the form of CURRENT_TIMESTAMP. The subquery keeps the order of the chunks, see 0001.
VIEW = """
CREATE VIEW generated_{kind}s AS
SELECT media.id, coalesce(generation.prompt, media.name, '') AS prompt,
  CASE media.state WHEN 'ready' THEN '/api/{kind}s/' || media.id || '/data'
    ELSE coalesce(nullif(former.url, ''), media.original_url, '') END AS {kind}_url,
  coalesce(generation.model, '') AS model_id,
  coalesce(former.parameters, generation.request, '{{}}') AS parameters,
  CASE coalesce(generation.status, 'succeeded') WHEN 'succeeded' THEN 'completed' WHEN 'failed' THEN 'failed'
    WHEN 'canceled' THEN 'canceled' ELSE 'processing' END AS status,
  generation.experiment AS collection, coalesce(former.metadata, generation.metrics) AS metadata,
  strftime('%Y-%m-%d %H:%M:%S', media.created_at) AS created_at,
  (SELECT CAST(group_concat(data, '') AS BLOB)
   FROM (SELECT data FROM media_chunk WHERE media_id = media.id ORDER BY position)) AS {kind}_data
FROM media LEFT JOIN generation ON generation.id = media.generation_id
  LEFT JOIN former ON former.media_id = media.id
WHERE media.kind = '{kind}' AND media.state <> 'incoming'
"""


def upgrade() -> None:
    """Apply this version."""
    connection = op.get_bind()
    for statement in TABLE.split(";"):
        connection.exec_driver_sql(statement)
    for kind in ("image", "video"):
        connection.exec_driver_sql(f"DROP VIEW generated_{kind}s")
        connection.exec_driver_sql(VIEW.format(kind=kind))
