"""One file on its way: redirects, status codes, what has arrived so far, and how to go on after a break.

Blocks without a deadline of its own and ends when its `Line` is cut; `core/downloads.py` sees to both.
"""

import hashlib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from core.downloads import headers
from core.downloads.addresses import Address, Endpoint, Resolve, follow, look_up
from core.downloads.exchange import Answer, Line, ask, overruns, talking
from core.downloads.framing import Interrupted
from core.errors import AddressRefused, DiskFull, DownloadFailed, DownloadTooLarge, OutputExpired

PIECE: Final = 256 * 1024  # bytes read at once
PAUSE: Final = 0.5  # seconds before the second try; doubles
LONGEST_PAUSE: Final = 30.0  # a host that asks for more is given up for now
REDIRECTS: Final = (301, 302, 303, 307, 308)
GONE: Final = (403, 404, 410)
BUSY: Final = (408, 425, 429)
OURS: Final = ("accept-encoding", "connection", "content-length", "host", "if-range", "range", "transfer-encoding")


@dataclass(frozen=True)
class Policy:
    """What may be fetched, and how much patience there is."""

    hosts: tuple[str, ...]  # that deliver over https: "replicate.delivery" stands for its subdomains as well
    local: tuple[str, ...] = ()  # "host:port" or "host" that may be private and without https
    size: int = 2 * 2**30  # bytes
    seconds: float = 600.0  # for all of it
    stall: float = 30.0  # seconds without a byte
    redirects: int = 3
    attempts: int = 3


@dataclass(frozen=True)
class Fetched:
    """What has arrived."""

    bytes: int
    mime: str | None  # as declared
    url: str = field(repr=False)  # after redirects; its query may be a signature


@dataclass
class _Arrived:
    """What is in the file, and what its host has said about the whole."""

    bytes: int = 0
    total: int | None = None
    etag: str | None = None
    mime: str | None = None
    md5: str | None = None
    digest: "hashlib._Hash" = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))


