"""ASGI middleware before everything else: host names, origins, who may come in, and what goes below a prefix."""

from starlette.middleware import Middleware

from core.gate.below import Below
from core.gate.framing import FrameGate
from core.gate.hosts import HostGate, OriginGate
from core.gate.quiet import hush
from core.gate.visitors import OPEN, Accounts, VisitorGate
from core.settings import Settings

__all__ = ["OPEN", "Accounts", "Below", "FrameGate", "HostGate", "OriginGate", "VisitorGate", "gates", "hush"]


def gates(settings: Settings, *, base: str = "", accounts: Accounts | None = None) -> list[Middleware]:
    """Everything that a request passes before it is answered, from outside inwards."""
    signed = f"{base}/api/webhooks/replicate"
    found = [
        Middleware(HostGate, allowed_hosts=settings.allowed_hosts),
        Middleware(OriginGate, allowed_hosts=settings.allowed_hosts, exempt=[signed]),
    ]
    if settings.token or accounts:
        found.append(Middleware(VisitorGate, token=settings.token, accounts=accounts, base=base))
    return found
