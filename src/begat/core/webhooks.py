"""Webhooks by the Standard Webhooks form (https://github.com/standard-webhooks/standard-webhooks, spec 1.0): what is
signed, with what, and which addresses may be called."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from urllib.parse import SplitResult, urlsplit

from begat.core.errors import bad_input
from begat.core.text import check_text

MAX_URL = 2_000
MAX_HOST = 253
_PREFIX = "whsec_"


def secret_of(graph_secret: str, monitor: str) -> str:
    """The secret that signs a monitor's webhooks, ``whsec_`` and base64 of 32 bytes. It is computed and never stored:
    no revision, log or list can show it."""
    key = hmac.new(graph_secret.encode(), f"webhook\0{monitor}".encode(), hashlib.sha256).digest()
    return _PREFIX + base64.b64encode(key).decode()


def headers(secret: str, id: str, seconds: int, body: str) -> dict[str, str]:
    """The three headers: id, time in seconds since 1970, and ``v1,`` with the HMAC-SHA256 of ``id.time.body``."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = hmac.new(key, f"{id}.{seconds}.{body}".encode(), hashlib.sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def check_url(text: str, *path: str | int, private: bool) -> SplitResult:
    """The parts of an address that may be called; raises BAD_INPUT. Names are looked at when they are resolved."""
    try:
        parts = urlsplit(check_text(text, *path, max_length=MAX_URL))
        port = parts.port
        # As the look-up of the name does it: an empty or too long label is none that could be looked up.
        (parts.hostname or "").encode("idna")
    except ValueError:
        raise bad_input("This is no web address.", *path) from None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not 0 < len(host) <= MAX_HOST or port == 0 or not text.isascii():
        raise bad_input("This is no web address that begins with https:// or http://.", *path)
    if any(character.isspace() or not character.isprintable() for character in text):
        raise bad_input("A web address has no space.", *path, hint="Percent-encode it.")
    if parts.username is not None or parts.password is not None:
        raise bad_input("The address holds a user name or password.", *path, hint="Check the signature instead.")
    if not private and _is_private(host):
        raise refused(*path)
    return parts


def _is_private(host: str) -> bool:
    """Whether the host says so itself. No name ends in a number: that is an address in an odd spelling (``0x7f.1``)."""
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        return last == "localhost" or last[:1].isdigit()


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether the address is one of the internet's: none that is private, loopback, link-local (where clouds keep
    their metadata), multicast or reserved, also not in one of IPv6's wrappings of IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    unfit = address.is_multicast or address.is_reserved or any(address in network for network in _NEVER)
    return address.is_global and not unfit


def refused(*path: str | int) -> Exception:
    """A BAD_INPUT problem: begat calls no private address."""
    return bad_input(
        "This address is private, and begat calls none.",
        *path,
        hint="Name a public one, or start begat with BEGAT_WEBHOOK_PRIVATE=1.",
    )


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NEVER = tuple(
    ipaddress.ip_network(network)
    # What Python takes for global, or took until lately: IETF's own block with Oracle's metadata, Azure's metadata,
    # private NAT64, site-local, documentation.
    for network in ("192.0.0.0/24", "168.63.129.16/32", "64:ff9b:1::/48", "fec0::/10", "3fff::/20", "::/96")
)
