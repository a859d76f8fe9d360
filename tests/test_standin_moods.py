"""What the stand-in makes of requests: refusals, faults, and the life of a prediction."""

import json
import re
import time
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
import requests

from tests.standin import StandIn
from tests.standin.catalogue import everything
from tests.standin.client import Client, fetch, soon


def test_a_version_is_named_in_three_ways(standin: StandIn, client: Client) -> None:
    swift = everything()["atelier/swift-still"]
    for version in (swift.version_ids[1], f"atelier/swift-still:{swift.version_ids[2]}"):
        assert client.create(body={"version": version})["version"] == version[-64:]
    assert client.create(body={"version": "atelier/grand-still"})["version"] == "hidden"
    for wrong in (
        "atelier/swift-still",
        "atelier/swift-still:latest",
        f"zoo/enums:{swift.version_ids[0]}",
        "x" * 64,
        "",
    ):
        answer = client.post(body={"version": wrong})
        assert (answer.status_code, answer.json()["title"]) == (422, "Invalid version or not permitted")
    assert standin.report()["created"] == 3


@pytest.mark.parametrize(
    ("model", "inputs", "fields"),
    [
        ("zoo/enums", {}, ["input"]),
        ("zoo/enums", {"prompt": "a", "aspect_ratio": "1:2", "mood": "sad"}, ["input.aspect_ratio", "input.mood"]),
        ("zoo/enums", {"prompt": "a", "mood": None, "frames": 16.0}, []),
        ("zoo/enums", {"prompt": "a", "frames": "16"}, ["input.frames"]),
        ("zoo/enums", {"prompt": "a", "palette": "hot", "typeless": 3}, ["input.palette", "input.typeless"]),
        ("zoo/numbers", {"prompt": 5, "steps": 51, "at_least": 0.1}, ["input.prompt", "input.steps", "input.at_least"]),
        ("zoo/numbers", {"prompt": "a", "steps": 2.5, "guidance": 3, "seed": None}, ["input.steps"]),
        ("zoo/numbers", {"prompt": "a", "steps": True}, ["input.steps"]),
        ("zoo/defaults", {"prompt": None, "whatever": 1}, []),
        ("zoo/defaults", {"negative_prompt": None}, ["input.negative_prompt"]),
        ("zoo/lists", {"prompt": "a", "images": ["https://a.example/b.png", "no"]}, ["input.images.1"]),
        ("zoo/lists", {"prompt": "a", "image": "data:image/png;base64,AAAA", "scales": [1, 0.5]}, []),
        ("zoo/lists", {"prompt": "a", "scales": ["1"], "options": [], "weights": "a"},
         ["input.scales.0", "input.options", "input.weights"]),
        ("zoo/lists", {"prompt": "a", "anything": {"x": [1]}, "strange": 4, "options": {"a": 1}}, []),
        ("zoo/secrets", {"api_key": "k", "prompt": "a", "old_name": "b"}, []),
        ("lumen/blend", {"prompt": "a", "images": ["https://a.example/"] * 5}, ["input.images"]),
    ],
)  # fmt: skip
def test_inputs_are_held_against_the_schema(
    client: Client, model: str, inputs: dict[str, Any], fields: list[str]
) -> None:
    answer = client.post(model, body={"input": inputs})
    assert answer.status_code == (422 if fields else 201)
    found = answer.json().get("invalid_fields", [])
    assert sorted(one["field"] for one in found) == sorted(fields)
    assert len({one["type"] for one in found} - {""}) >= bool(fields)
    assert answer.json().get("detail", "").count("\n- ") == max(0, len(fields) - 1)