class Transfer:
    """One URL to one file, by several requests if need be."""

    def __init__(
        self,
        address: Address,
        target: Path,
        own_headers: Mapping[str, str],
        *,
        policy: Policy,
        line: Line,
        trust: ssl.SSLContext,
        resolve: Resolve,
        pause: Callable[[float], object],
        now: Callable[[], datetime],
    ) -> None:
        self.label = address.label
        self._start = address
        self._target = target
        self._headers = {name: value for name, value in own_headers.items() if name.lower() not in OURS}
        self._policy = policy
        self._line = line
        self._trust = trust
        self._resolve = resolve
        self._pause = pause
        self._now = now
        self._endpoints: dict[str, tuple[Endpoint, ...]] = {}  # by host and port; asked for once
        self._arrived = _Arrived()

    def run(self) -> Fetched:
        """Try until it is there; raises what the last try raised, or at once what another try would not mend."""
        attempt = 1
        while True:
            try:
                return self._attempt()
            except Interrupted as error:
                pause = max(PAUSE * 2 ** (attempt - 1), error.retry_after)
                if attempt >= self._policy.attempts or pause > LONGEST_PAUSE:
                    raise DownloadFailed(error.sentence, error.status) from error
            self._pause(pause)
            attempt += 1

    def _attempt(self) -> Fetched:
        with self._answer() as (address, answer):
            self._accept(address, answer)
            try:
                with self._target.open("ab" if answer.status == 206 else "wb") as file:
                    self._store(address, answer, file)
            except OSError as error:
                raise _disk(error) from error
        self._verify()
        return Fetched(self._arrived.bytes, self._arrived.mime, address.url)

    @contextmanager
    def _answer(self) -> Iterator[tuple[Address, Answer]]:
        """The answer at the end of all redirects, and where it came from."""
        address = self._start
        for _ in range(self._policy.redirects + 1):
            with self._ask(address) as answer:
                if answer.status not in REDIRECTS:
                    yield address, answer
                    return
                locations = answer.head.get_all("Location", [])
            if len(locations) != 1:
                raise DownloadFailed(f"{address.host} points to another place but does not say where.", answer.status)
            address = follow(address, locations[0], self._policy.hosts, self._policy.local)
        raise AddressRefused(f"{self._start.host} points from place to place without an end.")

    @contextmanager
    def _ask(self, address: Address) -> Iterator[Answer]:
        if address.netloc not in self._endpoints:
            self._endpoints[address.netloc] = look_up(address, self._resolve)
        endpoints = self._endpoints[address.netloc]
        sent = self._headers_for(address)
        with ask(address, endpoints, sent, line=self._line, trust=self._trust, stall=self._policy.stall) as answer:
            yield answer

    def _headers_for(self, address: Address) -> dict[str, str]:
        first = (address.scheme, address.netloc) == (self._start.scheme, self._start.netloc)
        sent = {"User-Agent": "onefile-studio", "Accept": "*/*"} | (self._headers if first else {})
        sent |= {"Accept-Encoding": "identity", "Connection": "close"}
        if self._arrived.bytes and self._arrived.etag:
            sent |= {"Range": f"bytes={self._arrived.bytes}-", "If-Range": self._arrived.etag}
        return sent

    def _accept(self, address: Address, answer: Answer) -> None:
        """Make ready for the body; raises when it is not one to keep."""
        self._check_status(address, answer)
        if not headers.is_plain(answer.head):
            raise DownloadFailed(f"The {self.label} comes packed, although nobody asked for that. Run it again.")
        if answer.status == 206:
            self._check_part(answer)
        else:
            head = answer.head
            self._arrived = _Arrived(0, answer.body.length, headers.etag(head), headers.media_type(head))
        self._arrived.md5 = headers.md5(answer.head) or self._arrived.md5
        self._check_size(self._arrived.total or 0)

    def _check_status(self, address: Address, answer: Answer) -> None:
        status = answer.status
        if status in (200, 206):
            return
        if status in GONE:
            sentence = f"The {self.label} is gone: providers keep results for a short time only. Run it again."
            raise OutputExpired(sentence, status)
        sentence = f"The {self.label} was not delivered (HTTP {status}). Try again later."
        if status in BUSY or status >= 500:
            raise Interrupted(sentence, status, headers.retry_after(answer.head, self._now()))
        if status == 416:
            self._start_over(sentence)
        raise DownloadFailed(sentence, status)

    def _check_part(self, answer: Answer) -> None:
        """That a 206 goes on exactly where the file ends, with the rest of the same whole."""
        have, part = self._arrived, headers.part(answer.head)
        fits = part and part[0] == have.bytes and part[1] == part[2] - 1 and have.total in (None, part[2])
        if not (part and fits and have.etag and headers.etag(answer.head) == have.etag):
            self._start_over(f"The {self.label} changed while it was being fetched. Try again in a moment.")
        have.total = part[2]

    def _check_size(self, size: int) -> None:
        if size > self._policy.size:
            raise DownloadTooLarge(
                f"The {self.label} is larger than the {self._policy.size // 2**20} MiB that the studio keeps."
            )

    def _store(self, address: Address, answer: Answer, file: BinaryIO) -> None:
        while True:
            with talking(address):
                piece = answer.body.read(PIECE)
            self._line.check()
            if not piece:
                break
            self._check_size(self._arrived.bytes + len(piece))
            file.write(piece)
            self._arrived.digest.update(piece)
            self._arrived.bytes += len(piece)
        if overruns(answer, self._line):
            raise DownloadFailed(f"The {self.label} is longer than its host had said, so it was not kept.")

    def _verify(self) -> None:
        have = self._arrived
        if not have.bytes:
            self._start_over(f"The {self.label} arrived empty. Run it again.")
        if have.total not in (None, have.bytes):
            self._start_over(f"The {self.label} has another size than it was said to have. Run it again.")
        if have.md5 not in (None, have.digest.hexdigest()):
            self._start_over(f"The {self.label} was damaged on its way: its checksum is another. Run it again.")

    def _start_over(self, sentence: str) -> NoReturn:
        self._arrived = _Arrived()
        raise Interrupted(sentence)


def _disk(error: OSError) -> DiskFull | DownloadFailed:
    if error.errno in (ENOSPC, EDQUOT, EFBIG):
        return DiskFull("There is no room for temporary files. Free some space, then try again.")
    return DownloadFailed(f"The temporary file could not be written: {error.strerror}.")
