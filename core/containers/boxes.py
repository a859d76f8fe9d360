"""The boxes of MP4, MOV, M4A and AVIF (ISO 14496-12): all there, and no table announces more than can be there.

Knows bytes only. A demuxer does not miss a cut-off end, and trusts the counts in tables with its memory.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.containers.reading import Reader, refuse_cut, refuse_damaged

DEPTH: Final = 8  # of boxes within boxes
BOXES: Final = 200_000
TRACKS: Final = 64
PARENTS: Final = frozenset(
    {b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"meta", b"iprp", b"ipco"}
)
ENTRY: Final = {b"ctts": 8, b"stsc": 12, b"stco": 4, b"co64": 8, b"stss": 4, b"elst": 12}  # bytes
RUN_FIELDS: Final = 0x0F00  # flags of a fragment's table: one bit for each four bytes of an entry
LETTERS: Final = frozenset(b" 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.\xa9")


@dataclass
class Boxes:
    """What was seen: the largest picture in pixels, the longest table of samples, the names at the top."""

    width: int = 0
    height: int = 0
    samples: int = 0
    count: int = 0
    tracks: int = 0
    names: frozenset[bytes] = frozenset()
    scale: int = 0  # of the track at hand: ticks in a second
    claimed: int = 0  # and how many ticks it is said to last; zero: not known


def walk(file: Reader) -> Boxes:
    """Walk all boxes; raises `MediaRefused` when the file ends within one or a table cannot be true."""
    found = Boxes()
    _walk(file, file.size, 0, found)
    return found


def _walk(file: Reader, end: int, depth: int, found: Boxes) -> None:
    if depth > DEPTH:
        refuse_damaged("its boxes are nested too deeply")
    while file.at < end:
        start = file.at
        if not depth and _is_foreign(file.peek(8), found):
            return
        if depth and end - start < 8:
            return  # QuickTime ends some lists with four zero bytes
        length, name = struct.unpack(">I4s", file.take(8))
        if length == 1:
            length = file.number(8)
        after = start + length if length else end  # zero: to the end of what it is in
        if after > end or after < file.at:
            refuse_damaged("a box is larger than what it is in") if depth else refuse_cut()
        _enter(file, name, after, depth, found)
        file.seek(after)


def _is_foreign(head: bytes, found: Boxes) -> bool:
    """Whether what follows the movie is no box at all: bytes that somebody appended."""
    whole = found.names >= {b"ftyp", b"moov", b"mdat"} or found.names >= {b"ftyp", b"meta", b"mdat"}
    return whole and not LETTERS.issuperset(head[4:8])


def _enter(file: Reader, name: bytes, after: int, depth: int, found: Boxes) -> None:
    found.count += 1
    found.tracks += name == b"trak"
    if found.count > BOXES or found.tracks > TRACKS:
        refuse_damaged("it has too many boxes")
    if name == b"cmov":  # QuickTime's packed header: out of use, and unpacks to any size
        refuse_damaged("its header is packed")
    if not depth:
        found.names |= {name}
    if name in PARENTS:
        if name == b"meta":
            file.skip(min(4, after - file.at))
        _walk(file, after, depth + 1, found)
    elif look := LOOKS.get(name):
        room = after - file.at - 4
        if room < 4:
            refuse_damaged("a table is cut off")
        version_and_flags = file.number(4)
        look(file, room, version_and_flags, found)
    elif name in ENTRY:
        each = 20 if name == b"elst" and file.peek(1) != b"\0" else ENTRY[name]
        file.skip(4)
        _require_room(each * file.number(4), after - file.at)


def _require_room(wanted: int, there: int) -> None:
    if wanted > there:
        refuse_damaged("a table announces more than the file can hold")


def _lasting(file: Reader, room: int, flags: int, found: Boxes) -> None:
    """mdhd: how long the track is said to be."""
    wide = 8 if flags >> 24 else 4
    _require_room(3 * wide + 4, room)
    file.skip(2 * wide)
    found.scale, length = file.number(4), file.number(wide)
    found.claimed = 0 if length == (1 << 8 * wide) - 1 else length


def _times(file: Reader, room: int, flags: int, found: Boxes) -> None:
    """stts: runs of samples of one duration."""
    count = file.number(4)
    _require_room(8 * count, room - 4)
    runs = list(struct.iter_unpack(">II", file.take(8 * count)))
    _require_room(sum(run for run, _ in runs), file.size)  # a sample has at least one byte
    ticks = sum(run * each for run, each in runs)
    if ticks and found.claimed and abs(found.claimed - ticks) > max(found.scale / 2, ticks / 10):
        refuse_damaged("its header tells another duration than its samples")


def _sizes(file: Reader, room: int, flags: int, found: Boxes) -> None:
    """stsz: the bytes of each sample, or of all."""
    _require_room(8, room)
    each, count = file.number(4), file.number(4)
    if each:
        _require_room(each * count, file.size)
    else:
        _require_room(4 * count, room - 8)
    found.samples = max(found.samples, count)


def _small_sizes(file: Reader, room: int, flags: int, found: Boxes) -> None:
    """stz2: the bytes of each sample in 4, 8 or 16 bits."""
    _require_room(8, room)
    bits, count = file.number(4) & 0xFF, file.number(4)
    _require_room(bits * count // 8, room - 8)
    found.samples = max(found.samples, count)


def _run(file: Reader, room: int, flags: int, found: Boxes) -> None:
    """trun: samples of a fragment, each with none to four fields."""
    count = file.number(4)
    fields = (flags & RUN_FIELDS).bit_count()
    if fields:
        _require_room(4 * fields * count, room - 4)
    else:
        _require_room(count, file.size)


def _extent(file: Reader, room: int, flags: int, found: Boxes) -> None:
    """ispe: the pixels of a picture or of a part of it."""
    _require_room(8, room)
    width, height = file.number(4), file.number(4)
    if width * height > found.width * found.height:
        found.width, found.height = width, height


LOOKS: Final[dict[bytes, Callable[[Reader, int, int, Boxes], None]]] = {
    b"mdhd": _lasting,
    b"stts": _times,
    b"stsz": _sizes,
    b"stz2": _small_sizes,
    b"trun": _run,
    b"ispe": _extent,
}
