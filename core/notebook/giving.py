"""What a person gives in a notebook as what the studio takes: values, items, files to be kept."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core import fields
from core.errors import InvalidInput
from core.notebook.media import Media
from core.providers import Model
from core.studio import Upload

FILES: Final = ("file", "files")


@dataclass
class Given:
    """Values by input; items and files to be kept, by the inputs that take files."""

    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, list[int]] = field(default_factory=dict)
    uploads: dict[str, list[Upload]] = field(default_factory=dict)


def given(model: Model, inputs: Mapping[str, Any]) -> Given:
    """Sort what was given; inputs that take files take items, their numbers, and paths. Raises `InvalidInput`."""
    taking = {known.name for known in fields.fields(model.schema) if known.kind in FILES}
    found = Given()
    errors: dict[str, str] = {}
    for name, value in inputs.items():
        if name not in taking or value is None:
            found.values[name] = plain(value)
            continue
        for each in value if isinstance(value, list | tuple) else [value]:
            try:
                _add(found, name, each)
            except InvalidInput as error:
                errors |= error.fields
    if errors:
        raise InvalidInput(errors)
    return found


def plain(value: Any) -> Any:
    """A number of NumPy's as Python's own; items by their numbers."""
    if isinstance(value, Media):
        return value.id
    return value.item() if type(value).__module__ == "numpy" and not getattr(value, "shape", ()) else value


def is_several(value: Any) -> bool:
    """Whether a value is several to be tried in turn: a list, a range, an array, but no text and no mapping."""
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | os.PathLike | Media)


def numbered(value: Any) -> int:
    """The number of an item or run as Python's own; raises `InvalidInput` for what is none."""
    try:
        return int(plain(value))
    except (TypeError, ValueError):
        raise InvalidInput(
            {"item": f"{value!r} is not the number of an item or a run. Both are numbered from 1."}
        ) from None


def _add(found: Given, name: str, value: Any) -> None:
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | str | os.PathLike):
        raise InvalidInput({name: f"{name} takes an item such as studio.media(1), its number, or the path of a file."})
    if isinstance(value, int):
        found.files.setdefault(name, []).append(value)
        return
    path = Path(value).expanduser()
    try:
        upload = Upload(path.name, path.read_bytes())
    except OSError as error:
        raise InvalidInput({name: f"{name}: {path} cannot be read: {error.strerror}."}) from error
    found.uploads.setdefault(name, []).append(upload)
