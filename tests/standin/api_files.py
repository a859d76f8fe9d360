"""The files API: upload, list, get, delete, and download by a signed address."""

import hmac
import json

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standin.edge import endpoint, problem
from tests.standin.paging import paged
from tests.standin.state import State

MARGIN = 64 * 1024  # what a multipart body holds beside the file
PAGE = 100
PROBLEM = "application/problem+json"
JSON = "application/json; charset=UTF-8"


def routes(state: State) -> list[Route]:
    """The routes of files."""
    one = "/v1/files/{identifier}"
    return [
        endpoint(state, "/v1/files", "file_create", "POST", create),
        endpoint(state, "/v1/files", "files", "GET", listing),
        endpoint(state, one, "file", "GET", get),
        endpoint(state, one, "file_delete", "DELETE", delete),
        endpoint(state, f"{one}/download", "file_download", "GET", download, token=False),
    ]


async def create(state: State, request: Request, body: bytes) -> Response:
    """Take a file in."""
    limit = int(state.switches["max_file_bytes"])
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit + MARGIN:
        async for _ in request.stream():  # read it all, or the client sees a broken pipe and not the answer
            pass
        return _too_large()
    async with request.form() as form:
        content = form.get("content")
        if not isinstance(content, UploadFile):
            return problem(422, "content is required", "Input validation failed", "application/json")
        data = await content.read()
        metadata = form.get("metadata", "{}")
        text = (await metadata.read()).decode() if isinstance(metadata, UploadFile) else str(metadata)
        name, kind = str(form.get("filename") or content.filename or "file"), form.get("type")
    if len(data) > limit:
        return _too_large()
    try:
        values = json.loads(text)
    except ValueError:
        return problem(422, "metadata must be valid JSON", "Input validation failed", "application/json")
    if len(name.encode()) > 255 or not isinstance(values, dict):
        return problem(422, "filename or metadata is not valid", "Input validation failed", "application/json")
    content_type = str(kind or content.content_type or "application/octet-stream")
    upload = state.uploads.add(name, content_type, data, values)
    return JSONResponse(upload.shown(state.base), 201, media_type=JSON)


def _too_large() -> Response:
    return JSONResponse({"detail": "Files must be less than 100MB in size"}, 413, media_type=PROBLEM)


def _missing() -> Response:
    return JSONResponse({"detail": "File not found"}, 404, media_type=PROBLEM)


async def listing(state: State, request: Request, body: bytes) -> Response:
    """All files, the newest first."""
    uploads = state.uploads.all()
    return paged(state, request, uploads, PAGE, lambda one: one.id, lambda one: one.shown(state.base))


async def get(state: State, request: Request, body: bytes) -> Response:
    """What is known of a file."""
    upload = state.uploads.get(request.path_params["identifier"])
    return JSONResponse(upload.shown(state.base), media_type=JSON) if upload else _missing()


async def delete(state: State, request: Request, body: bytes) -> Response:
    """Remove a file."""
    gone = state.uploads.remove(request.path_params["identifier"])
    return Response(status_code=204) if gone else _missing()


async def download(state: State, request: Request, body: bytes) -> Response:
    """The bytes, for whoever holds a valid signature."""
    query, identifier = request.query_params, request.path_params["identifier"]
    upload, expiry = state.uploads.get(identifier), query.get("expiry", "")
    if upload is None or not expiry.isdigit() or int(expiry) < state.clock.now():
        return _missing()
    right = state.uploads.signature(identifier, query.get("owner", ""), int(expiry))
    if not hmac.compare_digest(right.encode(), query.get("signature", "").encode()):
        return _missing()
    return Response(upload.data, media_type=upload.content_type)