def test_bodies_are_held_against_the_schema(standin: StandIn, client: Client) -> None:
    for body, field in (
        ({"lifetime": "1h"}, ""),
        ({"input": []}, "input"),
        ({"stream": 1}, "stream"),
        ({"webhook": "ftp://a.example"}, "webhook"),
        ({"webhook": "http://a.example"}, "webhook"),
        ({"webhook_events_filter": ["all"]}, "webhook_events_filter"),
    ):
        answer = client.post(body=body)
        assert (answer.status_code, [one["field"] for one in answer.json()["invalid_fields"]]) == (422, [field])
    url = f"{standin.base}/v1/predictions"
    assert client.session.post(url, data="{").status_code == 400
    assert client.session.post(url, json=[]).status_code == 422
    assert standin.report()["created"] == 0


def test_secrets_and_unknown_inputs(standin: StandIn, client: Client) -> None:
    made = client.create("zoo/secrets", body={"input": {"api_key": "sesame", "prompt": "a", "extra": 1}})
    assert made["input"] == {"prompt": "a", "extra": 1}
    assert "sesame" not in json.dumps(client.get(made)) + json.dumps(standin.report()["predictions"])


def test_models_without_a_version_or_schema(standin: StandIn, client: Client) -> None:
    def model(name: str) -> dict[str, Any]:
        return dict(client.session.get(f"{standin.base}/v1/models/zoo/{name}").json())

    assert model("no-version")["latest_version"] is None
    assert model("no-schema")["latest_version"]["openapi_schema"] is None
    assert client.run("zoo/no-schema")["status"] == "succeeded"
    standin.set(bare_models=True)
    assert model("enums")["latest_version"]["cog_version"] is None
    assert "is_official" not in model("enums")


def test_only_who_has_a_token_may(standin: StandIn, client: Client) -> None:
    assert client.session.get(f"{standin.base}/v1/account").status_code == 200
    standin.set(token="r8_the_only_one")
    assert client.session.get(f"{standin.base}/v1/account").status_code == 401
    assert client.session.get(f"{standin.base}/v1/account", headers={"Authorization": "Bearer r8_the_only_one"}).ok
    standin.set(token=None, revoked=True)
    answer = client.post()
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert client.session.get(f"{standin.base}/v1/search?query=lake").status_code == 200
    assert client.session.get(f"{standin.base}/v1/nothing").status_code == 404


# --- faults


def test_a_request_that_fails_before_and_after(standin: StandIn, client: Client) -> None:
    for form, kind in (("html", "text/html"), ("json", "application/json"), ("problem", "application/problem+json")):
        for when in ("before", "after"):
            for status in (500, 502, 503, 504):
                standin.reset()
                standin.fault("status", status=status, form=form, when=when, route="create")
                answer = client.post()
                assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, kind)
                assert standin.report()["created"] == len(client.list()) == (when == "after")
                assert client.post().status_code == 201


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("kind", "error"), [("cut", requests.ConnectionError), ("hang", requests.ReadTimeout)]
)  # fmt: skip
def test_a_connection_that_breaks(
    standin: StandIn, client: Client, when: str, kind: str, error: type[Exception]
) -> None:
    standin.fault(kind, route="create", when=when)
    with pytest.raises(error):
        client.post(timeout=0.3)
    assert soon(lambda: len(standin.requests("create")) == 1)
    assert soon(lambda: standin.report()["billed"] == (when == "after"))
    assert len(client.list(created_after="2026-01-01T00:00:00Z")) == (when == "after")


def test_other_faults(standin: StandIn, client: Client) -> None:
    made = client.create()
    standin.fault("half", route="get")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError, ValueError)):
        client.get(made)
    standin.fault("garbage", route="get")
    with pytest.raises(ValueError, match="Expecting value"):
        client.get(made)
    standin.fault("list", route="get")
    assert client.session.get(made["urls"]["get"]).json() == ["not", "an", "object"]
    standin.fault("redirect", route="get", to="http://127.0.0.1:1/")
    answer = client.session.get(made["urls"]["get"], allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "http://127.0.0.1:1/")
    for kind, status in (("no_credit", 402), ("unauthenticated", 401), ("not_found", 404)):
        standin.fault(kind, route="get")
        assert client.session.get(made["urls"]["get"]).status_code == status
    standin.fault("delay", route="get", seconds=0.2)
    started = time.monotonic()
    assert client.get(made)["id"] == made["id"]
    assert time.monotonic() - started >= 0.2
    standin.fault("delay", route="create", seconds=5, when="after")
    with pytest.raises(requests.ReadTimeout):
        client.post(timeout=0.1)
    assert soon(lambda: standin.report()["created"] == 2)


