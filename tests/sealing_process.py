"""Writes and seals a file without end, to be killed: `python -m tests.sealing_process DATABASE`. Says `ready`."""

import sys
from pathlib import Path

from sqlalchemy import text

from core.database import open_database

if __name__ == "__main__":
    database = open_database(Path(sys.argv[1]))
    print("ready", flush=True)
    turn = 0
    while True:
        turn += 1
        with database.write() as connection:
            connection.execute(text("INSERT OR REPLACE INTO meta VALUES ('turn', :turn)"), {"turn": str(turn)})
        database.seal()
