"""Webhooks from a provider: proved to be signed, taken once, and no more than a hint to look. Knows no HTTP.

The signature is that of Standard Webhooks, over the raw bytes; a secret that was just replaced still counts.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.dialects.sqlite import insert
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from core import intents
from core.database import Database
from core.errors import ProviderError, WebhookRefused
from core.models import webhook_seen

LARGEST: Final = 1024 * 1024  # bytes of a message; a hint needs no more
REMEMBERED: Final = timedelta(hours=1)  # a message is older than its tolerance of 5 minutes long before
ASK_AGAIN: Final = 60.0  # seconds between two questions for the secret
ROTATION: Final = 24 * 3600.0  # seconds for which a replaced secret still counts


class Receiver:
    """Takes messages about runs; `hint` hears the number of each run that there is news of."""

    def __init__(
        self,
        database: Database,
        secret: Callable[[], str],
        hint: Callable[[int], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._secret = secret
        self._hint = hint
        self._clock = clock
        self._secrets: list[tuple[str, float]] = []  # newest first, with the time at which they were last in force
        self._asked_at = float("-inf")
        self.last_at: datetime | None = None

    def receive(self, headers: Mapping[str, str], body: bytes, nonce: str, now: datetime) -> None:
        """Take a message; a repeated one changes nothing. Raises `WebhookRefused`."""
        if len(body) > LARGEST:
            raise WebhookRefused("The message is larger than a hint needs to be.", 413)
        named = {name.lower(): value for name, value in headers.items()}
        message = self._verified(named, body)
        if not self._first_time(named["webhook-id"], now):
            return
        self.last_at = now
        handle = message.get("id") if isinstance(message, dict) else None
        if not isinstance(handle, str) or not handle:
            raise WebhookRefused("The message names no prediction.", 400)
        run = intents.told(self._database, nonce, handle)
        if run is not None:
            self._hint(run)

    def _verified(self, headers: dict[str, str], body: bytes) -> Any:
        for fresh in (False, True):
            for secret in self._known(fresh):
                try:
                    return Webhook(secret).verify(body, headers)
                except (WebhookVerificationError, ValueError):  # json's errors are ValueErrors as well
                    continue
        raise WebhookRefused("The message is not signed by the provider, or is too old.")

    def _known(self, fresh: bool) -> list[str]:
        """The secrets in force; `fresh`: those that asking the provider anew brings, if it may be asked."""
        now = self._clock()
        if (fresh or not self._secrets) and now - self._asked_at >= ASK_AGAIN:
            self._asked_at = now
            try:
                current = self._secret()
            except ProviderError as error:
                raise WebhookRefused("The provider does not tell what it signs with just now.", 503) from error
            kept = [(secret, since) for secret, since in self._secrets if secret != current and now - since < ROTATION]
            self._secrets = [(current, now), *kept]
        elif fresh:
            return []
        return [secret for secret, _ in self._secrets]

    def _first_time(self, identity: str, now: datetime) -> bool:
        with self._database.write() as connection:
            connection.execute(delete(webhook_seen).where(webhook_seen.c.seen_at < now - REMEMBERED))
            row = insert(webhook_seen).values(id=identity[:200], seen_at=now)
            return connection.execute(row.on_conflict_do_nothing()).rowcount == 1
