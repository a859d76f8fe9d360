"""What lies at a path, by its first bytes: a folder, a ZIP, another studio's file, or a file to be brought in."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from core.errors import ImportRefused
from core.importing.archive import Archive
from core.importing.entries import Source
from core.importing.folder import Files, Folder
from core.importing.report import Report
from core.importing.studio_file import StudioFile
from core.importing.trees import TreeSource
from core.preflight import MAGIC
from core.progress import Progress

ZIPS: Final = (b"PK\x03\x04", b"PK\x05\x06")


def opened(
    paths: Sequence[Path], own: Path, room: Path, progress: Progress, report: Report, stack: ExitStack
) -> list[Source]:
    """The sources at these paths, closed with `stack`; `own` is the studio's file, `room` a temporary folder.

    Raises `ImportRefused` where a path leads to nothing.
    """
    sources: list[Source] = []
    files: list[Path] = []
    for path in dict.fromkeys(path.absolute() for path in paths):
        progress.check()
        kind = kind_of(path)
        if kind == "file":
            files.append(path)
            continue
        if kind == "studio":
            _require_other(path, own)
            sources.append(StudioFile(path, room, progress, report))
        else:
            sources.append(TreeSource(Folder(path) if kind == "folder" else Archive(path)))
        stack.callback(sources[-1].close)
    return [*sources, TreeSource(Files(files))] if files else sources


def kind_of(path: Path) -> str:
    """ "folder", "zip", "studio" or "file"; raises `ImportRefused` where nothing is to be read."""
    try:
        if path.is_dir():
            return "folder"
        if not path.exists():
            raise ImportRefused(f"There is nothing at {path}. Look at how it is written.")
        if not path.is_file():
            raise ImportRefused(f"{path} is neither a folder nor a regular file. Choose another.")
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except ValueError as error:  # a zero among its letters
        raise ImportRefused("This is no path. Look at how it is written.") from error
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read: {error.strerror}. Look at how it is written.") from error
    if head == MAGIC:
        return "studio"
    return "zip" if head.startswith(ZIPS) else "file"


def _require_other(path: Path, own: Path) -> None:
    if os.path.samefile(path, own):
        raise ImportRefused(f"{path} is this studio's own file. Choose another studio's.")
