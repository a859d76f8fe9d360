"""The provider `replicate` against the stand-in: the contract, and what each answer of the API becomes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.downloads import Downloader, Policy
from core.errors import (
    InvalidInput,
    NoCredit,
    OutputExpired,
    PredictionLost,
    ProviderUnreachable,
    RateLimited,
    StudioError,
    SubmissionUnclear,
    TokenRefused,
    UnknownModel,
)
from core.providers import Output, Request
from core.providers.replicate import Replicate
from core.providers.replicate_api import answers
from core.providers.replicate_api.client import Client
from tests.factories import picture
from tests.provider_contract import ProviderContract
from tests.serving import free_port
from tests.standin import StandIn

SHARED = Path(__file__).resolve().parents[2] / "shared" / "replicate" / "data"
MODEL = "atelier/swift-still"


def replicate(standin: StandIn, **options: Any) -> Replicate:
    policy = Policy(hosts=("replicate.delivery",), local=(standin.delivery.removeprefix("http://"),))
    return Replicate(Client(standin.token, standin.base), Downloader(policy), pause=0.0, **options)


@pytest.fixture
def provider(standin: StandIn) -> Iterator[Replicate]:
    made = replicate(standin)
    yield made
    made.close()


@pytest.fixture
def inputs() -> dict[str, dict[str, Any]]:
    return {MODEL: {"prompt": "a red barn"}, "lumen/moving-picture": {"prompt": "waves"}}


def request(provider: Replicate, folder: Path, model: str = MODEL, **values: Any) -> Request:
    described = provider.describe(model)
    return Request(model, described.version, {"prompt": "a red barn", **values}, folder, nonce="n0nce")


class TestReplicate(ProviderContract):
    """`replicate` keeps the contract."""


REFUSALS: list[tuple[dict[str, Any], type[StudioError], str]] = [
    ({"kind": "unauthenticated"}, TokenRefused, "does not accept the token"),
    ({"kind": "no_credit"}, NoCredit, "no credit left, so nothing was started"),
    ({"kind": "throttle", "seconds": 7, "form": "header"}, RateLimited, "pause of 7 s"),
    ({"kind": "throttle", "seconds": 8, "form": "body"}, RateLimited, "pause of 8 s"),
    ({"kind": "throttle", "seconds": 9, "form": "about"}, RateLimited, "pause of 9 s"),
    ({"kind": "throttle", "seconds": 4, "form": "second"}, RateLimited, "pause of 4 s"),
    ({"kind": "throttle", "form": "bare"}, RateLimited, "pause of 2 s"),
    ({"kind": "status", "status": 500, "form": "html"}, SubmissionUnclear, "looks whether the run was started"),
    ({"kind": "status", "status": 503, "form": "json"}, SubmissionUnclear, "looks whether"),
    ({"kind": "cut"}, SubmissionUnclear, "looks whether"),
    ({"kind": "half"}, SubmissionUnclear, "looks whether"),
    ({"kind": "garbage"}, SubmissionUnclear, "looks whether"),
    ({"kind": "list"}, SubmissionUnclear, "looks"),
    ({"kind": "status", "status": 403, "form": "html"}, StudioError, "refuses the request"),
    ({"kind": "redirect", "to": "http://127.0.0.1:1/"}, StudioError, "refuses the request"),
]


@pytest.mark.parametrize(("fault", "error", "words"), REFUSALS, ids=lambda value: str(value)[:40])
def test_each_refusal_of_a_create_is_one_sentence(
    standin: StandIn, provider: Replicate, tmp_path: Path, fault: dict[str, Any], error: type[StudioError], words: str
) -> None:
    asked = request(provider, tmp_path)
    standin.fault(fault["kind"], route="create", **{k: v for k, v in fault.items() if k != "kind"})
    with pytest.raises(error, match=words) as refused:
        provider.submit(asked)
    assert standin.token not in refused.value.sentence


def test_a_throttled_account_is_left_alone_for_that_time(standin: StandIn, provider: Replicate, tmp_path: Path) -> None:
    asked = request(provider, tmp_path)
    standin.fault("throttle", route="create", seconds=30, form="header")
    for _ in range(5):
        with pytest.raises(RateLimited) as refused:
            provider.submit(asked)
        assert 25 < refused.value.retry_after <= 30
    assert standin.report()["requests"]["api:create"] == 1


def test_nobody_there_is_no_unclear_submission(tmp_path: Path, standin: StandIn, provider: Replicate) -> None:
    asked = request(provider, tmp_path)
    alone = Replicate(Client("r8_x", f"http://127.0.0.1:{free_port()}"), Downloader(Policy(())))
    with pytest.raises(ProviderUnreachable, match="Nothing is lost"):
        alone.submit(asked)
    alone.close()


def test_without_a_token_nothing_is_sent(standin: StandIn) -> None:
    without = Replicate(Client("", standin.base), Downloader(Policy(())))
    for ask in (without.account, without.groups, lambda: without.describe(MODEL), lambda: without.poll("x")):
        with pytest.raises(TokenRefused, match="set REPLICATE_API_TOKEN"):
            ask()  # type: ignore[operator]
    assert standin.report()["requests"] == {}
    without.close()


def test_refused_fields_are_named(standin: StandIn, provider: Replicate, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        provider.submit(request(provider, tmp_path, num_outputs=99, no_such_input=1, prompt=3))
    assert {"num_outputs", "prompt"} <= set(refused.value.fields)
    assert all(sentence.endswith(".") for sentence in refused.value.fields.values())


def test_a_version_that_is_gone_is_told(standin: StandIn, provider: Replicate, tmp_path: Path) -> None:
    asked = request(provider, tmp_path)
    gone = Request(MODEL, "f" * 64, asked.inputs, tmp_path)
    with pytest.raises(UnknownModel, match="does not run this version"):
        provider.submit(gone)


def test_a_model_by_version(provider: Replicate, tmp_path: Path) -> None:
    version = provider.describe(MODEL).version
    pinned = provider.describe(f"{MODEL}:{version}")
    assert (pinned.version, pinned.id) == (version, f"{MODEL}:{version}")
    assert provider.understand(pinned.id, pinned.raw) == pinned
    begun = provider.submit(Request(pinned.id, version, {"prompt": "x"}, tmp_path))
    assert begun.raw["version"] == version


@pytest.mark.parametrize("typed", ["", "flux", "a/b/c", "../x", "a/b:latest", "https://evil/x", "a b/c"])
def test_names_that_are_none(provider: Replicate, typed: str) -> None:
    with pytest.raises(UnknownModel):
        provider.describe(typed)


def test_an_official_model_goes_by_its_name(standin: StandIn, provider: Replicate, tmp_path: Path) -> None:
    official = next(m for m in provider.group("text-to-image") if m.official)
    begun = provider.submit(request(provider, tmp_path, official.id))
    assert (begun.raw["version"], official.version) == ("hidden", "official")


def test_small_files_go_along_and_large_ones_before(standin: StandIn, provider: Replicate, tmp_path: Path) -> None:
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    small.write_bytes(picture(16, 16))
    large.write_bytes(picture(400, 400))
    described = provider.describe("lumen/blend")
    (role,) = [name for name, node in described.schema["properties"].items() if node.get("type") == "array"]
    asked = Request(
        described.id, described.version, {"prompt": "x", role: ["a", "b"]}, tmp_path, {role: (small, large)}
    )
    handle = provider.submit(asked).handle
    (made,) = [one for one in standin.report()["predictions"] if one["id"] == handle]
    received = next(iter(made["received"].values()))
    sizes = [part["size"] for part in received] if isinstance(received, list) else [received["size"]]
    assert standin.report()["uploads"] == 1
    assert large.stat().st_size in sizes or sizes == [small.stat().st_size]


def lost_request(standin: StandIn, provider: Replicate, asked: Request) -> None:
    """A create whose prediction is made and whose answer is lost."""
    standin.fault("cut", route="create", when="after")
    with pytest.raises(SubmissionUnclear):
        provider.submit(asked)


def test_a_lost_prediction_is_found_by_its_input(standin: StandIn, provider: Replicate, tmp_path: Path) -> None:
    asked, since = request(provider, tmp_path, seed=77), datetime.now(UTC)
    provider.submit(request(provider, tmp_path, seed=78))
    lost_request(standin, provider, asked)
    found = provider.find(asked, since, lambda handles: ())
    assert found is not None
    assert found.raw["input"]["seed"] == 77
    assert provider.find(asked, since, lambda handles: {found.handle}) is None
    assert provider.find(request(provider, tmp_path, seed=79), since, lambda handles: ()) is None


def test_it_is_found_on_a_later_page_of_the_list(standin: StandIn, provider: Replicate, tmp_path: Path) -> None:
    standin.set(page_size=2)
    asked, since = request(provider, tmp_path, seed=1), datetime.now(UTC)
    lost_request(standin, provider, asked)
    for seed in range(10, 16):
        provider.submit(request(provider, tmp_path, seed=seed))
    assert provider.find(asked, since, lambda handles: ()) is not None


def test_removed_inputs_leave_it_unclear(standin: StandIn, provider: Replicate, tmp_path: Path) -> None:
    asked, since = request(provider, tmp_path, seed=77), datetime.now(UTC)
    lost_request(standin, provider, asked)
    standin.advance(2 * 3600)
    with pytest.raises(SubmissionUnclear, match="no longer tells"):
        provider.find(asked, since, lambda handles: ())


def test_the_nonce_of_a_webhook_marks_it(standin: StandIn, tmp_path: Path) -> None:
    told = replicate(standin, public_url=f"http://127.0.0.1:{free_port()}")
    asked, since = request(told, tmp_path), datetime.now(UTC)
    lost_request(standin, told, asked)
    other = Request(asked.model, asked.version, asked.inputs, tmp_path, nonce="another")
    assert told.find(other, since, lambda handles: ()) is None
    assert told.find(asked, since, lambda handles: ()) is not None
    told.close()


def test_after_the_hour_the_files_are_gone(standin: StandIn, provider: Replicate, tmp_path: Path) -> None:
    done = TestReplicate().ended(provider, provider.submit(request(provider, tmp_path)).handle)[-1]
    assert done.deletes_at is not None
    assert timedelta(minutes=59) < done.deletes_at - datetime.now(UTC) < timedelta(minutes=61)
    standin.advance(3700)
    after = provider.poll(done.handle)
    assert (after.removed, after.outputs) == (True, ())
    before = sum(count for name, count in standin.report()["requests"].items() if name.startswith("delivery"))
    with pytest.raises(OutputExpired):
        provider.fetch(done.outputs[0], tmp_path / "late", lambda: None)
    assert sum(n for name, n in standin.report()["requests"].items() if name.startswith("delivery")) - before <= 3


def test_the_token_stays_at_home(standin: StandIn, provider: Replicate, tmp_path: Path) -> None:
    done = TestReplicate().ended(provider, provider.submit(request(provider, tmp_path)).handle)[-1]
    provider.fetch(done.outputs[0], tmp_path / "output", lambda: None)
    assert standin.report()["leaks"] == []
    assert standin.token not in repr(provider.client) + repr(done) + json.dumps(done.raw)


def test_lists_of_models(provider: Replicate) -> None:
    groups = {group.key: group for group in provider.groups()}
    assert groups["text-to-image"].name
    models = provider.group("text-to-image")
    assert MODEL in [model.id for model in models]
    assert {"video", "image", "audio"} <= {m.kind for key in groups for m in provider.group(key)}
    assert MODEL in [model.id for model in provider.search("swift")]
    with pytest.raises(UnknownModel, match="no such collection"):
        provider.group("nothing-like-it")


def test_the_older_search_serves_where_the_newer_is_closed(standin: StandIn, provider: Replicate) -> None:
    standin.fault("not_found", route="search", times=None)
    assert MODEL in [model.id for model in provider.search("swift")]


def test_the_account_has_a_name(standin: StandIn, provider: Replicate) -> None:
    assert provider.account() == "standin"
    standin.set(revoked=True)
    with pytest.raises(TokenRefused):
        provider.account()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, ("starting", 0, "")),
        ({"status": "processing", "output": None}, ("processing", 0, "")),
        ({"status": "successful", "output": "https://x.delivery/a.png"}, ("succeeded", 1, "")),
        ({"status": "aborted"}, ("canceled", 0, "")),
        ({"status": "warming-up"}, ("processing", 0, "")),
        ({"status": "succeeded", "output": ["Once", " upon", " a time"]}, ("succeeded", 0, "Once upon a time")),
        ({"status": "succeeded", "output": {"a": [{"file": "data:image/png;base64,AAAA"}]}}, ("succeeded", 1, "")),
        ({"status": "succeeded", "output": [[0.5, 1], [2]]}, ("succeeded", 0, "[[0.5, 1], [2]]")),
        ({"status": "succeeded", "output": "https: is how it begins"}, ("succeeded", 0, "https: is how it begins")),
    ],
)
def test_answers_are_read_leniently(raw: dict[str, Any], expected: tuple[str, int, str]) -> None:
    read = answers.prediction(raw)
    assert (read.state, len(read.outputs), read.text) == expected


def test_progress_comes_from_the_last_bar() -> None:
    logs = "Using seed: 1\n 10%|#   | 2/20 [00:01]\r 45%|###  | 9/20 [00:02, 3it/s]\nstill going"
    assert answers.prediction({"logs": logs}).progress == 0.45
    assert answers.prediction({"logs": "nothing"}).progress is None


def test_a_file_in_the_answer_itself(provider: Replicate, tmp_path: Path) -> None:
    import base64

    data = picture()
    uri = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    provider.fetch(Output(uri), tmp_path / "inline", lambda: None)
    assert (tmp_path / "inline").read_bytes() == data
    with pytest.raises(StudioError, match="cannot be read"):
        provider.fetch(Output("data:image/png;base64,%%%"), tmp_path / "bad", lambda: None)


def test_a_stopped_token_is_told_while_a_run_is_under_way(
    standin: StandIn, provider: Replicate, tmp_path: Path
) -> None:
    handle = provider.submit(request(provider, tmp_path)).handle
    standin.set(revoked=True)
    with pytest.raises(TokenRefused):
        provider.poll(handle)
    standin.set(revoked=False)
    assert provider.poll(handle).handle == handle
    with pytest.raises(PredictionLost, match="does not know"):
        provider.poll("no-such-prediction")


@pytest.mark.skipif(not SHARED.exists(), reason="recorded answers are not part of the repository")
def test_recorded_answers_are_read() -> None:
    bodies: list[tuple[str, Any]] = []
    for path in sorted(SHARED.rglob("*.json")):
        known = json.loads(path.read_text())
        body = (known.get("response") or {}).get("body") if isinstance(known, dict) else None
        bodies += [(path.name, raw) for raw in (body, known.get("prediction")) if isinstance(raw, dict)]
    predictions = [(name, raw) for name, raw in bodies if "status" in raw and "urls" in raw and "id" in raw]
    assert len(predictions) > 15
    for name, raw in predictions:
        read = answers.prediction(raw)
        assert read.handle == raw["id"], name
        assert read.deletes_at is not None or "created_at" not in raw, name
        if raw["status"] == "succeeded" and not raw.get("data_removed"):
            assert read.outputs or read.text, name
