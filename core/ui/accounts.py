"""Log-in with accounts that people have elsewhere (OpenID Connect), by the `[auth]` part of secrets.toml.

Streamlit's own `st.login` speaks to the provider and keeps the signed cookie, but guards nothing outside a page's
script. Here the same cookie opens pages, websocket and HTTP face alike, before any script runs. What Streamlit reads it
with is not public: it is used in this file alone, and a test logs in through a provider.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import HTTPConnection
from streamlit.auth_util import encode_provider_token, get_origin_from_redirect_uri, get_secrets_auth_section
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from core.errors import InvalidSetting
from core.gate import Accounts

DEFAULT: Final = "default"  # what Streamlit calls a provider without a name
SHORTEST_SECRET: Final = 32  # characters


class OpenIdAccounts:
    """Who is logged in with a provider, and how one does."""

    paths: tuple[str, ...] = ("/auth/login", "/auth/logout", "/oauth2callback")
    leave = "/auth/logout"

    def __init__(self, users: Sequence[str]) -> None:
        self._users = users

    def of(self, connection: HTTPConnection) -> str | None:
        """The address of who is logged in and may come in; None for everybody else."""
        cookie = _get_signed_cookie_with_chunks(connection.cookies, USER_COOKIE_NAME)
        said: dict[str, Any] = json.loads(cookie) if cookie else {}
        if not said.get("is_logged_in") or said.get("origin") != get_origin_from_redirect_uri():
            return None
        address = str(said.get("email") or "").lower()
        return address or "somebody" if self._may(address, said) else None

    def links(self) -> Sequence[tuple[str, str]]:
        """A link for each provider; good for some minutes."""
        words = {DEFAULT: "Log in with your account"}
        named = ((name, words.get(name, f"Log in with {name.title()}")) for name in _providers())
        return [(f"/auth/login?provider={encode_provider_token(name)}", text) for name, text in named]

    def _may(self, address: str, said: dict[str, Any]) -> bool:
        """Whether this account is one of those that were named; an address that was not confirmed is nobody's."""
        if "*" in self._users:
            return True
        _, at, domain = address.rpartition("@")
        refuted = str(said.get("email_verified", True)).lower() == "false"  # some providers say it as text
        return bool(at) and not refuted and {address, at + domain} & set(self._users) != set()


def accounts(users: Sequence[str] = ()) -> Accounts | None:
    """Log-in by secrets.toml; None where it speaks of none. `users` are those who may come in.

    Raises `InvalidSetting` for one that would not be safe, or that leads nowhere.
    """
    said = get_secrets_auth_section()
    if not said:
        return None
    if len(str(said.get("cookie_secret") or "")) < SHORTEST_SECRET:
        raise InvalidSetting("[auth] cookie_secret", f"it needs at least {SHORTEST_SECRET} random characters.")
    if not get_origin_from_redirect_uri():
        raise InvalidSetting("[auth] redirect_uri", "write the studio's address, with /oauth2callback at its end.")
    return OpenIdAccounts(users)


def _providers() -> list[str]:
    """The names of the providers in secrets.toml."""
    found = get_secrets_auth_section().to_dict()
    named = [name for name, value in found.items() if isinstance(value, dict) and name != "client_kwargs"]
    return named or [DEFAULT]
