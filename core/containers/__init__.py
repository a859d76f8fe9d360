"""How each kind of container says where it ends and how much it holds, read without decoding anything.

Knows bytes only. What it guarantees: a file that is cut short, or that announces more than it can hold, is refused
before a decoder sees it. Bytes after a container's own end are nobody's business and are left alone.
"""

from pathlib import Path

from core.containers import boxes, elements, sounds
from core.containers.reading import Reader


def require_whole(path: Path, mime: str) -> None:
    """Walk a sound or video from end to end; raises `MediaRefused` when it is cut short or promises too much."""
    with Reader(path) as file:
        if mime in sounds.WALKS:
            sounds.WALKS[mime](file)
        elif mime.endswith("/webm"):
            elements.require_whole(file)
        else:
            boxes.walk(file)
