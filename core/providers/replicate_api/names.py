"""Reads a model's name out of what a person typed or pasted; knows no network."""

import re
from typing import Final
from urllib.parse import urlsplit

from core.errors import UnknownModel
from core.providers.replicate_api.descriptions import named

SITES: Final = ("replicate.com", "www.replicate.com", "api.replicate.com", "r8.im")
VERSION: Final = re.compile(r"[0-9a-f]{64}")
PAGES: Final = {  # of the site, at the first place of a path, where an owner's name would stand
    "collections": "That is the address of a collection. Open Collections here and pick one of its models.",
    "p": "That is the address of a run, not of a model. Paste the address of the model's own page.",
}
OTHER_PAGES: Final = frozenset((
    "about", "account", "blog", "changelog", "docs", "enterprise", "explore", "home", "pricing", "privacy", "search",
    "signin", "status", "support", "terms",
))  # fmt: skip
NO_PAGE: Final = "That address leads to no model. Paste one of a model's page, such as replicate.com/owner/name."


def pasted(text: str) -> str:
    """`owner/name` or `owner/name:version` of a name or of an address at replicate.com.

    Raises `UnknownModel` with what is wrong.
    """
    words = text.strip().strip("\"'`<>,;").strip()
    if not words:
        raise UnknownModel("Write owner/name, or paste the address of a model's page at replicate.com.")
    name = _of_address(words) if _is_address(words) else words
    return _checked(name.replace("@sha256:", ":").removesuffix(":latest"))


def _is_address(words: str) -> bool:
    return "://" in words or words.lower().startswith(tuple(f"{site}/" for site in SITES))


def _of_address(words: str) -> str:
    try:
        parts = urlsplit(words if "://" in words else f"https://{words}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise UnknownModel(NO_PAGE) from None
    if host not in SITES:
        raise UnknownModel(
            f"'{host[:60]}' is not replicate.com. Paste the address of a model's page there, or write owner/name."
        )
    path = [part for part in parts.path.split("/") if part]
    if path[:2] == ["v1", "models"]:
        path = path[2:]
    if path and path[0] in PAGES:
        raise UnknownModel(PAGES[path[0]])
    if len(path) < 2 or path[0] in OTHER_PAGES:
        raise UnknownModel(NO_PAGE)
    version = f":{path[3]}" if path[2:3] == ["versions"] and len(path) > 3 else ""
    return f"{path[0]}/{path[1]}{version}"


def _checked(name: str) -> str:
    identity, colon, version = name.partition(":")
    if VERSION.fullmatch(identity):
        raise UnknownModel("That is a version alone. Write owner/name and a colon before it.")
    if "/" not in identity:
        raise UnknownModel(f"'{identity[:60]}' names no owner. Write owner/name, or look for it with Search.")
    if colon and not VERSION.fullmatch(version):
        raise UnknownModel(
            f"'{version[:20]}' is no version: one has 64 digits from 0 to f. Leave it out for the newest version."
        )
    named(name)
    return name
