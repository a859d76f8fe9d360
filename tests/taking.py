"""What tests of imports share: files laid down, ZIPs, the fate of each."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from core import library
from core.database import Database
from core.importing import Report

Bring = Callable[..., Report]


def fates(report: Report) -> dict[str, tuple[str, str]]:
    return {line.name: (line.fate, line.why) for line in report.lines}


def item_of(database: Database, report: Report, name: str) -> library.Item:
    (line,) = [line for line in report.lines if line.name == name and line.media_id is not None]
    return library.item(database, line.media_id or 0)


def write(folder: Path, **files: bytes | str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def zipped(path: Path, parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10)), data, method)
    return path
