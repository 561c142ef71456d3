"""Where webhooks may lead: to public addresses by HTTPS, and into networks that the settings open.

Whoever adds a webhook makes this machine send requests. Without a limit they could reach what only this machine does:
a database, a cloud's metadata, a printer. Receivers inside the house are common, so the settings open networks one by
one, not all private addresses at once. What counts are the addresses at the time of sending: a name may point elsewhere
by then.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_PORTS = {"http": 80, "https": 443}
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class BadReceiver(ValueError):
    """Nothing is sent there; the message says why."""


class UnknownHost(BadReceiver):
    """A host's name stands for no address now."""


def parse_receiver(url: str) -> httpx.URL:
    """Read a receiver's address.

    Raises:
        BadReceiver: unless it is http or https with a host, and without a password or a fragment.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise BadReceiver(f"{url!r} is no address: {error}") from error
    if parsed.scheme not in _PORTS or not parsed.host:
        raise BadReceiver(f"{url!r} does not begin with https:// and a host")
    if b"%" in parsed.raw_host or not 0 < (parsed.port or 80) < 2**16:
        raise BadReceiver(f"{url!r} has a host or a port that there cannot be")
    if parsed.userinfo or parsed.fragment:
        raise BadReceiver(f"{url!r} holds a password or a fragment, which are not sent")
    return parsed


def addresses_of(receiver: httpx.URL, open_networks: Sequence[Network]) -> list[Address]:
    """Return the addresses at which a receiver may be told, asking for them.

    Raises:
        UnknownHost: if its name stands for none.
        BadReceiver: if it stands for none that may be reached.
    """
    host = receiver.raw_host.decode()
    try:
        found = socket.getaddrinfo(host, receiver.port or _PORTS[receiver.scheme], type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # the latter for parts of a name that are empty or too long
        raise UnknownHost(f"the host {host} is not found: {error}") from error
    addresses = list(dict.fromkeys(ip_address(str(place[0]).partition("%")[0]) for *_, place in found))
    allowed = [one for one in addresses if _may_be_told(one, receiver.scheme == "https", open_networks)]
    if not allowed:
        public = "is not public and" if receiver.scheme == "https" else "without https"
        raise BadReceiver(f"{host} is at {addresses[0]}, which {public} lies in no network that the settings open")
    return allowed


def _may_be_told(address: Address, by_tls: bool, open_networks: Sequence[Network]) -> bool:
    meant = _embedded(address)
    if any(meant in network for network in open_networks):
        return True
    return by_tls and meant.is_global and not meant.is_multicast


def _embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
