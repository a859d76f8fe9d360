"""Keeps tokens out of the log of requests that some servers write."""

import logging
import re
from typing import Final

ACCESS: Final = "uvicorn.access"
_TOKEN: Final = re.compile(r"(?i)([?&]token=)[^&\s]*")


class WithoutTokens(logging.Filter):
    """Writes `token=...` in the place of every token in an address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; it is always written."""
        if isinstance(record.args, tuple):
            record.args = tuple(_TOKEN.sub(r"\1...", part) if isinstance(part, str) else part for part in record.args)
        return True


def hush() -> None:
    """Let uvicorn's log of requests have no tokens from now on."""
    logging.getLogger(ACCESS).addFilter(WithoutTokens())
