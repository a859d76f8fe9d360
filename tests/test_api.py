"""The HTTP face over real HTTP semantics: bytes, ranges, conditions, refusals."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from core import api
from core.api import create_app
from core.database import Database, open_database
from core.errors import DiskFull, DownloadFailed, OutputExpired, StorageBusy
from core.gate import Below, HostGate
from core.migrations import migrate
from tests import hosted
from tests.factories import add, claimed, found, picture, sound
from tests.http_table import Case, cases

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DATA = picture(300, 200, seed=3)
BIG = bytes(range(256)) * 4096 * 3 + b"tail"
ETAG = f'"{hashlib.sha256(DATA).hexdigest()}"'
TABLE = cases(ETAG, NOW, len(DATA))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A file with picture 1, a large picture 2 and clip 3."""
    database = open_database(tmp_path_factory.mktemp("api") / "studio.db")
    migrate(database, NOW)
    add(database, NOW, DATA, prompt="Übung am See")
    add(database, NOW, BIG)
    add(database, NOW, b"clip" * 1000, kind="video")
    yield database
    database.close()


@pytest.fixture(scope="module")
def client(served: Database) -> Iterator[TestClient]:
    with TestClient(create_app(lambda: served), raise_server_exceptions=False) as opened:
        yield opened


@pytest.mark.parametrize("case", TABLE, ids=[case.name for case in TABLE])
def test_range_and_conditions_by_rfc_9110(client: TestClient, case: Case) -> None:
    """Row 29: the whole table over HTTP."""
    answer = client.request(case.method, "/api/images/1/data", headers=case.wire)
    if case.method not in ("GET", "HEAD"):
        assert answer.status_code == 405
        return
    assert answer.status_code == case.status, case.why
    assert answer.content == (b"" if case.slice is None or case.method == "HEAD" else DATA[slice(*case.slice)])
    for name, value in case.expected.items():
        assert answer.headers.get(name) == value, (name, case.why)


def test_headers_of_a_whole_answer(client: TestClient) -> None:
    answer = client.get("/api/images/1/data")
    assert answer.content == DATA
    expected = {
        "content-type": "image/png",
        "etag": ETAG,
        "accept-ranges": "bytes",
        "content-length": str(len(DATA)),
        "x-content-type-options": "nosniff",
        "cache-control": "private, max-age=31536000, immutable",
        "content-disposition": "inline; filename=\"bung-am-see-1.png\"; filename*=UTF-8''%C3%BCbung-am-see-1.png",
        "cross-origin-resource-policy": "same-origin",
    }
    assert {name: answer.headers[name] for name in expected} == expected
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_a_download_is_an_attachment(client: TestClient) -> None:
    answer = client.get("/api/images/1/data?download=1")
    assert answer.headers["content-disposition"].startswith("attachment; ")


def test_a_body_of_many_chunks(client: TestClient) -> None:
    assert client.get("/api/images/2/data").content == BIG
    part = client.get("/api/images/2/data", headers={"Range": "bytes=1048570-2097160"})
    assert (part.status_code, part.content) == (206, BIG[1048570:2097161])


@pytest.mark.parametrize("path", ["/api/images/2/data", "/api/images/1/thumbnail", "/api/videos/3/data"])
@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, deflate, br, zstd", "*", "identity;q=0, gzip"])
@pytest.mark.parametrize("extra", [{}, {"Range": "bytes=0-99"}])
def test_media_are_never_compressed(client: TestClient, path: str, encoding: str, extra: dict[str, str]) -> None:
    """Row 32: identity, and one ETag, whatever the client accepts."""
    plain = client.get(path, headers={"Accept-Encoding": "identity", **extra})
    offered = client.get(path, headers={"Accept-Encoding": encoding, **extra})
    assert "content-encoding" not in offered.headers
    assert offered.content == plain.content
    assert offered.headers.get("etag") == plain.headers.get("etag")


def test_head_tells_the_length_and_sends_nothing(client: TestClient) -> None:
    answer = client.head("/api/videos/3/data")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "4000")


def test_a_thumbnail_is_webp(client: TestClient) -> None:
    answer = client.get("/api/images/1/thumbnail")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.content[8:12] == b"WEBP"


def test_the_recipe_as_json(client: TestClient) -> None:
    found = client.get("/api/images/1").json()
    assert found["recipe"]["prompt"] == "Übung am See"
    assert found["recipe"]["request"]["seed"] == 1
    assert found["created_at"] == "2026-11-22T09:00:00.000Z"
    assert found["sha256"] == ETAG.strip('"')
    assert client.get(found["data"]).content == DATA


