"""Models, versions, collections, search, hardware, account and the webhook secret: what is read only."""

import base64
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standin import catalogue
from tests.standin.edge import endpoint, problem
from tests.standin.models import Model
from tests.standin.paging import paged
from tests.standin.state import State

NOT_FOUND = "The requested resource could not be found."
PAGE = 25


def routes(state: State) -> list[Route]:
    """The routes of what is read only."""
    one = "/v1/models/{owner}/{name}"
    return [
        endpoint(state, "/v1/models", "models", "GET", models),
        endpoint(state, "/v1/models", "query_models", "QUERY", query),
        endpoint(state, one, "model", "GET", model),
        endpoint(state, f"{one}/versions", "versions", "GET", versions),
        endpoint(state, f"{one}/versions/{{version}}", "version", "GET", version),
        endpoint(state, f"{one}/readme", "readme", "GET", readme),
        endpoint(state, f"{one}/examples", "examples", "GET", examples),
        endpoint(state, "/v1/search", "search", "GET", search, token=False),
        endpoint(state, "/v1/collections", "collections", "GET", collections),
        endpoint(state, "/v1/collections/{slug}", "collection", "GET", collection),
        endpoint(state, "/v1/hardware", "hardware", "GET", hardware),
        endpoint(state, "/v1/account", "account", "GET", account),
        endpoint(state, "/v1/webhooks/default/secret", "secret", "GET", secret),
    ]


def _show(state: State, model: Model) -> dict[str, Any]:
    shown = model.shown(state.base, state.delivery, state.example(model))
    if state.switches["bare_models"]:
        for name in ("is_official", "created_at", "weights_url"):
            del shown[name]
        if shown["latest_version"]:
            shown["latest_version"]["cog_version"] = None
    return shown


def _model(request: Request) -> Model | None:
    return catalogue.everything().get("{owner}/{name}".format(**request.path_params))


async def models(state: State, request: Request, body: bytes) -> Response:
    """All public models, 25 to a page."""
    found = state.models()
    keys = {"model_created_at": lambda one: one.created, "latest_version_created_at": lambda one: one.created}
    if (wanted := request.query_params.get("sort_by")) in keys:
        found = sorted(found, key=keys[wanted], reverse=request.query_params.get("sort_direction", "desc") == "desc")
    return paged(state, request, found, PAGE, lambda one: one.full_name, lambda one: _show(state, one))


async def query(state: State, request: Request, body: bytes) -> Response:
    """The search of old: the words are the body, which the JavaScript client puts in quotes."""
    words = body.decode("utf-8", "replace").strip().strip('"')
    results = [_show(state, model) for model, _ in catalogue.found(words, PAGE)]
    return JSONResponse({"next": None, "previous": None, "results": results})


async def model(state: State, request: Request, body: bytes) -> Response:
    """One model."""
    found = _model(request)
    if found is None:
        name = "{owner}/{name}".format(**request.path_params)
        return problem(404, f"Model not found: {name}", "Not Found")
    return JSONResponse(_show(state, found))


async def versions(state: State, request: Request, body: bytes) -> Response:
    """The versions of a model, the newest first."""
    found = _model(request)
    if found is None:
        return problem(404, NOT_FOUND)
    numbers = list(range(found.versions))
    return paged(state, request, numbers, PAGE, lambda one: found.version_ids[one], found.version)


async def version(state: State, request: Request, body: bytes) -> Response:
    """One version."""
    found, identifier = _model(request), request.path_params["version"]
    if found is None or identifier not in found.version_ids:
        return problem(404, NOT_FOUND)
    return JSONResponse(found.version(found.version_ids.index(identifier)))


async def readme(state: State, request: Request, body: bytes) -> Response:
    """A model's own words in Markdown."""
    found = _model(request)
    if found is None or not found.readme:
        return problem(404, NOT_FOUND)
    return Response(found.readme, media_type="text/plain")


async def examples(state: State, request: Request, body: bytes) -> Response:
    """A page of example predictions."""
    found = _model(request)
    if found is None:
        return problem(404, NOT_FOUND)
    example = state.example(found)
    return paged(state, request, [example] if example else [], PAGE, lambda one: one["id"], lambda one: one)


async def search(state: State, request: Request, body: bytes) -> Response:
    """Models, collections and pages for a query."""
    words = request.query_params.get("query", "").strip()
    if not words:
        return JSONResponse({"detail": 'Query parameter "query" is required'}, 400)
    try:
        limit = int(request.query_params.get("limit", "20"))
    except ValueError:
        limit = 0
    if not 1 <= limit <= 50:
        return JSONResponse({"detail": 'Query parameter "limit" must be between 1 and 50'}, 400)
    return JSONResponse(
        {
            "query": words,
            "models": [_hit(state, model, score) for model, score in catalogue.found(words, limit)],
            "collections": [_found(*one) for one in catalogue.COLLECTIONS if words.lower() in " ".join(one).lower()],
            "pages": [{"name": "About this stand-in", "href": "/"}],
        }
    )


def _hit(state: State, model: Model, score: float) -> dict[str, Any]:
    metadata = {"generated_description": model.description, "tags": list(model.tags), "score": score}
    return {"model": _show(state, model), "metadata": metadata}


def _found(slug: str, name: str, description: str) -> dict[str, Any]:
    names = [model.full_name for model in catalogue.of_collection(slug)]
    return {"name": name, "slug": slug, "description": description, "models": names}


async def collections(state: State, request: Request, body: bytes) -> Response:
    """All collections."""
    items = [{"name": name, "slug": slug, "description": words} for slug, name, words in catalogue.COLLECTIONS]
    return paged(state, request, items, PAGE, lambda one: one["slug"], lambda one: one)


async def collection(state: State, request: Request, body: bytes) -> Response:
    """One collection with its models."""
    for slug, name, words in catalogue.COLLECTIONS:
        if slug == request.path_params["slug"]:
            shown = [_show(state, model) for model in catalogue.of_collection(slug)]
            head = {"name": name, "slug": slug, "description": words, "full_description": f"## {name}\n\n{words}"}
            return JSONResponse({**head, "models": shown})
    return problem(404, NOT_FOUND)


async def hardware(state: State, request: Request, body: bytes) -> Response:
    """What models may run on."""
    return JSONResponse(list(catalogue.HARDWARE))


async def account(state: State, request: Request, body: bytes) -> Response:
    """Whose token it is."""
    picture = f"{state.delivery}/covers/atelier/swift-still.webp"
    person = {"type": "user", "username": "standin", "name": "Stand-in", "github_url": "https://example.com/standin"}
    return JSONResponse({**person, "avatar_url": picture})


async def secret(state: State, request: Request, body: bytes) -> Response:
    """The key that webhooks are signed with."""
    return JSONResponse({"key": "whsec_" + base64.b64encode(state.signing_keys[-1]).decode()})
