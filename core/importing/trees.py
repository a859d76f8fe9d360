"""The files of a folder or a ZIP as entries: each with the texts beside it, and with what an export's list says."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, Final, Protocol

from core.importing import export, sidecars
from core.importing.archive import BROKEN
from core.importing.entries import LONGEST_TEXT, Entry, Passed
from core.importing.export import Listed

OTHERS: Final = {  # what is a source of its own
    ".zip": "A ZIP within a folder or another ZIP is not opened. Bring it in by itself.",
    ".db": "A database within a folder or a ZIP is not opened. Bring a studio's file in by itself.",
}
NOT_EXPORTED: Final = "The export holds no file of it."
GONE: Final = "The export's list names it, and it is not there."
COMPANIONS: Final = ("index.html", "recipes.csv", "thumbnails")  # what an export holds beside media and list


class Tree(Protocol):
    """Files by name, with their sizes in bytes. `named` are those that were asked for; None: all of them."""

    sizes: dict[str, int]
    passed: list[Passed]
    named: frozenset[str] | None

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """The bytes of a file."""
        ...

    def made_at(self, name: str) -> datetime | None:
        """When a file was changed last."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class TreeSource:
    """All files of a tree, those of an export's list first."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._list = self._find_list()
        beside = {text for names in self._folders().values() for text in sidecars.owners(names)}
        asked = tree.sizes if tree.named is None else tree.named
        wanted = [name for name in asked if name not in beside and name != self._list and not self._is_companion(name)]
        self.number, self.bytes = len(wanted), sum(tree.sizes[name] for name in wanted)

    @property
    def exported(self) -> bool:
        """Whether a studio's export lies there."""
        return self._list is not None

    def close(self) -> None:
        """Let go of the tree."""
        self._tree.close()

    def entries(self) -> Iterator[Entry | Passed]:
        """Every file that may be brought in; what lies beside one for its recipe is none."""
        told: set[str] = set()
        yield from self._tree.passed
        if self._list is not None:
            told.add(self._list)
            for each in export.listed(partial(self._tree.open, self._list)):
                name = self._place(each)
                told.add(name or "")
                yield self._entry(name, (), each) if name else Passed(each.title, GONE if each.file else NOT_EXPORTED)
        for folder, names in self._folders().items():
            if not self._is_companion(folder):
                yield from self._of_folder(names, told)

    def _of_folder(self, names: list[str], told: set[str]) -> Iterator[Entry | Passed]:
        belongs = sidecars.owners(names)
        beside: dict[str, list[str]] = {}
        for text, owner in belongs.items():
            beside.setdefault(owner, []).append(text)
        for name in names:
            asked = self._tree.named is None or name in self._tree.named
            if name in told or name in belongs or not asked or self._is_companion(name):
                continue
            why = OTHERS.get(PurePosixPath(name).suffix.lower())
            yield Passed(name, why) if why else self._entry(name, tuple(beside.get(name, ())))

    def _entry(self, name: str, beside: tuple[str, ...], listed: Listed | None = None) -> Entry:
        texts = {text: partial(self._read, text) for text in beside}
        entry = Entry(
            name,
            self._tree.sizes[name],
            partial(self._tree.open, name),
            self._tree.made_at(name),
            partial(sidecars.texts_of, texts),
            beside=beside,
        )
        return entry if listed is None else Entry(name, entry.size, entry.open, entry.made_at, record=listed.record)

    def _read(self, name: str) -> bytes | None:
        """A text beside a file; None for one that is too long or cannot be read."""
        if self._tree.sizes[name] > LONGEST_TEXT:
            return None
        try:
            with self._tree.open(name) as file:
                return file.read(LONGEST_TEXT)
        except (OSError, *BROKEN):
            return None

    def _place(self, each: Listed) -> str | None:
        """Where the file of a listed item lies: where the list says, or beside the list."""
        if each.file is None or self._list is None:
            return None
        home = str(PurePosixPath(self._list).parent)
        near = PurePosixPath(each.file).name
        names = (each.file, near) if home == "." else (f"{home}/{each.file}", f"{home}/{near}")
        return next((name for name in names if name in self._tree.sizes), None)

    def _is_companion(self, name: str) -> bool:
        """Whether it is a part of an export that is for reading only."""
        if self._list is None:
            return False
        home = self._list.removesuffix(export.LIST)
        return any(name == home + each or name.startswith(f"{home}{each}/") for each in COMPANIONS)

    def _folders(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self._tree.sizes:
            found.setdefault(name.rpartition("/")[0], []).append(name)
        return found

    def _find_list(self) -> str | None:
        """An export's list at the top, or in the one folder at the top."""
        names = [name for name in self._tree.sizes if PurePosixPath(name).name == export.LIST and name.count("/") < 2]
        for name in names:
            try:
                if export.is_list(partial(self._tree.open, name)):
                    return name
            except (OSError, *BROKEN):
                continue
        return None
