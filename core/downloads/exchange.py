"""One GET and its answer, over a connection to an address that was checked beforehand.

The name stays in the Host header and in the certificate's check; the number is never looked up again. No proxy, no
.netrc, no cookie, no redirect of its own accord, nothing unpacked, and no URL in a log or an error.
"""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse
from typing import Any, Final

import requests
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, BaseAdapter

from core.downloads.addresses import Address, Endpoint
from core.downloads.framing import Body, Interrupted
from core.downloads.headers import is_readable
from core.errors import DownloadFailed

CONNECT: Final = 10.0  # seconds for one of several endpoints
LINGER: Final = 0.25  # seconds for a host to end the connection, as it was asked to


class Line:
    """The connection in use, which another thread may cut."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cut = threading.Event()
        self._socket: socket.socket | None = None

    def hold(self, held: socket.socket) -> None:
        """Take over a socket; raises when the line was cut before."""
        with self._lock:
            self._socket = held
            if self._cut.is_set():
                held.close()
        self.check()

    def check(self) -> None:
        """Raises when the line was cut."""
        if self._cut.is_set():
            raise DownloadFailed("The download was given up. Run it again.")

    def cut(self) -> None:
        """End whatever waits on the connection, now and from now on."""
        with self._lock, suppress(OSError):
            self._cut.set()
            if self._socket:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # SSLSocket's own would read on in plain text

    def hurry(self, seconds: float) -> None:
        """Wait no longer than that for the next byte."""
        with self._lock:
            if self._socket:
                self._socket.settimeout(seconds)

    def hang_up(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._socket:
                self._socket.close()

    def wait(self, seconds: float) -> None:
        """Pause; cut short by `cut`."""
        self._cut.wait(seconds)


@dataclass(frozen=True)
class Answer:
    """Status, headers and the body still to be read."""

    status: int
    head: HTTPMessage
    body: Body


def trusted() -> ssl.SSLContext:
    """TLS that believes the usual authorities."""
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.set_alpn_protocols(["http/1.1"])
    return context


@contextmanager
def ask(
    address: Address,
    endpoints: Sequence[Endpoint],
    headers: Mapping[str, str],
    *,
    line: Line,
    trust: ssl.SSLContext,
    stall: float,
) -> Iterator[Answer]:
    """The answer to a GET; its connection closes afterwards. Raises `Interrupted`, or `DownloadFailed` for good."""
    with _Session() as session, talking(address):
        session.mount(f"{address.scheme}://", _Pinned(address, endpoints, line, trust, stall))
        try:
            answer = session.get(address.url, headers=dict(headers), stream=True, allow_redirects=False).raw
        except (requests.RequestException, UnicodeError):  # their words hold the whole URL, or a header
            raise DownloadFailed(f"The {address.label} cannot be asked for: its address or a header is odd.") from None
        assert isinstance(answer, Answer)
        yield answer


def overruns(answer: Answer, line: Line) -> bool:
    """Whether more follows than the headers had said; waits a moment for the host to end the connection."""
    line.hurry(LINGER)
    with suppress(OSError):
        return answer.body.overruns()
    return False


@contextmanager
def talking(address: Address) -> Iterator[None]:
    """Turns what goes wrong on a connection into sentences."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise DownloadFailed(f"{address.host} does not prove who it is, so nothing was fetched from it.") from error
    except TimeoutError as error:
        raise Interrupted(f"{address.host} stopped answering. Try again in a moment.") from error
    except OSError as error:
        raise Interrupted(f"The connection to {address.host} broke. Try again in a moment.") from error
    except HTTPException:  # it may quote what was asked for
        raise DownloadFailed(f"What {address.host} answers is not HTTP, so nothing was kept.") from None


class _Session(requests.Session):
    """Knows nothing from outside: neither environment nor .netrc, and no token."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        self.adapters.clear()


class _Pinned(BaseAdapter):
    """Sends one request to an endpoint that was checked.

    Not requests' own adapter: urllib3 logs whole URLs, signatures included, and reads chunks more trustingly.
    """

    def __init__(
        self, address: Address, endpoints: Sequence[Endpoint], line: Line, trust: ssl.SSLContext, stall: float
    ) -> None:
        super().__init__()
        self._address = address
        self._endpoints = endpoints
        self._line = line
        self._trust = trust
        self._stall = stall
        self._response: HTTPResponse | None = None

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """As requests has it; `raw` is an `Answer`, and only that has the headers.

        Shown a Location, requests would read the whole body of the redirect into memory.
        """
        connection = HTTPConnection(self._address.host)
        connection.sock = self._secured(self._connected())
        connection.putrequest("GET", request.path_url, skip_host=True, skip_accept_encoding=True)
        for name, value in {**request.headers, "Host": self._address.netloc}.items():
            connection.putheader(name, value)
        connection.endheaders()
        self._response = received = connection.getresponse()
        if not is_readable(received.msg):
            raise HTTPException
        response = requests.Response()
        response.status_code = received.status
        response.raw = Answer(received.status, received.msg, Body(received.fp, received.msg, received.version))
        return response

    def close(self) -> None:
        """Close the connection."""
        if self._response:
            self._response.close()
        self._line.hang_up()

    def _connected(self) -> socket.socket:
        for endpoint in self._endpoints[:-1]:
            with suppress(OSError):
                return self._reach(endpoint, min(CONNECT, self._stall))
        return self._reach(self._endpoints[-1], self._stall)

    def _reach(self, endpoint: Endpoint, seconds: float) -> socket.socket:
        reached = socket.socket(endpoint.family, socket.SOCK_STREAM)
        self._line.hold(reached)
        try:
            reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reached.settimeout(seconds)
            reached.connect(endpoint.place)
            reached.settimeout(self._stall)
        except OSError:
            reached.close()
            raise
        return reached

    def _secured(self, plain: socket.socket) -> socket.socket:
        if self._address.scheme == "http":
            return plain
        secured = self._trust.wrap_socket(
            plain,
            server_hostname=self._address.host,
            do_handshake_on_connect=False,  # only once the line can be cut
            suppress_ragged_eofs=False,  # a connection that is cut must not pass for one that has ended
        )
        self._line.hold(secured)
        secured.do_handshake()
        return secured
