"""REDbot's notes on an address as JSON lines [level, text]: `python -m tests.redbot_process URL`."""

import json
import sys
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from typing import Any

import thor
from redbot.resource import HttpResource


def notes_on(url: str, seconds: float = 30) -> list[tuple[str, str]]:
    """(level, text) of every note; level "error" where a fetch failed. One call per process: thor has one loop."""
    config = ConfigParser()
    config.read_dict({"redbot": {"enable_local_access": "True"}})  # else 127.0.0.1 is refused
    resource = HttpResource(config["redbot"])
    resource.set_request(url)
    resource.on("check_done", thor.stop)
    overdue = thor.schedule(seconds, thor.stop)
    resource.check()
    if not resource.check_done:
        thor.run()
    overdue.delete()
    notes = [(note.level.value, str(note)) for note in _flat(resource.response.notes)]
    for check in (resource, *(check for check in resource.subreqs.values() if check.fetch_started)):
        if check.fetch_error or not check.check_done:
            notes.append(("error", f"{check.check_name}: {check.fetch_error or 'not finished in time'}"))
        if check is not resource:
            notes += [(note.level.value, f"[{check.check_name}] {note}") for note in _flat(check.response.notes)]
    return notes


def _flat(notes: Iterable[Any]) -> Iterator[Any]:
    for note in notes:
        yield note
        yield from _flat(note.subnotes)


if __name__ == "__main__":
    for found in notes_on(sys.argv[1]):
        print(json.dumps(found))