def test_rules_count(standin: StandIn, client: Client) -> None:
    def statuses(number: int) -> list[int]:
        return [client.post().status_code for _ in range(number)]

    standin.fault("status", status=500, route="create", times=2, skip=1)
    assert statuses(5) == [201, 500, 500, 201, 201]
    standin.reset()
    standin.fault("status", status=500, route="create", times=2, repeat=True)
    assert statuses(7) == [500, 500, 201, 500, 500, 201, 500]
    standin.reset()
    standin.fault("status", status=500, route=["list", "create"], model="atelier/grand-still", times=None)
    assert statuses(2) == [500, 500]
    assert client.post("quill/letters").status_code == 201
    assert standin.report()["rules"][0]["hits"] == 2
    standin.clear()
    assert statuses(1) == [201]


def test_throttling_in_all_its_forms(standin: StandIn, client: Client) -> None:
    for form, header, retry_after, words in (
        ("header", "7", None, "Request was throttled."),
        ("body", None, 7, "~7s"),
        ("about", None, None, "Your rate limit resets in ~7s."),
        ("second", None, None, "Expected available in 7 seconds."),
        ("bare", None, None, "Request was throttled."),
    ):
        standin.fault("throttle", form=form, seconds=7)
        answer = client.post()
        assert (answer.status_code, answer.headers.get("retry-after")) == (429, header)
        assert answer.json().get("retry_after") == retry_after
        assert answer.json()["detail"].endswith(words) or words in answer.json()["detail"]
    standin.fault("throttle", form="date", seconds=7)
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} .* GMT", client.post().headers["retry-after"])
    assert standin.report()["created"] == 0


def test_a_limit_of_creates(standin: StandIn, client: Client) -> None:
    standin.set(creates_per_minute=6, burst=2, frozen=True)
    assert [client.post().status_code for _ in range(3)] == [201, 201, 429]
    assert client.post().json()["retry_after"] == 10
    standin.advance(10)
    assert [client.post().status_code for _ in range(2)] == [201, 429]
    assert standin.report()["created"] == 3
    standin.set(credit=False)
    assert client.post().status_code == 402


# --- a life


def test_a_life_in_steps(standin: StandIn, client: Client) -> None:
    standin.set(frozen=True, speed=1)
    made = client.create("atelier/swift-still", body={"input": {"prompt": "śnieg – 雪", "seed": 7}})
    assert (made["status"], made["output"], made["logs"]) == ("starting", None, "")
    seen = []
    for _ in range(12):
        standin.advance(0.25)
        seen.append(client.get(made))
    assert [one["status"] for one in seen] == ["starting"] * 2 + ["processing"] * 6 + ["succeeded"] * 4
    assert [one["output"] is not None for one in seen] == [False] * 8 + [True] * 4
    logs = [one["logs"] for one in seen]
    assert all(later.startswith(earlier) for earlier, later in pairwise(logs))
    assert len(set(logs)) > 4
    assert "śnieg – 雪" in logs[-1]
    assert re.search(r"^100%\|██████████\| 4/4 \[", logs[-1], re.MULTILINE)
    assert seen[-1]["metrics"] == {
        "image_count": 1, "image_output_count": 1, "predict_time": 1.6, "total_time": 2.2
    }  # fmt: skip
    assert fetch(seen[-1]["output"][0]).ok
    assert standin.report()["predictions"][0]["polls"] == 12


