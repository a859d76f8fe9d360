"""The stand-in's webhooks and controls, and that nothing wedges it."""

import http.client
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook

from tests.serving import free_port
from tests.standin import Remote, StandIn
from tests.standin.catalogue import everything
from tests.standin.client import ENDED, Client, soon
from tests.standin.control import KINDS
from tests.standin.outputs import FORMS
from tests.standin.validation import input_faults

ROOT = Path(__file__).resolve().parents[1]


class Receiver:
    """A receiver of webhooks that answers what it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.came = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with receiver.came:
                    receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                    status = receiver.answers.pop(0) if receiver.answers else 200
                    receiver.came.notify_all()
                self.send_response(status)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                """Quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def wait(self, number: int) -> list[dict[str, Any]]:
        """The bodies, once so many have come."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.got) >= number, 10), self.got
            return [json.loads(body) for _, body in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


def attempts(standin: StandIn, number: int) -> list[dict[str, Any]]:
    """What was sent, once it is so much."""
    assert soon(lambda: len(standin.attempts()) >= number)
    return standin.attempts()


def test_webhooks_come_signed_and_filtered(standin: StandIn, client: Client, receiver: Receiver) -> None:
    key = client.session.get(f"{standin.base}/v1/webhooks/default/secret").json()["key"]
    everything_ = ["start", "output", "logs", "completed"]
    client.create(body={"webhook": receiver.url, "webhook_events_filter": everything_})
    assert soon(lambda: [one["event"] for one in standin.attempts()][-1:] == ["completed"])
    events = [one["event"] for one in standin.attempts()]
    assert (events[0], set(events)) == ("start", set(everything_))
    number = len(receiver.got)
    client.create(body={"webhook": receiver.url, "webhook_events_filter": ["completed"]})
    bodies = receiver.wait(number + 1)
    assert (bodies[-1]["status"], bodies[-1]["webhook"]) == ("succeeded", receiver.url)
    for carried, body in receiver.got:
        Webhook(key).verify(body, carried)
    assert len({carried["webhook-id"] for carried, _ in receiver.got}) == number + 1


def test_webhooks_grow_with_the_run(standin: StandIn, client: Client, receiver: Receiver) -> None:
    standin.set(frozen=True, speed=1)
    standin.plan(starts_in=1.0, runs_for=10.0)
    client.create(body={"webhook": receiver.url, "webhook_events_filter": ["start", "logs", "completed"]})
    standin.advance(1.1)
    assert receiver.wait(2)[0]["status"] == "processing"
    standin.advance(4)
    first, second = receiver.wait(3)[1:]
    assert second["logs"].startswith(first["logs"])
    standin.advance(10)
    assert receiver.wait(5)[-1]["status"] == "succeeded"


def test_only_the_last_webhook_is_tried_again(standin: StandIn, client: Client, receiver: Receiver) -> None:
    receiver.answers = [500, 400, 503, 200]
    client.create(body={"webhook": receiver.url, "webhook_events_filter": ["start", "completed"]})
    assert [one["status"] for one in attempts(standin, 4)] == [500, 400, 503, 200]
    assert [one["event"] for one in standin.attempts()] == ["start", "completed", "completed", "completed"]
    names = [carried["webhook-id"] for carried, _ in receiver.got]
    assert (names[0] != names[1], len(set(names[1:]))) == (True, 1)


def test_webhooks_in_bad_moods(standin: StandIn, client: Client, receiver: Receiver) -> None:
    hook = {"webhook": receiver.url, "webhook_events_filter": ["start", "completed"]}
    standin.set(webhooks="duplicate")
    client.create(body=hook)
    receiver.wait(4)
    assert len({carried["webhook-id"] for carried, _ in receiver.got}) == 2
    receiver.got.clear()
    standin.set(webhooks="reorder", frozen=True, speed=1)
    standin.plan(starts_in=1.0, runs_for=1.0)
    made = client.create(body=hook)
    standin.advance(1.5)
    client.get(made)
    standin.advance(1.0)
    first, second = receiver.wait(2)
    assert (first["status"], second["status"]) == ("succeeded", "processing")
    receiver.got.clear()
    standin.set(webhooks="drop", frozen=False, speed=100)
    client.create(body={**hook, "webhook_events_filter": ["completed"]})
    assert attempts(standin, 7)[-1]["dropped"] is True
    standin.set(webhooks="normal")
    standin.rotate_secret()
    key = client.session.get(f"{standin.base}/v1/webhooks/default/secret").json()["key"]
    client.create(body={**hook, "webhook_events_filter": ["completed"]})
    receiver.wait(1)
    Webhook(key).verify(receiver.got[0][1], receiver.got[0][0])
    client.create(body={"webhook": f"http://127.0.0.1:{free_port()}/", "webhook_events_filter": ["completed"]})
    assert attempts(standin, 9)[-1]["status"] == 0


# --- control


def test_the_controls_work_from_outside(standin: StandIn, client: Client) -> None:
    remote = Remote(standin.base)
    remote.fault("status", status=500, route="create")
    assert client.post().status_code == 500
    remote.plan("failed", error="no")
    made = client.create()
    remote.advance(100)
    assert client.get(made)["error"] == "no"
    assert remote.report() | {"now": 0} == standin.report() | {"now": 0}
    seen = remote.requests("create")
    assert [one["headers"]["authorization"] for one in seen] == [f"Bearer {standin.token}"] * 2
    assert json.loads(seen[0]["body"])["input"] == {"prompt": "a lake"}
    assert remote.attempts() == []
    wrong: tuple[dict[str, Any], ...] = (
        {"set": {"nothing": 1}}, {"set": {"form": "2020"}}, {"fault": {"kind": "nothing"}}, {"what": 1}, {"cancel": "x"}
    )  # fmt: skip
    for order in wrong:
        with pytest.raises(urllib.error.HTTPError):
            remote.obey(order)
    remote.reset()
    assert remote.report()["predictions"] == []


def test_the_manual_names_everything() -> None:
    import tests.standin
    from tests.standin.switches import CHOICES, SWITCHES

    manual = str(tests.standin.__doc__)
    words = [*SWITCHES, *FORMS, *(choice for choices in CHOICES.values() for choice in choices)]
    words += [kind for kinds in KINDS.values() for kind in kinds]
    assert [word for word in words if not re.search(rf"\b{word}\b", manual)] == []


def test_no_description_was_forgotten() -> None:
    models = everything()
    assert len(models) > 60
    assert len({model.owner for model in models.values()}) >= 8
    for model in models.values():
        assert model.description.endswith(".")
        assert model.example is None or input_faults(model.example, model.schemas) == []
    nodes = [node for model in models.values() for node in model.schemas["Input"]["properties"].values()]
    for mark in ("allOf", "$ref", "anyOf", "enum", "nullable", "minimum", "writeOnly", "x-cog-secret", "deprecated"):
        assert any(mark in node for node in nodes), mark
    assert any("x-order" not in node for node in nodes)
    defaults = [node["default"] for node in nodes if "default" in node]
    assert all(one in defaults for one in (None, "", " ", []))


def test_many_at_once_do_not_wedge_it(standin: StandIn) -> None:
    """Threads that create, poll, fetch and hang up in the middle; afterwards every create is accounted for."""
    standin.fault("cut", route="get", times=20, skip=10)
    standin.fault("hang", route="create", times=5, skip=20, when="after")
    standin.deliver("stall", times=5, skip=5)

    def life(number: int) -> int:
        done = 0
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {standin.token}"
            for turn in range(12):
                body = {"version": "atelier/grand-still", "input": {"prompt": "a lake", "seed": turn}}
                try:
                    made = session.post(f"{standin.base}/v1/predictions", json=body, timeout=1).json()
                    while (seen := session.get(made["urls"]["get"], timeout=2).json())["status"] not in ENDED:
                        pass
                    done += session.get(seen["output"], timeout=1, headers={"Authorization": ""}).ok
                except requests.RequestException:
                    continue
        return done

    with ThreadPoolExecutor(8) as threads:
        finished = sum(threads.map(life, range(8)))
    assert soon(lambda: standin.report()["created"] == 96)
    assert 96 - 40 <= finished < 96
    assert requests.get(f"{standin.base}/_control", timeout=2).json()["created"] == 96


def test_a_client_that_goes_away_in_the_middle(standin: StandIn) -> None:
    host = standin.base.removeprefix("http://")
    for path in ("/v1/predictions", "/v1/files"):
        connection = http.client.HTTPConnection(host, timeout=5)
        connection.putrequest("POST", path)
        for name, value in (("authorization", f"Bearer {standin.token}"), ("content-length", "1000000")):
            connection.putheader(name, value)
        connection.putheader("content-type", "multipart/form-data; boundary=b")
        connection.endheaders()
        connection.send(b'--b\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\nhalf')
        connection.close()
    assert soon(lambda: len(standin.requests("file_create")) == 1)
    assert standin.report()["created"] == standin.report()["uploads"] == 0


def test_it_starts_and_stops_at_once() -> None:
    started = time.monotonic()
    for _ in range(5):
        with StandIn() as standin, requests.Session() as session:
            assert session.get(f"{standin.base}/v1/search?query=lake", timeout=2).ok
            standin.fault("hang", route="search")
            with pytest.raises(requests.ReadTimeout):
                session.get(f"{standin.base}/v1/search?query=lake", timeout=0.05)
    assert time.monotonic() - started < 10


def test_what_breaks_in_the_stand_in_itself_is_told() -> None:
    standin = StandIn().start()
    standin.state.switches["digits"] = "three"
    client = Client(standin)
    assert client.post().status_code == 500
    client.session.close()
    with pytest.raises(RuntimeError, match="three"):
        standin.__exit__(None, None, None)


def test_it_runs_by_hand() -> None:
    port = free_port()
    command = [sys.executable, "-m", "tests.standin"]
    environment = {**os.environ, "STANDIN_PORT": str(port)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        assert f"REPLICATE_BASE_URL=http://127.0.0.1:{port}\n" in said
        token = re.search(r"REPLICATE_API_TOKEN=(r8_standin\w+)\n", said)
        assert token is not None
        assert "atelier/swift-still" in said
        base = f"http://127.0.0.1:{port}"
        answer = requests.get(f"{base}/v1/account", headers={"Authorization": f"Bearer {token[1]}"}, timeout=5)
        assert answer.json()["username"] == "standin"
        model = requests.get(f"{base}/v1/search?query=swift", timeout=5).json()["models"][0]["model"]
        assert model["cover_image_url"].startswith(f"http://127.0.0.1:{port + 1}/")
        assert Remote(base).report()["switches"]["scenes"] is True
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        process.stdout.close()
