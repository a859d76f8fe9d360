"""What a text says of how something was made, whoever wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class FoundRecipe:
    """A recipe as its program wrote it. `parameters` are plain data under short names, prompt and seed among them.

    `program` is a provider's name: one of `core.programs`, or the provider of a recipe that the studio wrote; `inputs`
    are then the files that it used, by the input's name, as (their number there, SHA-256). Pixels; `seed` None: none.
    """

    program: str
    prompt: str = ""
    negative_prompt: str = ""
    model: str = ""
    version: str = ""
    seed: int | None = None
    width: int | None = None
    height: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    inputs: Mapping[str, tuple[tuple[int | None, str | None], ...]] = field(default_factory=dict)
