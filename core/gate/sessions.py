"""Sessions of browsers that gave the token: a signed cookie each, so that nothing has to be kept.

The cookie outlives a restart of the studio. Another token ends them all.
"""

import asyncio
import hashlib
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from itsdangerous import BadData, TimestampSigner
from starlette.requests import HTTPConnection
from starlette.responses import Response

LASTS: Final = 30 * 86_400  # seconds
PREFIX: Final = "session-"


class Sessions:
    """Opens, knows and ends the sessions of one token. To be used from the event loop alone.

    `cookie` is named after the token, since cookies do not tell apart two studios on two ports of one host.
    """

    def __init__(self, token: str, path: str = "/") -> None:
        self._signer = TimestampSigner(token, salt="onefile session", digest_method=hashlib.sha256)
        self._path = path
        self._ended: dict[str, float] = {}
        self._listening: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.cookie = "studio_" + hashlib.sha256(b"onefile cookie " + token.encode()).hexdigest()[:12]

    def begin(self, response: Response, *, secure: bool) -> None:
        """Let the browser that gets `response` in from now on; `secure`: over https alone."""
        value = self._signer.sign(PREFIX + secrets.token_urlsafe(18)).decode()
        response.set_cookie(
            self.cookie, value, max_age=LASTS, path=self._path, secure=secure, httponly=True, samesite="lax"
        )

    def of(self, connection: HTTPConnection) -> str | None:
        """The session that a request belongs to; None: to none that is good."""
        value = connection.cookies.get(self.cookie, "")
        try:
            session = self._signer.unsign(value, max_age=LASTS).decode()
        except BadData:
            return None
        return None if session in self._ended else session

    @staticmethod
    def is_session(visitor: str | None) -> bool:
        """Whether this names a session, and not another kind of visitor."""
        return visitor is not None and visitor.startswith(PREFIX)

    def end(self, session: str, response: Response) -> None:
        """End a session: in this browser, for copies of its cookie while the studio runs, and for open websockets."""
        now = time.time()
        self._ended = {ended: until for ended, until in self._ended.items() if until > now} | {session: now + LASTS}
        for event in self._listening.pop(session, set()):
            event.set()
        response.delete_cookie(self.cookie, path=self._path, httponly=True, samesite="lax")

    @contextmanager
    def listening(self, session: str) -> Iterator[asyncio.Event]:
        """An event that is set when the session ends."""
        event = asyncio.Event()
        self._listening[session].add(event)
        try:
            yield event
        finally:
            self._listening[session].discard(event)
            if not self._listening[session]:
                del self._listening[session]
            if not self._listening[session]:
                del self._listening[session]
