"""Switches, rules and counters: the same words in a process of one's own and over HTTP."""

import json
import secrets
import urllib.request
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standin.rules import Rule
from tests.standin.state import State
from tests.standin.switches import checked

KINDS = {
    "plan": {"succeeded", "failed", "canceled", "aborted", "stuck", "waiting"},
    "fault": {"status", "throttle", "no_credit", "unauthenticated", "not_found", "cut", "hang", "delay", "half",
              "garbage", "list", "redirect"},
    "deliver": {"chunked", "no_length", "no_length_cut", "truncated", "cut", "long", "doubled", "stall", "slow",
                "endless", "hang", "refused", "redirect", "loop", "elsewhere", "status", "needs_token", "html",
                "garbage", "wrong_type", "gzip", "no_range", "changed", "padded"},
}  # fmt: skip


def obey(state: State, order: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out a control document, key by key in this order; returns the counters. Raises `ValueError`."""
    unknown = set(order) - {"reset", "clear", "set", "rotate_secret", "plan", "fault", "deliver", "cancel", "remove",
                            "advance"}  # fmt: skip
    if unknown:
        raise ValueError(f"Unknown: {', '.join(sorted(unknown))}.")
    if order.get("reset"):
        state.forget()
    with state.lock:
        if order.get("clear"):
            for rules in (state.plans, state.faults, state.deliveries):
                rules.clear()
        _set(state, dict(order.get("set") or {}))
        if order.get("rotate_secret"):
            state.signing_keys.append(secrets.token_bytes(24))
        for name, rules in (("plan", state.plans), ("fault", state.faults), ("deliver", state.deliveries)):
            rules += [_rule(name, one) for one in _list(order.get(name))]
        for name in _list(order.get("cancel")):
            state.cancel(state.predictions[name])
        for name in _list(order.get("remove")):
            state.predictions[name].removed = True
        state.clock.advance(float(order.get("advance") or 0))
    state.pulse.fire()
    return report(state)


def _set(state: State, values: dict[str, Any]) -> None:
    state.switches |= checked(values)
    if "frozen" in values:
        state.clock.freeze(bool(values["frozen"]))
    if "burst" in values or "creates_per_minute" in values:
        state.allowance = (state.clock.now(), float(state.switches["burst"]))


def _rule(name: str, document: Mapping[str, Any]) -> Rule:
    usual = {"kind": "succeeded"} if name == "plan" else {}
    rule = Rule.read({**usual, **document})
    if rule.kind not in KINDS[name]:
        raise ValueError(f"A {name} is one of {', '.join(sorted(KINDS[name]))}; {rule.kind!r} is none.")
    return rule


def _list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def report(state: State) -> dict[str, Any]:
    """The counters as JSON."""
    with state.lock:
        now = state.clock.now()
        predictions = [
            {
                "id": one.id,
                "model": one.model.full_name,
                "input": one.inputs,
                "status": one.status(now),
                "created": one.created,
                "polls": one.polls,
                "billed": one.status(now) != "aborted",
                "received": one.received,
                "paths": one.paths,
                "webhook": one.webhook,
            }
            for one in state.predictions.values()
        ]
        return {
            "now": now,
            "created": state.counts["created"],
            "billed": sum(one["billed"] for one in predictions),
            "uploads": state.counts["uploads"],
            "requests": {name: count for name, count in state.counts.items() if ":" in name},
            "fetches": dict(state.fetches),
            "leaks": list(state.leaks),
            "webhooks": len(state.hooks),
            "crashes": list(state.crashes),
            "predictions": predictions,
            "switches": state.switches,
            "rules": [rule.shown() for rule in (*state.plans, *state.faults, *state.deliveries)],
        }


def looked(state: State, what: str) -> list[dict[str, Any]]:
    """Requests or webhooks as JSON, the oldest first."""
    with state.lock:
        if what == "requests":
            return [{**vars(one), "body": one.body.decode("utf-8", "replace")} for one in state.requests]
        return list(state.hooks)


def routes(state: State) -> list[Route]:
    """`/_control` and what lies below it; no token."""

    async def control(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse(report(state))
        try:
            return JSONResponse(obey(state, await request.json()))
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"detail": str(error)}, 400)

    async def requests(request: Request) -> Response:
        return JSONResponse(looked(state, "requests"))

    async def webhooks(request: Request) -> Response:
        return JSONResponse(looked(state, "webhooks"))

    return [
        Route("/_control", control, methods=["GET", "POST"]),
        Route("/_control/requests", requests),
        Route("/_control/webhooks", webhooks),
    ]


class Controls:
    """The words to drive a stand-in with; `StandIn` obeys them itself, `Remote` sends them."""

    def obey(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out a control document."""
        raise ValueError(f"Nobody is there to obey {order}.")

    def look(self, what: str) -> list[dict[str, Any]]:
        """What `GET /_control/requests` or `.../webhooks` gives."""
        raise ValueError(f"Nobody is there to show {what}.")

    def set(self, **switches: Any) -> None:
        """Move switches."""
        self.obey({"set": switches})

    def plan(self, kind: str = "succeeded", **how: Any) -> None:
        """How the next prediction goes (`times=None`: all of them)."""
        self.obey({"plan": {"kind": kind, **how}})

    def fault(self, kind: str, **how: Any) -> None:
        """What goes wrong with the next request."""
        self.obey({"fault": {"kind": kind, **how}})

    def deliver(self, kind: str, **how: Any) -> None:
        """What goes wrong with the next file."""
        self.obey({"deliver": {"kind": kind, **how}})

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self.obey({"advance": seconds})

    def clear(self) -> None:
        """Forget the rules; predictions and counters stay."""
        self.obey({"clear": True})

    def reset(self) -> None:
        """Begin anew."""
        self.obey({"reset": True})

    def rotate_secret(self) -> None:
        """Sign webhooks with a new key from now on."""
        self.obey({"rotate_secret": True})

    def requests(self, route: str | None = None) -> list[dict[str, Any]]:
        """The requests seen, the oldest first: host, route, method, path, query, headers, body, at."""
        return [one for one in self.look("requests") if route in (None, one["route"])]

    def attempts(self) -> list[dict[str, Any]]:
        """The attempts to send a webhook: prediction, event, id, url, status, dropped, headers."""
        return self.look("webhooks")

    def report(self) -> dict[str, Any]:
        """All counters, as `GET /_control` gives them."""
        return self.obey({})


class Remote(Controls):
    """A stand-in in another process."""

    def __init__(self, base: str) -> None:
        self.base = base

    def obey(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Send a control document; raises `urllib.error.HTTPError` if it is refused."""
        request = urllib.request.Request(
            f"{self.base}/_control", json.dumps(order).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.load(answer))

    def look(self, what: str) -> list[dict[str, Any]]:
        """Ask for requests or webhooks."""
        with urllib.request.urlopen(f"{self.base}/_control/{what}", timeout=30) as answer:
            return list(json.load(answer))
