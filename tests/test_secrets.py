"""Row 38: a canary token is put in, everything is made to happen, and it is looked for everywhere."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import Settings, Studio, backup
from core.database import open_database
from core.errors import StudioError
from core.progress import Progress
from core.providers.replicate_api.client import Client
from tests.conftest import holding
from tests.serving import Server
from tests.standin import StandIn

MODELS = (
    "atelier/swift-still",
    "trouble/no-credit",
    "trouble/nsfw",
    "trouble/truncated-once",
    "trouble/html",
    "shapes/data-uri",
    "quill/letters",
)


def said_by(server: Server, path: str) -> bytes:
    try:
        with urllib.request.urlopen(server.url + path, timeout=10) as answer:
            return bytes(answer.read()) + str(answer.headers).encode()
    except urllib.error.HTTPError as error:
        with error:
            return bytes(error.read())


def test_the_token_is_in_no_log_answer_file_or_error(tmp_path: Path) -> None:
    with StandIn() as standin:
        server = Server(tmp_path)
        server.environment = {
            "REPLICATE_API_TOKEN": standin.token,
            "REPLICATE_BASE_URL": standin.base,
            "STUDIO_DELIVERY_HOSTS": standin.delivery.removeprefix("http://"),
            "STREAMLIT_LOGGER_LEVEL": "debug",
        }
        standin.fault("status", route="create", status=403, form="json")
        with server:
            settings = Settings(database=server.database, temporary=server.temporary, replicate_token=standin.token,
                                replicate_base=standin.base)  # fmt: skip
            studio = Studio(settings)
            for model in MODELS:
                studio.generate(model, {"prompt": "a red barn"}, now=datetime.now(UTC))
            studio.close()
            answer = server.wait(lambda found: not found["counts"]["queued"] + found["counts"]["running"], 90)
            backup.make(studio_file := open_database(server.database), datetime.now(UTC), Progress())
            studio_file.close()
            said = [json.dumps(answer).encode()]
            said += [
                said_by(server, path) for path in ("/api/health", "/api/jobs", "/", "/api/images/1", "/api/nothing")
            ]
        assert answer["counts"]["succeeded"] >= 3
        assert answer["counts"]["failed"] >= 2
        assert standin.report()["leaks"] == []
    assert [text for text in said if standin.token.encode() in text] == []
    assert list((tmp_path / "backups").glob("*"))
    assert holding(tmp_path, standin.token) == []
    assert standin.token not in repr(settings)


def test_an_error_that_quotes_the_token_is_told_without_it() -> None:
    token = "r8_" + "c4n4ry" * 6
    client = Client(token, "http://127.0.0.1:9")
    assert client.redacted(f"bad token {token}!") == "bad token ***!"
    with pytest.raises(StudioError) as refused:
        client.get("account")
    assert token not in str(refused.value) + repr(refused.value) + repr(client) + repr(refused.value.__cause__)
    client.close()
