"""Webhooks: proved to be signed, taken once, never more than a hint; lost ones do no harm."""

import base64
import hashlib
import hmac
import json
import random
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from core import Settings, Studio, intents, jobs
from core.api import create_app
from core.database import Database
from core.errors import ProviderUnreachable, WebhookRefused
from core.jobs import Claim
from core.webhooks import ASK_AGAIN, LARGEST, ROTATION, Receiver
from tests.factories import claimed
from tests.serving import Server, free_port
from tests.standin import StandIn

PATH = "/api/webhooks/replicate"
BODY = json.dumps({"id": "pred1", "status": "succeeded", "logs": "crème brûlée"}, ensure_ascii=False).encode()


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def signed(secret: str, body: bytes, identity: str = "msg_1", at: float | None = None) -> dict[str, str]:
    """Headers as Standard Webhooks wants them."""
    stamp = str(int(at if at is not None else time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(mac).decode()
    return {"webhook-id": identity, "webhook-timestamp": stamp, "webhook-signature": signature}


class Sender:
    """A provider's side: its secret, which may change, and a receiver that may ask for it."""

    def __init__(self, database: Database) -> None:
        self.secret = new_secret()
        self.asked = 0
        self.reachable = True
        self.time = 0.0
        self.hints: list[int] = []
        self.receiver = Receiver(database, self.tell, self.hints.append, clock=lambda: self.time)

    def tell(self) -> str:
        self.asked += 1
        if not self.reachable:
            raise ProviderUnreachable("Nobody there.")
        return self.secret


@pytest.fixture
def sender(database: Database) -> Sender:
    return Sender(database)


@pytest.fixture
def client(database: Database, sender: Sender) -> Iterator[TestClient]:
    app = create_app(lambda: database, hook_of=lambda: sender.receiver)
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def held(database: Database, now: datetime) -> Claim:
    """A run whose request is on its way."""
    return intents.intend(database, claimed(database, now), now)


def send(client: TestClient, headers: dict[str, str], body: bytes = BODY, nonce: str = "") -> Any:
    return client.post(f"{PATH}?nonce={nonce}", content=body, headers=headers)


def test_a_signed_hint_wakes_its_run_and_brings_its_id(
    client: TestClient, sender: Sender, database: Database, held: Claim
) -> None:
    assert send(client, signed(sender.secret, BODY), nonce=str(held.nonce)).status_code == 204
    assert sender.hints == [held.id]
    assert intents.current(database, held).handle == "pred1"
    assert jobs.recent(database)[0]["status"] == "running"  # nothing in the message is believed


def test_a_strangers_nonce_changes_nothing(client: TestClient, sender: Sender, database: Database, held: Claim) -> None:
    for number, nonce in enumerate(("", "0" * 32, "' OR 1=1 --", "x" * 5000)):
        assert send(client, signed(sender.secret, BODY, f"msg_{number}"), nonce=nonce).status_code == 204
    assert sender.hints == []
    assert intents.current(database, held).handle is None


def mutations(secret: str) -> list[tuple[str, dict[str, str], bytes]]:
    """200 messages, each wrong in one way."""
    chance, good = random.Random(34), signed(secret, BODY)
    made: list[tuple[str, dict[str, str], bytes]] = []
    for number in range(120):  # flipped bits of the body, the signature, the id, the time
        spot = chance.randrange(len(BODY) * 8)
        body = bytearray(BODY)
        body[spot // 8] ^= 1 << spot % 8
        made.append((f"body {number}", good, bytes(body)))
    for number in range(30):
        at = chance.randrange(3, len(good["webhook-signature"]) - 2)
        text = good["webhook-signature"]
        other = chance.choice([c for c in "ABCDEFGHIJKLMNOP0123456789+/" if c != text[at]])
        made.append((f"mac {number}", good | {"webhook-signature": text[:at] + other + text[at + 1 :]}, BODY))
    for seconds in (-301, -3600, -(10**9), 600, 3600, 10**9, *range(-700, -310, 65)):
        made.append((f"{seconds} s", signed(secret, BODY, at=time.time() + seconds), BODY))
    made += [(f"without {name}", {k: v for k, v in good.items() if k != name}, BODY) for name in good]
    words = ("", "v1", "v1,", "v1,%%%", "v2," + good["webhook-signature"][3:], ",", "v1,=", "\x7f", "v1 " * 500)
    made += [(f"signature {word[:9]!r}", good | {"webhook-signature": word}, BODY) for word in words]
    made += [
        (f"time {word!r}", good | {"webhook-timestamp": word}, BODY) for word in ("", "now", "1e9", "-1", "0x1", "١")
    ]
    made += [(f"id {word!r}", good | {"webhook-id": word}, BODY) for word in ("", "msg_2", "msg_1 ", "..")]
    made += [(f"secret {n}", signed(new_secret(), BODY), BODY) for n in range(200 - len(made))]
    return made


def test_forged_messages_are_refused(client: TestClient, sender: Sender, held: Claim) -> None:
    """Row 34: 200 mutations, none accepted, no 5xx."""
    wrong = mutations(sender.secret)
    assert len(wrong) == 200
    for name, headers, body in wrong:
        raw = {key: value.encode("utf-8") for key, value in headers.items()}
        answer = client.post(f"{PATH}?nonce={held.nonce}", content=body, headers=raw)  # type: ignore[arg-type]
        assert answer.status_code in (400, 401, 413), name
        assert sender.secret not in answer.text
    assert sender.hints == []


def test_a_thousand_replays_count_once(client: TestClient, sender: Sender, held: Claim) -> None:
    headers = signed(sender.secret, BODY)
    statuses = {send(client, headers, nonce=str(held.nonce)).status_code for _ in range(1000)}
    assert statuses == {204}
    assert sender.hints == [held.id]


def test_five_megabytes_are_not_read(client: TestClient, sender: Sender) -> None:
    large = b'{"id": "pred1", "x": "' + b"x" * (5 * 2**20) + b'"}'
    assert send(client, signed(sender.secret, large), large).status_code == 413
    assert sender.asked == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"id": 3}', b'{"id": ""}', b"\xff\xfe", b"{}"])
def test_signed_junk_is_told(client: TestClient, sender: Sender, body: bytes) -> None:
    assert send(client, signed(sender.secret, body), body).status_code in (400, 401)
    assert sender.hints == []


def test_both_secrets_count_during_rotation(sender: Sender, held: Claim, now: datetime) -> None:
    before = sender.secret

    def take(secret: str, identity: str) -> None:
        sender.receiver.receive(signed(secret, BODY, identity), BODY, str(held.nonce), now)

    take(before, "1")
    sender.secret = new_secret()
    with pytest.raises(WebhookRefused):  # the provider was asked a moment ago
        take(sender.secret, "2")
    sender.time += ASK_AGAIN
    take(sender.secret, "3")
    take(before, "4")
    assert sender.asked == 2
    sender.time += ROTATION + 1
    sender.secret = new_secret()
    take(sender.secret, "5")
    with pytest.raises(WebhookRefused):
        take(before, "6")


def test_an_unreachable_provider_asks_the_sender_to_come_again(client: TestClient, sender: Sender) -> None:
    sender.reachable = False
    assert send(client, signed(sender.secret, BODY)).status_code == 503
    for _ in range(5):
        send(client, signed(sender.secret, BODY))
    assert sender.asked == 1


def test_the_memory_of_messages_is_bounded(database: Database, sender: Sender, now: datetime) -> None:
    from sqlalchemy import func, select

    from core.models import webhook_seen

    for number in range(20):
        at = now + timedelta(minutes=10 * number)
        sender.receiver.receive(signed(sender.secret, BODY, f"msg_{number}"), BODY, "", at)
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(webhook_seen)).scalar_one() <= 7


def test_other_methods_and_the_endpoint_alone(client: TestClient, database: Database) -> None:
    assert client.get(PATH).status_code in (404, 405)
    with TestClient(create_app(lambda: database)) as alone:
        assert alone.post(PATH, content=b"{}").status_code in (404, 405)


def test_the_cap_is_what_a_hint_needs() -> None:
    assert LARGEST <= 2**20


@contextmanager
def hosted(folder: Path, standin: StandIn) -> Iterator[Studio]:
    """A studio whose webhooks arrive over a real server."""
    port, temporary = free_port(), folder / "temporary"
    temporary.mkdir()
    settings = Settings(
        database=folder / "studio.db",
        temporary=temporary,
        replicate_token=standin.token,
        replicate_base=standin.base,
        local_deliveries=(standin.delivery.removeprefix("http://"),),
        public_url=f"http://127.0.0.1:{port}",
    )
    studio = Studio(settings)
    with serving(create_app(lambda: studio.database, hook_of=lambda: studio.webhooks), port):
        yield studio
    studio.close()


def succeeded(studio: Studio) -> bool:
    return jobs.counts(studio.database)["succeeded"] == 1


def make(studio: Studio) -> None:
    studio.start()
    studio.generate("atelier/swift-still", {"prompt": "a red barn"}, now=datetime.now(UTC))


@pytest.mark.parametrize("mood", ["normal", "drop", "duplicate", "reorder", "bad_signature", "two_secrets", "stale"])
def test_runs_come_home_whatever_the_webhooks_do(tmp_path: Path, mood: str) -> None:
    """Row 35: with every webhook lost or mangled, polling collects in time."""
    with StandIn(webhooks=mood) as standin, hosted(tmp_path, standin) as studio:
        make(studio)
        wait_for(lambda: succeeded(studio), 60)
        assert len(jobs.recent(studio.database)[0]["media"]) == 1
        assert standin.report()["created"] == 1
        wait_for(lambda: (studio.webhooks.last_at is not None) or mood in ("drop", "bad_signature", "stale"))


def test_a_webhook_wakes_a_sleepy_look(tmp_path: Path) -> None:
    """With a poll only every hour, the hint alone makes the studio look."""
    with StandIn(speed=20) as standin, hosted(tmp_path, standin) as studio:
        studio.replicate.capabilities = replace(studio.replicate.capabilities, pause=3600.0)
        make(studio)
        wait_for(lambda: succeeded(studio), 30)
        assert studio.webhooks.last_at is not None


def test_the_whole_server_takes_webhooks_only_where_it_has_an_address(tmp_path: Path) -> None:
    with StandIn() as standin:
        server = Server(tmp_path)
        server.environment = {
            "REPLICATE_API_TOKEN": standin.token,
            "REPLICATE_BASE_URL": standin.base,
            "STUDIO_PUBLIC_URL": server.url,
        }
        with server:
            request = urllib.request.Request(server.url + PATH, data=BODY, method="POST")
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=10)
            assert refused.value.code == 401
            assert "not signed by the provider" in refused.value.read().decode()


@contextmanager
def serving(app: Any, port: int) -> Iterator[None]:
    """The application in a real server, in a thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started)
    yield
    server.should_exit = True
    thread.join(10)


def wait_for(done: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)