def test_jobs_as_json(client: TestClient) -> None:
    found = client.get("/api/jobs").json()
    assert [job["id"] for job in found["jobs"]] == [3, 2, 1]
    assert found["counts"]["succeeded"] == 3
    assert found["jobs"][0]["media"][0]["kind"] == "video"
    assert [job["id"] for job in client.get("/api/jobs?ids=1,3,99").json()["jobs"]] == [3, 1]
    assert len(client.get("/api/jobs?limit=1").json()["jobs"]) == 1


def test_logs_in_the_list_are_short(database: Database, now: datetime) -> None:
    from core import jobs

    jobs.progress(database, claimed(database, now), 0.5, "x" * 50_000 + "end")
    with TestClient(create_app(lambda: database)) as other:
        logs = other.get("/api/jobs").json()["jobs"][0]["logs"]
    assert logs.endswith("end")
    assert len(logs) == jobs.LOG_TAIL


def test_a_hosted_run_tells_what_people_need(database: Database, now: datetime) -> None:
    lost = {1: DownloadFailed("The connection broke."), 2: OutputExpired("Gone.")}
    hosted.finished(database, now, 3, lost, prompt="four mills", cost=0.152)
    hosted.uncertain(database, now)
    with TestClient(create_app(lambda: database)) as other:
        first, done = other.get("/api/jobs").json()["jobs"]
    assert (first["status"], first["paid"], first["cost_words"]) == ("uncertain", True, "about $0.04")
    assert first["waiting"].startswith("The studio was interrupted")
    assert (done["cost"], done["cost_words"], done["awaited"]) == (0.152, "$0.152", 0)
    assert (done["url"], done["deletes_at"]) == ("https://replicate.com/p/handle1", "2026-11-22T10:00:00.000Z")
    assert [(one["position"], one["state"], one["error"]) for one in done["lost"]] == [
        (1, "failed", "The connection broke."),
        (2, "expired", "Gone."),
    ]
    assert len(done["media"]) == 1


def test_outputs_on_their_way_are_counted(database: Database, now: datetime) -> None:
    claim = hosted.sent(database, now)
    hosted.answered(database, claim, 4)
    hosted.bring_home(database, claim, 0, now)
    with TestClient(create_app(lambda: database)) as other:
        (job,) = other.get("/api/jobs").json()["jobs"]
    assert (job["status"], job["awaited"], len(job["media"])) == ("running", 3, 1)


def test_a_price_that_is_not_known_is_said_so(database: Database, now: datetime) -> None:
    hosted.enqueued(database, now, cost_estimate=None)
    claimed(database, now)
    with TestClient(create_app(lambda: database)) as other:
        jobs = {job["provider"]: job for job in other.get("/api/jobs").json()["jobs"]}
    assert jobs["replicate"]["cost_words"] == "price unknown"
    assert jobs["sketch"]["paid"] is False


def test_a_long_text_comes_whole_where_it_is_asked_for(database: Database, now: datetime) -> None:
    words = "a word " * 5_000
    number = hosted.finished(database, now, 0, text=words.strip())
    with TestClient(create_app(lambda: database)) as other:
        (listed,) = other.get("/api/jobs").json()["jobs"]
        (whole,) = other.get(f"/api/jobs?ids={number}&text=whole").json()["jobs"]
    assert (listed["status"], len(listed["text"])) == ("succeeded", api.TEXT_SHOWN)
    assert (whole["text"], whole["text_length"]) == (words.strip(), len(words.strip()))


