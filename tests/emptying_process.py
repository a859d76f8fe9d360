"""Deletes, to be killed: `python -m tests.emptying_process DATABASE all|singly|trash|thin`. Says `ready` first."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from core import retention, search, trash
from core.database import open_database
from core.retention import Rule
from core.search import Query

if __name__ == "__main__":
    database, how, now = open_database(Path(sys.argv[1])), sys.argv[2], datetime.now(UTC)
    items = search.items(database, Query(trash=True), limit=10_000)
    plan = None
    if how in ("trash", "thin"):
        plan = retention.plan(database, Rule("old", how, tag="sea"), now)
    print("ready", flush=True)
    if plan is not None:
        for _ in retention.run(database, plan, now, daily=True):
            pass
    elif how == "all":
        trash.empty(database, now)
    else:
        for media_id in items:
            trash.delete_for_ever(database, [media_id], datetime.now(UTC))