def test_an_iterator_shows_its_output_as_it_grows(standin: StandIn, client: Client) -> None:
    standin.set(frozen=True, speed=1)
    made = client.create("shapes/growing")
    standin.advance(0.6)
    seen = []
    for _ in range(5):
        seen.append(len(client.get(made)["output"] or []))
        standin.advance(1.0)
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("passes", "status", "billed"), [(4.0, "aborted", 0), (6.5, "canceled", 1), (9.0, "succeeded", 1)]
)
def test_a_deadline(standin: StandIn, client: Client, passes: float, status: str, billed: int) -> None:
    standin.set(frozen=True, speed=1)
    standin.plan(starts_in=6.0 if status == "aborted" else 1.0, runs_for=2.0 if status == "succeeded" else 60.0)
    answer = client.post(headers={"Cancel-After": {"aborted": "5", "canceled": "6s", "succeeded": "1m30s"}[status]})
    made = answer.json()
    assert made["deadline"] > made["created_at"]
    standin.advance(passes)
    assert client.get(made)["status"] == ("starting" if status == "aborted" else status)
    standin.advance(2)
    seen = client.get(made)
    assert seen["status"] == status
    assert ("started_at" in seen) == (status != "aborted")
    assert standin.report()["billed"] == billed


def test_odd_deadlines_are_refused(client: Client) -> None:
    for text in ("4", "25h", "soon", "", "1.5m"):
        assert client.post(headers={"Cancel-After": text}).status_code == 422
    assert client.post(headers={"Cancel-After": "1h30m45s"}).status_code == 201


def test_cancelling(standin: StandIn, client: Client) -> None:
    standin.set(frozen=True, speed=1)
    early, late = client.create(), client.create()

    def cancel(made: Mapping[str, Any]) -> requests.Response:
        return client.session.post(made["urls"]["cancel"])

    answer = cancel(early).json()
    assert (answer["status"], answer["output"], answer["logs"]) == ("canceled", None, None)
    standin.advance(2)
    answer = cancel(late).json()
    assert (answer["status"], answer["metrics"]["total_time"]) == ("canceled", 2.0)
    assert cancel(late).json() == answer
    standin.set(cancel_ended=409)
    assert cancel(late).status_code == 409
    assert client.session.post(f"{standin.base}/v1/predictions/nothing/cancel").status_code == 404


def test_ends_that_are_planned(standin: StandIn, client: Client) -> None:
    standin.plan("failed", error="Prediction interrupted; please retry (code: PA)", times=2)
    assert [client.run()["error"] is None for _ in range(3)] == [False, False, True]
    standin.plan("canceled")
    assert client.run()["status"] == "canceled"
    standin.plan("aborted")
    assert client.run()["status"] == "aborted"
    standin.plan("stuck")
    made = client.create()
    standin.advance(1700)
    assert client.get(made)["status"] == "processing"
    standin.advance(200)
    assert (client.get(made)["status"], "30 minutes" in client.get(made)["error"]) == ("failed", True)
    standin.plan("waiting")
    made = client.create()
    standin.advance(100_000)
    assert client.get(made)["status"] == "starting"
    standin.plan(not_found=2, status="queued", starts_in=0.0, runs_for=1e6)
    made = client.create()
    assert [client.session.get(made["urls"]["get"]).status_code for _ in range(3)] == [404, 404, 200]
    assert client.get(made)["status"] == "queued"


def test_the_hour(standin: StandIn, client: Client) -> None:
    seen = client.run()
    assert fetch(seen["output"]).status_code == 200
    standin.advance(3600 - 1000 - 5)
    assert client.get(seen)["output"] == seen["output"]
    standin.advance(6)
    gone = client.get(seen)
    assert (gone["output"], gone["data_removed"], gone["input"], gone["logs"]) == (None, True, {}, None)
    assert (gone["status"], gone["urls"]) == ("succeeded", seen["urls"])
    for status in (404, 403, 410):
        standin.set(gone_status=status)
        assert fetch(seen["output"]).status_code == status
    standin.set(keep_from="ended", keep_seconds=10)
    made = client.run()
    assert client.get(made)["data_removed"] is True
    made = client.create()
    standin.obey({"remove": made["id"]})
    assert client.get(made)["data_removed"] is True


