"""A recipe written into a copy of a file, and read from one. Nothing is decoded or encoded: bytes go between bytes.

Knows bytes only. The copy is a splice, so that a file of any size takes little memory, and what is wrong with it is
told before its first byte.
"""

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from core import plainjson
from core.containers.reading import Reader
from core.embedding import boxes, gif, id3, jpeg, png, riff, xmp
from core.embedding.notes import KEY, Notes, notes
from core.embedding.splice import Part, Splice, joined
from core.errors import MediaRefused

__all__ = ["Splice", "can_embed", "embedded", "read_recipe", "read_texts"]

Writer = Callable[[Reader, Notes], list[Part]]
Texts = Callable[[Reader], Iterator[tuple[str, str]]]

FORMATS: Final[dict[str, tuple[Writer, Texts]]] = {
    "image/png": (png.spliced, png.read),
    "image/jpeg": (jpeg.spliced, jpeg.read),
    "image/webp": (riff.spliced_webp, riff.read),
    "image/gif": (gif.spliced, gif.read),
    "image/avif": (boxes.spliced, boxes.read),
    "video/mp4": (boxes.spliced, boxes.read),
    "video/quicktime": (boxes.spliced, boxes.read),
    "audio/mp4": (boxes.spliced, boxes.read),
    "audio/wav": (riff.spliced_wav, riff.read),
    "audio/mpeg": (id3.spliced, id3.read),
}
MOST: Final = 64 * 2**20  # characters of all texts together


def can_embed(mime: str) -> bool:
    """Whether files of this type take a recipe. WebM, FLAC, Ogg and AAC do not."""
    return mime in FORMATS


def embedded(file: BinaryIO, mime: str, recipe: Mapping[str, Any]) -> Splice:
    """A copy of a file with the recipe in it; raises `MediaRefused` for types and files that do not take one."""
    if mime not in FORMATS:
        raise MediaRefused(f"Files of the type {mime} take no recipe. Download it as it is.")
    write, _ = FORMATS[mime]
    with Reader(file) as reader:
        return Splice(joined(write(reader, notes(recipe))))


def read_recipe(source: Path | bytes | BinaryIO, mime: str) -> dict[str, Any] | None:
    """The recipe that a copy holds; None where there is none of ours. Raises `MediaRefused` for damaged files."""
    found = None
    for key, text in _texts(source, mime):
        written = text if key == KEY else xmp.recipe_of(text) if key == "xmp" else None
        found = (plainjson.read(written) if written is not None else None) or found
    return found


def read_texts(source: Path | bytes | BinaryIO, mime: str) -> dict[str, str]:
    """Every text that stands in a file beside its picture or sound, for those who know what it means.

    Keys are PNG's keywords, an MP3's own names, `xmp` (a packet), `comment`, and `exif:UserComment` and its like.
    """
    return dict(_texts(source, mime))


def _texts(source: Path | bytes | BinaryIO, mime: str) -> Iterator[tuple[str, str]]:
    if mime in FORMATS:
        with Reader(BytesIO(source) if isinstance(source, bytes) else source) as reader:
            room = MOST
            for key, text in FORMATS[mime][1](reader):
                room -= len(text)
                if room < 0:
                    return
                yield key, text
