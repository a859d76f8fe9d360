"""Nothing is sent to an address that nobody should be led to: not by its spelling, its name's answers, a redirect."""

import ipaddress
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.downloads import Downloader, Policy
from core.downloads.addresses import admit, follow, look_up, refused
from core.errors import AddressRefused, DownloadFailed
from tests.hostile import ANSWERS, LOCATIONS, URLS
from tests.liar import Liar
from tests.serving import ROOT

HOSTS = ("replicate.delivery",)
LOCAL = ("127.0.0.1:8601", "studio.lan", "[::1]:9000")


def answers(*addresses: str) -> Any:
    """A name service that says the same to everybody."""

    def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


def elsewhere(scenario: str, count: int = 0) -> dict[str, Any]:
    """What a scenario counted in a network of its own; skips where there is none to be had."""
    if os.name != "posix" or os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("a network namespace needs root, unshare and ip")
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode:
        pytest.skip("this system does not give network namespaces")
    command = ["unshare", "--net", sys.executable, "-m", "tests.namespace_process", scenario, str(count)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert isinstance(found, dict)
    return found


def test_there_are_enough_hostile_addresses() -> None:
    assert len(set(URLS)) >= 50
    assert len(set(ANSWERS)) >= 50


@pytest.mark.parametrize("url", URLS)
def test_a_hostile_url_is_refused_before_anything_is_sent(url: str, tmp_path: Path) -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        raise AssertionError("a name was asked for")

    with Liar(lambda call: call.answer(b"secret")) as canary:
        downloader = Downloader(Policy(HOSTS), resolve=resolve)
        with pytest.raises(AddressRefused) as refusal:
            downloader.fetch(url.replace("{port}", str(canary.port)), tmp_path / "x")
    assert canary.connections == 0
    assert refusal.value.sentence.endswith(".")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_name_that_leads_inward_is_refused(answer: str) -> None:
    address = admit("https://replicate.delivery/out.png", HOSTS, LOCAL)
    for found in ([answer], ["93.184.216.34", answer], [answer, "2606:2800:220:1::1"]):
        with pytest.raises(AddressRefused, match="private or special"):
            look_up(address, answers(*found))


@pytest.mark.parametrize("location", LOCATIONS[:-3])
def test_a_redirect_leads_to_delivery_hosts_alone(location: str) -> None:
    address = admit("https://replicate.delivery/a/out.png", HOSTS, (*LOCAL, "127.0.0.1", "allowed.example:8601"))
    with pytest.raises(AddressRefused):
        look_up(follow(address, location, HOSTS, (address.local and LOCAL) or LOCAL), answers("10.0.0.1"))


def test_no_packet_reaches_a_hostile_address() -> None:
    found = elsewhere("refuse")
    assert found["wrong"] == []
    assert found["refused"] == found["cases"] >= 70
    assert (found["packets"], found["hits"], found["asked"]) == (0, 0, 0)
    assert found["control"] == "fetched"
    assert found["control_packets"] > 0


def test_no_redirect_leads_astray_and_the_token_stays_home() -> None:
    found = elsewhere("redirects")
    assert found["wrong"] == []
    assert found["refused"] == found["cases"] >= 12
    assert (found["hits"], found["leaks"]) == (0, 0)
    assert found["good"] == ["fetched"] * 3
    assert (found["home"], found["cdn"]) == (1, 1)


@pytest.mark.parametrize("tries", [100, pytest.param(1000, marks=pytest.mark.torture)])
def test_a_name_that_changes_its_mind_is_pinned(tries: int) -> None:
    found = elsewhere("rebinding", tries)
    assert found["hits"] == 0
    assert found["fetched"] + found["refused"] == found["tries"] == found["asked"] == tries
    assert min(found["fetched"], found["refused"]) > tries / 20


def test_a_letter_that_only_becomes_one_of_ours_is_refused() -> None:
    with pytest.raises(AddressRefused):
        admit("https://\u212aite.example/", ("kite.example",), ())  # the sign of the unit kelvin


def test_what_is_admitted() -> None:
    address = admit("HTTPS://PBXT.Replicate.Delivery:443/a/out%20é.png?x=1#part", HOSTS, LOCAL)
    assert (address.host, address.port, address.local) == ("pbxt.replicate.delivery", 443, False)
    assert (address.netloc, address.label) == (address.host, "file out é.png from pbxt.replicate.delivery")
    assert address.url == "HTTPS://PBXT.Replicate.Delivery:443/a/out%20é.png?x=1"
    assert "x=1" not in repr(address)
    assert admit("https://replicate.delivery", HOSTS, ()).label == "file from replicate.delivery"


@pytest.mark.parametrize(
    ("url", "netloc", "found"),
    [
        ("http://127.0.0.1:8601/x", "127.0.0.1:8601", None),
        ("http://studio.lan/x", "studio.lan", "192.168.1.7"),
        ("https://studio.lan:8443/x", "studio.lan:8443", "fd12::7"),
        ("http://[::1]:9000/x", "[::1]:9000", None),
    ],
)
def test_hosts_of_ones_own_may_be_private(url: str, netloc: str, found: str | None) -> None:
    address = admit(url, HOSTS, LOCAL)
    assert address.local
    assert address.netloc == netloc
    (endpoint,) = look_up(address, answers(found) if found else answers())
    assert endpoint.place[:2] == (found or address.host, address.port)


@pytest.mark.parametrize("answer", ["169.254.169.254", "fd00:ec2::254", "fe80::1", "::ffff:127.0.0.1", "224.0.0.1"])
def test_not_even_hosts_of_ones_own_lead_to_keys_of_cloud_machines(answer: str) -> None:
    with pytest.raises(AddressRefused):
        look_up(admit("http://studio.lan/x", HOSTS, LOCAL), answers(answer))


def test_a_name_without_addresses_is_a_sentence() -> None:
    def nothing(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    address = admit("https://replicate.delivery/x", HOSTS, ())
    for resolve in (nothing, answers()):
        with pytest.raises(DownloadFailed, match=r"^replicate\.delivery "):
            look_up(address, resolve)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_special_is_let_through(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Stricter than Python's own table, in each of its versions; and most of IPv4 stays open."""
    special = ip.is_private or ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local
    assert refused(ip) or not special
    if isinstance(ip, ipaddress.IPv4Address) and not refused(ip):
        assert ip.is_global


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "93.184.216.34", "104.18.0.1", "35.190.0.1", "2606:4700::1", "2a00:1450::1"]
)
def test_the_internet_is_open(text: str) -> None:
    assert not refused(ipaddress.ip_address(text))