def test_forms_of_answers(standin: StandIn, client: Client) -> None:
    standin.set(form="2023", frozen=True, extra={"queue_position": 3})
    made = client.create()
    assert {"output", "data_removed", "source", "started_at"} & set(made) == set()
    assert (set(made["urls"]), made["queue_position"]) == ({"get", "cancel"}, 3)
    for digits in (3, 4, 6, 9):
        standin.set(digits=digits)
        assert re.fullmatch(rf"[\d-]{{10}}T[\d:]{{8}}\.\d{{{digits}}}Z", client.get(made)["created_at"])
    standin.set(form="recorded", digits=None)
    made = client.create()
    assert len(made["created_at"]) < len(client.get(made)["created_at"])
    standin.set(form="schema")
    answer = client.session.post(made["urls"]["cancel"]).json()
    assert (answer["status"], "logs" in answer) == ("canceled", False)
    standin.plan(extra={"odd": [1]}, form="2023", digits=9)
    assert client.create()["odd"] == [1]
    for status in (201, 202):
        standin.set(create_status=status, location=True)
        answer = client.post()
        assert (answer.status_code, answer.headers["location"]) == (status, answer.json()["urls"]["get"])


def test_waiting_in_the_request(standin: StandIn, client: Client) -> None:
    wait = {"Prefer": "wait=5"}
    answer = client.post(headers=wait)
    assert answer.headers["preference-applied"] == "wait=5"
    assert (answer.json()["status"], "metrics" in answer.json(), answer.json()["output"] is None) == (
        "processing", False, False)  # fmt: skip
    assert fetch(answer.json()["output"]).ok
    standin.set(create_status="auto")
    assert client.post(headers=wait).status_code == 201
    standin.set(sync="final")
    assert client.post(headers=wait).json()["status"] == "succeeded"
    standin.set(sync="nothing")
    answer = client.post(headers=wait)
    assert (answer.status_code, answer.json()["status"], answer.json()["output"]) == (202, "starting", None)
    standin.set(sync="early", frozen=True)
    started = time.monotonic()
    answer = client.post(headers={"Prefer": "wait=1"})
    assert (answer.json()["status"], answer.json()["output"]) == ("starting", None)
    assert 0.9 < time.monotonic() - started < 5
    assert "preference-applied" not in client.post(headers={"Prefer": "respond-async"}).headers
    standin.plan("failed", error="")
    standin.set(frozen=False)
    answer = client.post(headers=wait).json()
    assert (answer["status"], answer["error"]) == ("failed", "")


def test_the_list(standin: StandIn, client: Client) -> None:
    standin.set(frozen=True)
    made = []
    for number in range(5):
        standin.plan(source="web" if number == 1 else "api")
        made.append(client.create())
        standin.advance(10)
    stamps = [client.get(one)["created_at"] for one in made]
    names = [one["id"] for one in made]
    assert [one["id"] for one in client.list()] == names[::-1]
    assert [one["id"] for one in client.list(created_after=stamps[2])] == names[:1:-1]
    assert [one["id"] for one in client.list(created_before=stamps[2], created_after=stamps[1])] == [names[1]]
    assert [one["id"] for one in client.list(source="web")] == [names[1]]
    standin.set(list_lag=15)
    assert [one["id"] for one in client.list()] == names[3::-1]
    url = f"{standin.base}/v1/predictions"
    assert client.session.get(f"{url}?created_after=yesterday").status_code == 400
    assert client.session.get(f"{url}?cursor=bm90aGluZw==").status_code == 400
    standin.set(list_lag=0, page_size=2)
    page = client.session.get(f"{url}?created_after={stamps[1]}").json()
    assert page["next"].startswith(f"{url}?cursor=")
    client.create()
    rest = client.session.get(page["next"]).json()
    assert [one["id"] for one in page["results"] + rest["results"]] == names[:0:-1]
    assert (rest["next"], rest["previous"] is None) == (None, False)
