"""A model of the stand-in: what is said of it, what it makes, and how it misbehaves."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.standin.schema import URI, Node, components, document


@dataclass(frozen=True)
class Model:
    """`shape` is the form of the output (see `outputs`), `makes` the kind of its files; times are model seconds.

    `plan`, `fault` and `delivery` are rules in their JSON form that hold for every prediction of this model.
    """

    owner: str
    name: str
    description: str
    inputs: Mapping[str, Node]
    required: Sequence[str] = ("prompt",)
    output: Node = field(default_factory=lambda: URI)
    extra: Mapping[str, Node] = field(default_factory=dict)
    shape: str = "one"
    makes: str = "still"
    tags: Sequence[str] = ()
    official: bool = False
    runs: int = 1200
    starts_in: float = 0.6
    runs_for: float = 3.0
    steps: int = 20
    versions: int = 1
    schema_given: bool = True
    listed: bool = True
    readme: str = ""
    example: Mapping[str, Any] | None = None
    created: str = "2026-03-02T09:30:00.120000Z"
    plan: Mapping[str, Any] | None = None
    fault: Mapping[str, Any] | None = None
    delivery: Mapping[str, Any] | None = None

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"

    @cached_property
    def version_ids(self) -> tuple[str, ...]:
        """64 hex digits each, the newest first."""
        words = (f"{self.full_name} {number}" for number in range(self.versions, 0, -1))
        return tuple(hashlib.sha256(word.encode()).hexdigest() for word in words)

    @cached_property
    def schemas(self) -> Node:
        """The `components.schemas` of its newest version; every version has the same."""
        return components(self.inputs, self.required, self.output, self.extra)

    @cached_property
    def document(self) -> Node | None:
        """The OpenAPI document, or None where the service has none to give."""
        return document(self.schemas) if self.schema_given else None

    def version(self, number: int) -> dict[str, Any]:
        """One version as the API shows it; 0 is the newest."""
        month = max(1, 9 - number)
        return {
            "id": self.version_ids[number],
            "created_at": f"2026-{month:02d}-14T08:00:00.482193Z",
            "cog_version": "0.16.7" if number == 0 else "0.9.5",
            "openapi_schema": self.document,
        }

    def shown(self, base: str, delivery: str, example: Any) -> dict[str, Any]:
        """The model as the API shows it."""
        return {
            "url": f"{base}/{self.full_name}",
            "owner": self.owner,
            "name": self.name,
            "description": self.description,
            "visibility": "public",
            "is_official": self.official,
            "github_url": None if self.official else f"https://example.com/{self.full_name}",
            "paper_url": None,
            "license_url": None,
            "run_count": self.runs,
            "cover_image_url": f"{delivery}/covers/{self.owner}/{self.name}.webp",
            "default_example": example,
            "latest_version": self.version(0) if self.versions else None,
            "created_at": self.created,
            "weights_url": None,
        }
