"""The one token that opens the studio: compared in constant time, and guessed at slowly."""

import hashlib
import hmac
import ipaddress
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

GUESSES: Final = RateLimitItemPerMinute(10)  # wrong tokens from one address


class Keys:
    """Says whether a token is the right one, and stops who tries too many. Safe to use from many threads."""

    def __init__(self, token: str, guesses: RateLimitItem = GUESSES) -> None:
        self._digest = _digest(token)
        self._guesses = guesses
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def fits(self, token: str) -> bool:
        """Whether this is the token; takes as long for every wrong one of a length."""
        return hmac.compare_digest(_digest(token), self._digest)

    def may_try(self, address: str) -> bool:
        """Whether this network address has tries left; asking takes none."""
        return self._limiter.test(self._guesses, _network(address))

    def missed(self, address: str) -> None:
        """Count a wrong token from this network address."""
        self._limiter.hit(self._guesses, _network(address))

    @property
    def wait(self) -> int:
        """Seconds after which a stopped address surely has tries again."""
        return self._guesses.get_expiry()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _network(address: str) -> str:
    """What counts as one visitor: an IPv4 address, or the 64 bits of IPv6 that one household has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(mapped) if mapped.version == 4 else str(ipaddress.ip_network((mapped, 64), strict=False))
