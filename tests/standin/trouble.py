"""Models that go wrong, each in its own way, so that a person can see what the studio makes of it."""

from typing import Any

from tests.standin.models import Model
from tests.standin.painters import PROMPT, SEED
from tests.standin.schema import URI, URIS

INTERRUPTED = "Prediction interrupted; please retry (code: PA)"
SENSITIVE = "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
NO_MEMORY = "CUDA out of memory"
KILLED = "Director: unexpected error handling prediction (E1001)"
DIRECTOR = "Director: unexpected error handling prediction (E6716)"


def _trouble(name: str, description: str, **more: Any) -> Model:
    shape = {"output": URIS, "shape": "list"} if more.get("shape") == "list" else {"output": URI, "shape": "one"}
    merged = {"runs_for": 1.5, "runs": 13, **more, **shape}
    return Model("trouble", name, description, {"prompt": PROMPT, "seed": SEED}, tags=("trouble",), **merged)


_FAILING = (
    _trouble("interrupted", "Fails at first and asks to be run again; every second run works.",
             plan={"kind": "failed", "error": INTERRUPTED, "times": 1, "repeat": True}),
    _trouble("always-interrupted", "Is interrupted every time.", plan={"kind": "failed", "error": INTERRUPTED}),
    _trouble("nsfw", "Finds every prompt too daring.", plan={"kind": "failed", "error": SENSITIVE}),
    _trouble("no-memory", "Runs out of memory half way.", plan={"kind": "failed", "error": NO_MEMORY}),
    _trouble("killed", "Is killed for want of memory.", plan={"kind": "failed", "error": KILLED}),
    _trouble("director", "Fails for reasons of the house.", plan={"kind": "failed", "error": DIRECTOR}),
    _trouble("wordless", "Fails without a word.", plan={"kind": "failed", "error": ""}),
    _trouble("traceback", "Fails with the traceback of a program.", plan={"kind": "failed", "error": (
        "Traceback (most recent call last):\n  File \"/src/predict.py\", line 41, in predict\n"
        "ValueError: cannot reshape array of size 0 into shape (512, 512, 3)\n")}),
    _trouble("aborted", "Is given up before it begins.", plan={"kind": "aborted"}, starts_in=2.0),
    _trouble("canceled", "Is cancelled by somebody else.", plan={"kind": "canceled"}),
    _trouble("stuck", "Never ends by itself.", plan={"kind": "stuck"}),
    _trouble("queueing", "Never begins.", plan={"kind": "waiting"}),
    _trouble("slow", "Takes its time: half a minute to begin, a minute to run.", starts_in=30.0, runs_for=60.0),
    _trouble("vanished", "Is not known any more when asked for.", plan={"not_found": 1_000_000}),
    _trouble("late", "Is not yet known when first asked for.", plan={"not_found": 2}),
    _trouble("odd-status", "Uses a status that nobody has heard of before it succeeds.",
             plan={"status": "queued", "starts_in": 1.5}),
)  # fmt: skip
_REFUSING = (
    _trouble("throttled", "Is throttled twice, then runs.", fault={"kind": "throttle", "times": 2, "repeat": True}),
    _trouble("no-credit", "Says that there is no credit.", fault={"kind": "no_credit"}),
    _trouble("server-error", "Answers every create with an HTML page and 503.",
             fault={"kind": "status", "status": 503, "form": "html"}),
    _trouble("ambiguous", "Accepts and bills the run, then answers 502.",
             fault={"kind": "status", "status": 502, "form": "html", "when": "after"}),
    _trouble("cut-after-create", "Accepts and bills the run, then drops the connection.",
             fault={"kind": "cut", "when": "after"}),
    _trouble("hangs-after-create", "Accepts and bills the run, then never answers.",
             fault={"kind": "hang", "when": "after"}),
    _trouble("hangs", "Never answers, and nothing was created.", fault={"kind": "hang"}),
)  # fmt: skip
_DELIVERING = (
    _trouble("truncated", "Its file always ends too early.", delivery={"kind": "truncated"}),
    _trouble("truncated-once", "Its file ends too early the first time.", delivery={"kind": "truncated", "times": 1}),
    _trouble("cut-half-way", "The connection breaks half way, once.", delivery={"kind": "cut", "times": 1}),
    _trouble("too-long", "Its file is longer than it says.", delivery={"kind": "long"}),
    _trouble("no-length", "Its file does not say how long it is.", delivery={"kind": "chunked"}),
    _trouble("two-lengths", "Its file says two lengths.", delivery={"kind": "doubled"}),
    _trouble("html", "An error page comes in place of the file.", delivery={"kind": "html"}),
    _trouble("wrong-type", "A picture that calls itself text.", delivery={"kind": "wrong_type"}),
    _trouble("garbage", "Bytes that are no picture.", delivery={"kind": "garbage"}),
    _trouble("endless", "A file without end.", delivery={"kind": "endless"}),
    _trouble("redirect", "Its file has moved to another path.", delivery={"kind": "redirect"}),
    _trouble("redirect-loop", "Its file moves in a circle.", delivery={"kind": "loop"}),
    _trouble("redirect-elsewhere", "Its file points to an address inside the house.", delivery={"kind": "elsewhere"}),
    _trouble("dripping", "Its file comes drop by drop.", delivery={"kind": "slow"}),
    _trouble("stalled", "Its file stops half way and does not go on.", delivery={"kind": "stall"}),
    _trouble("gzip", "Its file comes packed.", delivery={"kind": "gzip"}),
    _trouble("expired", "Its file is gone at once.", delivery={"kind": "status", "status": 404}),
    _trouble("forbidden", "Its file is forbidden.", delivery={"kind": "status", "status": 403}),
    _trouble("flaky", "Its file comes at the third attempt.", delivery={"kind": "status", "status": 503, "times": 2}),
    _trouble("one-of-two", "Two files, of which the second is gone.", shape="list", plan={"count": 2},
             delivery={"kind": "status", "status": 404, "path": "out-1"}),
)  # fmt: skip
TROUBLES = (*_FAILING, *_REFUSING, *_DELIVERING)
