"""Who is let in: host names, origins, the token in every form it comes in, sessions and their end."""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from itsdangerous import TimestampSigner
from limits import RateLimitItemPerSecond
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.errors import InvalidSetting
from core.gate import FrameGate, gates, hush
from core.gate.keys import Keys, _network
from core.gate.sessions import LASTS, Sessions
from core.gate.visitors import _until
from core.settings import Settings, from_environment, require_locked

TOKEN = "a-token-of-some-length-0123"
STREAM = "ws://localhost/_stcore/stream"  # the test client would ask for another host
HTML = {"Accept": "text/html,*/*"}


async def page(request: Any) -> PlainTextResponse:
    return PlainTextResponse(f"the page {request.url.query}")


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


@pytest.fixture
def visit(tmp_path: Any) -> Callable[..., TestClient]:
    """A browser of its own before a studio that asks for a token; `base` is the path that the studio is below."""

    def make(token: str = TOKEN, base: str = "", url: str = "http://localhost") -> TestClient:
        methods = ["GET", "HEAD", "POST", "PUT", "DELETE"]
        routes = [WebSocketRoute("/{path:path}", echo), Route("/{path:path}", page, methods=methods)]
        settings = Settings(tmp_path / "studio.db", token=token)
        app = Starlette(routes=routes, middleware=gates(settings, base=base))
        return TestClient(app, base_url=url, follow_redirects=False)

    return make


Visit = Callable[..., TestClient]


# The token


@pytest.mark.parametrize("path", ["/", "/library", "/api/jobs", "/api/images/1/data", "/assets/x.css", "/_stcore/x"])
def test_nothing_is_shown_without_the_token(visit: Visit, path: str) -> None:
    answer = visit().get(path)
    assert answer.status_code == 401
    assert answer.headers["cache-control"] == "no-store"
    assert "the page" not in answer.text
    assert visit(token="").get(path).status_code == 200  # and where none is set, nobody is asked


@pytest.mark.parametrize("path", ["/api/health", "/api/webhooks/replicate", "/_stcore/health"])
def test_what_says_nothing_or_is_signed_stays_open(visit: Visit, path: str) -> None:
    assert visit().get(path).status_code == 200
    assert {visit().get(path + more).status_code for more in ("x", "/", "/../jobs", "/%2e%2e/jobs", ";x")} == {401}
    with pytest.raises(WebSocketDisconnect), visit().websocket_connect(f"ws://localhost{path}"):
        raise AssertionError("let in")


def test_a_browser_gets_a_form_and_a_program_gets_json(visit: Visit) -> None:
    form = visit().get("/item?id=7", headers=HTML)
    assert 'type="password"' in form.text
    assert 'name="back" value="/item?id=7"' in form.text
    assert "default-src 'none'" in form.headers["content-security-policy"]
    answer = visit().get("/api/jobs", headers=HTML)
    assert answer.json()["error"]["code"] == "not_logged_in"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_form_runs_nothing_and_repeats_no_html(visit: Visit) -> None:
    text = visit().get('/"><script>alert(1)</script>?a="><b>', headers=HTML).text
    assert "<script" not in text
    assert "<b>" not in text


def test_a_link_with_the_token_opens_the_studio_and_forgets_it(visit: Visit) -> None:
    browser = visit()
    entered = browser.get(f"/item?id=7&token={TOKEN}", headers=HTML)
    assert (entered.status_code, entered.headers["location"]) == (303, "/item?id=7")
    assert TOKEN not in str(entered.headers)
    cookie = entered.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert browser.get("/item?id=7").text == "the page id=7"


def test_over_https_the_cookie_stays_there(visit: Visit) -> None:
    assert "Secure" in visit(url="https://localhost").get(f"/?token={TOKEN}").headers["set-cookie"]


@pytest.mark.parametrize("back", ["/item?id=7", "/library?q=a%20b"])
def test_the_form_leads_back_to_where_one_was(visit: Visit, back: str) -> None:
    browser = visit()
    answer = browser.post("/login", data={"token": TOKEN, "back": back})
    assert (answer.status_code, answer.headers["location"]) == (303, back)
    assert browser.get(back).status_code == 200


@pytest.mark.parametrize(
    "back",
    ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/\r\nX: y", "\\\\x"],
)
def test_logging_in_leads_nowhere_else(visit: Visit, back: str) -> None:
    assert visit().post("/login", data={"token": TOKEN, "back": back}).headers["location"] == "/"


def test_a_link_to_a_path_of_two_slashes_leads_nowhere_else(visit: Visit) -> None:
    answer = visit().get("http://localhost//evil.example/?token=" + TOKEN)
    assert answer.headers["location"] == "/"


def test_below_a_base_path_everything_stays_there(visit: Visit) -> None:
    browser = visit(base="/studio")
    assert 'action="/studio/login"' in browser.get("/studio/", headers=HTML).text
    answer = browser.post("/studio/login", data={"token": TOKEN})
    assert answer.headers["location"] == "/studio/"
    assert "Path=/studio" in answer.headers["set-cookie"]
    assert browser.get("/studio/api/health").status_code == 200


