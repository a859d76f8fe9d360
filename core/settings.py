"""Frozen settings, read once from the environment at the edge and passed in from there."""

import ipaddress
import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from core.errors import InvalidSetting

ROOT: Final = Path(__file__).resolve().parent.parent
MIB: Final = 1024 * 1024
SHORTEST_TOKEN: Final = 16  # characters


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside. Sizes are bytes, times are seconds."""

    database: Path
    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    token: str = field(default="", repr=False)  # asked of everybody who comes in; "": nobody is asked
    users: tuple[str, ...] = ()  # who may log in with an account elsewhere: addresses, or "@domain", or "*"
    unlocked: bool = False  # listen beyond this machine without asking who is there
    accept_lost_wal: bool = False
    temporary: Path = Path(tempfile.gettempdir())
    prompt_limit: int = 10_000  # characters
    batch_limit: int = 16  # runs started by one submission
    upload_limit: int = 32 * MIB
    media_limit: int = 2048 * MIB
    decode_seconds: float = 60.0
    decode_memory: int = 1024 * MIB
    concurrency: int = 2  # runs painted at a time in one process
    replicate_token: str = field(default="", repr=False)
    replicate_base: str = "https://api.replicate.com"
    hosted_concurrency: int = 8  # predictions under way at a time in one process
    delivery_hosts: tuple[str, ...] = ("replicate.delivery",)  # with their subdomains
    local_deliveries: tuple[str, ...] = ()  # host:port, also private and without TLS
    public_url: str = ""  # where the provider's webhooks reach the studio
    download_seconds: float = 900.0
    disk_reserve: int = 256 * MIB  # free bytes below which no new work begins
    settle_seconds: float = 15.0  # in which a request without an answer may still become a prediction


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings that `environment` asks for; raises `InvalidSetting` with what to change."""
    deliveries = _deliveries(environment.get("STUDIO_DELIVERY_HOSTS", ""))
    return Settings(
        database=_database(environment.get("STUDIO_DATABASE", "")),
        allowed_hosts=Settings.allowed_hosts + _hosts(environment.get("STUDIO_ALLOWED_HOSTS", "")),
        token=_token(environment.get("STUDIO_TOKEN", "")),
        users=_users(environment.get("STUDIO_USERS", "")),
        unlocked=_flag("STUDIO_UNLOCKED", environment.get("STUDIO_UNLOCKED", "")),
        replicate_token=environment.get("REPLICATE_API_TOKEN", "").strip(),
        replicate_base=_address("REPLICATE_BASE_URL", environment.get("REPLICATE_BASE_URL", ""))
        or Settings.replicate_base,
        delivery_hosts=Settings.delivery_hosts + tuple(host for host in deliveries if ":" not in host),
        local_deliveries=tuple(host for host in deliveries if ":" in host),
        public_url=_address("STUDIO_PUBLIC_URL", environment.get("STUDIO_PUBLIC_URL", "")),
        hosted_concurrency=_count("STUDIO_HOSTED_CONCURRENCY", environment.get("STUDIO_HOSTED_CONCURRENCY", "")),
        disk_reserve=_mebibytes("STUDIO_DISK_RESERVE", environment.get("STUDIO_DISK_RESERVE", "")),
        accept_lost_wal=_flag("STUDIO_ACCEPT_LOST_WAL", environment.get("STUDIO_ACCEPT_LOST_WAL", "")),
    )


def require_locked(settings: Settings, address: str | None, *, accounts: bool) -> None:
    """Refuse to listen where others are without asking them who they are; raises `InvalidSetting`.

    `address` is what the server listens on, None: everywhere; `accounts` tells whether people log in with one.
    """
    if accounts and not settings.users:
        raise InvalidSetting(
            "STUDIO_USERS", "with a log-in set up it has to name who may come in: addresses such as ada@example.org, "
            "or @example.org for all of a domain, split by commas."
        )  # fmt: skip
    if not (_is_loopback(address) or settings.token or accounts or settings.unlocked):
        raise InvalidSetting(
            "STUDIO_TOKEN", f"the studio would listen on {address or 'every address'}, open to everybody there. "
            "Set a token, or set STUDIO_UNLOCKED to 1 if something in front of it asks who comes in."
        )  # fmt: skip


