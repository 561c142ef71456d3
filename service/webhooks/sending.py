"""One attempt to tell a receiver."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from service.webhooks.receivers import Address, BadReceiver, Network, addresses_of, parse_receiver
from service.webhooks.signing import signed_headers

SECONDS_TO_ANSWER = 10.0
SECONDS_TO_CONNECT = 3.0  # to one address; a host may have several
LONGEST_PAUSE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent where."""

    webhook_id: str
    delivery_id: str
    url: str
    secret: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt.

    Attributes:
        status: of the answer; None without one.
        error: what went wrong, in words; None if nothing did.
        pause: how long the receiver asked to be left alone.
    """

    status: int | None = None
    error: str | None = None
    pause: timedelta | None = None

    @property
    def gone(self) -> bool:
        """Whether the receiver wants to hear nothing any more."""
        return self.status == HTTPStatus.GONE


def new_client() -> httpx.AsyncClient:
    """Return a client that goes straight to the receiver: no proxies, no redirects, no cookies of another one.

    A connection serves once: kept ones are told apart by address, and two hosts may share one.
    """
    trusted = httpx.create_ssl_context(trust_env=False)
    trusted.load_default_certs()  # the machine's, too: a house may have an authority of its own
    return httpx.AsyncClient(
        verify=trusted,
        trust_env=False,
        timeout=httpx.Timeout(None, connect=SECONDS_TO_CONNECT),  # `send` limits the whole
        limits=httpx.Limits(max_keepalive_connections=0),
    )


async def send(client: httpx.AsyncClient, parcel: Parcel, open_networks: Sequence[Network], at: datetime) -> Outcome:
    """Tell a receiver, and return what it said within ten seconds; the answer's body is not read."""
    try:
        async with asyncio.timeout(SECONDS_TO_ANSWER):
            receiver = parse_receiver(parcel.url)
            addresses = await asyncio.to_thread(addresses_of, receiver, open_networks)
            return await _tell(client, receiver, addresses, parcel, at)
    except TimeoutError:
        return Outcome(error=f"It did not answer within {SECONDS_TO_ANSWER:g} s.")
    except BadReceiver as error:
        return Outcome(error=f"Nothing was sent: {error}.")
    except httpx.HTTPError as error:
        return Outcome(error=f"It could not be told: {str(error) or type(error).__name__}.")


async def _tell(
    client: httpx.AsyncClient, receiver: httpx.URL, addresses: Sequence[Address], parcel: Parcel, at: datetime
) -> Outcome:
    *others, last = addresses
    for address in others:
        try:
            return await _post(client, receiver, address, parcel, at)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue  # a machine without IPv6 still finds IPv6 addresses
    return await _post(client, receiver, last, parcel, at)


async def _post(
    client: httpx.AsyncClient, receiver: httpx.URL, address: Address, parcel: Parcel, at: datetime
) -> Outcome:
    headers = {
        "Host": receiver.netloc.decode(),
        "Content-Type": "application/json",
        "User-Agent": "Shelfloop-Webhooks",
        **signed_headers(parcel.secret, parcel.delivery_id, at, parcel.body),
    }
    # To the address that was looked at, not to the name: it could stand for another one when asked again.
    place = receiver.copy_with(host=str(address))
    certified = {"sni_hostname": receiver.raw_host.decode()}
    async with client.stream("POST", place, content=parcel.body, headers=headers, extensions=certified) as answer:
        return _outcome(answer, at)


def _outcome(answer: httpx.Response, at: datetime) -> Outcome:
    if answer.is_success:
        return Outcome(answer.status_code)
    error = f"It answered {answer.status_code} {answer.reason_phrase}".rstrip() + "."
    if answer.has_redirect_location:
        error += " Redirects are not followed: add a webhook with the new address."
    return Outcome(answer.status_code, error, _asked_pause(answer.headers.get("Retry-After"), at))


def _asked_pause(said: str | None, at: datetime) -> timedelta | None:
    """Read `Retry-After`: seconds or a date (RFC 9110, section 10.2.3)."""
    if said is None:
        return None
    try:
        until = parsedate_to_datetime(said).astimezone(UTC)
        asked = until - at
    except ValueError:
        if not (said.isascii() and said.isdigit()):
            return None
        asked = timedelta(seconds=min(int(said[:9]), LONGEST_PAUSE.total_seconds()))
    return min(max(asked, timedelta(0)), LONGEST_PAUSE)
