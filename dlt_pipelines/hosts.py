"""Where a key may be sent, and from where what a provider points at is fetched."""

from __future__ import annotations

import csv
import ipaddress
import socket
from functools import cache

import httpx

from dlt_pipelines.config import PROJECT_ROOT
from dlt_pipelines.errors import ConfigurationError, ProviderError

RESULT_HOSTS_FILE = PROJECT_ROOT / "seeds" / "reference" / "result_hosts.csv"


def refuse_open_address(who: str, setting: str, address: str) -> None:
    """Lets a key go only where nobody on the way can read it: over https, or over http to this very machine.

    Args:
        who: For messages.
        setting: That holds the address, for messages.
        address: The address.

    Raises:
        ConfigurationError: It is another kind of address; the message names the setting.
    """
    url = parsed(address)
    if url is not None and url.host and (url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))):
        return
    shown = f"{url.scheme}://{url.host}" if url is not None and url.host else "no such address"
    raise ConfigurationError(
        f"{who}: the setting {setting} is {shown}; a key is only sent over https://, or over http:// to this machine. "
        "Nothing was asked."
    )


def refuse_strange_result(who: str, source: str, address: str, base_url: str) -> None:
    """Lets a result be fetched only from where the provider keeps them, so that nobody leads us into our own network.

    Where the provider itself is on this machine, as its stand-in is, the result may be, too.

    Args:
        who: For messages.
        source: The provider.
        address: Of the result.
        base_url: The provider's own address.

    Raises:
        ProviderError: It lies elsewhere, or its name leads to an address that is not public.
    """
    url, own = parsed(address), parsed(base_url)
    host = url.host if url is not None else ""
    if url is not None and own is not None and is_loopback(own.host) and is_loopback(host):
        return
    known = any(host == one or (one.startswith(".") and host.endswith(one)) for one in result_hosts().get(source, ()))
    if url is None or url.scheme != "https" or url.userinfo or not known:
        raise ProviderError(
            f"{who}: the address of a result is not where {source} keeps results, so it was not fetched. The hosts are "
            f"in {RESULT_HOSTS_FILE.relative_to(PROJECT_ROOT)}."
        )
    if not all(_is_public(one) for one in _addresses(host, url.port or 443)):
        raise ProviderError(f"{who}: {host} leads to an address that is not public; the result was not fetched.")


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine: 127.0.0.0/8, ::1 or localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parsed(address: str) -> httpx.URL | None:
    """An address in its parts; None where it is none."""
    try:
        return httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        return None


@cache
def result_hosts() -> dict[str, list[str]]:
    """Hosts, or with a leading dot all hosts below one, from which a source's results are fetched."""
    hosts: dict[str, list[str]] = {}
    with RESULT_HOSTS_FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            hosts.setdefault(row["source"], []).append(row["host"])
    return hosts


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_global


def _addresses(host: str, port: int) -> list[str]:
    """What a name resolves to; nothing where it does not, and then nothing can be fetched either."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(address[0]).partition("%")[0] for *_, address in found]
