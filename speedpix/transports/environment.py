"""What the environment says of the way to a server: proxies, and whom to trust."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from ..exceptions import ConfigurationError
from ..version import install_hint

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_TLS = (*_CERTIFICATES, "SSLKEYLOGFILE")  # that Python opens to write to
_PROXIES = [
    name
    for kind in ("http", "https", "all", "no")
    for name in (f"{kind}_proxy", f"{kind.upper()}_PROXY")
]
_SCHEMES = ("http", "https", "socks5", "socks5h")


def check(url: str) -> None:
    """Raise ConfigurationError, naming the variable, for what keeps any request from being made."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    proxy = proxy_of(parts.scheme, host, port)
    if parts.scheme == "https" or proxy is not None:
        tls_context()


def proxy_of(scheme: str, host: str, port: int | None) -> httpx.Proxy | None:
    """Return the environment's proxy for an origin.

    Raises:
        ConfigurationError: it can't be used; names the variable.
    """
    return _proxy_of(scheme, host, port, *(os.environ.get(name) for name in _PROXIES))


@lru_cache(maxsize=64)  # to ask for all proxies takes a tenth of a run's time
def _proxy_of(
    scheme: str, host: str, port: int | None, *_environment: str | None
) -> httpx.Proxy | None:
    proxies = {kind: address.strip() for kind, address in getproxies().items()}
    name = scheme if proxies.get(scheme) else "all"
    address = proxies.get(name)
    if not address or any(proxy_bypass(f"{each}:{port}") for each in (host, f"[{host}]")):
        return None
    return _proxy(f"{name.upper()}_PROXY", address)


def tls_context() -> ssl.SSLContext:
    """Return whom to trust, after SSL_CERT_FILE and SSL_CERT_DIR.

    Raises:
        ConfigurationError: what they name is not there, or holds no certificates; names them, or
            what else keeps TLS from being used.
    """
    return _tls_context(*(os.environ.get(name) for name in _TLS))


@lru_cache(maxsize=8)
def _proxy(variable: str, address: str) -> httpx.Proxy:
    url = address if "://" in address else f"http://{address}"
    if url.startswith("socks://"):  # as desktops write it, and mean version 5
        url = f"socks5://{url[len('socks://') :]}"
    try:
        found: httpx.Proxy | None = httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL):
        found = None
    if found is None or found.url.scheme not in _SCHEMES or not found.url.host:
        # What is wrong with it is not quoted: it may be a part of a password.
        message = (
            f"{variable} must look like http://host:port or socks5://host:port; a special "
            "character of its password is written as in a URL, / as %2F"
        )
        raise ConfigurationError(message)
    scheme = found.url.scheme
    if scheme.startswith("socks") and find_spec("socksio") is None:
        message = f"{variable} names a SOCKS proxy; {install_hint('socks')}"
        raise ConfigurationError(message)
    return found


@lru_cache(maxsize=4)  # reading the certificates takes as long as ten requests
def _tls_context(file: str | None, folder: str | None, _keys: str | None) -> ssl.SSLContext:
    missing = (file and not os.path.isfile(file), folder and not os.path.isdir(folder))
    for name, gone, value in zip(_CERTIFICATES, missing, (file, folder)):
        if gone:
            message = f"{name} names {value!r}, which is not there; correct it, or unset it"
            raise ConfigurationError(message)
    try:
        return httpx.create_ssl_context()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        given = ", ".join(filter(os.environ.get, _TLS)) or "the certificates of certifi"
        message = f"TLS can't be used with {given}: {error}"
        raise ConfigurationError(message) from error
