"""Files that were uploaded, and files that came as inputs: by address of an upload, as data URI, or from elsewhere."""

import base64
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from tests.standin.clock import stamp
from tests.standin.media import md5
from tests.standin.models import Model
from tests.standin.schema import resolve

if TYPE_CHECKING:
    from tests.standin.state import State

OWNER = "standin"


@dataclass(frozen=True)
class Upload:
    """A file in the files API."""

    id: str
    name: str
    content_type: str
    data: bytes
    metadata: dict[str, Any]
    created: float
    expires: float

    def shown(self, base: str) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "content_type": self.content_type,
            "size": len(self.data),
            "etag": md5(self.data),
            "checksums": {"sha256": hashlib.sha256(self.data).hexdigest(), "md5": md5(self.data)},
            "metadata": self.metadata,
            "created_at": stamp(self.created, 3),
            "expires_at": stamp(self.expires, 3),
            "urls": {"get": f"{base}/v1/files/{self.id}"},
        }


class Uploads:
    """The files by id; the state's lock guards them."""

    def __init__(self, state: "State") -> None:
        self._state = state
        self._held: dict[str, Upload] = {}
        self._key = secrets.token_bytes(32)

    def add(self, name: str, content_type: str, data: bytes, metadata: dict[str, Any]) -> Upload:
        """Keep a file."""
        with self._state.lock:
            now = self._state.clock.now()
            identifier = base64.b64encode(str(uuid.uuid4()).encode()).decode()
            expires = now + float(self._state.switches["file_seconds"])
            upload = Upload(identifier, name, content_type, data, metadata, now, expires)
            self._held[identifier] = upload
            self._state.counts["uploads"] += 1
            return upload

    def get(self, identifier: str) -> Upload | None:
        """A file, unless it is unknown or has expired."""
        with self._state.lock:
            upload = self._held.get(identifier)
            return upload if upload and upload.expires > self._state.clock.now() else None

    def all(self) -> list[Upload]:
        """Every file, the newest first."""
        with self._state.lock:
            return [upload for name in reversed(self._held) if (upload := self.get(name))]

    def remove(self, identifier: str) -> bool:
        """Whether there was such a file."""
        with self._state.lock:
            return self._held.pop(identifier, None) is not None

    def signature(self, identifier: str, owner: str, expiry: int) -> str:
        """What a download address must carry."""
        words = f"{owner} {identifier} {expiry}".encode()
        return base64.b64encode(hmac.digest(self._key, words, "sha256")).decode()

    def download_url(self, identifier: str, seconds: float = 3600) -> str:
        """An address that needs no token."""
        expiry = int(self._state.clock.now() + seconds)
        signature = quote(self.signature(identifier, OWNER, expiry), safe="")
        query = f"owner={OWNER}&expiry={expiry}&signature={signature}"
        return f"{self._state.base}/v1/files/{identifier}/download?{query}"


def received(
    state: "State", model: Model, inputs: Mapping[str, Any]
) -> tuple[dict[str, Any], bytes | None, str | None]:
    """(what came in each file input, the bytes of the first, the error of a file that is not there)."""
    found: dict[str, Any] = {}
    first, trouble = None, None
    for name, address in _addresses(model, inputs):
        data = content(state, address)
        if data is None and address.startswith((state.base, state.delivery)):
            trouble = f"Failed to download the input {name}: HTTP Error 404: Not Found"
        sha = hashlib.sha256(data).hexdigest() if data is not None else None
        found[name] = {"size": None if data is None else len(data), "sha256": sha, "address": address[:200]}
        first = first or data
    return found, first, trouble


def _addresses(model: Model, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, node in model.schemas["Input"]["properties"].items():
        resolved, value = resolve(node, model.schemas), inputs.get(name)
        if resolved.get("format") == "uri" and isinstance(value, str) and value:
            yield name, value
        elif resolved.get("items", {}).get("format") == "uri" and isinstance(value, list):
            yield from ((f"{name}.{position}", item) for position, item in enumerate(value))


def content(state: "State", address: str) -> bytes | None:
    """The bytes behind an address, as far as the stand-in holds them; it never goes out to the net."""
    if match := re.match(r"data:[^,]*?(;base64)?,", address, re.IGNORECASE):
        body = address[match.end() :]
        try:
            return base64.b64decode(body, validate=True) if match[1] else unquote_to_bytes(body)
        except ValueError:
            return None
    if address.startswith(f"{state.base}/v1/files/"):
        upload = state.uploads.get(address.rsplit("/v1/files/", 1)[1].split("/")[0])
        return upload.data if upload else None
    held = state.media.get(address.removeprefix(state.delivery))
    return state.studio.make(held.spec) if held else None
