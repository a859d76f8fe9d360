"""Fetches in a network of its own, where every address of the internet is this machine: nothing refused is sent to.

    unshare --net python -m tests.namespace_process refuse|redirects|rebinding [COUNT]

Prints what was counted as JSON. Canaries listen everywhere; a packet socket sees whatever is sent.
"""

import json
import random
import socket
import ssl
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import trustme

from core.downloads import Downloader, Policy
from core.errors import AddressRefused, DownloadFailed
from tests.hostile import ANSWERS, LOCATIONS, URLS
from tests.liar import Call, Liar

HOME, CDN, ELSEWHERE = "93.184.216.34", "93.184.216.35", "93.184.216.36"
NAMES = {
    "replicate.delivery": [HOME],
    "cdn.replicate.delivery": [CDN],
    "inside.replicate.delivery": ["10.0.0.1"],
    "evil.example": [ELSEWHERE],
    "allowed.example": [ELSEWHERE],
}
PORTS = (22, 80, 443, 8443, 8601)
POLICY = Policy(("replicate.delivery",), local=("allowed.example:8601",), attempts=1, stall=5)
DATA = b"picture" * 1000


class Names:
    """A name service that says what it is told, and counts the questions."""

    def __init__(self, names: dict[str, list[str]]) -> None:
        self.names = names
        self.asked = 0

    def __call__(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.names[host]]


class Wire:
    """What passes on the loopback device."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._socket.bind(("lo", 0))
        self._socket.setblocking(False)

    def packets(self) -> int:
        """How many since the last time."""
        count = 0
        with suppress(BlockingIOError):
            while self._socket.recv(65536):
                count += 1
        return count


def everywhere() -> None:
    """Make this machine the owner of every address, if it has no other network."""
    assert [name for _, name in socket.if_nameindex()] == ["lo"], "run this in a network namespace of its own"
    for words in ("link set lo up", "route add local 0.0.0.0/0 dev lo", "-6 route add local ::/0 dev lo"):
        subprocess.run(["ip", *words.split()], check=True)


def serve(call: Call) -> None:
    """A delivery host that points anywhere."""
    _, word, *rest = call.path.split("/")
    if word == "to":
        call.answer(status="302 Found", Location=LOCATIONS[int(rest[0])].encode().decode("latin-1"))
    elif word == "loop":
        call.answer(status="301 Moved Permanently", Location="/loop")
    elif word == "hop" and rest[0] != "0":
        call.answer(status="307 Temporary Redirect", Location=f"/hop/{int(rest[0]) - 1}")
    elif word == "cdn":
        call.answer(status="308 Permanent Redirect", Location="https://cdn.replicate.delivery/out.png")
    else:
        call.answer(DATA)


class Internet:
    """Two delivery hosts with certificates, and canaries at all other addresses."""

    def __init__(self, stack: ExitStack) -> None:
        authority = trustme.CA()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*NAMES).configure_cert(tls)
        self.trust = ssl.create_default_context()
        authority.configure_trust(self.trust)
        self.home = stack.enter_context(Liar(serve, tls=tls, place=HOME, port=443))
        self.cdn = stack.enter_context(Liar(serve, tls=tls, place=CDN, port=443))
        self.canaries = [
            stack.enter_context(Liar(serve, tls=tls if port != 80 else None, place=place, port=port))
            for place in ("0.0.0.0", "::")
            for port in PORTS
        ]

    def hits(self) -> int:
        """Connections to where nobody should connect."""
        return sum(canary.connections for canary in self.canaries)


def attempt(internet: Internet, names: Names, url: str, target: Path, headers: dict[str, str] | None = None) -> str:
    """What became of a fetch, in a word."""
    try:
        fetched = Downloader(POLICY, resolve=names, trust=internet.trust).fetch(url, target, headers=headers)
    except AddressRefused:
        return "kept" if target.exists() else "refused"
    except DownloadFailed:
        return "failed"
    return "fetched" if target.read_bytes() == DATA and fetched.bytes == len(DATA) else "wrong"


def refuse(internet: Internet, target: Path, _: int) -> dict[str, Any]:
    """Every hostile URL and every hostile answer, alone and behind a good one."""
    wire, names = Wire(), Names(NAMES)
    cases = [(url.replace("{port}", "8601"), names) for url in URLS]
    for answer in ANSWERS:
        cases.append(("https://replicate.delivery/out.png", Names({"replicate.delivery": [answer]})))
        cases.append(("https://replicate.delivery/out.png", Names({"replicate.delivery": [HOME, answer]})))
    got = [attempt(internet, given, url, target) for url, given in cases]
    packets = wire.packets()
    control = attempt(internet, names, "https://replicate.delivery/out.png", target)
    asked = names.asked - 1
    wrong = [case[0] for case, word in zip(cases, got, strict=True) if word != "refused"]
    return {"cases": len(cases), "refused": got.count("refused"), "wrong": wrong, "packets": packets, "asked": asked,
            "control": control, "control_packets": wire.packets(), "hits": internet.hits()}  # fmt: skip


def redirects(internet: Internet, target: Path, _: int) -> dict[str, Any]:
    """Every hostile redirect, with a token for the first host."""
    token = {"Authorization": "Bearer canary"}
    got = []
    for number in range(len(LOCATIONS)):
        url = f"https://replicate.delivery/to/{number}"
        got.append(attempt(internet, Names(NAMES), url, target, token))
    hits = internet.hits()
    good = [
        attempt(internet, Names(NAMES), f"https://replicate.delivery/{path}", target, token)
        for path in ("hop/3", "hop/0", "cdn")
    ]
    wrong = [place for place, word in zip(LOCATIONS, got, strict=True) if word != "refused"]
    return {"cases": len(LOCATIONS), "refused": got.count("refused"), "wrong": wrong, "hits": hits, "good": good,
            "home": sum("authorization" in call.headers for call in internet.home.calls) / len(internet.home.calls),
            "cdn": len(internet.cdn.calls), "leaks": sum("canary" in call.head for call in internet.cdn.calls)
            }  # fmt: skip


def rebinding(internet: Internet, target: Path, count: int) -> dict[str, Any]:
    """A name that leads to a delivery host at one moment and inward at the next, in every order."""
    chance = random.Random(16)
    inward = [answer for answer in ANSWERS if "%" not in answer]
    got, asked = [], 0
    for number in range(count):
        turns = [[HOME], [chance.choice(inward)], [HOME, chance.choice(inward)], [HOME], [chance.choice(inward)]]
        answers = turns if number % 3 else chance.sample(turns, len(turns))

        class Turning(Names):
            turns = answers

            def __call__(self, host: str, port: int, **kind: Any) -> list[tuple[Any, ...]]:
                self.names = {host: self.turns[self.asked % len(self.turns)]}
                return super().__call__(host, port, **kind)

        url = f"https://replicate.delivery/hop/{number % 4}"  # asks again at every hop, if it asks again at all
        names = Turning({})
        got.append(attempt(internet, names, url, target))
        asked += names.asked
    return {
        "tries": count,
        "asked": asked,
        "hits": internet.hits(),
        **{word: got.count(word) for word in sorted(set(got))},
    }


def main(scenario: str, count: str = "0") -> None:
    """Run one scenario."""
    everywhere()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = globals()[scenario](Internet(stack), folder / "arriving", int(count))
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
