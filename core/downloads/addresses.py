"""Which addresses the studio fetches from: names on a list, over https, that lead to the public internet.

Knows URLs and IP addresses, never what is behind them; sends nothing but the question for a name's addresses, and
that only for a name on the list. What comes out of `admit` and `look_up` was checked and is used as it stands.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from core.errors import AddressRefused, DownloadFailed

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[..., Sequence[tuple[Any, ...]]]  # as socket.getaddrinfo

LONGEST: Final = 8192  # characters of a URL
NETLOC: Final = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
NUMERIC: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")  # what some resolvers read as an IPv4 address
PORTS: Final = {"https": 443, "http": 80}


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# The IANA registries of special addresses, spelled out: what Python's `is_global` says changed between its versions.
SPECIAL: Final = _networks(
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16/32",  # Azure's own service, at a public number
    "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20",
)  # fmt: skip
PUBLIC_V6: Final = ipaddress.ip_network("2000::/3")  # mapped, NAT64, link-local, multicast and more are outside of it
LOCAL: Final = _networks(  # where a host may be that whoever runs the studio has named
    "127.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"
)
METADATA: Final = _networks("100.100.100.200/32", "fd00:ec2::/32", "fd20:ce::254/128")  # keys of cloud machines


@dataclass(frozen=True)
class Address:
    """A URL that may be fetched; `local` when whoever runs the studio has named its host."""

    url: str = field(repr=False)  # without its fragment; the query may be a signature, so it is not shown
    scheme: str
    host: str  # in lower case, an IPv6 address without brackets
    port: int
    local: bool

    @property
    def netloc(self) -> str:
        """Host and port as a Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def label(self) -> str:
        """The file's name and its host, for sentences; never the query."""
        name = unquote(urlsplit(self.url).path.rsplit("/", 1)[-1])
        shown = "".join(letter for letter in name if letter.isprintable())[:80]
        return f"file {shown} from {self.host}" if shown else f"file from {self.host}"


@dataclass(frozen=True)
class Endpoint:
    """Where to connect to, after the check."""

    family: int
    place: tuple[Any, ...]  # as socket.connect takes it


def admit(url: str, hosts: Sequence[str], local: Sequence[str]) -> Address:
    """The URL taken apart; raises `AddressRefused`, before anything is sent, when it is not one to fetch from."""
    scheme, host, port = _parts(url)
    bare = host.strip("[]")
    if f"{host}:{port}" in local or host in local or bare in local:
        return Address(url.partition("#")[0], scheme, bare, port, local=True)
    if scheme != "https":
        raise AddressRefused("The address of the file is not encrypted (https), so it was not fetched.")
    if host.startswith("[") or NUMERIC.fullmatch(host):
        raise AddressRefused("The address of the file is a number instead of a host's name, so it was not fetched.")
    if not any(host == allowed or host.endswith("." + allowed) for allowed in hosts):
        raise AddressRefused(
            f"The studio does not fetch files from {host}. If they belong there, whoever runs the studio can allow it."
        )
    if port != PORTS["https"]:
        raise AddressRefused(f"The address of the file names an unusual port ({port}), so it was not fetched.")
    return Address(url.partition("#")[0], scheme, host, port, local=False)


def follow(address: Address, location: str, hosts: Sequence[str], local: Sequence[str]) -> Address:
    """Where a redirect leads; raises `AddressRefused` as `admit`, and when it leads from outside to a local host."""
    try:
        url = urljoin(address.url, location)
    except ValueError:
        raise AddressRefused("The file's host points to an address that makes no sense.") from None
    led = admit(url, hosts, local)
    if led.local and not address.local:
        raise AddressRefused(f"{address.host} points to a private address, so the file was not fetched.")
    return led


def look_up(address: Address, resolve: Resolve) -> tuple[Endpoint, ...]:
    """Every address of the host, each checked; raises `AddressRefused` when one of them is not to be connected to."""
    if address.local and _ip(address.host):
        return (_checked(address, address.host),)
    try:
        found = resolve(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DownloadFailed(f"{address.host} could not be found. Check the network, then try again.") from error
    endpoints = tuple(dict.fromkeys(_checked(address, place[0]) for *_, place in found))
    if not endpoints:
        raise DownloadFailed(f"{address.host} has no address. Try again later.")
    return endpoints


def refused(ip: IP, local: bool = False) -> bool:
    """Whether an address is one that the studio does not connect to."""
    if any(ip in network for network in METADATA):
        return True
    if local and any(ip in network for network in LOCAL):
        return False
    if ip.version == 6 and ip not in PUBLIC_V6:
        return True
    return any(ip in network for network in SPECIAL)


def _parts(url: str) -> tuple[str, str, int]:
    """(scheme, host, port), both words in lower case."""
    if len(url) > LONGEST or any(letter <= " " for letter in url):
        raise AddressRefused("The address of the file holds characters that do not belong there, or is too long.")
    try:
        split = urlsplit(url)
    except ValueError:
        raise AddressRefused("The address of the file makes no sense.") from None
    if split.scheme not in PORTS:
        raise AddressRefused("The address of the file is not one of the web (https), so it was not fetched.")
    named = NETLOC.fullmatch(split.netloc.lower()) if split.netloc.isascii() else None
    if not named or len(named[1]) > 253:
        raise AddressRefused("The address of the file does not name its host plainly, so it was not fetched.")
    return split.scheme, named[1], int(named[2] or PORTS[split.scheme])


def _checked(address: Address, text: str) -> Endpoint:
    ip = _ip(text)
    if ip is None or refused(ip, address.local):
        raise AddressRefused(
            f"{address.host} leads to a private or special address, so nothing was fetched from it. "
            "Check the machine's name service if that is unexpected."
        )
    place = (str(ip), address.port) if ip.version == 4 else (str(ip), address.port, 0, 0)
    return Endpoint(socket.AF_INET if ip.version == 4 else socket.AF_INET6, place)


def _ip(text: str) -> IP | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
