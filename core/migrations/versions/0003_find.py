"""Finding: marks, tags, saved views, and the two indexes over all that can be found, kept by triggers.

An `entry` is one thing to be found: an item that is ready, or a run that ended without any. Two indexes follow it:
`words`, the full text, and `facet`, one bit for each entry that has a property. `facet` holds the bits of SPAN entries
in a row, so that any combination of filters is a few ANDs; a number is held as one row for each of its binary digits.
The flags of an entry say which parts of it are indexed: whatever is about to change is taken out by the values that
are still there, and put in again afterwards.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

COLUMNS = """
ALTER TABLE generation ADD COLUMN experiment TEXT;
ALTER TABLE media ADD COLUMN favourite BOOLEAN DEFAULT 0 NOT NULL;
ALTER TABLE media ADD COLUMN rating INTEGER DEFAULT 0 NOT NULL
  CONSTRAINT ck_media_rating CHECK (rating BETWEEN 0 AND 5);
ALTER TABLE media ADD COLUMN note TEXT DEFAULT '' NOT NULL;
ALTER TABLE media ADD COLUMN trashed_at VARCHAR(24);
CREATE INDEX ix_media_trashed_at ON media (trashed_at) WHERE trashed_at IS NOT NULL;
CREATE TABLE tag (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  CONSTRAINT uq_tag_name UNIQUE (name)
);
CREATE TABLE media_tag (
  media_id INTEGER NOT NULL,
  tag_id INTEGER NOT NULL,
  CONSTRAINT pk_media_tag PRIMARY KEY (media_id, tag_id),
  CONSTRAINT fk_media_tag_media_id FOREIGN KEY(media_id) REFERENCES media (id) ON DELETE CASCADE,
  CONSTRAINT fk_media_tag_tag_id FOREIGN KEY(tag_id) REFERENCES tag (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX ix_media_tag_tag_id ON media_tag (tag_id);
CREATE TABLE saved_view (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  CONSTRAINT uq_saved_view_name UNIQUE (name)
);
CREATE TABLE entry (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  media_id INTEGER,
  generation_id INTEGER,
  words BOOLEAN DEFAULT 0 NOT NULL,
  traits BOOLEAN DEFAULT 0 NOT NULL,
  marks BOOLEAN DEFAULT 0 NOT NULL,
  tags BOOLEAN DEFAULT 0 NOT NULL,
  CONSTRAINT uq_entry_media_id UNIQUE (media_id),
  CONSTRAINT fk_entry_media_id FOREIGN KEY(media_id) REFERENCES media (id) ON DELETE CASCADE,
  CONSTRAINT fk_entry_generation_id FOREIGN KEY(generation_id) REFERENCES generation (id) ON DELETE CASCADE
);
CREATE INDEX ix_entry_generation_id ON entry (generation_id);
CREATE TABLE facet (
  name TEXT NOT NULL,
  segment INTEGER NOT NULL,
  bits BLOB NOT NULL,
  CONSTRAINT pk_facet PRIMARY KEY (name, segment)
) WITHOUT ROWID;
CREATE TABLE facet_total (
  name TEXT NOT NULL,
  number INTEGER NOT NULL,
  CONSTRAINT pk_facet_total PRIMARY KEY (name)
) WITHOUT ROWID
"""

# A run keeps the number of an item that it used even when that item is deleted for ever, so that its recipe and lineage
# can say so; see 0002 for why the schema is edited in place.
NO_LONGER_BOUND = ",\n  CONSTRAINT fk_generation_input_media_id FOREIGN KEY(media_id) REFERENCES media (id)"

SOURCE = "FROM entry AS e LEFT JOIN media AS m ON m.id = e.media_id LEFT JOIN generation AS g ON g.id = e.generation_id"
PLACE = "iif(m.trashed_at IS NULL, '', 'trash/')"  # what is in the trash has its facets apart

WORDS = f"""
CREATE VIEW entry_words AS SELECT e.id, coalesce(nullif(g.prompt, ''), m.name, '') AS prompt,
  coalesce((SELECT group_concat(name, ', ') FROM (
    SELECT tag.name FROM media_tag JOIN tag ON tag.id = media_tag.tag_id
    WHERE media_tag.media_id = e.media_id ORDER BY tag.id)), '') AS tags,
  coalesce(m.note, '') AS note, coalesce(g.model, '') AS model, coalesce(g.error, '') AS error,
  coalesce(g.text || char(10), '') || coalesce(g.logs, '') AS logs
{SOURCE};
CREATE VIRTUAL TABLE words USING fts5(prompt, tags, note, model, error, logs, content='entry_words', content_rowid='id',
  prefix='2 3 4', tokenize='porter unicode61 remove_diacritics 2')
"""

NUMBERS = (  # name, binary digits, value
    ("bytes", 40, "m.bytes"),
    ("duration", 32, "CAST(round(m.duration * 1000) AS INTEGER)"),  # milliseconds
    (
        "day",  # since 1970-01-01, in UTC
        16,
        "CAST(julianday(substr(coalesce(m.created_at, g.finished_at, g.created_at), 1, 10)) - 2440587.5 AS INTEGER)",
    ),
)
RATING = ("rating", 3, "m.rating")
TRAITS = (  # facet, where it holds
    ("'media'", "e.media_id IS NOT NULL"),
    ("'run'", "e.media_id IS NULL"),
    ("'upload'", "e.generation_id IS NULL"),
    ("'kind:' || coalesce(m.kind, g.kind)", "true"),
    ("'provider:' || g.provider", "g.id IS NOT NULL"),
    ("'model:' || g.model", "g.id IS NOT NULL"),
    ("'status:' || g.status", "g.id IS NOT NULL"),
    ("'experiment:' || g.experiment", "g.experiment IS NOT NULL"),
    ("'has:input'", "EXISTS (SELECT 1 FROM generation_input AS i WHERE i.generation_id = e.generation_id)"),
    ("'has:audio'", "m.has_audio OR m.kind = 'audio'"),
    (
        "'aspect:' || CASE WHEN m.width * 100 > m.height * 105 THEN 'landscape'"
        " WHEN m.height * 100 > m.width * 105 THEN 'portrait' ELSE 'square' END",
        "m.kind IN ('image', 'video') AND m.width > 0 AND m.height > 0",
    ),
)

# A run is shown by itself when it ended without an item to show it by: in failure, or with words as its answer.
BARE = """
CREATE VIEW bare_run AS SELECT g.id FROM generation AS g
WHERE (g.status IN ('failed', 'canceled') OR (g.status = 'succeeded' AND g.text IS NOT NULL))
  AND NOT EXISTS (SELECT 1 FROM entry AS e WHERE e.generation_id = g.id AND e.media_id IS NOT NULL)
"""

SPAN = 16384  # entries in a segment
SEGMENT, BYTE, BIT = f"{{row}}.id / {SPAN}", f"({{row}}.id % {SPAN} >> 3)", "(1 << ({row}.id & 7))"
BYTES = f"x'{bytes(range(256)).hex()}'"  # a byte's value is its place in this; SQL has no other way to it


def _one_byte(bits: str, row: str, change: str) -> str:
    """SQL for `bits` with the byte of the entry `row` put through `change`."""
    byte, bit = BYTE.format(row=row), BIT.format(row=row)
    value = f"(instr({BYTES}, substr({bits}, {byte} + 1, 1)) - 1)"
    changed = f"substr({BYTES}, ({change.format(value=value, bit=bit)}) + 1, 1)"
    return f"CAST(substr({bits}, 1, {byte}) || {changed} || substr({bits}, {byte} + 2) AS BLOB)"


def _facets_in(view: str) -> str:
    row, names = "new", f"FROM {view} WHERE id = new.id"
    fresh, added = (_one_byte(bits, row, "{value} | {bit}") for bits in (f"zeroblob({SPAN // 8})", "bits"))
    return f"""
      INSERT INTO facet (name, segment, bits) SELECT name, {SEGMENT.format(row=row)}, {fresh} {names}
        ON CONFLICT (name, segment) DO UPDATE SET bits = {added};
      INSERT INTO facet_total (name, number) SELECT name, 1 {names}
        ON CONFLICT (name) DO UPDATE SET number = number + 1;"""


def _facets_out(view: str) -> str:
    segment, names = SEGMENT.format(row="old"), f"name IN (SELECT name FROM {view} WHERE id = old.id)"
    return f"""
      UPDATE facet SET bits = {_one_byte("bits", "old", "{value} & ~{bit}")} WHERE segment = {segment} AND {names};
      DELETE FROM facet WHERE segment = {segment} AND {names} AND bits = zeroblob({SPAN // 8});
      UPDATE facet_total SET number = number - 1 WHERE {names};
      DELETE FROM facet_total WHERE {names} AND number = 0;"""


COLUMNS_OF_WORDS = "prompt, tags, note, model, error, logs"
WORDS_IN = f"""
      INSERT INTO words (rowid, {COLUMNS_OF_WORDS}) SELECT id, {COLUMNS_OF_WORDS} FROM entry_words WHERE id = new.id;"""
WORDS_OUT = f"""
      INSERT INTO words (words, rowid, {COLUMNS_OF_WORDS})
        SELECT 'delete', id, {COLUMNS_OF_WORDS} FROM entry_words WHERE id = old.id;"""
PARTS = {"words": (WORDS_IN, WORDS_OUT)} | {
    part: (_facets_in(f"entry_{part}"), _facets_out(f"entry_{part}")) for part in ("traits", "marks", "tags")
}


def _facet(name: str, condition: str) -> str:
    return f"SELECT e.id, {PLACE} || {name} AS name {SOURCE} WHERE {condition}"


def _digits(name: str, digits: int, value: str) -> str:
    """One facet for each binary digit of the value that is 1."""
    numbers = ", ".join(f"({digit})" for digit in range(digits))
    source = f"{SOURCE} JOIN (VALUES {numbers}) AS digit ON ({value} >> digit.column1) & 1"
    return f"SELECT e.id, {PLACE} || '{name}.' || digit.column1 AS name {source}"


def _views() -> list[str]:
    """What facets an entry has, by part."""
    tags = (
        f"SELECT e.id, {PLACE} || 'tag:' || tag.name AS name FROM entry AS e JOIN media AS m ON m.id = e.media_id "
        "JOIN media_tag ON media_tag.media_id = m.id JOIN tag ON tag.id = media_tag.tag_id"
    )
    parts = {
        "traits": [*(_facet(*trait) for trait in TRAITS), *(_digits(*number) for number in NUMBERS)],
        "marks": [_facet("'favourite'", "m.favourite"), _digits(*RATING)],
        "tags": [tags],
    }
    return [f"CREATE VIEW entry_{part} AS {' UNION ALL '.join(selects)}" for part, selects in parts.items()]


def _indexing() -> list[str]:
    """The triggers that follow an entry's flags."""
    made = [
        "CREATE TRIGGER entry_inserted AFTER INSERT ON entry BEGIN"
        " DELETE FROM entry WHERE new.media_id IS NOT NULL AND generation_id = new.generation_id AND media_id IS NULL;"
        " UPDATE entry SET words = 1, traits = 1, marks = 1, tags = 1 WHERE id = new.id; END",
        "CREATE TRIGGER entry_deleted AFTER DELETE ON entry WHEN old.media_id IS NOT NULL BEGIN"
        " INSERT INTO entry (generation_id) SELECT id FROM bare_run WHERE id = old.generation_id; END",
    ]
    for part, (put_in, take_out) in PARTS.items():
        for name, event, action in (
            ("in", f"AFTER UPDATE OF {part} ON entry WHEN new.{part} > old.{part}", put_in),
            ("out", f"AFTER UPDATE OF {part} ON entry WHEN new.{part} < old.{part}", take_out),
            ("gone", f"BEFORE DELETE ON entry WHEN old.{part}", take_out),
        ):
            made.append(f"CREATE TRIGGER entry_{part}_{name} {event} BEGIN {action} END")
    return made


WATCHED = (  # what changes, which entries that concerns, which parts of them
    ("media", "favourite, rating", "media_id = {row}.id", "marks"),
    ("media", "name, note", "media_id = {row}.id", "words"),
    ("media", "kind, bytes, width, height, duration, has_audio, created_at", "media_id = {row}.id", "traits"),
    ("media", "trashed_at", "media_id = {row}.id", "traits marks tags"),
    ("generation", "prompt, error, logs, text", "generation_id = {row}.id", "words"),
    ("generation", "kind, provider, status, experiment, created_at, finished_at", "generation_id = {row}.id", "traits"),
    ("generation", "model", "generation_id = {row}.id", "words traits"),
    ("tag", "name", "media_id IN (SELECT media_id FROM media_tag WHERE tag_id = {row}.id)", "words tags"),
)
LINKED = (  # rows whose coming and going changes an entry
    ("media_tag", "media_id = {row}.media_id", "words tags"),
    ("generation_input", "generation_id = {row}.generation_id", "traits"),
)


def _flags(row: str, entries: str, parts: str, on: int) -> str:
    flags = ", ".join(f"{part} = {on}" for part in parts.split())
    return f"BEGIN UPDATE entry SET {flags} WHERE {entries.format(row=row)}; END"


def _watching() -> list[str]:
    """The triggers on the tables that entries are made of."""
    made = []
    for table, columns, entries, parts in WATCHED:
        name = f"{table}_{columns.split(',')[0]}"
        changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in columns.split(", "))
        for when, row, on in (("BEFORE", "old", 0), ("AFTER", "new", 1)):
            event = f"{when} UPDATE OF {columns} ON {table} WHEN {changed}"
            made.append(f"CREATE TRIGGER {name}_{when.lower()} {event} {_flags(row, entries, parts, on)}")
    for table, entries, parts in LINKED:
        for event, row in (("INSERT", "new"), ("DELETE", "old")):
            for when, on in (("BEFORE", 0), ("AFTER", 1)):
                name = f"{table}_{event.lower()}_{when.lower()}"
                made.append(f"CREATE TRIGGER {name} {when} {event} ON {table} {_flags(row, entries, parts, on)}")
    return made


SHOW = "INSERT INTO entry (media_id, generation_id) VALUES (new.id, new.generation_id);"
RUNS = """
    DELETE FROM entry WHERE generation_id = new.id AND media_id IS NULL
      AND generation_id NOT IN (SELECT id FROM bare_run WHERE id = new.id);
    INSERT INTO entry (generation_id) SELECT id FROM bare_run WHERE id = new.id
      AND NOT EXISTS (SELECT 1 FROM entry WHERE generation_id = new.id);"""
COMING_AND_GOING = (
    f"CREATE TRIGGER media_shown AFTER INSERT ON media WHEN new.state = 'ready' BEGIN {SHOW} END",
    "CREATE TRIGGER media_ready AFTER UPDATE OF state ON media WHEN new.state = 'ready' AND old.state IS NOT 'ready'"
    f" BEGIN {SHOW} END",
    "CREATE TRIGGER media_hidden BEFORE UPDATE OF state ON media WHEN new.state IS NOT 'ready'"
    " BEGIN DELETE FROM entry WHERE media_id = old.id; END",
    "CREATE TRIGGER media_gone BEFORE DELETE ON media BEGIN DELETE FROM entry WHERE media_id = old.id; END",
    f"CREATE TRIGGER run_inserted AFTER INSERT ON generation BEGIN {RUNS} END",
    f"CREATE TRIGGER run_ended AFTER UPDATE OF status, text ON generation BEGIN {RUNS} END",
    "CREATE TRIGGER run_gone BEFORE DELETE ON generation BEGIN DELETE FROM entry WHERE generation_id = old.id; END",
)
FILL = """
INSERT INTO entry (media_id, generation_id) SELECT media_id, generation_id FROM (
  SELECT id AS media_id, generation_id, created_at AS moment FROM media WHERE state = 'ready'
  UNION ALL SELECT NULL, g.id, coalesce(finished_at, created_at) FROM generation AS g JOIN bare_run USING (id)
    WHERE NOT EXISTS (SELECT 1 FROM media WHERE generation_id = g.id AND state = 'ready')
) ORDER BY moment, media_id
"""


def upgrade() -> None:
    """Apply this version."""
    connection = op.get_bind()
    _unbind_inputs()
    tables, triggers = [*COLUMNS.split(";"), BARE, *WORDS.split(";"), *_views()], [*_indexing(), *_watching()]
    for statement in [*tables, *triggers, *COMING_AND_GOING, FILL]:
        connection.exec_driver_sql(statement)


def _unbind_inputs() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    change = "UPDATE sqlite_master SET sql = replace(sql, ?, '') WHERE type = 'table' AND name = 'generation_input'"
    connection.exec_driver_sql(change, (NO_LONGER_BOUND,))
    number = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA schema_version = {number + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
