"""Items in a notebook: one, or several beside each other.

Bytes are read when they are asked for, and pixels are decoded in the sandbox, as everywhere.
"""

import builtins
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, overload

from core import blobs, copies, library, lineage, marks, tags, trash
from core.errors import InvalidInput, NotFound, StorageError
from core.library import Item, Recipe
from core.notebook import showing
from core.notebook.endpoint import Endpoint
from core.notebook.lineage import Family
from core.studio import Studio

if TYPE_CHECKING:
    import numpy as np

AT_ONCE: Final = 64 * 2**20  # bytes of frames decoded at a time
LARGE: Final = 384  # pixels of an item that is shown alone
SOUND: Final = "Item {} is a sound, so it has no pixels. Use .open() or .bytes()."


class Media:
    """One picture, video or sound. It shows itself where it is the last line of a cell.

    `item` has all that the studio knows of it: `item.width`, `item.duration`, `item.sha256`, `item.created_at` ...
    """

    def __init__(self, studio: Studio, item: Item, endpoint: Endpoint) -> None:
        self._studio = studio
        self._endpoint = endpoint
        self.item = item

    @property
    def id(self) -> int:
        """Its number: what addresses, searches and frames name it by."""
        return self.item.id

    @property
    def kind(self) -> str:
        """image, video or audio."""
        return self.item.kind

    @property
    def recipe(self) -> Recipe | None:
        """How it was made: prompt, model, seed, the exact request and the raw answer; None for what was brought."""
        return self.item.recipe

    def bytes(self) -> builtins.bytes:
        """The untouched bytes, read in pieces of 1 MiB. Raises `BytesGone` for an item that was thinned."""
        library.require_bytes(self._studio.database, self.item)
        whole = BytesIO()  # gives away what it has gathered without copying it
        for piece in self._pieces():
            whole.write(piece)
        return whole.getvalue()

    def open(self) -> BinaryIO:
        """The bytes as a file, read from the database as far as you read it. Raises `BytesGone`."""
        library.require_bytes(self._studio.database, self.item)
        return blobs.opened(self._studio.database, self.item.id, self.item.bytes)

    def save(self, path: str | os.PathLike[str], *, recipe: bool = False) -> Path:
        """Write the bytes to a file, in place of one that is there; returns its path. In a folder it gets its own name.

        `recipe` writes a copy that carries how it was made. Raises `BytesGone`, `MediaRefused` for a format that can
        carry no recipe, `NotFound` where there is none, `StorageError` where nothing can be written.
        """
        library.require_bytes(self._studio.database, self.item)
        pieces = copies.copy_of(self._studio.database, self.item).pieces if recipe else self._pieces()
        target = Path(path).expanduser()
        target = target / self.item.filename if target.is_dir() else target
        try:
            _write(target, pieces)
        except OSError as error:
            raise StorageError(f"{target} cannot be written: {error.strerror}. Name another path.") from error
        return target

    def array(self) -> "np.ndarray":
        """The picture upright as a NumPy array of height x width x channels bytes; of a video its first frame.

        Grey pictures have no third axis, depth maps keep what they hold. Raises `InvalidInput` for a sound,
        `BytesGone`, `MediaRefused` where it cannot be decoded.
        """
        self._require_pixels()
        with self._brought() as path:
            if self.kind == "video":
                return self._studio.inspector.frames(path, self.item.mime, [0.0])[0]
            return self._studio.inspector.pixels(path, self.item.mime)

    def frames(self, every: float = 1.0) -> "Iterator[tuple[float, np.ndarray]]":
        """What a video shows every so many seconds: (moment, array) one after another, a few decoded at a time.

        Raises as `array`, and `InvalidInput` for a picture or a step that is not above 0.
        """
        self._require_pixels()
        if self.kind != "video":
            raise InvalidInput({"video": f"Item {self.id} is a picture; .array() gives its pixels."})
        if not every > 0:
            raise InvalidInput({"every": "Frames are taken every so many seconds: give a number above 0."})
        return self._frames(every)

    def keep_frame(self, seconds: float) -> "Media":
        """Keep what a video shows at a moment as an item of its own; the same frame is kept once.

        Raises `InvalidInput` for no video or no moment of it, `BytesGone`, `MediaRefused`.
        """
        kept = self._studio.save_frame(self.id, seconds, now=datetime.now(UTC))
        return Media(self._studio, library.item(self._studio.database, kept), self._endpoint)

    def lineage(self) -> Family:
        """What it was made from and led to."""
        return Family(self._studio, self.id, lineage.lineage(self._studio.database, self.id))

    def rate(self, rating: int) -> "Media":
        """Give it 1 to 5, or 0 for no rating; raises `InvalidInput`."""
        marks.rate(self._studio.database, [self.id], getattr(rating, "item", lambda: rating)())  # NumPy's as well
        return self._anew()

    def favour(self, favourite: bool = True) -> "Media":
        """Make it a favourite, or no longer."""
        marks.favour(self._studio.database, [self.id], favourite)
        return self._anew()

    def tag(self, *names: str) -> "Media":
        """Give it tags; raises `InvalidInput` for what cannot be one."""
        tags.add(self._studio.database, [self.id], names)
        return self._anew()

    def untag(self, *names: str) -> "Media":
        """Take tags from it."""
        tags.remove(self._studio.database, [self.id], names)
        return self._anew()

    def discard(self) -> "Media":
        """Move it to the trash; `restore` brings it back."""
        trash.discard(self._studio.database, [self.id], datetime.now(UTC))
        return self._anew()

    def restore(self) -> "Media":
        """Bring it back from the trash."""
        trash.restore(self._studio.database, [self.id])
        return self._anew()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Media) and (other.id, other._studio) == (self.id, self._studio)

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id}: {_words(self.item)}>"

    def _repr_html_(self) -> str:
        return self.figure(height=LARGE)

    def figure(self, *, height: int = showing.HEIGHT, words: str | None = None) -> str:
        """HTML of the item with a line of words below; `height` is in pixels."""
        shown = showing.whole(self._studio.database, self.item, height=height, address=self._endpoint.of(self.item))
        return showing.figure(shown, f"{self.id} · {self.item.caption}" if words is None else words, _told(self.item))

    def _pieces(self) -> Iterator[builtins.bytes]:
        return blobs.read(self._studio.database, self.id, 0, self.item.bytes)

    def _anew(self) -> "Media":
        self.item = library.item(self._studio.database, self.id)
        return self

    def _require_pixels(self) -> None:
        if self.kind == "audio":
            raise InvalidInput({"kind": SOUND.format(self.id)})
        library.require_bytes(self._studio.database, self.item)

    @contextmanager
    def _brought(self) -> Iterator[Path]:
        """The bytes as a file in a temporary folder, for as long as they are decoded."""
        with self._studio.scratch.room() as room:
            blobs.bring(self._studio.database, self.id, self.item.bytes, room / "item")
            yield room / "item"

    def _frames(self, every: float) -> "Iterator[tuple[float, np.ndarray]]":
        length = self.item.duration or 0.0
        moments = [number * every for number in range(max(1, int(-(-length // every))))]
        together = max(1, AT_ONCE // max(1, self.item.width * self.item.height * 4))
        with self._brought() as path:
            for first in range(0, len(moments), together):
                asked = moments[first : first + together]
                yield from zip(asked, self._studio.inspector.frames(path, self.item.mime, asked), strict=True)


class Gallery(Sequence[Media]):
    """Items beside each other; each is read from the file when it is looked at."""

    def __init__(self, ids: Sequence[int], of: Callable[[int], Media]) -> None:
        self.ids = list(ids)
        self._of = of

    @overload
    def __getitem__(self, place: int) -> Media: ...
    @overload
    def __getitem__(self, place: slice) -> "Gallery": ...
    def __getitem__(self, place: int | slice) -> "Media | Gallery":
        if isinstance(place, slice):
            return Gallery(self.ids[place], self._of)
        return self._of(self.ids[place])

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        shown = [repr(each) if isinstance(each, Media) else f"<{each}>" for each in self._there()]
        left = [f"... and {len(self) - len(shown):,} more"] if len(self) > len(shown) else []
        return "\n".join([*shown, *left]) if self.ids else "<no items>"

    def _repr_html_(self) -> str:
        if not self.ids:
            return showing.note("No items.")
        there = self._there()
        words = {each.item.caption for each in there if isinstance(each, Media)}
        alike = next(iter(words)) if len(words) == 1 and len(there) > 1 else ""
        figures = [
            each.figure(words=_short(each.item) if alike else None)
            if isinstance(each, Media)
            else showing.figure(showing.box(each))
            for each in there
        ]
        return showing.strip(figures, len(self) - len(there), alike)

    def _there(self) -> list[Media | str]:
        """The first items, or why one of them is not there any more."""
        found: list[Media | str] = []
        for number in self.ids[: showing.MOST]:
            try:
                found.append(self._of(number))
            except NotFound as error:
                found.append(error.sentence)
        return found


def _write(target: Path, pieces: Iterator[builtins.bytes]) -> None:
    """All or nothing under the name that was asked for."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece)
        os.chmod(name, 0o666 & ~_mask())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _words(item: Item) -> str:
    rating = f", rated {item.rating}" if item.rating else ""
    return f"{item.caption[:60]!r}, {_told(item)}{rating}"


def _short(item: Item) -> str:
    seed = f" · seed {item.recipe.seed}" if item.recipe and item.recipe.seed is not None else ""
    return f"{item.id}{seed}"


def _told(item: Item) -> str:
    stars = "★" * item.rating + (" ♥" if item.favourite else "")
    return " · ".join(
        filter(None, [showing.measures(item.kind, item.width, item.height, item.duration), stars.strip()])
    )
