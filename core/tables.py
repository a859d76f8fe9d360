"""What a query finds, and what SQL asks, as pandas frames. Reads only; bytes of items stay where they are.

pandas is loaded with the first question, not with this module.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from core import search
from core.database import Database
from core.errors import InvalidInput
from core.library import ID_LIMIT
from core.search import Found, Query

if TYPE_CHECKING:
    import pandas as pd

ITEM: Final = "item"  # the name of an index of items
STEP: Final = 10_000  # items read at a time
OFTEN: Final = 20_000  # steps of SQLite's machine between two looks at whether somebody wants to stop
COLUMNS: Final = (
    "kind", "prompt", "model", "seed", "rating", "favourite", "tags", "width", "height", "duration", "bytes",
    "created_at", "run", "experiment", "provider", "cost", "note",
)  # fmt: skip
TYPES: Final = {
    "seed": "Int64", "run": "Int64", "rating": "int8", "favourite": "bool", "width": "int32", "height": "int32",
    "bytes": "int64", "duration": "float64", "cost": "float64", **dict.fromkeys(
        ("kind", "prompt", "model", "tags", "experiment", "provider", "note"), "str"
    ),
}  # fmt: skip
# What SQLite asks about before it carries a statement out: https://sqlite.org/c3ref/c_alter_table.html
ALLOWED: Final = (20, 21, 31, 33)  # reading a column, SELECT, a function, a recursive SELECT
PRAGMA: Final = 19
TOLD: Final = (
    "data_version",  # the full-text index looks at it
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "foreign_key_list",
    "database_list",
)
_ROWS: Final = """
SELECT m.id, m.kind, coalesce(nullif(g.prompt, ''), m.name, 'Uploaded'), g.model, g.seed, m.rating, m.favourite,
  (SELECT coalesce(group_concat(name, ', '), '') FROM (
    SELECT t.name FROM media_tag AS mt JOIN tag AS t ON t.id = mt.tag_id WHERE mt.media_id = m.id ORDER BY t.name)),
  coalesce(m.width, 0), coalesce(m.height, 0), m.duration, coalesce(m.bytes, 0), m.created_at, m.generation_id,
  coalesce(g.experiment, ''), g.provider,
  coalesce(g.cost, g.cost_estimate), m.note{more}
FROM json_each(?) AS asked JOIN media AS m ON m.id = asked.value LEFT JOIN generation AS g ON g.id = m.generation_id
ORDER BY asked.key
"""


def items(
    database: Database, query: Query, *, limit: int | None = None, parameters: Sequence[str] = ()
) -> "tuple[pd.DataFrame, Found]":
    """(one row for each item that a query finds, by its number; what there is to say of it).

    `parameters` names inputs of the models that get a column of their own. Bytes, pixels, seconds, US dollars, UTC.
    Raises `InvalidInput` for a parameter that hides another column.
    """
    import pandas as pd

    _require_free(parameters)
    found = search.found(database, query, limit=ID_LIMIT if limit is None else max(0, limit))
    parts = [_part(database, found.items[i : i + STEP], parameters) for i in range(0, len(found.items), STEP)]
    frame = pd.concat(parts) if parts else _frame([], parameters)
    return frame, found


def sql(database: Database, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> "pd.DataFrame":
    """What a statement that only reads answers. Raises `InvalidInput` with SQLite's words for any other or a wrong one.

    It sees one state of the file and can be interrupted by Ctrl-C.
    """
    import pandas as pd

    with _reading(database) as driver:
        try:
            cursor = driver.execute(statement, values)
            names = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchall()
        except (driver.Error, driver.Warning, TypeError, ValueError) as error:
            if "interrupted" in str(error):
                raise KeyboardInterrupt from None
            raise InvalidInput({"sql": _words(error)}) from None
    if not names:
        raise InvalidInput({"sql": "This is no question. Write one that begins with SELECT, WITH or VALUES."})
    return pd.DataFrame(rows, columns=_each_once(names))


@contextmanager
def _reading(database: Database) -> Iterator[Any]:
    """A driver's connection on which nothing but reading is allowed, whatever a statement says."""
    with database.read() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.set_authorizer(_allow)
        driver.set_progress_handler(lambda: 0, OFTEN)  # gives Python the turn in which Ctrl-C is heard
        try:
            yield driver
        finally:
            driver.set_progress_handler(None, 0)
            driver.set_authorizer(None)


def _allow(action: int, one: str | None, other: str | None, *_where: str | None) -> int:
    reads = action in ALLOWED or (action == PRAGMA and one in TOLD)
    return 0 if reads else 1


def _words(error: Exception) -> str:
    said = str(error)
    if "not authorized" in said or "prohibited" in said:
        return (
            "SQL only reads here, so nothing was changed. Rate, tag and trash through items, such as "
            "studio.media(1).rate(5), or on the Library page."
        )
    return f"SQLite does not understand this: {said.rstrip('.')}. Nothing was changed."


def _each_once(names: Sequence[str]) -> list[str]:
    """Column names as a frame needs them: a second `id` becomes `id_2`."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        told.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return told


def _require_free(parameters: Sequence[str]) -> None:
    wrong = [name for name in parameters if name in (ITEM, *COLUMNS) or '"' in name]
    if wrong:
        raise InvalidInput({"parameters": f"'{wrong[0]}' cannot be a column of its own: there is one of that name."})


def _part(database: Database, numbers: Sequence[int], parameters: Sequence[str]) -> "pd.DataFrame":
    more = ", json_extract(g.request, ?)" * len(parameters)
    paths = [f'$."{name}"' for name in parameters]
    with database.read() as connection:
        driver: Any = connection.connection.dbapi_connection
        rows = driver.execute(_ROWS.format(more=more), (*paths, json.dumps(numbers))).fetchall()
    return _frame(rows, parameters)


def _frame(rows: Sequence[Sequence[Any]], parameters: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd

    frame = pd.DataFrame(rows, columns=[ITEM, *COLUMNS, *parameters]).set_index(ITEM)
    frame["created_at"] = pd.to_datetime(frame["created_at"], utc=True, format="ISO8601").astype("datetime64[ms, UTC]")
    return frame.astype(TYPES)
