"""Where webhooks may lead, and how they are signed."""

import asyncio
import base64
import socket
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import httpx
import pytest

from service.webhooks.receivers import BadReceiver, UnknownHost, addresses_of, parse_receiver
from service.webhooks.sending import Parcel, send
from service.webhooks.signing import new_secret, signed_headers


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https:///hook",
        "https://user:secret@example.com/",
        "https://example.com/#part",
        "https://exa mple.com/",
        "https://example.com:99999/",
        "https://[::1/",
    ],
)
def test_what_is_no_receiver(url):
    with pytest.raises(BadReceiver):
        parse_receiver(url)


PUBLIC = ["8.8.8.8", "[2606:4700::1111]", "[::ffff:8.8.8.8]"]
PRIVATE = [
    "127.0.0.1",
    "2130706433",  # 127.0.0.1 in one number
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # a cloud's metadata
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fd00::1]",
    "[ff02::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "localhost",
]


@pytest.mark.parametrize("host", PUBLIC)
def test_public_addresses_by_https_alone(host):
    assert addresses_of(parse_receiver(f"https://{host}/hook"), []) == [ip_address(host.strip("[]"))]
    with pytest.raises(BadReceiver, match="without https"):
        addresses_of(parse_receiver(f"http://{host}/hook"), [])


@pytest.mark.parametrize("host", PRIVATE)
def test_others_stay_closed(host):
    for scheme in ("https", "http"):
        with pytest.raises(BadReceiver, match="in no network that the settings open"):
            addresses_of(parse_receiver(f"{scheme}://{host}:5432/"), [ip_network("10.20.0.0/16")])


def test_a_network_is_opened_alone():
    opened = [ip_network("10.20.0.0/16"), ip_network("fd00::/8")]
    for host in ("10.20.3.4", "[fd00::1]", "[::ffff:10.20.3.4]"):
        for scheme in ("https", "http"):
            assert addresses_of(parse_receiver(f"{scheme}://{host}/"), opened) == [ip_address(host.strip("[]"))]
    with pytest.raises(BadReceiver):
        addresses_of(parse_receiver("http://10.21.0.1/"), opened)


def test_of_several_addresses_the_allowed_ones(monkeypatch):
    found = [(0, 0, 0, "", (host, 443)) for host in ("10.0.0.1", "8.8.8.8", "8.8.8.8", "fe80::1%eth0")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert addresses_of(parse_receiver("https://example.com/"), []) == [ip_address("8.8.8.8")]


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example", "nowhere.invalid"])
def test_a_name_that_stands_for_nothing(host):
    with pytest.raises(UnknownHost):
        addresses_of(parse_receiver(f"https://{host}/"), [])


def test_it_is_sent_to_the_address_that_was_looked_at(monkeypatch):
    """The name is not asked a second time; the certificate must be the name's all the same."""
    asked, sent = [], []

    def find(host, *_, **__):
        asked.append(host)
        return [(0, 0, 0, "", (address, 8443)) for address in ("2001:db8::1", "2606:4700::1111")]

    def answer(request):
        sent.append((str(request.url), request.headers["Host"], request.extensions["sni_hostname"]))
        return httpx.Response(200)

    async def tell():
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            parcel = Parcel("w", "d", "https://bücher.example:8443/hook?a=b", new_secret(), b"{}")
            return await send(client, parcel, [], datetime(2026, 3, 1, tzinfo=UTC))

    monkeypatch.setattr(socket, "getaddrinfo", find)
    outcome = asyncio.run(tell())
    name = "xn--bcher-kva.example"
    assert (outcome.status, outcome.error) == (200, None)
    assert asked == [name]
    assert sent == [("https://[2606:4700::1111]:8443/hook?a=b", f"{name}:8443", name)]


def test_the_signature_of_the_published_example():
    """The test vector that the libraries of Standard Webhooks share."""
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}'
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_secrets_are_as_long_as_the_standard_asks():
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert 24 <= len(base64.b64decode(first[6:], validate=True)) <= 64
