"""Calls to addresses that a person wrote into the configuration: they lead out of the house, and nowhere else."""

import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

import aiohttp

from khaossync.clock import Clock
from khaossync.domain.errors import RateLimitedError, TransientError
from khaossync.transport.http import retry_after

_TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)
_ENOUGH = 4096
"""Bytes of an answer; nobody needs more of it than its status."""


class Reach(Enum):
    """How far a call may go: out to the internet, also to machines of one's own, or to this machine alone."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"


Networks = tuple[IPv4Network | IPv6Network, ...]

_OWN: Networks = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
"""Where machines of one's own may be: private networks, and a carrier's or a mesh's shared ones."""

# Whoever configures whatever, nobody is alerted here. Python's own idea of "global" differs from release to release, so
# this is spelled out: https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry.
_NEVER: Networks = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "::/128", "240.0.0.0/4"),  # nobody, and reserved
            *("169.254.0.0/16", "fe80::/10", "fec0::/10"),  # link-local, with the metadata services of clouds
            *("168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::/32"),  # such services elsewhere: Azure, AWS, Google
            *("192.0.0.0/24", "2001::/23", "192.88.99.0/24", "2002::/16", "64:ff9b:1::/48", "5f00::/16"),  # tunnels
            *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),  # documentation
            *("198.18.0.0/15", "100::/64"),  # benchmarks, and the void
        ),
    )
)
_TRANSLATED = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")


class BarredError(OSError):
    """The address may not be connected to."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EACCES, why)


def objection(url: str, *, allow_private: bool) -> str:
    """What is wrong with a configured address, as a person is told; empty when it may be tried."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")  # as a resolver is asked: no label may be empty or over 63 characters
    except ValueError:
        return "is no address"
    if parts.scheme not in ("https", "http") or not host or any(sign <= " " for sign in url):
        return "must look like https://host/path"
    if parts.username is not None or parts.password is not None:
        return "must not hold a name or a password before the host"
    if parts.scheme == "http" and not allow_private:
        return "must begin with https://"
    return ""


def reach(url: str, *, allow_private: bool) -> Reach:
    """How far a call to this address may go: without TLS it never leaves the machine."""
    if urlsplit(url).scheme == "http":
        return Reach.LOOPBACK
    return Reach.PRIVATE if allow_private else Reach.PUBLIC


def refusal(address: str, allowed: Reach) -> str:
    """Why an address that is about to be connected to may not be; empty when it may.

    Only plain addresses pass: a decimal or octal one is read by some as another than by us.
    """
    try:
        ip = _inner(ip_address(address))
    except ValueError:
        return f"{address} is no plain IP address"
    if ip.is_loopback:
        return "" if allowed is not Reach.PUBLIC else f"{address} is this machine"
    if allowed is Reach.LOOPBACK:
        return f"{address} is not this machine, and http:// must not leave it"
    if ip.is_multicast or _in(ip, _NEVER) or ip in _COMPATIBLE:
        return f"{address} is no address of a receiver"
    if _in(ip, _OWN):
        return "" if allowed is Reach.PRIVATE else f"{address} is private; set allow_private for a receiver of your own"
    return "" if ip.is_global else f"{address} is no public address"


def guarded(allowed: Reach) -> aiohttp.ClientSession:
    """A session that judges the very address that a socket is made for: what a name resolves to later is judged too."""

    def checked(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, (host, *_) = info
        if why := refusal(str(host), allowed):
            raise BarredError(why)
        return socket.socket(family, kind, protocol)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(socket_factory=checked, use_dns_cache=False, force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


@dataclass(frozen=True, slots=True)
class Outward:
    """The way to one configured address; `name` is what errors call it, for the address itself may be a secret."""

    name: str
    url: str
    allow_private: bool
    clock: Clock

    async def call(self, method: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> None:
        """Make one call that may be made again, and expect a 2xx. Redirects are not followed.

        Raises RateLimitedError for a 429, TransientError for everything else.
        """
        try:
            async with (
                guarded(reach(self.url, allow_private=self.allow_private)) as session,
                session.request(
                    method, self.url, headers=headers, data=body, allow_redirects=False, timeout=_TIMEOUT
                ) as answer,
            ):
                await answer.content.read(_ENOUGH)
                self._judge(answer)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:  # ValueError: a host that cannot be
            raise TransientError(f"{self.name}: not reached: {_told(error)}") from error

    def _judge(self, answer: aiohttp.ClientResponse) -> None:
        if 200 <= answer.status < 300:
            return
        text = f"{self.name}: was answered with HTTP {answer.status}"
        if answer.status == 429:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            raise RateLimitedError(text, retry_after(headers, self.clock) or timedelta(minutes=1))
        raise TransientError(f"{text}; look at its url" if answer.status < 500 else text)


def _inner(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one, where such a one leads there."""
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return ip.ipv4_mapped
        if ip in _TRANSLATED:
            return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def _in(ip: IPv4Address | IPv6Address, networks: Networks) -> bool:
    return any(ip in network for network in networks)


def _told(error: Exception) -> str:
    """Without the path, which may be a secret: an aiohttp error names the host alone or nothing."""
    return str(error) if isinstance(error, aiohttp.ClientConnectorError) else type(error).__name__
