"""Writes numbered rows into a studio file, one transaction each, and says of each whether it was saved or refused.

Run below `strace -e inject=...`, which lets a system call fail.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from core.database import open_database
from core.errors import StudioError
from core.migrations import migrate

ROWS = 30

if __name__ == "__main__":
    try:
        database = open_database(Path(sys.argv[1]))
        migrate(database, datetime.now(UTC))
    except StudioError as error:
        print("unopened", error.code, flush=True)
        sys.exit(0)
    for number in range(ROWS):
        try:
            with database.write() as connection:
                connection.exec_driver_sql("INSERT INTO meta VALUES (?, ?)", (f"row-{number}", "x" * 5_000))
            print("saved", number, flush=True)
        except StudioError as error:
            print("refused", number, error.code, flush=True)
        if number == ROWS // 2:
            database.seal()
    try:
        database.close()
    except StudioError as error:
        print("unclosed", error.code, flush=True)
