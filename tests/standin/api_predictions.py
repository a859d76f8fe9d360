"""Create, get, list, cancel."""

import asyncio
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standin import catalogue
from tests.standin.clock import parse
from tests.standin.edge import endpoint, no_credit, problem, read_json, throttle
from tests.standin.models import Model
from tests.standin.paging import paged
from tests.standin.predictions import Prediction
from tests.standin.state import State
from tests.standin.validation import body_faults, input_faults, refusal

NOT_FOUND = "The requested resource could not be found."
NO_VERSION = "The specified version does not exist (or perhaps you don't have permission to use it?)"
DAY = 86_400.0
OFFICIAL = "/v1/models/{owner}/{name}/predictions"


def routes(state: State) -> list[Route]:
    """The routes of predictions."""
    one = "/v1/predictions/{identifier}"
    return [
        endpoint(state, "/v1/predictions", "create", "POST", create, target=_by_version),
        endpoint(state, "/v1/predictions", "list", "GET", listing),
        endpoint(state, one, "get", "GET", get),
        endpoint(state, f"{one}/cancel", "cancel", "POST", cancel),
        endpoint(state, OFFICIAL, "model_create", "POST", create_by_model, target=_by_path),
        endpoint(state, "/v1/streams/{identifier}", "stream", "GET", stream),
    ]


def _by_version(request: Request, body: bytes) -> Model | None:
    try:
        found = catalogue.of_version(str(read_json(body)["version"]))
    except (ValueError, KeyError, TypeError):
        return None
    return found[0] if found else None


def _by_path(request: Request, body: bytes) -> Model | None:
    return catalogue.everything().get("{owner}/{name}".format(**request.path_params))


async def create(state: State, request: Request, body: bytes) -> Response:
    """`POST /predictions`: the version in any of its three forms."""
    try:
        document = read_json(body)
    except ValueError as error:
        return problem(400, f"JSON parse error - {error}")
    faults = body_faults(document, True, bool(state.switches["http_webhooks"]))
    if faults:
        return JSONResponse(refusal(faults), 422)
    found = catalogue.of_version(document["version"])
    if found is None:
        return problem(422, NO_VERSION, "Invalid version or not permitted", "application/json")
    return await _created(state, request, document, *found)


async def create_by_model(state: State, request: Request, body: bytes) -> Response:
    """`POST /models/{owner}/{name}/predictions`: official models alone."""
    model = _by_path(request, body)
    if model is None or not model.official or not model.versions:
        return problem(404, NOT_FOUND)
    try:
        document = read_json(body)
    except ValueError as error:
        return problem(400, f"JSON parse error - {error}")
    faults = body_faults(document, False, bool(state.switches["http_webhooks"]))
    if faults:
        return JSONResponse(refusal(faults), 422)
    return await _created(state, request, document, model, model.version_ids[0])


async def _created(state: State, request: Request, document: dict[str, Any], model: Model, version: str) -> Response:
    faults = input_faults(document["input"], model.schemas)
    if faults:
        return JSONResponse(refusal(faults), 422)
    if not state.switches["credit"]:
        return no_credit()
    if (seconds := state.throttled()) is not None:
        return throttle(str(state.switches["throttle_form"]), seconds)
    try:
        cancel_after = _cancel_after(request.headers.get("cancel-after"))
    except ValueError as error:
        return problem(422, str(error), "Invalid Cancel-After header", "application/json")
    prediction = state.create(model, version, document, cancel_after)
    headers = {"replicate-edge-cluster": "standin", "replicate-target-cluster": "standin"}
    if state.switches["location"]:
        headers["location"] = f"{state.base}/v1/predictions/{prediction.id}"
    wait = re.fullmatch(r"wait(?:=(\d+))?", request.headers.get("prefer", "").strip())
    early = False
    if wait:
        headers["preference-applied"] = wait[0]
        early = await _waited(state, prediction, min(60, max(1, int(wait[1] or 60))))
    shown = state.show(prediction, fresh=True, early=early)
    return JSONResponse(shown, _code(state, shown), headers)


