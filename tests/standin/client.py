"""The plainest client: a session with a token and the few calls that tests make, without any retry."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import requests

from tests.standin.catalogue import everything
from tests.standin.server import StandIn

ENDED = ("succeeded", "failed", "canceled", "aborted")


class Client:
    """The few calls that tests make, without any retry."""

    def __init__(self, standin: StandIn) -> None:
        self.standin, self.session = standin, requests.Session()
        self.session.headers["Authorization"] = f"Bearer {standin.token}"

    def post(self, model: str = "atelier/grand-still", *, body: Any = None, **more: Any) -> requests.Response:
        known = everything()[model]
        version = model if known.official else known.version_ids[0]
        sent = {"version": version, "input": {"prompt": "a lake"}, **(body or {})}
        return self.session.post(f"{self.standin.base}/v1/predictions", json=sent, **{"timeout": 10, **more})

    def create(self, model: str = "atelier/grand-still", **more: Any) -> dict[str, Any]:
        answer = self.post(model, **more)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def get(self, prediction: Mapping[str, Any]) -> dict[str, Any]:
        return dict(self.session.get(prediction["urls"]["get"], timeout=10).json())

    def run(self, model: str = "atelier/grand-still", **more: Any) -> dict[str, Any]:
        """Create, and let time pass until it has ended."""
        made = self.create(model, **more)
        self.standin.advance(1000)
        seen = self.get(made)
        assert seen["status"] in ENDED
        return seen

    def list(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.session.get(f"{self.standin.base}/v1/predictions", params=query, timeout=10)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["results"])


def soon(check: Callable[[], bool]) -> bool:
    """Whether it becomes true within some seconds: for what the server does after its client went away."""
    deadline = time.monotonic() + 10
    while not check() and time.monotonic() < deadline:
        time.sleep(0.01)
    return check()


def fetch(url: str, **headers: str) -> requests.Response:
    """A file, without a token."""
    return requests.get(url, headers={"Accept-Encoding": "identity", **headers}, timeout=10, allow_redirects=False)
