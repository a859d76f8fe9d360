"""Requests to Replicate's API and what its refusals mean; knows nothing of predictions or models.

The token goes to the configured base alone: redirects are not followed, and addresses in answers are used only for
what comes after the host. It never stands in an error, a log or a `repr`.
"""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from core.errors import (
    InvalidInput,
    NoCredit,
    NotFound,
    ProviderError,
    ProviderUnreachable,
    RateLimited,
    StudioError,
    SubmissionUnclear,
    TokenRefused,
    UnknownModel,
)

BASE: Final = "https://api.replicate.com"
AGENT: Final = "onefile-studio"  # without one of its own a client may be turned away at the edge
TIMEOUT: Final = (5.0, 20.0)  # seconds to connect, and between two pieces of an answer
UPLOAD_TIMEOUT: Final = (5.0, 120.0)
PAGES: Final = 30  # of a list that are read at most
LONGEST_WAIT: Final = 300.0  # seconds
NO_TOKEN: Final = (
    "There is no Replicate token. Make one at replicate.com/account/api-tokens, set REPLICATE_API_TOKEN and start the "
    "studio again."
)
BAD_TOKEN: Final = (
    "Replicate does not accept the token. Look at replicate.com/account/api-tokens, set REPLICATE_API_TOKEN anew and "
    "start the studio again."
)
NO_CREDIT: Final = (
    "Your Replicate account has no credit left, so nothing was started. Buy some at "
    "replicate.com/account/billing, wait a few minutes, and run it again."
)
SILENT: Final = "Replicate cannot be reached just now. Nothing is lost; the studio tries again by itself."
UNCLEAR: Final = "Replicate did not answer in time. The studio looks whether the run was started before it asks again."
_SPEECH = re.compile(r"(?:~|\bin )\s*(\d+(?:\.\d+)?)\s*s")
_MISSING = re.compile(r"^(?:- )?(?:[\w.]+: )?(\w+) is required")


class _Bearer(AuthBase):
    """As `auth` of a session, so that no .netrc is asked."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Client:
    """A session with the token that talks to `base` only. Safe to use from many threads."""

    def __init__(self, token: str, base: str = BASE, clock: Callable[[], float] = time.monotonic) -> None:
        self.base = base.rstrip("/").removesuffix("/v1")
        self._token = token
        self._clock = clock
        self._quiet_until = 0.0
        self._session = self._new_session()

    @property
    def ready(self) -> bool:
        """Whether there is a token at all."""
        return bool(self._token)

    def get(self, path: str, **query: str) -> Any:
        """The JSON at `path` below /v1. Raises one of `ProviderError`'s kinds, or `NotFound`."""
        return self._json(self._session, "GET", path, params=query)

    def query(self, path: str, words: str) -> Any:
        """The answer to the HTTP method QUERY."""
        return self._json(self._session, "QUERY", path, data=words.encode(), headers={"Content-Type": "text/plain"})

    def post(self, path: str) -> Any:
        """The answer to a POST without a body."""
        return self._json(self._session, "POST", path)

    def pages(self, path: str, **query: str) -> Iterator[Mapping[str, Any]]:
        """The results of a list, page after page; a `next` that leads to another host is followed on ours."""
        for _ in range(PAGES):
            page = self.get(path, **query)
            yield from page.get("results") or ()
            query = dict(parse_qsl(urlsplit(page.get("next") or "").query))
            if not query:
                return

    def upload(self, path: Path, mime: str) -> str:
        """Bring a file to Replicate for use as an input; returns its address. It goes after a day or sooner."""
        with path.open("rb") as content:
            part = {"content": (path.name, content, mime)}
            answer = self._json(self._session, "POST", "files", files=part, timeout=UPLOAD_TIMEOUT)
        return str(answer["urls"]["get"])

    def create(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        """Create a prediction, once.

        Raises `SubmissionUnclear` when the request may have been taken; after any other error nothing was created.
        """
        if self._clock() < self._quiet_until:
            raise RateLimited(_throttled(self._quiet_until - self._clock()), self._quiet_until - self._clock())
        with self._new_session() as fresh:  # a connection kept open may be dead, and nobody could tell what arrived
            try:
                return self._json(fresh, "POST", "predictions", json=body, headers=headers, unclear=True)
            except RateLimited as error:
                self._quiet_until = self._clock() + error.retry_after
                raise

    def authorization(self) -> dict[str, str]:
        """The token as a header, for a host of the provider's own that asks for it."""
        return {"Authorization": f"Bearer {self._token}"}

    def redacted(self, text: str) -> str:
        """`text` without the token."""
        return text.replace(self._token, "***") if self._token else text

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        session.auth = _Bearer(self._token)
        session.headers["User-Agent"] = AGENT
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=16))
        return session

    def _json(self, session: requests.Session, method: str, path: str, *, unclear: bool = False, **options: Any) -> Any:
        if not self.ready:
            raise TokenRefused(NO_TOKEN)
        address = f"{self.base}/v1/{path}"
        try:
            answer = session.request(method, address, allow_redirects=False, **{"timeout": TIMEOUT, **options})
        except requests.RequestException as error:
            raise _unanswered(error, unclear) from None  # its words may hold the address
        if answer.status_code < 300:
            if body := _body(answer):
                return body
            raise SubmissionUnclear(UNCLEAR) if unclear else ProviderUnreachable(SILENT)
        raise self._refusal(answer, unclear)

    def _refusal(self, answer: requests.Response, unclear: bool) -> StudioError:
        body, status = _body(answer), answer.status_code
        detail = self.redacted(str(body.get("detail") or body.get("title") or "")).strip().rstrip(".")[:500]
        if status >= 500:
            return SubmissionUnclear(UNCLEAR) if unclear else ProviderUnreachable(SILENT)
        if status == 401:
            return TokenRefused(BAD_TOKEN)
        if status == 402:
            return NoCredit(NO_CREDIT)
        if status == 404:
            return NotFound(f"Replicate knows nothing under this name{': ' + detail if detail else ''}.")
        if status == 413:
            return InvalidInput({"": "A file is larger than the 100 MB that Replicate takes. Choose a smaller one."})
        if status == 422:
            return _unprocessable(body, detail)
        if status == 429:
            wait = _wait(answer, body, detail)
            return RateLimited(_throttled(wait), wait)
        return ProviderError(f"Replicate refuses the request ({status}){': ' + detail if detail else ''}.")


