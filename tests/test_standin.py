"""The stand-in judged from outside: by the published OpenAPI document, and by the official client driven against it."""

import base64
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import replicate
import requests
from replicate.exceptions import ReplicateError
from replicate.webhook import InvalidSignatureError, Webhooks, WebhookSigningSecret
from standardwebhooks import Webhook, WebhookVerificationError

from tests.published import SHARED, faults
from tests.standin import StandIn
from tests.standin.catalogue import COLLECTIONS, everything
from tests.standin.painters import SHOWN
from tests.standin.webhooks import headers, signature

SWIFT = everything()["atelier/swift-still"]
published = pytest.mark.skipif(not SHARED.exists(), reason="the published documents are not beside the repository")

ENDED = ("succeeded", "failed", "canceled", "aborted")


@pytest.fixture(scope="module")
def serving() -> Iterator[StandIn]:
    with StandIn(seed=1) as running:
        yield running


@pytest.fixture
def standin(serving: StandIn) -> StandIn:
    serving.reset()
    return serving


@pytest.fixture
def api(standin: StandIn) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {standin.token}"
        yield session


@pytest.fixture
def client(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[replicate.Client]:
    monkeypatch.setenv("REPLICATE_POLL_INTERVAL", "0.01")
    opened = replicate.Client(standin.token, base_url=standin.base)
    yield opened
    opened._client.close()


def create(
    api: requests.Session, standin: StandIn, model: str = "atelier/grand-still", **inputs: Any
) -> dict[str, Any]:
    known = everything()[model]
    version = model if known.official else known.version_ids[0]
    body = {"version": version, "input": {"prompt": "a lake", **inputs}}
    answer = api.post(f"{standin.base}/v1/predictions", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def ended(api: requests.Session, prediction: Mapping[str, Any]) -> dict[str, Any]:
    """The prediction once it has ended; time is moved, nobody waits."""
    while (seen := api.get(prediction["urls"]["get"]).json())["status"] not in ENDED:
        pass
    return dict(seen)


def judge(method: str, path: str, answer: requests.Response) -> None:
    """Fail if the answer is not what the published document says of the operation."""
    body = answer.json() if "json" in answer.headers.get("content-type", "") else None
    found = faults(method, path, answer.status_code, answer.headers.get("content-type", ""), body)
    assert found == []


# --- by the published document


VERSION = "/models/{model_owner}/{model_name}/versions/{version_id}"
READ = {
    "/account": "/account",
    "/hardware": "/hardware",
    "/models": "/models",
    "/collections": "/collections",
    "/collections/{collection_slug}": "/collections/text-to-image",
    "/search": "/search?query=landscape&limit=50",
    "/webhooks/default/secret": "/webhooks/default/secret",
    "/models/{model_owner}/{model_name}/examples": "/models/atelier/swift-still/examples",
    "/models/{model_owner}/{model_name}/readme": "/models/atelier/swift-still/readme",
    "/models/{model_owner}/{model_name}/versions": "/models/atelier/swift-still/versions",
    VERSION: f"/models/atelier/swift-still/versions/{SWIFT.version_ids[1]}",
}


@published
@pytest.mark.parametrize("path", READ)
def test_what_is_read_is_as_published(standin: StandIn, api: requests.Session, path: str) -> None:
    standin.set(form="schema")
    judge("get", path, api.get(f"{standin.base}/v1{READ[path]}"))


@published
def test_every_model_is_as_published(standin: StandIn, api: requests.Session) -> None:
    standin.set(form="schema")
    for name in everything():
        judge("get", "/models/{model_owner}/{model_name}", api.get(f"{standin.base}/v1/models/{name}"))


@published
def test_the_old_search_is_as_published(standin: StandIn, api: requests.Session) -> None:
    judge("query", "/models", api.request("QUERY", f"{standin.base}/v1/models", data="film"))


@published
@pytest.mark.parametrize("kind", ["succeeded", "failed", "canceled", "aborted"])
def test_a_life_is_as_published(standin: StandIn, api: requests.Session, kind: str) -> None:
    standin.set(form="schema", frozen=True)
    standin.plan(kind)
    answer = api.post(
        f"{standin.base}/v1/predictions",
        json={"version": "lumen/moving-picture", "input": {"prompt": "a lake – 湖"}},
        headers={"Cancel-After": "1h"},
    )
    judge("post", "/predictions", answer)
    url = answer.json()["urls"]["get"]
    seen = []
    while seen[-1:] != [kind]:
        got = api.get(url)
        judge("get", "/predictions/{prediction_id}", got)
        seen.append(got.json()["status"])
        standin.advance(0.01)
    assert sorted(set(seen), key=seen.index) == ["starting", *["processing"] * (kind != "aborted"), kind]
    standin.advance(3600)
    assert api.get(url).json()["data_removed"] is True
    judge("get", "/predictions/{prediction_id}", api.get(url))
    judge("get", "/predictions", api.get(f"{standin.base}/v1/predictions"))


@published
def test_every_model_runs_as_published(standin: StandIn, api: requests.Session) -> None:
    standin.set(form="schema", sync="final", speed=10_000)
    picture = {"image": "data:image/png;base64,iVBORw0KGgo="}
    for model in everything().values():
        if not model.versions or (model.fault or {}).get("kind") in ("status", "cut", "hang", "throttle", "no_credit"):
            continue
        if (model.plan or {}).get("kind") in ("stuck", "waiting") or "status" in (model.plan or {}):
            continue
        wanted = {"api_key": "k", "prompt": "a lake", **picture}
        inputs = {name: wanted[name] for name in model.required}
        body = {"version": model.full_name if model.official else model.version_ids[0], "input": inputs}
        answer = api.post(f"{standin.base}/v1/predictions", json=body, headers={"Prefer": "wait"})
        judge("post", "/predictions", answer)
        assert answer.json()["status"] in ENDED, model


@published
def test_errors_and_files_are_as_published(standin: StandIn, api: requests.Session) -> None:
    files = f"{standin.base}/v1/files"
    made = api.post(files, files={"content": ("a.txt", b"words", "text/plain")}, data={"metadata": '{"a": 1}'})
    judge("post", "/files", made)
    judge("get", "/files", api.get(files))
    judge("get", "/files/{file_id}", api.get(made.json()["urls"]["get"]))
    judge("get", "/files/{file_id}", api.get(f"{files}/nothing"))
    judge("delete", "/files/{file_id}", api.delete(made.json()["urls"]["get"]))
    judge("delete", "/files/{file_id}", api.delete(made.json()["urls"]["get"]))
    judge("get", "/files/{file_id}/download", api.get(f"{files}/nothing/download"))
    judge("get", "/search", api.get(f"{standin.base}/v1/search"))
    standin.set(max_file_bytes=1000)
    judge("post", "/files", api.post(files, files={"content": ("a", bytes(1001), "text/plain")}))
    judge("post", "/files", api.post(files, files={"content": ("a", bytes(200_000), "text/plain")}))


@published
def test_the_judge_refuses_what_is_wrong(standin: StandIn, api: requests.Session) -> None:
    standin.set(form="2023", extra={"surprise": 1})
    create(api, standin)
    body = api.get(f"{standin.base}/v1/predictions").json()
    found = faults("get", "/predictions", 200, "application/json", body)
    assert len([one for one in found if "data_removed" in one]) == 1
    assert len([one for one in found if "surprise" in one]) == 1
    assert faults("get", "/predictions", 418, "application/json", body) != []
    assert faults("get", "/predictions", 200, "text/html", body) != []


@published
@pytest.mark.parametrize(
    ("name", "order", "body"),
    [
        ("402_insufficient_credit", {"set": {"credit": False}}, None),
        ("422_input_validation_required_and_max", {}, {"input": {"num_inference_steps": 5}}),
        ("422_invalid_version", {}, {"version": "atelier/swift-still:latest", "input": {}}),
        ("422_model_in_body_of_v1_predictions", {}, {"model": "a/b", "input": {}}),
        ("429_low_credit_throttle", {"fault": {"kind": "throttle", "seconds": 10}}, None),
        ("429_documented", {"fault": {"kind": "throttle", "seconds": 30, "form": "about"}}, None),
        ("429_documented_older", {"fault": {"kind": "throttle", "seconds": 1, "form": "second"}}, None),
    ],
)
def test_refusals_are_as_observed(
    standin: StandIn, api: requests.Session, name: str, order: dict[str, Any], body: dict[str, Any] | None
) -> None:
    standin.obey(order)
    sent = {"input": {"prompt": "a"}} if body is None else body
    if "model" not in sent:
        sent.setdefault("version", SWIFT.version_ids[0])
    answer = api.post(f"{standin.base}/v1/predictions", json=sent)
    seen = json.loads((SHARED / "observed" / "errors" / f"{name}.json").read_text())["response"]
    assert (answer.status_code, answer.json()) == (seen["status"], seen["body"])
    assert answer.headers["content-type"] == seen["headers"]["content-type"]


@published
def test_the_401_is_as_recorded(standin: StandIn) -> None:
    seen = json.loads((SHARED / "recorded" / "errors" / "401_invalid_token.json").read_text())["response"]
    for token in ({}, {"Authorization": "Bearer nothing"}, {"Authorization": "Basic r8_standin0000"}):
        answer = requests.get(f"{standin.base}/v1/account", headers=token)
        assert (answer.status_code, answer.json()) == (seen["status"], seen["body"])
        assert set(seen["headers"]) <= set(map(str.lower, answer.headers))


@published
def test_delivery_headers_are_as_recorded(standin: StandIn, api: requests.Session) -> None:
    seen = json.loads((SHARED / "recorded" / "delivery" / "get_png_200.json").read_text())["response"]["headers"]
    output = ended(api, create(api, standin, output_format="png"))["output"]
    answer = requests.get(output)
    assert set(seen) <= set(map(str.lower, answer.headers))
    for name in ("content-type", "cache-control", "accept-ranges", "server", "x-goog-storage-class"):
        assert answer.headers[name] == seen[name]
    assert int(answer.headers["content-length"]) == len(answer.content)


@published
def test_signatures_are_those_of_the_vectors() -> None:
    vectors = json.loads((SHARED / "webhooks" / "vectors.json").read_text())["vectors"]
    agreed = 0
    for vector in vectors:
        key = base64.b64decode(vector["secret"].partition("_")[2])
        body, moment = vector["body"].encode(), int(vector["webhook-timestamp"])
        ours = signature(key, vector.get("webhook-id", ""), moment, body)
        assert (ours in vector["webhook-signature"].split()) <= vector["valid_at_that_time"]
        agreed += vector["valid_at_that_time"] and ours in vector["webhook-signature"].split()
    assert agreed >= 3


# --- by the official client


def test_the_client_creates_and_waits(client: replicate.Client, standin: StandIn) -> None:
    made = client.predictions.create(version=SWIFT.version_ids[0], input={"prompt": "a lake", "num_outputs": 2})
    assert made.status == "starting"
    made.wait()
    assert made.status == "succeeded"
    assert made.progress is not None
    assert made.progress.percentage == 1.0
    assert [requests.get(url).headers["content-type"] for url in made.output] == ["image/webp"] * 2
    assert standin.report()["created"] == 1


@pytest.mark.parametrize("name", ["atelier/grand-still", f"{SWIFT.full_name}:{SWIFT.version_ids[1]}"])
def test_the_client_runs(client: replicate.Client, name: str) -> None:
    output = client.run(name, input={"prompt": "a lake"}, wait=5)
    assert str(output).count("/xezq/") == 1


def test_the_client_creates_by_model(client: replicate.Client, standin: StandIn) -> None:
    made = client.models.predictions.create("quill/letters", input={"prompt": "snow – 雪"})
    made.wait()
    assert made.version == "hidden"
    assert "snow – 雪" in "".join(made.output)
    with pytest.raises(ReplicateError) as refusal:
        client.models.predictions.create("atelier/swift-still", input={"prompt": "a"})
    assert refusal.value.status == 404


def test_the_client_waits_in_the_request(client: replicate.Client, standin: StandIn) -> None:
    made = client.predictions.create(version="lumen/moving-picture", input={"prompt": "a lake"}, wait=10)
    assert (made.status, made.completed_at, made.metrics) == ("processing", None, None)
    assert made.output.endswith(".mp4")
    standin.set(sync="final")
    made = client.predictions.create(version="lumen/moving-picture", input={"prompt": "a lake"}, wait=True)
    assert made.status == "succeeded"
    standin.set(sync="nothing")
    made = client.predictions.create(version="lumen/moving-picture", input={"prompt": "a lake"}, wait=True)
    assert (made.status, made.output) == ("starting", None)


def test_the_client_cancels(client: replicate.Client, standin: StandIn) -> None:
    standin.plan("stuck")
    made = client.predictions.create(version=SWIFT.version_ids[0], input={"prompt": "a lake"})
    made.cancel()
    made.reload()
    assert (made.status, made.output) == ("canceled", None)


def test_the_client_sees_failures(client: replicate.Client, standin: StandIn) -> None:
    standin.plan("failed", error="CUDA out of memory")
    made = client.predictions.create(version=SWIFT.version_ids[0], input={"prompt": "a lake"})
    made.wait()
    assert (made.status, made.error) == ("failed", "CUDA out of memory")
    assert made.logs is not None
    assert made.logs.endswith("CUDA out of memory\n")


def test_the_client_pages_through_predictions(client: replicate.Client, standin: StandIn) -> None:
    standin.set(page_size=4)
    made = [client.predictions.create(version=SWIFT.version_ids[0], input={"prompt": str(n)}).id for n in range(10)]
    pages = list(replicate.pagination.paginate(client.predictions.list))
    assert [len(page.results) for page in pages] == [4, 4, 2]
    assert [one.id for page in pages for one in page.results] == made[::-1]
    back = client.predictions.list(pages[2].previous)
    assert [one.id for one in back.results] == made[::-1][4:8]
    assert pages[0].previous is None


def test_the_client_reads_models(client: replicate.Client) -> None:
    pages = list(replicate.pagination.paginate(client.models.list))
    names = [model.id for page in pages for model in page.results]
    assert names[: len(SHOWN)] == [model.full_name for model in SHOWN]
    assert len(pages) > 2
    assert len(pages[0].results) == 25
    model = client.models.get("atelier/swift-still")
    assert model.default_example is not None
    assert [requests.get(url).status_code for url in model.default_example.output] == [200]
    assert requests.get(str(model.cover_image_url)).headers["content-type"] == "image/webp"
    versions = model.versions.list()
    assert [version.id for version in versions.results] == list(SWIFT.version_ids)
    assert model.versions.get(SWIFT.version_ids[2]).cog_version == "0.9.5"
    assert client.models.search("animate")[0].id == "northlight/animate"
    with pytest.raises(ReplicateError):
        client.models.get("nobody/nothing")


def test_the_client_reads_the_rest(client: replicate.Client) -> None:
    assert [one.slug for one in client.collections.list()] == [slug for slug, *_ in COLLECTIONS]
    assert {model.id for model in client.collections.get("image-to-video")} == {
        "lumen/moving-picture",
        "northlight/animate",
    }
    assert [one.sku for one in client.hardware.list()] == ["cpu", "gpu-t4", "gpu-l40s", "gpu-h100"]
    assert client.accounts.current().username == "standin"


def test_the_client_handles_files(client: replicate.Client, standin: StandIn) -> None:
    made = client.files.create(io.BytesIO(b"some words"), filename="words.txt", metadata={"a": [1, "ü"]})
    assert (made.size, made.content_type, made.metadata) == (10, "text/plain", {"a": [1, "ü"]})
    assert client.files.get(made.id) == made
    assert client.files.list() == [made]
    address = standin.state.uploads.download_url(made.id)
    assert requests.get(address).content == b"some words"
    assert requests.get(address.replace("expiry=1", "expiry=2")).status_code == 404
    assert client.files.delete(made.id) is True
    assert client.files.list() == []
    with pytest.raises(ReplicateError):
        client.files.get(made.id)


def test_the_client_sends_files_as_inputs(client: replicate.Client, standin: StandIn) -> None:
    version = everything()["atelier/restyle"].version_ids[0]
    made = client.predictions.create(version=version, input={"prompt": "blue", "image": io.BytesIO(b"not a picture")})
    made.wait()
    assert made.status == "succeeded"
    assert standin.report()["predictions"][0]["received"]["image"]["size"] == len(b"not a picture")
    assert standin.report()["uploads"] == 1


@pytest.mark.parametrize(("mode", "valid"), [("normal", True), ("two_secrets", True), ("bad_signature", False)])
def test_signed_webhooks_convince(client: replicate.Client, standin: StandIn, mode: str, valid: bool) -> None:
    key = client.webhooks.default.secret()
    assert isinstance(key, WebhookSigningSecret)
    standin.set(webhooks=mode)
    body = '{"id": "abc", "logs": "fünf – 五"}'
    signed = headers(standin.state, "msg_1", body.encode())

    def by_client() -> None:
        Webhooks.validate(headers=signed, body=body, secret=key, tolerance=300)

    def by_standard() -> None:
        Webhook(key.key).verify(body, signed)

    judges: list[tuple[Callable[[], None], type[Exception]]] = [
        (by_client, InvalidSignatureError),
        (by_standard, WebhookVerificationError),
    ]
    for judge, error in judges:
        if valid:
            judge()
        else:
            with pytest.raises(error):
                judge()
