"""Frozen settings, read once from the environment at the edge and passed in from there."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import InvalidSetting

ROOT: Final = Path(__file__).resolve().parent.parent
MIB: Final = 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside. Sizes are bytes, times are seconds."""

    database: Path
    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    accept_lost_wal: bool = False
    temporary: Path = Path(tempfile.gettempdir())
    prompt_limit: int = 10_000  # characters
    batch_limit: int = 16  # runs started by one submission
    upload_limit: int = 32 * MIB
    media_limit: int = 2048 * MIB
    decode_seconds: float = 60.0
    decode_memory: int = 1024 * MIB
    concurrency: int = 2  # runs under way at a time in one process


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings that `environment` asks for; raises `InvalidSetting` with what to change."""
    return Settings(
        database=_database(environment.get("STUDIO_DATABASE", "")),
        allowed_hosts=Settings.allowed_hosts + _hosts(environment.get("STUDIO_ALLOWED_HOSTS", "")),
        accept_lost_wal=_flag("STUDIO_ACCEPT_LOST_WAL", environment.get("STUDIO_ACCEPT_LOST_WAL", "")),
    )


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


def _flag(name: str, value: str) -> bool:
    known = {"": False, "0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}
    if value.strip().lower() not in known:
        raise InvalidSetting(name, f"'{value}' is neither yes nor no; write 1 or 0.")
    return known[value.strip().lower()]
