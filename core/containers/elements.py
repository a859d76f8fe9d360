"""The elements of WebM (RFC 8794 and 9559): all there to the end of the segment. Knows bytes only."""

from typing import Final

from core.containers.reading import Reader, refuse_cut, refuse_damaged

OPEN: Final = frozenset({0x18538067, 0x1F43B675})  # Segment and Cluster: the two that may be of unknown size
ELEMENTS: Final = 250_000


def require_whole(file: Reader) -> None:
    """Walk the elements; raises `MediaRefused` when the file ends within one."""
    end = file.size
    for _ in range(ELEMENTS):
        if file.at >= end:
            return
        name, _ = _number(file, keep_mark=True)
        length, unknown = _number(file)
        if name == 0x18538067 and not unknown:
            end = file.at + length
            if end > file.size:
                refuse_cut()
        elif not (unknown and name in OPEN):
            if unknown:
                refuse_damaged("an element has no size")
            file.skip(length)
    refuse_damaged("it has too many elements")


def _number(file: Reader, *, keep_mark: bool = False) -> tuple[int, bool]:
    """A number of variable length, and whether all its bits are set, which means unknown."""
    first = file.take(1)[0]
    width = 9 - first.bit_length()
    if width > 8:
        refuse_damaged("an element has no size")
    value = int.from_bytes(bytes([first]) + file.take(width - 1), "big")
    mark = 1 << 7 * width
    bits = value & (mark - 1)
    return (value if keep_mark else bits), bits == mark - 1
