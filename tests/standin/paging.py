"""Pages with opaque cursors; `next` and `previous` are whole addresses on the stand-in's own base."""

import base64
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.standin.state import State


def paged(
    state: State,
    request: Request,
    items: Sequence[Any],
    size: int,
    key: Callable[[Any], str],
    show: Callable[[Any], dict[str, Any]],
) -> Response:
    """One page of the items, where the cursor in the request stands."""
    keys = [key(item) for item in items]
    try:
        first, end = _span(request.query_params.get("cursor"), keys, size)
    except ValueError:
        return JSONResponse({"detail": "Invalid cursor", "status": 400}, 400)

    def link(direction: str, position: int) -> str:
        query = {name: value for name, value in request.query_params.items() if name != "cursor"}
        cursor = base64.urlsafe_b64encode(f"{direction}={keys[position]}".encode()).decode()
        return f"{state.base}{request.url.path}?{urlencode({'cursor': cursor, **query})}"

    return JSONResponse(
        {
            "next": link("after", end - 1) if end < len(items) else None,
            "previous": link("before", first) if first > 0 else None,
            "results": [show(item) for item in items[first:end]],
        }
    )


def _span(cursor: str | None, keys: list[str], size: int) -> tuple[int, int]:
    """(first, end) of the page; items added since the cursor was given do not move it."""
    if cursor is None:
        return 0, min(size, len(keys))
    direction, _, name = base64.urlsafe_b64decode(cursor.encode()).decode().partition("=")
    position = keys.index(name)
    if direction == "after":
        return position + 1, min(position + 1 + size, len(keys))
    return max(0, position - size), position