def _code(state: State, shown: dict[str, Any]) -> int:
    wanted = state.switches["create_status"]
    return int(wanted) if wanted != "auto" else 201 if shown.get("output") is not None else 202


async def _waited(state: State, prediction: Prediction, seconds: int) -> bool:
    """Hold the answer back; True if it is to show the whole output while still "processing"."""
    mode = prediction.args.get("sync") or state.switches["sync"]
    if mode == "nothing":
        return False
    loop = asyncio.get_running_loop()
    latest, limit = loop.time() + seconds, state.clock.now() + seconds
    while (now := state.clock.now()) < min(prediction.ended(), limit) and loop.time() < latest:
        left = min(prediction.ended(), limit) - now
        await state.pulse.wait(latest - loop.time() if state.clock.frozen else left)
    return mode == "early" and prediction.whole(state.clock.now())


def _cancel_after(text: str | None) -> float | None:
    """Seconds; raises `ValueError`."""
    if text is None:
        return None
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", text.strip())
    if not text.strip() or match is None:
        raise ValueError(f"Cannot read the duration {text!r}")
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    seconds = hours * 3600 + minutes * 60 + rest
    if not 5 <= seconds <= DAY:
        raise ValueError("The duration must be between 5 seconds and 24 hours")
    return float(seconds)


async def get(state: State, request: Request, body: bytes) -> Response:
    """One prediction, as it stands."""
    prediction = state.find(request.path_params["identifier"])
    if prediction is None:
        return problem(404, NOT_FOUND)
    with state.lock:
        prediction.polls += 1
        unknown = prediction.polls <= int(prediction.args.get("not_found") or 0)
    return problem(404, NOT_FOUND) if unknown else JSONResponse(state.show(prediction))


async def cancel(state: State, request: Request, body: bytes) -> Response:
    """Stop one; what has ended stays as it is."""
    prediction = state.find(request.path_params["identifier"])
    if prediction is None:
        return problem(404, NOT_FOUND)
    ended = state.clock.now() >= prediction.ended()
    if ended and state.switches["cancel_ended"] != 200:
        return problem(int(state.switches["cancel_ended"]), "The prediction has already ended.")
    state.cancel(prediction)
    return JSONResponse(state.show(prediction))


async def listing(state: State, request: Request, body: bytes) -> Response:
    """All predictions, the newest first, a page at a time."""
    query = request.query_params
    try:
        after, before = (parse(query[name]) if name in query else None for name in ("created_after", "created_before"))
    except ValueError:
        return problem(400, "created_after and created_before must be ISO 8601 date-times")
    if query.get("source", "web") != "web":
        return problem(400, "source must be web")
    with state.lock:
        now, lag = state.clock.now(), float(state.switches["list_lag"])
        found = [
            prediction
            for prediction in reversed(state.predictions.values())
            if (after is None or prediction.created >= after)
            and (before is None or prediction.created < before)
            and ("source" not in query or (prediction.source == "web" and prediction.created > now - 14 * DAY))
            and prediction.created <= now - lag
        ]
    size = int(state.switches["page_size"])
    return paged(state, request, found, size, lambda one: one.id, lambda one: state.show(one))


async def stream(state: State, request: Request, body: bytes) -> Response:
    """The words of a text model as server-sent events, once it has ended."""
    prediction = state.find(request.path_params["identifier"])
    if prediction is None:
        return problem(404, NOT_FOUND)
    await _waited(state, prediction, 60)
    words = state.show(prediction)["output"] or []
    events = [f"event: output\nid: {number}\ndata: {word}\n\n" for number, word in enumerate(words)]
    return Response("".join(events) + "event: done\ndata: {}\n\n", media_type="text/event-stream")
