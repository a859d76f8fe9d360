"""A studio that asks who is there: every route of the real server, a real browser, a real log-in elsewhere."""

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.axe import violations
from tests.conftest import holding
from tests.openid import Provider
from tests.serving import ROOT, Server

TOKEN = "canary-token-of-the-studio-77"
ACCESS = {  # the rule of every route: a new one has to be written down here
    "/api/health": "open",
    "/api/jobs": "asks",
    "/api/storage": "asks",
    "/api/thumbnails": "asks",
    "/api/exports/{form}": "asks",
    "/api/webhooks/replicate": "signed",
    "/api/{family}/{id}": "asks",
    "/api/{family}/{id}/data": "asks",
    "/api/{family}/{id}/copy": "asks",
    "/api/{family}/{id}/thumbnail": "asks",
    "/assets": "asks",
    "/item/{id:int}": "asks",
    "/_stcore/health": "open",
    "/_stcore/metrics": "asks",
    "/_stcore/host-config": "asks",
    "/media/{file_id:path}": "asks",
    "/_stcore/upload_file/{session_id}/{file_id}": "asks",
    "/component/{path:path}": "asks",
    "/_stcore/bidi-components/{path:path}": "asks",
    "/_stcore/stream": "asks",
    "/_stcore/agent/interact": "asks",
    "/_stcore/agent/openapi.json": "asks",
    "/_stcore/agent/mcp": "asks",
    "/auth/login": "log-in",
    "/auth/logout": "log-in",
    "/oauth2callback": "log-in",
    "": "asks",
}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Server]:
    """A studio that takes a token, and accounts of the provider."""
    folder = tmp_path_factory.mktemp("locked")
    server = Server(folder, "--secrets.files", str(folder / "secrets.toml"))
    (folder / "secrets.toml").write_text(provider.secrets(server.url))
    server.environment = {
        "STUDIO_TOKEN": TOKEN,
        "STUDIO_USERS": "ada@example.org, @lab.example",
        "STUDIO_PUBLIC_URL": "https://studio.example",
        "STREAMLIT_LOGGER_LEVEL": "debug",
    }
    with server:
        yield server


def asked(server: Server, method: str, path: str, **headers: str) -> int:
    """The status of an answer; nothing is followed."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    status = connection.getresponse().status
    connection.close()
    return status


def routes(server: Server) -> list[tuple[str, str, list[str]]]:
    environment = {**os.environ, **server.environment, "STUDIO_DATABASE": str(server.folder / "routes.db")}
    command = [sys.executable, "-W", "ignore", "-m", "tests.route_process"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return [tuple(json.loads(line)) for line in answer.stdout.splitlines() if line.startswith("[")]


def test_every_route_keeps_its_rule(locked: Server) -> None:
    """Row 33: 100 % of routes, those of Streamlit among them."""
    found = routes(locked)
    assert {path for path, _, _ in found} == set(ACCESS), "a route without a rule, or a rule without a route"
    for path, kind, methods in found:
        concrete = re.sub(r"\{[^}]*\}", "1", path.replace("{family}", "images")) or "/library"
        concrete += "/inter.woff2" if path == "/assets" else ""
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
                   "Sec_WebSocket_Key": "x3JJHMbDL1EzLkh9GBhXDw=="} if kind == "websocket" else {}  # fmt: skip
        for method in methods or ["GET"]:
            status = asked(locked, method, concrete, **upgrade)
            refused = status == (403 if kind == "websocket" else 401)
            if ACCESS[path] == "signed":
                assert status in (401, 503), "without a signature, or without knowing the provider's secret"
            else:
                assert refused == (ACCESS[path] == "asks"), (method, concrete, status)
                assert status < 500


def test_a_browser_logs_in_works_and_logs_out(locked: Server, page: Page) -> None:
    page.goto(f"{locked.url}/storage?section=Rules")
    page.get_by_label("Token").fill("not the token at all")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("This is not the token.")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Storage")).to_be_visible()
    assert page.url == f"{locked.url}/storage?section=Rules"
    assert page.evaluate("document.cookie") == "" or "studio_" not in page.evaluate("document.cookie")
    assert TOKEN not in page.content() + page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_label("Token")).to_be_visible()


def test_a_link_with_the_token_leaves_none_in_the_history(locked: Server, page: Page) -> None:
    page.goto("about:blank")
    page.goto(f"{locked.url}/jobs?token={TOKEN}")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    assert page.url == f"{locked.url}/jobs"
    session = page.context.new_cdp_session(page)
    entries = session.send("Page.getNavigationHistory")["entries"]
    assert [entry["url"] for entry in entries][-1] == page.url
    assert TOKEN not in json.dumps([entry["url"] for entry in entries])


def test_the_form_is_within_reach_of_everybody(locked: Server, page: Page) -> None:
    page.goto(locked.url)
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_account_elsewhere_opens_pages_and_api(locked: Server, page: Page, provider: Provider) -> None:
    provider.person = {"sub": "1", "email": "Ada@example.org", "email_verified": True}
    page.goto(locked.url)
    page.get_by_role("link", name="Log in with your account").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    assert page.request.get(f"{locked.url}/api/jobs").status == 200
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    assert page.request.get(f"{locked.url}/api/jobs").status == 401


@pytest.mark.parametrize(
    ("person", "let_in"),
    [
        ({"email": "eve@example.org", "email_verified": True}, False),
        ({"email": "bob@lab.example", "email_verified": True}, True),
        ({"email": "bob@lab.example", "email_verified": False}, False),
        ({"email": "bob@lab.example", "email_verified": "false"}, False),
        ({"email": "lab.example", "email_verified": True}, False),
        ({"email": "bob@lab.example.evil.example", "email_verified": True}, False),
        ({}, False),
    ],
)
def test_only_accounts_that_were_named_come_in(
    locked: Server, page: Page, provider: Provider, person: dict[str, object], let_in: bool
) -> None:
    provider.person = {"sub": "2", **person}
    page.goto(locked.url)
    page.get_by_role("link", name="Log in with your account").click()
    expect(page.get_by_role("button", name="Log out" if let_in else "Log in", exact=True)).to_be_visible()
    assert (page.request.get(f"{locked.url}/api/jobs").status == 200) is let_in


def test_a_forged_account_opens_nothing(locked: Server) -> None:
    for cookie in ("_streamlit_user=x", '_streamlit_user={"is_logged_in": true}', "_streamlit_user=chunks-9"):
        assert asked(locked, "GET", "/api/jobs", Cookie=cookie) == 401


def test_the_token_is_in_no_log_and_no_file(locked: Server, browser: Browser) -> None:
    """Row 38 for the studio's own token; runs after those that used it."""
    assert asked(locked, "GET", f"/?token={TOKEN}") == 303
    assert asked(locked, "GET", "/api/jobs", Authorization=f"Bearer {TOKEN}") == 200
    assert holding(locked.folder, TOKEN) == []


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}, "STUDIO_TOKEN"),
        ({"STUDIO_TOKEN": "short"}, "STUDIO_TOKEN"),
    ],
)
def test_an_open_door_keeps_the_studio_from_starting(tmp_path: Path, environment: dict[str, str], says: str) -> None:
    server = Server(tmp_path, **environment)
    server.spawn()
    assert server.process.wait(60) != 0
    told = server.log.read_text()
    assert says in told
    assert "Traceback" not in told
    assert not server.database.exists()
