"""Files on this machine: a folder with all below it, or single ones. A folder that links lead to twice is read once."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from core.errors import ImportRefused
from core.importing import sidecars
from core.importing.entries import Passed

HIDDEN: Final = {"thumbs.db", "desktop.ini", "__macosx"}  # beside all that begins with a dot
DEEPEST: Final = 60  # folders within folders
MOST: Final = 1_000_000  # files


class Folder:
    """A folder with all below it; hidden files are nobody's business. Raises `ImportRefused`."""

    def __init__(self, path: Path) -> None:
        self.sizes: dict[str, int] = {}
        self.passed: list[Passed] = []
        self.named: frozenset[str] | None = None
        self._path = path
        self._seen: set[tuple[int, int]] = set()
        try:
            self._walk(path, "", 0)
        except OSError as error:
            raise ImportRefused(f"{path} cannot be read: {error.strerror}. Choose another folder.") from error

    def open(self, name: str) -> BinaryIO:
        """The file of this name."""
        return (self._path / name).open("rb")

    def made_at(self, name: str) -> datetime | None:
        """When it was changed last."""
        return _changed(self._path / name)

    def close(self) -> None:
        """There is nothing to let go of."""

    def _walk(self, folder: Path, shown: str, depth: int) -> None:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in self._seen:
            return
        self._seen.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as listing:
            found = sorted(listing, key=lambda each: each.name)
        for each in found:
            if not is_hidden(each.name):
                self._take(each, f"{shown}{each.name}", depth)
        for each in found:
            if not is_hidden(each.name) and _is_folder(each):
                self._enter(Path(each.path), f"{shown}{each.name}/", depth + 1)

    def _take(self, each: "os.DirEntry[str]", name: str, depth: int) -> None:
        try:
            if each.is_file():
                self.sizes[name] = each.stat().st_size
            elif not each.is_dir():
                self.passed.append(Passed(name, "It is a link that leads nowhere, or no regular file."))
        except OSError as error:
            self.passed.append(Passed(name, f"It cannot be read: {error.strerror}."))
        if len(self.sizes) > MOST:
            raise ImportRefused(f"{self._path} holds more than {MOST:,} files. Bring it in folder by folder.")

    def _enter(self, folder: Path, shown: str, depth: int) -> None:
        if depth > DEEPEST:
            self.passed.append(Passed(shown, f"It lies more than {DEEPEST} folders deep."))
            return
        try:
            self._walk(folder, shown, depth)
        except OSError as error:
            self.passed.append(Passed(shown, f"The folder cannot be read: {error.strerror}."))


class Files:
    """Single files, by the names they are shown under. Texts that lie beside them count, whether they were named or
    not."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.sizes: dict[str, int] = {}
        self.passed: list[Passed] = []
        self._paths: dict[str, Path] = {}
        folders = {path.parent for path in paths}
        for path in paths:
            self._add(path, path.name if len(folders) == 1 else str(path))
        self.named: frozenset[str] | None = frozenset(self.sizes)
        for name, path in list(self._paths.items()):
            for beside in sidecars.names_of(path.name):
                shown = f"{name[: len(name) - len(path.name)]}{beside}"
                if shown not in self.sizes and path.with_name(beside).is_file():
                    self._add(path.with_name(beside), shown)

    def open(self, name: str) -> BinaryIO:
        """The file of this name."""
        return self._paths[name].open("rb")

    def made_at(self, name: str) -> datetime | None:
        """When it was changed last."""
        return _changed(self._paths[name])

    def close(self) -> None:
        """There is nothing to let go of."""

    def _add(self, path: Path, name: str) -> None:
        try:
            self.sizes[name] = path.stat().st_size
            self._paths[name] = path
        except OSError as error:
            self.passed.append(Passed(name, f"It cannot be read: {error.strerror}."))


def is_hidden(name: str) -> bool:
    """Whether a file is of the system's own, or hidden by its owner."""
    return name.startswith(".") or name.lower() in HIDDEN


def _is_folder(each: "os.DirEntry[str]") -> bool:
    try:
        return each.is_dir()
    except OSError:
        return False


def _changed(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None