def _unanswered(error: requests.RequestException, unclear: bool) -> StudioError:
    """What a failure of the connection means for a request that may have been taken."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    never_sent = isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError) or isinstance(
        reason, NewConnectionError | ConnectTimeoutError
    )
    return SubmissionUnclear(UNCLEAR) if unclear and not never_sent else ProviderUnreachable(SILENT)


def _body(answer: requests.Response) -> Mapping[str, Any]:
    """The object in an answer; empty for anything else, such as HTML from the edge."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _unprocessable(body: Mapping[str, Any], detail: str) -> StudioError:
    """422: sentences by the input's name, "" for what belongs to none."""
    if "version" in str(body.get("title", "")).lower():
        return UnknownModel(f"Replicate does not run this version of the model: {detail or 'it does not exist'}.")
    listed = body.get("invalid_fields")
    faults = [fault for fault in listed if isinstance(fault, dict)] if isinstance(listed, list) else []
    fields: dict[str, str] = {}
    for fault in faults:
        words = str(fault.get("description") or "Replicate does not take this value").strip().rstrip(".")
        _, _, name = str(fault.get("field") or "").partition("input.")
        missing = _MISSING.match(words)
        name = name.split(".")[0] or (missing[1] if missing else "")
        fields[name] = f"{words[:1].upper()}{words[1:]}."
    return InvalidInput(fields or {"": f"Replicate does not take this input: {detail or 'it gives no reason'}."})


def _wait(answer: requests.Response, body: Mapping[str, Any], detail: str) -> float:
    """Seconds to wait after 429: the header, the body's number, its words, else two seconds."""
    for told in (answer.headers.get("Retry-After"), body.get("retry_after"), *_SPEECH.findall(detail)[:1]):
        seconds = _seconds(told)
        if seconds is not None:
            return min(LONGEST_WAIT, max(0.5, seconds))
    return 2.0


def _seconds(told: Any) -> float | None:
    if told is None:
        return None
    try:
        seconds = float(told)
    except (TypeError, ValueError):
        try:
            seconds = parsedate_to_datetime(str(told)).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return seconds if math.isfinite(seconds) else None


def _throttled(wait: float) -> str:
    return f"Replicate asks for a pause of {math.ceil(wait)} s between requests; the run goes on by itself then."