def from_secrets(path: Path) -> dict[str, str]:
    """What a secrets.toml holds at its top level, to stand behind the environment; empty where there is none.

    Raises `InvalidSetting` for one that cannot be read, without repeating any of it.
    """
    try:
        known = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise InvalidSetting(path.name, 'it cannot be read. Write lines such as NAME = "value".') from None
    return {name: str(value) for name, value in known.items() if isinstance(value, str | int)}


def _database(value: str) -> Path:
    if not value.strip():
        return ROOT / "data" / "studio.db"
    try:
        value.encode("utf-8")
        if "\0" in value or value.startswith(":") or "://" in value:
            raise ValueError("no path")
        return Path(value).expanduser().absolute()
    except (ValueError, RuntimeError) as error:  # not text; or ~ of nobody
        raise InvalidSetting("STUDIO_DATABASE", "this is no path that can be used; write it again.") from error


def _hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(host.strip().lower() for host in value.split(",") if host.strip())
    for host in hosts:
        if "/" in host or " " in host or (":" in host and not host.startswith("[")):
            raise InvalidSetting(
                "STUDIO_ALLOWED_HOSTS", f"'{host}' is not a host name; write names without ports, split by commas."
            )
    return hosts


def _token(value: str) -> str:
    value = value.strip()
    if value and (len(value) < SHORTEST_TOKEN or not value.isascii() or not value.isprintable() or " " in value):
        raise InvalidSetting(
            "STUDIO_TOKEN", f"it needs at least {SHORTEST_TOKEN} letters, digits or signs, no spaces. Make one by: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe())'"
        )  # fmt: skip
    return value


def _users(value: str) -> tuple[str, ...]:
    users = tuple(user.strip().lower() for user in value.split(",") if user.strip())
    for user in users:
        if user != "*" and not re.fullmatch(r"[^@\s]*@[^@\s]+", user):
            raise InvalidSetting("STUDIO_USERS", f"'{user[:60]}' is neither an address, nor @domain, nor *.")
    return users


def _is_loopback(address: str | None) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address((address or "").strip("[]")).is_loopback
    except ValueError:
        return False


def _deliveries(value: str) -> tuple[str, ...]:
    hosts = tuple(host.strip().lower() for host in value.split(",") if host.strip())
    for host in hosts:
        if not re.fullmatch(r"[a-z0-9.-]+(:\d{1,5})?", host):
            raise InvalidSetting(
                "STUDIO_DELIVERY_HOSTS", f"'{host}' is neither a host name nor host:port; split them by commas."
            )
    return hosts


def _address(name: str, value: str) -> str:
    """An address without its end, for paths to be added to."""
    value = value.strip().rstrip("/")
    parts = urlsplit(value)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if value and (not parts.hostname or (parts.scheme != "https" and not (local and parts.scheme == "http"))):
        raise InvalidSetting(name, f"'{parts.hostname or value[:40]}': write an address that begins with https://.")
    if parts.query or parts.fragment or parts.username:
        raise InvalidSetting(name, "write the address alone, without a query or a password.")
    return value


def _count(name: str, value: str) -> int:
    if not value.strip():
        return Settings.hosted_concurrency
    if not value.strip().isdecimal() or not 1 <= int(value) <= 64:
        raise InvalidSetting(name, f"'{value[:20]}' is no number from 1 to 64.")
    return int(value)


def _mebibytes(name: str, value: str) -> int:
    if not value.strip():
        return Settings.disk_reserve
    if not value.strip().isdecimal() or int(value) > 2**30:
        raise InvalidSetting(name, f"'{value[:20]}' is no number of MiB.")
    return int(value) * MIB


def _flag(name: str, value: str) -> bool:
    known = {"": False, "0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}
    if value.strip().lower() not in known:
        raise InvalidSetting(name, f"'{value}' is neither yes nor no; write 1 or 0.")
    return known[value.strip().lower()]