def test_a_program_sends_the_token_with_each_request(visit: Visit) -> None:
    assert visit().get("/api/jobs", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert visit().get("/api/jobs", headers={"Authorization": f"bearer {TOKEN} "}).status_code == 200
    for wrong in (f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ä"):
        assert visit().get("/api/jobs", headers={"Authorization": wrong.encode()}).status_code == 401


def test_who_guesses_is_stopped_and_others_are_not(visit: Visit) -> None:
    browser = visit()
    inside = TestClient(browser.app, base_url="http://localhost", client=("192.0.2.9", 1), follow_redirects=False)
    inside.get(f"/?token={TOKEN}")
    answers = [browser.post("/login", data={"token": f"wrong {n}"}, headers=HTML) for n in range(11)]
    assert [answer.status_code for answer in answers[:9]] == [401] * 9
    assert "This is not the token." in answers[0].text
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "Too many wrong tokens" in answers[-1].text
    for stopped in (browser.get(f"/?token={TOKEN}"), browser.get("/", headers={"Authorization": f"Bearer {TOKEN}"})):
        assert stopped.status_code == 429  # not even the right one: guessing has to stay slow
    assert browser.get("/", headers=HTML).status_code == 401  # the form is still shown
    assert inside.get("/").status_code == 200


def test_pictures_in_pages_elsewhere_use_up_no_tries(visit: Visit) -> None:
    browser = visit()
    for _ in range(20):
        assert browser.get("/?token=wrong", headers={"Sec-Fetch-Dest": "image"}).status_code == 401
    assert browser.get(f"/?token={TOKEN}", headers={"Sec-Fetch-Dest": "document"}).status_code == 303


def test_a_stopped_address_may_try_again() -> None:
    keys = Keys(TOKEN, RateLimitItemPerSecond(1, 3600))
    keys.missed("192.0.2.1")
    assert not keys.may_try("192.0.2.1")
    assert keys.may_try("192.0.2.2")
    keys._limiter.clear(keys._guesses, _network("192.0.2.1"))
    assert keys.may_try("192.0.2.1")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("testclient", "", True),
    ],
)
def test_one_visitor_is_an_address_or_a_household(one: str, other: str, same: bool) -> None:
    assert (_network(one) == _network(other)) is same


def test_a_form_of_megabytes_is_not_read(visit: Visit) -> None:
    assert visit().post("/login", data={"back": "/" * 3_000_000, "token": TOKEN}).status_code == 401


# Sessions


def test_logging_out_ends_the_session_also_for_a_copy_of_its_cookie(visit: Visit) -> None:
    browser = visit()
    browser.get(f"/?token={TOKEN}")
    stolen = dict(browser.cookies)
    answer = browser.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert not browser.cookies
    assert browser.get("/").status_code == 401
    assert TestClient(browser.app, base_url="http://localhost", cookies=stolen).get("/").status_code == 401


def test_logging_out_closes_open_websockets(visit: Visit) -> None:
    with visit() as browser:
        browser.get(f"/?token={TOKEN}")
        cookies = dict(browser.cookies)
        with browser.websocket_connect(STREAM) as tab:
            tab.send_text("hello")
            assert tab.receive_text() == "hello"
            browser.post("/logout")
            with pytest.raises(WebSocketDisconnect):
                tab.receive_text()
        with pytest.raises(WebSocketDisconnect), browser.websocket_connect(STREAM):
            raise AssertionError("let in")
        assert cookies


def test_who_never_pauses_is_closed_with_the_session_too() -> None:
    """Something to receive is always there, so that its end must not wait for a pause."""

    async def flood() -> Message:
        return {"type": "websocket.receive", "text": "more"}

    async def after_logging_out() -> tuple[Message, list[Message]]:
        ended = asyncio.Event()
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        receive = _until(ended, flood, send)
        assert (await receive())["type"] == "websocket.receive"
        ended.set()
        return await receive(), sent

    last, sent = asyncio.run(after_logging_out())
    assert last["type"] == "websocket.disconnect"
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_a_websocket_is_closed_to_who_is_not_known(visit: Visit) -> None:
    with pytest.raises(WebSocketDisconnect), visit().websocket_connect(STREAM):
        raise AssertionError("let in")
    with visit().websocket_connect(STREAM, headers={"Authorization": f"Bearer {TOKEN}"}) as tab:
        tab.send_text("hello")
        assert tab.receive_text() == "hello"


def test_nothing_is_kept_of_tabs_that_were_closed() -> None:
    sessions = Sessions(TOKEN)
    with sessions.listening("session-a"), sessions.listening("session-b"):
        sessions.end("session-b", PlainTextResponse())
    assert not sessions._listening


def test_a_get_does_not_log_out(visit: Visit) -> None:
    browser = visit()
    browser.get(f"/?token={TOKEN}")
    browser.get("/logout")
    assert browser.get("/").status_code == 200


