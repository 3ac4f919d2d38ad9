"""Which web addresses of an output are files to be fetched, and which may be text."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Iterator

from attrs import frozen

from ..inputs.media_types import MEDIA_TYPES
from ..values.file_output import FileMapping, FileOutput
from ..values.output import Output, every_file
from ..values.wire import Keys, host_and_port, hostname_of, name_of

# Addresses that mean another machine to each who asks (RFC 6890 and its successors), among them
# those under which clouds give away credentials.
_INNER_NETWORKS = [
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/127",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
]
_INNER_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


@frozen
class Chosen:
    """A file to be fetched, under its first keys in the output.

    `certain` is False for an address that only looks like a file's.
    """

    keys: Keys
    file: FileOutput
    certain: bool


def chosen(endpoint: str, output: Output) -> list[Chosen]:
    """Return the files of an output, each once; a mapping and its `url` are one.

    What the service describes as a file is one, wherever it is. An address elsewhere is taken for
    a file on a host of such files or of the endpoint; or with the extension of a medium, unless it
    is in a private network and the endpoint is not.
    """
    files = list(every_file(output))
    told = {file.url for keys, file in files if _is_told(keys, file)}
    hosts = {host_and_port(url) for url in (*told, endpoint)}
    found: dict[str, Chosen] = {}
    for keys, file in files:
        certain = file.url in told or host_and_port(file.url) in hosts
        if certain or _looks_like_a_file(endpoint, file.url):
            found.setdefault(file.url, Chosen(keys, file, certain))
    return list(found.values())


def is_chosen(endpoint: str, file: FileOutput) -> bool:
    """Tell whether a file that stands alone would be fetched with its output."""
    return (
        _is_told(file.origin.keys, file)
        or host_and_port(file.url) == host_and_port(endpoint)
        or _looks_like_a_file(endpoint, file.url)
    )


def _is_told(keys: Keys, file: FileOutput) -> bool:
    """Tell whether the service itself says that something is a file."""
    if file.origin.part in ("temp_files", "progress") or file.type is not None:
        return True
    return not isinstance(file, FileMapping) and keys[:1] == ("images",) and len(keys) <= 2  # noqa: PLR2004 - a list's entry


def _looks_like_a_file(endpoint: str, url: str) -> bool:
    extension = os.path.splitext(name_of(url))[1].lower()
    return extension in MEDIA_TYPES and (not _is_inner(url) or _is_inner(endpoint))


def _is_inner(url: str) -> bool:
    """Tell whether a URL's host is in a private network, as far as it says so."""
    name = hostname_of(url).strip("[]").rstrip(".")
    addresses = list(_addresses(name.partition("%")[0]))
    if not addresses:
        return "." not in name or name.endswith(_INNER_NAMES)
    return any(address in network for address in addresses for network in _INNER_NETWORKS)


def _addresses(name: str) -> Iterator[IPv4Address | IPv6Address]:
    """Return the addresses that a host is given by, in any notation that systems take for one."""
    try:
        found = ip_address(name)
    except ValueError:
        with suppress(OSError, ValueError):  # 127.1, 0x7f000001, 2130706433…
            yield IPv4Address(socket.inet_aton(name))
        return
    yield found
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        yield found.ipv4_mapped
