"""Empties the trash, to be killed: `python -m tests.emptying_process DATABASE all|singly`. Says `ready` first."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from core import search, trash
from core.database import open_database
from core.search import Query

if __name__ == "__main__":
    database = open_database(Path(sys.argv[1]))
    items = search.items(database, Query(trash=True), limit=10_000)
    print("ready", flush=True)
    if sys.argv[2] == "all":
        trash.empty(database, datetime.now(UTC))
    else:
        for media_id in items:
            trash.delete_for_ever(database, [media_id], datetime.now(UTC))
