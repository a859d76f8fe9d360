"""A server on plain sockets that answers byte by byte as a test says: lies, drips, stalls, cuts."""

import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType


class Call:
    """One connection whose request head has arrived."""

    def __init__(self, connection: socket.socket, head: str, number: int, closing: threading.Event) -> None:
        self._connection = connection
        self._closing = closing
        self.head = head
        self.number = number  # of the request, from 0
        self.path = head.split(" ")[1]
        self.headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
        }

    def send(self, *parts: bytes) -> None:
        """Write as it stands."""
        self._connection.sendall(b"".join(parts))

    def answer(self, body: bytes = b"", status: str = "200 OK", **headers: str) -> None:
        """A true answer, with a Content-Length unless one is given."""
        named = {"Content-Length": str(len(body))} | {name.replace("_", "-"): text for name, text in headers.items()}
        self.send(head(status, named), body)

    def drip(self, data: bytes, seconds: float) -> None:
        """One byte every `seconds`, over and over until the other side or the test has enough."""
        while True:
            for byte in data:
                if self._closing.wait(seconds):
                    return
                self.send(bytes([byte]))

    def hang(self) -> None:
        """Say nothing more until the test is over."""
        self._closing.wait(60)

    def wait(self, seconds: float) -> None:
        """Take some time."""
        self._closing.wait(seconds)

    def vanish(self) -> None:
        """End the connection below TLS, which so gets no farewell."""
        socket.socket.shutdown(self._connection, socket.SHUT_RDWR)

    def reset(self) -> None:
        """Break the connection without a farewell."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        socket.socket.close(self._connection)


Script = Callable[[Call], None]


class Liar:
    """Answers each request by `script`, in a thread of its own; keeps the requests' heads."""

    def __init__(
        self, script: Script, *, tls: ssl.SSLContext | None = None, place: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._script = script
        self._tls = tls
        self._closing = threading.Event()
        family = socket.AF_INET6 if ":" in place else socket.AF_INET
        self._listener = socket.create_server((place, port), family=family, reuse_port=bool(port), backlog=128)
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.netloc = f"{place}:{self.port}"
        self.connections = 0
        self.calls: list[Call] = []

    def url(self, path: str = "/out.png") -> str:
        """The address of a path, in plain http."""
        return f"http://{self.netloc}{path}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the other side may leave at any time
            connection.settimeout(30)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                with self._tls.wrap_socket(connection, server_side=True) as secured:
                    self._converse(secured)
                    secured.unwrap()
            else:
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        self._open.append(connection)
        received = b""
        while b"\r\n\r\n" not in received:
            more = connection.recv(65536)
            if not more:
                return
            received += more
        call = Call(connection, received.decode("latin-1").strip(), len(self.calls), self._closing)
        self.calls.append(call)
        self._script(call)

    def __enter__(self) -> "Liar":
        thread = threading.Thread(target=self._accept, daemon=True)
        self._threads.append(thread)
        thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)


def says(*parts: bytes) -> Script:
    """The same bytes for everybody; then the end."""
    return lambda call: call.send(*parts)


def head(status: str = "200 OK", headers: Mapping[str, str] | None = None) -> bytes:
    """Status line and headers."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in (headers or {}).items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def chunks(data: bytes, size: int, end: bytes = b"0\r\n\r\n") -> bytes:
    """A body in chunks of `size` bytes."""
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


CHUNKED = head(headers={"Transfer-Encoding": "chunked"})
