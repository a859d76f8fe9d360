"""A ZIP, read where it lies: nothing is ever unpacked under a name that it holds, and no part without its limits."""

import stat
import zipfile
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, cast

from core.errors import ImportRefused
from core.importing.entries import Passed
from core.importing.folder import is_hidden

MOST: Final = 500_000  # files
DIRECTORY: Final = 256 * 2**20  # bytes of the list of contents
RATIO: Final = 200  # how many times its size a part may unpack to; pictures and films hardly shrink
SMALL: Final = 2**20  # bytes that a part may unpack to anyway
METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
END: Final = b"PK\x05\x06"
END_64: Final = b"PK\x06\x06"
ENCRYPTED: Final = 0x1
BROKEN: Final = (zipfile.BadZipFile, RuntimeError, EOFError, ValueError, zlib.error)


class Archive:
    """The files of a ZIP. Raises `ImportRefused` for one that is damaged, or whose contents could not be meant."""

    def __init__(self, path: Path) -> None:
        self.sizes: dict[str, int] = {}
        self.passed: list[Passed] = []
        self.named: frozenset[str] | None = None
        self._infos: dict[str, zipfile.ZipInfo] = {}
        _require_bounds(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, *BROKEN) as error:
            raise ImportRefused(f"{path.name} is a damaged ZIP and cannot be opened. Get it once more.") from error
        packed = sum(info.compress_size for info in self._zip.infolist())
        if packed > path.stat().st_size:
            self._zip.close()
            raise ImportRefused(
                f"{path.name} claims to hold more than it is long: its parts overlap. It is not opened."
            )
        for info in self._zip.infolist():
            self._take(info)

    def open(self, name: str) -> BinaryIO:
        """The part of this name; reads no more than it says that it unpacks to."""
        return cast(BinaryIO, self._zip.open(self._infos[name]))

    def made_at(self, name: str) -> datetime | None:
        """When it was changed last, by its packer's clock; None for 1980, where the packer did not say."""
        with suppress(ValueError):
            found = datetime(*self._infos[name].date_time, tzinfo=UTC)
            return found if found.year > 1980 else None
        return None

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def _take(self, info: zipfile.ZipInfo) -> None:
        shown = info.filename.replace("\\", "/")
        if info.is_dir() or any(is_hidden(part) for part in shown.split("/") if part not in (".", "..")):
            return
        if stat.S_ISLNK(info.external_attr >> 16):
            return
        if why := _refused(info):
            self.passed.append(Passed(shown, why))
        elif shown in self.sizes:
            self.passed.append(Passed(shown, "The ZIP holds another file of the same name."))
        else:
            self.sizes[shown] = info.file_size
            self._infos[shown] = info


def _refused(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & ENCRYPTED:
        return "It is encrypted. Unpack the ZIP with its password and bring in the folder."
    if info.compress_type not in METHODS:
        return "It is packed in a way that is not read here. Unpack the ZIP and bring in the folder."
    if info.file_size > SMALL and info.file_size > RATIO * max(1, info.compress_size):
        times = info.file_size // max(1, info.compress_size)
        return f"It would unpack to {times:,} times its size, as no picture does. It is not opened."
    return ""


def _require_bounds(path: Path) -> None:
    """Look at how much the ZIP says that it lists, before all of that is read into memory."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = max(0, size - 2**16 - 200)
            file.seek(start)
            tail = file.read()
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read: {error.strerror}. Choose another file.") from error
    at, at_64 = tail.rfind(END), tail.rfind(END_64)
    number = int.from_bytes(tail[at + 10 : at + 12], "little") if at >= 0 else 0
    length = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if at_64 >= 0 and at_64 < at:
        number = int.from_bytes(tail[at_64 + 32 : at_64 + 40], "little")
        length = int.from_bytes(tail[at_64 + 40 : at_64 + 48], "little")
    if number > MOST or length > min(DIRECTORY, size):
        raise ImportRefused(f"{path.name} lists more than {MOST:,} files, or more than it can hold. It is not opened.")
