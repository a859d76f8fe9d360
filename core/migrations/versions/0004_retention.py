"""Retention: rules, what they must not touch, items without their bytes, and a log of every deletion.

A transaction that deletes says in `deleting` whose hand it is. Triggers keep what is protected from every hand but a
person's, let rules trash or thin and the emptying of the trash delete what lies in it, and write the log: nothing goes
without a line, not even what another program deletes.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE retention_policy (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  strength TEXT NOT NULL,
  older_than INTEGER,
  kind TEXT,
  tag TEXT,
  rating_below INTEGER,
  unrated BOOLEAN DEFAULT 0 NOT NULL,
  failed BOOLEAN DEFAULT 0 NOT NULL,
  total_bytes INTEGER,
  per_model INTEGER,
  armed_at VARCHAR(24),
  ran_at VARCHAR(24),
  held TEXT,
  CONSTRAINT ck_retention_policy_strength CHECK (strength IN ('trash', 'thin')),
  CONSTRAINT uq_retention_policy_name UNIQUE (name)
);
CREATE TABLE protection (
  kind TEXT NOT NULL,
  value TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_protection PRIMARY KEY (kind, value),
  CONSTRAINT ck_protection_kind CHECK (kind IN ('rating', 'tag', 'input', 'newest'))
) WITHOUT ROWID;
INSERT INTO protection (kind, value) VALUES ('rating', '4'), ('input', ''), ('tag', 'keep'), ('newest', '50');
CREATE TABLE deleting (
  id INTEGER NOT NULL,
  hand TEXT NOT NULL,
  at VARCHAR(24) NOT NULL,
  run TEXT NOT NULL,
  policy_id INTEGER,
  rule TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_deleting PRIMARY KEY (id),
  CONSTRAINT ck_deleting_one CHECK (id = 1),
  CONSTRAINT ck_deleting_hand CHECK (hand IN ('person', 'rule', 'trash'))
);
CREATE TABLE deletion_log (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at VARCHAR(24) NOT NULL,
  hand TEXT NOT NULL,
  act TEXT NOT NULL,
  run TEXT NOT NULL,
  policy_id INTEGER,
  rule TEXT NOT NULL,
  media_id INTEGER NOT NULL,
  generation_id INTEGER,
  kind TEXT NOT NULL,
  sha256 TEXT,
  bytes INTEGER NOT NULL,
  CONSTRAINT ck_deletion_log_act CHECK (act IN ('trash', 'thin', 'delete'))
);
CREATE INDEX ix_deletion_log_at ON deletion_log (at);
CREATE INDEX ix_deletion_log_media_id ON deletion_log (media_id)
"""

PROTECTED = """
CREATE VIEW protected AS
SELECT id AS media_id, 'favourite' AS kind, '' AS value FROM media WHERE favourite
UNION ALL SELECT media.id, 'rating', p.value FROM media JOIN protection AS p
  ON p.kind = 'rating' AND media.rating >= CAST(p.value AS INTEGER)
UNION ALL SELECT media_tag.media_id, 'tag', p.value FROM media_tag JOIN tag ON tag.id = media_tag.tag_id
  JOIN protection AS p ON p.kind = 'tag' AND p.value = tag.name
UNION ALL SELECT DISTINCT i.media_id, 'input', '' FROM generation_input AS i JOIN protection AS p ON p.kind = 'input'
UNION ALL SELECT media_id, 'newest', value FROM (
  SELECT e.media_id, p.value FROM entry AS e JOIN media AS m ON m.id = e.media_id
    JOIN protection AS p ON p.kind = 'newest'
  WHERE m.trashed_at IS NULL ORDER BY e.id DESC
  LIMIT (SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM protection WHERE kind = 'newest'))
"""

AUTOMATIC = "EXISTS (SELECT 1 FROM deleting WHERE hand <> 'person')"
HELD = "EXISTS (SELECT 1 FROM protected WHERE media_id = old.id)"
REFUSE = "BEGIN SELECT RAISE(ABORT, 'protected from automatic deletion'); END"
TRASHED = "new.trashed_at IS NOT NULL AND old.trashed_at IS NULL"
KEEPING = (
    f"CREATE TRIGGER kept_from_trash BEFORE UPDATE OF trashed_at ON media WHEN {TRASHED} AND {AUTOMATIC} AND {HELD}"
    f" {REFUSE}",
    f"CREATE TRIGGER kept_whole BEFORE UPDATE OF state ON media WHEN new.state IS NOT old.state AND {AUTOMATIC}"
    f" AND (new.state <> 'thinned' OR old.state <> 'ready' OR {HELD}) {REFUSE}",
    f"CREATE TRIGGER kept_for_ever BEFORE DELETE ON media WHEN {AUTOMATIC} AND (old.trashed_at IS NULL"
    f" OR NOT EXISTS (SELECT 1 FROM deleting WHERE hand = 'trash') OR {HELD}) {REFUSE}",
    f"CREATE TRIGGER kept_bytes BEFORE DELETE ON media_chunk WHEN {AUTOMATIC}"
    f" AND (SELECT state FROM media WHERE id = old.media_id) <> 'thinned' {REFUSE}",
)

