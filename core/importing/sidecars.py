"""Texts that lie beside a file under its name, such as 00012.txt beside 00012.png: read as if they stood within it."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from core import plainjson
from core.about import NAME
from core.embedding.notes import KEY
from core.media import EXTENSIONS

ENDINGS: Final = (".txt", ".json", ".xmp")
MEDIA: Final = {f".{ending}" for ending in EXTENSIONS.values()} | {".jpeg", ".jfif", ".m4v", ".apng", ".opus", ".oga"}


def is_text(name: str) -> bool:
    """Whether a name ends like that of a text beside a file."""
    return PurePosixPath(name).suffix.lower() in ENDINGS


def is_media(name: str) -> bool:
    """Whether a name ends like that of a file that is kept; what it is, its bytes tell."""
    return PurePosixPath(name).suffix.lower() in MEDIA


def names_of(name: str) -> list[str]:
    """The names that texts beside a file may have: 00012.txt and 00012.png.txt beside 00012.png."""
    folder, slash, bare = name.rpartition("/")
    stems = (PurePosixPath(bare).stem, bare)
    return [f"{folder}{slash}{stem}{ending}" for stem in stems for ending in ENDINGS]


def owners(names: Iterable[str]) -> dict[str, str]:
    """By each text among the names the file that it belongs to."""
    there = list(names)
    known = {name.lower(): name for name in there}
    found: dict[str, str] = {}
    for name in there:
        if is_media(name):
            beside = (known.get(each.lower()) for each in names_of(name))
            found |= {each: name for each in beside if each is not None and each not in found}
    return found


def texts_of(found: Mapping[str, Callable[[], bytes | None]]) -> dict[str, str]:
    """What the texts beside a file say, by the keys that `core.embedding.read_texts` would give them."""
    texts: dict[str, str] = {}
    for name, read in found.items():
        data = read()
        if data is not None:
            for key, text in _keyed(name, data.decode("utf-8-sig", "replace")).items():
                texts.setdefault(key, text)
    return texts


def _keyed(name: str, text: str) -> dict[str, str]:
    ending = PurePosixPath(name).suffix.lower()
    if ending == ".xmp":
        return {"xmp": text}
    said = plainjson.read(text) if ending == ".json" else None
    return {"parameters": text} if said is None else _of_json(said, text)


def _of_json(said: Mapping[str, Any], text: str) -> dict[str, str]:
    """Who wrote it is told by what it holds."""
    if said.get("studio") == NAME:
        return {KEY: text}
    if isinstance(said.get("nodes"), list):
        return {"workflow": text}
    if any(isinstance(part, Mapping) and "class_type" in part for part in said.values()):
        return {"prompt": text}
    if any(isinstance(said.get(key), Mapping) for key in ("prompt", "workflow")):
        return {key: plainjson.written(said[key]) for key in ("prompt", "workflow") if isinstance(said.get(key), dict)}
    if isinstance(said.get("image"), Mapping):
        return {"sd-metadata": text}
    if "positive_prompt" in said or "app_version" in said:
        return {"invokeai_metadata": text}
    words = said.get("parameters")
    return {"parameters": words if isinstance(words, str) else text}
