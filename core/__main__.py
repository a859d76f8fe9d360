"""The terminal's way to backups, exports and imports: `python -m core backup|verify|restore|export|import`, for the
file that STUDIO_DATABASE names."""

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core import backup, exporting, room, verification
from core.database import Database, open_database
from core.errors import StorageError, StudioError
from core.exporting import Selection
from core.importing import FATES, Intake, Report, words
from core.marks import several
from core.media import Inspector
from core.migrations import migrate
from core.preflight import preflight
from core.progress import Progress
from core.scratch import Scratch
from core.search import Query
from core.settings import Settings, from_environment

TICK: Final = 0.5  # seconds between two looks at how far it is


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; returns 0, 1 for what was refused or found damaged, 130 when it was interrupted."""
    asked = _parser().parse_args(arguments)
    try:
        settings = from_environment(os.environ)
        command: Callable[[Settings, argparse.Namespace], int] = asked.command
        return command(settings, asked)
    except StudioError as error:
        print(error.sentence, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Nothing was lost.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("backup", help="make a checked backup, also while the studio runs")
    one.add_argument("folder", nargs="?", type=Path, help="where to; the folder of the settings otherwise")
    one.set_defaults(command=_back_up)
    one = commands.add_parser("verify", help="hash everything again: the studio's file, or a backup")
    one.add_argument("file", nargs="?", type=Path, help="a backup; the studio's own file otherwise")
    one.set_defaults(command=_verify)
    one = commands.add_parser("restore", help="put a backup in place of the studio's file, while the studio is stopped")
    one.add_argument("file", type=Path, help="the backup")
    one.add_argument("--accept-damage", action="store_true", help="also one in which some items are damaged")
    one.set_defaults(command=_restore)
    one = commands.add_parser(
        "export", help="write items to a ZIP or a smaller studio file, also while the studio runs"
    )
    one.add_argument("target", type=Path, help="the file to write")
    one.add_argument(
        "--query", default="", metavar="WORDS", help="as in the Library's search box; everything otherwise"
    )
    one.add_argument("--studio", action="store_true", help="a studio file with just those items, in place of a ZIP")
    one.add_argument("--replace", action="store_true", help="also where there is a file of that name")
    one.set_defaults(command=_export)
    one = commands.add_parser("import", help="bring in files, folders, ZIPs, exports or other studios' files")
    one.add_argument("source", nargs="+", type=Path, help="where they lie; they are not changed")
    one.add_argument("--report", type=Path, help="a CSV file to write what became of each")
    one.set_defaults(command=_import)
    return parser


def _back_up(settings: Settings, asked: argparse.Namespace) -> int:
    with _open(settings) as database, _told() as progress:
        folder = asked.folder.absolute() if asked.folder else None
        made = backup.make(database, datetime.now(UTC), progress, folder=folder)
    print(f"{made.path}\n{several(made.items or 0)}, {made.bytes:,} bytes, SHA-256 {made.sha256}")
    if made.damaged:
        print(f"{several(made.damaged)} in it are damaged, as they are in the studio: see 'verify'.", file=sys.stderr)
    return 1 if made.damaged else 0


def _verify(settings: Settings, asked: argparse.Namespace) -> int:
    if asked.file:
        with _told() as progress:
            examined = backup.examine(asked.file.absolute(), progress)
        print(examined.sentence)
        return 1 if examined.damaged else 0
    with _open(settings) as database, tempfile.TemporaryDirectory(dir=settings.temporary) as room, _told() as progress:
        found = verification.verify(database, Path(room), datetime.now(UTC), progress)
        for each in verification.damaged(database):
            print(f"{'Item' if each.part == 'item' else 'Small picture of item'} {each.media_id}: {each.reason}")
    print("\n".join(found.faults) or f"{several(found.items)}, {found.bytes:,} bytes, {found.damaged:,} damaged.")
    return 0 if found.good else 1


def _restore(settings: Settings, asked: argparse.Namespace) -> int:
    with _told() as progress:
        done = backup.restore(
            settings.database, asked.file, datetime.now(UTC), progress, accept_damage=asked.accept_damage
        )
    print(f"{settings.database} is restored from {asked.file}. {done.examined.sentence}")
    if done.kept:
        print(f"What was there before is kept as {done.kept}. Delete it when you no longer need it.")
    print("Start the studio again: make run")
    return 0


def _export(settings: Settings, asked: argparse.Namespace) -> int:
    make = exporting.studio_file if asked.studio else exporting.zip_file
    selection, target = Selection(query=Query(asked.query)), asked.target.absolute()
    with _open(settings) as database, _told() as progress:
        made = make(database, selection, target, datetime.now(UTC), progress, replace=asked.replace)
    print(f"{made.path}\n{several(made.items)}, {made.bytes:,} bytes, each checked")
    for each in made.skipped:
        print(f"Not in it: item {each.id}: {each.why}", file=sys.stderr)
    return 1 if made.skipped else 0


def _import(settings: Settings, asked: argparse.Namespace) -> int:
    report = Report()
    with (
        _open(settings) as database,
        closing(Scratch(settings.temporary)) as scratch,
        closing(Inspector(memory=settings.decode_memory, seconds=settings.decode_seconds)) as inspector,
        _told() as progress,
    ):

        def shortage() -> str | None:
            return room.shortage(settings.database, settings.disk_reserve)

        intake = Intake(database, inspector, scratch, settings.media_limit, shortage)
        try:
            intake.bring(asked.source, datetime.now(UTC), progress, report)
        finally:
            if asked.report:
                asked.report.write_text(report.csv(), encoding="utf-8")
            _tell_lines(report)
    return 1 if report.fates["skipped"] else 0


def _tell_lines(report: Report) -> None:
    for line in report.lines:
        if line.fate == "skipped":
            print(f"Skipped {line.name}: {line.why}")
        elif line.fate == "trash":
            print(f"{FATES[line.fate]}: {line.name}, item {line.media_id}")
        elif line.fate == "added" and line.program:
            print(f"Item {line.media_id}: {line.name}, with a recipe of {words(line.program)}")
    print(report.sentence)


@contextmanager
def _open(settings: Settings) -> Iterator[Database]:
    if not preflight(settings.database):
        raise StorageError(f"There is no studio file at {settings.database}. Set STUDIO_DATABASE to one.")
    database = open_database(settings.database, accept_lost_wal=settings.accept_lost_wal)
    try:
        migrate(database, datetime.now(UTC))
        yield database
    finally:
        database.close()


@contextmanager
def _told() -> Iterator[Progress]:
    """A progress that is written on the terminal, if there is one."""
    progress, end = Progress(), threading.Event()
    thread = threading.Thread(target=_tell, args=(progress, end), daemon=True)
    if sys.stderr.isatty():
        thread.start()
    try:
        yield progress
    finally:
        end.set()
        if thread.is_alive():
            thread.join()


def _tell(progress: Progress, end: threading.Event) -> None:
    while not end.wait(TICK):
        share = f" {progress.share:.0%}" if progress.total else ""
        print(f"\r\033[K{progress.words}{share}", end="", file=sys.stderr, flush=True)
    print("\r\033[K", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