COLUMNS = "at, hand, act, run, policy_id, rule, media_id, generation_id, kind, sha256, bytes"
LOG = f"""
  INSERT INTO deletion_log ({COLUMNS})
  SELECT coalesce(d.at, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), coalesce(d.hand, 'unknown'), '{{act}}',
    coalesce(d.run, ''), d.policy_id, coalesce(d.rule, ''), old.id, old.generation_id, old.kind, old.sha256,
    iif(old.state = 'thinned', 0, coalesce(old.bytes, 0))
  FROM (SELECT 1) LEFT JOIN deleting AS d;"""
LOGGING = (
    f"CREATE TRIGGER trashing_logged AFTER UPDATE OF trashed_at ON media WHEN {TRASHED} AND {AUTOMATIC}"
    f" BEGIN {LOG.format(act='trash')} END",
    "CREATE TRIGGER thinning_logged AFTER UPDATE OF state ON media"
    f" WHEN new.state = 'thinned' AND old.state IS NOT 'thinned' BEGIN {LOG.format(act='thin')} END",
    "CREATE TRIGGER deletion_logged BEFORE DELETE ON media WHEN old.state IS NOT 'incoming'"
    f" BEGIN {LOG.format(act='delete')} END",
)

CONDITIONS = "name, strength, older_than, kind, tag, rating_below, unrated, failed, total_bytes, per_model"
DISARM = "UPDATE retention_policy SET armed_at = NULL WHERE armed_at IS NOT NULL"
DISARMING = (
    f"CREATE TRIGGER changed_rule_disarmed AFTER UPDATE OF {CONDITIONS} ON retention_policy"
    f" BEGIN {DISARM} AND id = new.id; END",
    f"CREATE TRIGGER loosened_disarms AFTER DELETE ON protection BEGIN {DISARM}; END",
    f"CREATE TRIGGER changed_protection_disarms AFTER UPDATE ON protection BEGIN {DISARM}; END",
    "CREATE TRIGGER lost_tag_disarms AFTER DELETE ON tag"  # a tag that is renamed protects no longer
    f" WHEN EXISTS (SELECT 1 FROM protection WHERE kind = 'tag' AND value = old.name) BEGIN {DISARM}; END",
)

FORMER_STATES, STATES = "'incoming', 'ready', 'damaged', 'lost'", "'incoming', 'ready', 'thinned', 'damaged', 'lost'"
SHOW = "INSERT INTO entry (media_id, generation_id) VALUES (new.id, new.generation_id);"
SHOWN = "IN ('ready', 'thinned')"
FINDING = (  # as in 0003, with items that are thinned
    f"CREATE TRIGGER media_shown AFTER INSERT ON media WHEN new.state {SHOWN} BEGIN {SHOW} END",
    f"CREATE TRIGGER media_ready AFTER UPDATE OF state ON media WHEN new.state {SHOWN} AND old.state NOT {SHOWN}"
    f" BEGIN {SHOW} END",
    f"CREATE TRIGGER media_hidden BEFORE UPDATE OF state ON media WHEN new.state NOT {SHOWN}"
    " BEGIN DELETE FROM entry WHERE media_id = old.id; END",
)


def upgrade() -> None:
    """Apply this version."""
    connection = op.get_bind()
    _widen_states()
    for name in ("media_shown", "media_ready", "media_hidden"):
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    for statement in [*TABLES.split(";"), PROTECTED, *KEEPING, *LOGGING, *DISARMING, *FINDING]:
        connection.exec_driver_sql(statement)


def _widen_states() -> None:
    """See 0002 for why the schema is edited in place."""
    connection = op.get_bind()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    change = "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'media'"
    connection.exec_driver_sql(change, (FORMER_STATES, STATES))
    number = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA schema_version = {number + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