def test_sessions_outlive_a_restart_but_not_another_token(visit: Visit) -> None:
    browser = visit()
    browser.get(f"/?token={TOKEN}")
    again = TestClient(visit().app, base_url="http://localhost", cookies=dict(browser.cookies))
    assert again.get("/").status_code == 200
    other = TestClient(visit(token=TOKEN + "x").app, base_url="http://localhost", cookies=dict(browser.cookies))
    assert other.get("/").status_code == 401


@pytest.mark.parametrize("change", ["{value}x", "x{value}", "x.y.z", "", "{value}.x"])
def test_a_forged_session_opens_nothing(visit: Visit, change: str) -> None:
    browser = visit()
    browser.get(f"/?token={TOKEN}")
    name, value = next(iter(browser.cookies.items()))
    forged = TestClient(browser.app, base_url="http://localhost", cookies={name: change.format(value=value)})
    assert forged.get("/").status_code == 401


def test_a_session_ends_by_itself(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    now = TimestampSigner("any").get_timestamp()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: now - LASTS - 60)
    browser = visit()
    browser.get(f"/?token={TOKEN}")
    monkeypatch.undo()
    assert browser.cookies
    assert browser.get("/").status_code == 401


def test_two_studios_on_one_host_do_not_log_each_other_out() -> None:
    assert Sessions(TOKEN).cookie != Sessions(TOKEN + "x").cookie


# Origins


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "same-origin, none"}, False),
        ({"Origin": "http://localhost:8501"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://localhost.evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://[::1"}, False),
    ],
)
def test_other_sites_pages_change_nothing(visit: Visit, method: str, headers: dict[str, str], allowed: bool) -> None:
    answer = visit(token="").request(method, "/", headers=headers)
    assert answer.status_code == (200 if allowed else 403)
    assert visit(token="").get("/", headers=headers).status_code == 200
    assert visit(token="").request(method, "/api/webhooks/replicate", headers=headers).status_code == 200


def test_other_sites_pages_get_no_websocket(visit: Visit) -> None:
    for origin in ("http://localhost:8501", "http://evil.example"):
        try:
            with visit(token="").websocket_connect(STREAM, headers={"Origin": origin}):
                assert "evil" not in origin
        except WebSocketDisconnect:
            assert "evil" in origin


# Settings and logs


def test_other_sites_show_no_page_within_theirs() -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        own = {"Content-Security-Policy": "default-src 'none'"} if scope["path"] == "/own" else {}
        await PlainTextResponse("a page", headers=own)(scope, receive, send)

    browser = TestClient(FrameGate(answer))
    assert browser.get("/").headers["content-security-policy"] == "frame-ancestors 'self'"
    assert browser.get("/own").headers["content-security-policy"] == "default-src 'none'"


@pytest.mark.parametrize(
    "token", ["short", "with a space in it 123", "ünïcödé-token-0123456789", "tab\tin-the-middle-of-it"]
)
def test_a_weak_token_is_refused_without_being_repeated(token: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        from_environment({"STUDIO_TOKEN": token})
    assert token not in refused.value.sentence
    assert "secrets.token_urlsafe" in refused.value.sentence


@pytest.mark.parametrize("users", ["ada", "ada@", "a b@example.org", "ada@example.org,,bob"])
def test_users_are_addresses_or_domains(users: str) -> None:
    with pytest.raises(InvalidSetting):
        from_environment({"STUDIO_USERS": users})


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.5", "studio.example"])
def test_an_open_door_has_to_be_asked_for(tmp_path: Any, address: str | None) -> None:
    with pytest.raises(InvalidSetting) as refused:
        require_locked(Settings(tmp_path), address, accounts=False)
    assert "STUDIO_UNLOCKED" in refused.value.sentence
    require_locked(Settings(tmp_path, token=TOKEN), address, accounts=False)
    require_locked(Settings(tmp_path, unlocked=True), address, accounts=False)
    require_locked(Settings(tmp_path, users=("*",)), address, accounts=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost"])
def test_on_this_machine_nobody_is_asked(tmp_path: Any, address: str) -> None:
    require_locked(Settings(tmp_path), address, accounts=False)
    with pytest.raises(InvalidSetting, match="STUDIO_USERS"):
        require_locked(Settings(tmp_path), address, accounts=True)


def test_no_token_is_in_the_log_of_requests(caplog: pytest.LogCaptureFixture) -> None:
    hush()
    log = logging.getLogger("uvicorn.access")
    with caplog.at_level(logging.INFO, log.name):
        log.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", f"/?a=1&token={TOKEN}&b=2", "1.1", 303)
    assert TOKEN not in caplog.text
    assert re.search(r"/\?a=1&token=\.\.\.&b=2", caplog.text)


def test_settings_do_not_print_their_secrets(tmp_path: Any) -> None:
    assert TOKEN not in repr(Settings(tmp_path, token=TOKEN))