def test_a_sound_is_served_like_the_others(database: Database, now: datetime, tmp_path: Path) -> None:
    data = sound(tmp_path / "tone.wav", seconds=1).read_bytes()
    claim = hosted.sent(database, now, kind="audio", prompt="a cello")
    hosted.answered(database, claim, 1)
    media_id = hosted.bring_home(database, claim, 0, now, data, found("audio", duration=1.0))
    with TestClient(create_app(lambda: database)) as other:
        item = other.get(f"/api/audio/{media_id}").json()
        part = other.get(item["data"], headers={"Range": "bytes=0-3"})
        assert (part.status_code, part.content, part.headers["content-type"]) == (206, b"RIFF", "audio/wav")
        assert other.get(item["data"], headers={"If-None-Match": part.headers["etag"]}).status_code == 304
        assert other.get(item["thumbnail"]).headers["content-type"] == "image/webp"
        wrong = other.get(f"/api/images/{media_id}").json()["error"]["message"]
    assert (item["kind"], item["recipe"]["url"], item["recipe"]["cost_estimate"]) == (
        "audio", "https://replicate.com/p/handle1", 0.04,
    )  # fmt: skip
    assert item["original_url"].startswith("https://replicate.delivery/")
    assert wrong.endswith("below /api/audio.")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api", 404), ("/api/", 404), ("/api/typo", 404), ("/api/images", 404), ("/api/images/", 404),
        ("/api/images/abc/data", 404), ("/api/images/-1/data", 404), ("/api/images/1.5/data", 404),
        ("/api/images/99/data", 404), ("/api/images/3/data", 404), ("/api/videos/1/data", 404),
        ("/api/images/٣/data", 404), ("/api/images/" + "9" * 5000, 404), ("/api/images/9223372036854775808", 404),
        ("/api/images/1/data/more", 404), ("/api/sounds/1/data", 404), ("/api/images/0x1", 404),
        ("/api/audio/1/data", 404), ("/api/audios/1", 404),
        ("/api/images/1%00/data", 404), ("/api/../api/images/abc", 404), ("/api/jobs?ids=a", 404),
        ("/api/jobs?ids=9999999999999999999", 404),
        ("/api/jobs/", 404), ("/api/images/1/", 404), ("/api/images/1/thumbnail/x", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_json_404(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["error"]["message"].endswith(".")


@pytest.mark.parametrize("limit", ["-3", "abc", "1e3", "99999", ""])
def test_an_odd_limit_is_told(client: TestClient, limit: str) -> None:
    answer = client.get(f"/api/jobs?limit={limit}")
    assert answer.status_code == 400
    assert "limit must be a number" in answer.json()["error"]["message"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/images/1/data", "/api/jobs", "/api/health", "/api/images/1"])
def test_nothing_can_be_changed_over_http(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StorageBusy("Busy now."), 503, "storage_busy"),
        (DiskFull("The disk is full."), 507, "disk_full"),
        (RuntimeError("secret detail"), 500, "internal"),
    ],
)
def test_errors_are_one_calm_sentence(error: Exception, status: int, code: str) -> None:
    def fail() -> Database:
        raise error

    with TestClient(create_app(fail), raise_server_exceptions=False) as broken:
        answer = broken.get("/api/images/1/data")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "secret" not in answer.text


def test_missing_bytes_are_told_before_the_answer_begins(database: Database, now: datetime) -> None:
    from sqlalchemy import text

    media_id = add(database, now)
    with database.write() as connection:
        connection.execute(text("DELETE FROM media_chunk"))
    with TestClient(create_app(lambda: database), raise_server_exceptions=False) as other:
        answer = other.get(f"/api/images/{media_id}/data")
    assert answer.status_code == 500
    assert "missing" in answer.json()["error"]["message"]


def test_every_route_is_in_the_readme() -> None:
    readme = (Path(__file__).resolve().parents[1] / "README.md").read_text()
    paths = [route.path for route in create_app(lambda: None).routes if isinstance(route, Route)]  # type: ignore[arg-type,return-value]
    shown = {path.replace("{family}", "images") for path in paths}
    assert [path for path in shown if path not in readme] == []


# The gate


@pytest.fixture
def gated(served: Database) -> Callable[..., TestClient]:
    def make(base: str = "", host: str = "localhost") -> TestClient:
        async def page(scope, receive, send):  # type: ignore[no-untyped-def]
            from starlette.responses import PlainTextResponse

            await PlainTextResponse("the page")(scope, receive, send)

        app = HostGate(Below(page, base, "/api", create_app(lambda: served)), ["localhost", "127.0.0.1", "[::1]"])
        return TestClient(app, base_url=f"http://{host}")

    return make


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST"])
def test_our_hosts_are_answered(gated: Callable[..., TestClient], host: str) -> None:
    assert gated().get("/api/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
        "[::1",
        "localhost@evil.example",
        "evil.example@localhost",
        "localhost/evil.example",
        "localhost?x",
        "localhost#x",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/health", "/api/images/1/data"])
def test_other_hosts_are_refused_in_words(gated: Callable[..., TestClient], host: str, path: str) -> None:
    answer = gated().get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert "STUDIO_ALLOWED_HOSTS" in answer.json()["error"]["message"]


def test_below_the_prefix_is_ours_and_the_rest_is_the_pages(gated: Callable[..., TestClient]) -> None:
    assert gated().get("/apis").text == "the page"
    assert gated().get("/api").status_code == 404
    assert gated("/studio").get("/studio/api/images/1/data").content == DATA
    assert gated("/studio").get("/api/health").text == "the page"


# Alone


def test_alone_it_serves_an_existing_file(served: Database, tmp_path: Path) -> None:
    from core.settings import Settings

    with TestClient(api._alone(Settings(served.path)), base_url="http://localhost") as alone:
        assert alone.get("/api/images/1/data").content == DATA
        assert alone.get("/api/health", headers={"Host": "evil.example"}).status_code == 400
