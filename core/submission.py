"""A submission's values as runs to enqueue: files by reference, secrets apart, a seed each. Writes nothing."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from core import fields
from core.errors import InvalidInput
from core.jobs import Run
from core.providers import Model

SECRET: Final = "studio:secret"  # stands in a recipe for what is never stored


def _files(model: Model) -> dict[str, bool]:
    """The file inputs of a model, and whether each takes several."""
    return {f.name: f.kind == "files" for f in fields.fields(model.schema) if f.kind in ("file", "files")}


def forged_files(model: Model, values: Mapping[str, Any]) -> dict[str, str]:
    """A sentence for each file input that is not an item: a provider must never be sent to an address or path."""
    titles = {field.name: field.title for field in fields.fields(model.schema)}
    return {name: f"{titles[name]} must be a file that you choose." for name in _files(model) if values.get(name)}


def placeholders(numbers: Mapping[str, int]) -> dict[str, list[str]]:
    """Stand-ins for the files that will be there, for the check of everything else."""
    return {role: ["studio:media"] * number for role, number in numbers.items()}


def referred(model: Model, items: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """File inputs as a recipe keeps them."""
    several = _files(model)
    named = {role: [f"studio:media/{media_id}" for media_id in chosen] for role, chosen in items.items()}
    return {role: names if several.get(role) else names[0] for role, names in named.items()}


def apart(model: Model, request: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The request as it may be stored, and the secrets that may not."""
    names = fields.secrets(model.schema)
    secret = {name: str(value) for name, value in request.items() if name in names}
    return {name: SECRET if name in secret else value for name, value in request.items()}, secret


def require_no_secrets(run: Run) -> None:
    """Secrets are not kept, so a run with some cannot be repeated without them; raises `InvalidInput`."""
    missing = [name for name, value in run.request.items() if value == SECRET]
    if missing:
        raise InvalidInput(
            {name: f"{name} is a secret and was not kept. Use the recipe and fill it in." for name in missing}
        )


def seeded(run: Run, model: Model, n: int) -> Sequence[Run]:
    """The runs of one submission, each with a seed of its own where the model takes one."""
    bound = _seeds(model)
    if bound is None:
        return [run] * n
    first = run.request["seed"] if "seed" in run.request else secrets.randbelow(bound)
    return [replace(run, request={**run.request, "seed": (first + i) % bound}) for i in range(n)]


def reseeded(run: Run, model: Model) -> Run:
    """The same run with a new seed, where the model takes one."""
    bound = _seeds(model)
    return run if bound is None else replace(run, request={**run.request, "seed": secrets.randbelow(bound)})


def _seeds(model: Model) -> int | None:
    """How many seeds the model takes, from 0 on; None if it takes none."""
    taken = {field.name: field for field in fields.fields(model.schema)}.get("seed")
    return None if taken is None or taken.kind != "integer" else int(taken.maximum or 2**31 - 1) + 1
