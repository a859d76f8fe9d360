"""A stand-in for the Replicate HTTP API: a real server on 127.0.0.1, with the manners and moods of the real one.

By hand: `python -m tests.standin` (API on port 8600, deliveries on 8601; STANDIN_PORT for another pair).
In a test::

    with StandIn() as standin:                 # two free ports; switches may be given: StandIn(speed=10)
        standin.base, standin.delivery         # http://127.0.0.1:PORT, without /v1
        standin.token                          # any token r8_... is taken, this one too
        standin.set(credit=False)              # switches, below
        standin.plan("failed", error="...")    # how the next prediction goes
        standin.fault("cut", route="create", when="after")    # what happens to the next such request
        standin.deliver("truncated", type="image/")           # what happens to the next such file
        standin.advance(3600)                  # an hour passes
        standin.clear()                        # rules away;  standin.reset(): everything anew
        standin.report()                       # counters (below);  standin.state: the State itself
        standin.requests("create")             # requests seen, by route;  standin.attempts(): webhooks sent

`tests.standin.client.Client(standin)` is a plain client for tests; its fixtures are in tests/test_standin_moods.py.

From another process: `Remote("http://127.0.0.1:8600")` has the same methods and sends them to `POST /_control`.

Control document (`POST /_control`, JSON, answers with the report; 400 with `detail` if it is wrong). Keys, carried out
in this order: `reset: true`, `clear: true` (rules), `set: {switch: value}`, `rotate_secret: true`, `plan`, `fault`,
`deliver` (one rule or a list), `cancel: id`, `remove: id` (its data is removed now), `advance: seconds`.

Rules are `{"kind": ..., arguments}` and may carry `times` (how many are hit, default 1; null: all from now on), `skip`
(so many pass first), `repeat: true` (after `times` hits one passes, then again) and filters: `route`, `model`
(owner/name) and `prediction` match exactly, `path`, `type` (media type) and `prompt` by containing; a list means any.

plan    succeeded, failed (`error`), canceled, aborted, stuck (runs until the 30 minutes are over), waiting (never
        starts). Arguments: `starts_in`, `runs_for` (model seconds, divided by `speed`), `count` (files), `shape` (see
        outputs.FORMS: one, list, text, texts, files, images, nested, numbers, video_zip, captioned, data, empty, null,
        url_text, mixed), `logs` (text that appears bit by bit), `status` (another word for "processing"), `not_found`
        (so many GETs answer 404 first), `digits`, `form`, `sync` (as the switches), `extra` (unknown keys), `source`.
fault   status (`status`, `form`: json, problem, html, empty, list), throttle (`seconds`, `form`: header, date, body,
        about "~Ns", second "in N second", bare), no_credit, unauthenticated, not_found, cut (connection dropped), hang,
        delay (`seconds`, real), half (half of the right answer), garbage (not JSON, 200), list (JSON, no object),
        redirect (`to`). With `when="after"` the request is carried out first - created and billed - and only then
        goes wrong; otherwise nothing was done. (`delay` and `half` always carry it out.) Routes: create, model_create,
        get, list, cancel, stream, models, query_models, model, versions, version, readme, examples, search,
        collections, collection, hardware, account, secret, file_create, files, file, file_delete, file_download.
deliver truncated, cut (both `at` bytes, default half), stall (sends `at` bytes, then nothing), slow (20 pieces,
        `seconds` between), long (more than its length), doubled (two lengths), chunked, no_length, no_length_cut,
        endless, hang, refused, status (`status`), html (200), garbage, wrong_type (`content_type`), gzip, no_range,
        changed (other bytes each time), padded (`bytes` more of zeros, honestly told), needs_token (403 without),
        redirect (works), loop, elsewhere (`to`, default an inside address). Every GET of a file counts as a hit, with
        Range too.

Switches, with the ordinary position (`switches.SWITCHES`; StandIn() differs in speed=200, scenes=False, edge=192):
speed=1 (divides what models take; the clock itself is real), frozen=False (True: time passes by `advance` alone; a
Prefer: wait then waits its real seconds), keep_seconds=3600, keep_from="created"|"ended" (when data is removed),
list_lag=0 (seconds until a prediction is in the list); token=None (None: any r8_...; else exactly this), revoked=False
(True: 401 for all), credit=True (False: 402 on create), creates_per_minute=None, burst=1, throttle_form="body" (a real
limiter of creates); form="recorded" (as seen since 2024) | "schema" (strictly as published: never a null `logs`) |
"2023" (`output` absent until there, no data_removed, source, urls.web); digits=None (3 in answers to creates, else 6;
or 3, 4, 6, 9), extra={} (unknown keys on predictions), removed_input={} (or None), gone_status=404 (403, 410: files
after the hour), create_status=201 (202, "auto"), location=False (a Location header on create), sync="early" (Prefer:
wait answers "processing" with the whole output, as recorded) | "final" (a finished prediction) | "nothing" (does not
wait), cancel_ended=200 (another status to refuse), page_size=100 (of the list of predictions), gzip=True (of API
answers, where accepted), bare_models=False (True: without the newer keys, cog_version null); max_file_bytes=100 MiB,
file_seconds=86400 (until an upload expires); edge=512 (longer edge of pictures, where the input gives none),
scenes=True (painted landscapes; False: quick plain ones); http_webhooks=True (take http:// for 127.0.0.1, localhost),
webhooks="normal"|"drop"|"duplicate"|"reorder" (the last one first)|"bad_signature"|"two_secrets"|"stale" (an old
timestamp), webhook_delays=[1, 4, 15, 40] (seconds between attempts of the terminal one, divided by `speed`).

Report: now, created (creates carried out), billed (created less aborted), uploads, requests {"api:ROUTE" or
"delivery:file": count}, fetches {path: count}, leaks (paths fetched with an Authorization header: must be []),
webhooks (attempts), crashes (tracebacks of the stand-in itself; leaving `with` raises if there are any), predictions
[{id, model, input, status, created, polls, billed, received {field: {size, sha256, address}}, paths, webhook}],
switches, rules (with `hits`). `GET /_control` gives the same; `GET /_control/requests` every request with headers and
the beginning of its body, as `standin.requests()` does; `GET /_control/webhooks` every attempt.

Models: `catalogue.everything()`, or `GET /`. Owners atelier, lumen, northlight, oldmasters, resonance, quill: ordinary
ones; shapes: each form of output; zoo: each construct of input schemas; trouble: each goes wrong in its own way.
"""

from tests.standin.control import Remote
from tests.standin.server import StandIn

__all__ = ["Remote", "StandIn"]
