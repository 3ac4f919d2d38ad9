"""A client's configuration, read from arguments and environment, and checked."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Iterable, Literal
from urllib.parse import urlsplit

from attrs import field, frozen

from ..constants import DEFAULT_ENDPOINT, DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT
from ..exceptions import ConfigurationError
from ..values.wire import host_of, hostname_of
from ..version import __version__

LocalFiles = Literal["auto", "never"]

# The variables that a client is configured by.
ENVIRONMENT = ("SPEEDPIX_APP_KEY", "SPEEDPIX_APP_SECRET", "SPEEDPIX_ENDPOINT", "SPEEDPIX_HISTORY")

# A name or an address with or without a port; an address of IPv6 is in brackets.
_HOST = re.compile(r"(\*\.)?([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@frozen
class Secret:
    """A secret string, kept out of reprs, logs and tracebacks: only `reveal()` shows it."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __str__(self) -> str:
        return "**********"


def hidden(value: str | Secret | None) -> Secret | None:
    """Wrap a secret that the caller gave, if there is one."""
    if isinstance(value, str):
        return Secret(value) if value else None
    return value


@frozen
class Settings:
    """What a client is configured with; times in seconds."""

    app_key: str
    app_secret: Secret
    endpoint: str
    timeout: float
    user_agent: str
    max_retries: int
    local_files: LocalFiles
    history: Path | None = None
    history_keeps_input: bool = False
    download_hosts: tuple[str, ...] | None = None

    def may_fetch_from(self, url: str) -> bool:
        """Tell whether files may be fetched from a URL's host."""
        if self.download_hosts is None:
            return True
        host, name = host_of(url).lower(), hostname_of(url)
        return any(
            allowed in (host, name) or (allowed.startswith("*.") and name.endswith(allowed[1:]))
            for allowed in self.download_hosts
        )

    def require_credentials(self) -> None:
        """Raise ConfigurationError for one that is missing; says where to put it."""
        given = {"app_key": self.app_key, "app_secret": self.app_secret.reveal()}
        for parameter, value in given.items():
            if not value:
                message = (
                    f"no {parameter}: set the environment variable SPEEDPIX_{parameter.upper()}, "
                    f"or pass Client({parameter}=…)"
                )
                raise ConfigurationError(message)


def credential(value: str | Secret | None, parameter: str, variable: str) -> Secret:
    """Return a credential from the argument or the environment, empty where there is none.

    It is wrapped before anything is checked: the locals of a traceback must not show it.
    """
    value = hidden(value) or Secret(os.environ.get(variable, ""))
    value = Secret(value.reveal().strip())
    if value.reveal() and not value.reveal().isprintable():
        message = f"{parameter} (or {variable}) has a line break or a control character"
        raise ConfigurationError(message)
    return value


def endpoint_url(value: str | None, *, allow_http: bool) -> str:
    """Return the endpoint as an origin with scheme and without trailing slash.

    Plain http is for this machine only, unless `allow_http`: the signature keeps the secret
    safe, but prompts, files and results would travel in the open.
    """
    given = (value or os.environ.get("SPEEDPIX_ENDPOINT") or DEFAULT_ENDPOINT).strip()
    url = given if "://" in given else f"https://{given}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        message = f"endpoint {given!r} is not a URL: {error}"
        raise ConfigurationError(message) from error
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        message = f"endpoint {given!r} must look like https://host or https://host:port"
        raise ConfigurationError(message)
    if parts.username or parts.password:
        message = "the endpoint must not contain a user name or a password"
        raise ConfigurationError(message)
    if parts.scheme == "http" and not (allow_http or host in _LOOPBACK):
        message = (
            f"endpoint {given!r} is plain http, which sends prompts and files in the open; "
            "use https, or pass Client(allow_http=True) if the network is yours"
        )
        raise ConfigurationError(message)
    return url.rstrip("/")


def _hosts(given: Iterable[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    hosts = () if isinstance(given, (str, bytes)) else tuple(given)
    if not hosts or not all(isinstance(host, str) and _HOST.fullmatch(host) for host in hosts):
        message = (
            "download_hosts must be a list of hosts, such as store.example.com, "
            f"store.example.com:8080 or *.example.com, not {given!r}"
        )
        raise ConfigurationError(message)
    return tuple(host.lower() for host in hosts)


def read_settings(
    app_key: str | None = None,
    app_secret: str | Secret | None = None,
    endpoint: str | None = None,
    *,
    timeout: float | None = DEFAULT_TIMEOUT,
    user_agent: str | None = None,
    max_retries: int = DEFAULT_MAX_RETRIES,
    local_files: LocalFiles = "auto",
    allow_http: bool = False,
    history: str | os.PathLike[str] | None = None,
    history_keeps_input: bool = False,
    download_hosts: Iterable[str] | None = None,
    anonymous: bool = False,
) -> Settings:
    """Check a client's configuration, and complete it from the environment.

    One that is `anonymous` may lack credentials: it serves to download.

    Raises:
        ConfigurationError: something is missing or wrong; says what, and where to set it.
    """
    app_secret = hidden(app_secret)
    seconds = DEFAULT_TIMEOUT if timeout is None else timeout
    if not (isinstance(seconds, (int, float)) and 0 < seconds < math.inf):
        message = f"timeout must be a positive number of seconds, not {timeout!r}"
        raise ConfigurationError(message)
    if not (isinstance(max_retries, int) and max_retries >= 0):
        message = f"max_retries must be 0 or more, not {max_retries!r}"
        raise ConfigurationError(message)
    if local_files not in ("auto", "never"):
        message = f'local_files must be "auto" or "never", not {local_files!r}'
        raise ConfigurationError(message)
    chosen = history or os.environ.get("SPEEDPIX_HISTORY")
    agent = user_agent or f"speedpix-python/{__version__}"
    if not (agent.isascii() and agent.isprintable()):
        message = "user_agent must be printable ASCII"
        raise ConfigurationError(message)
    key = credential(app_key, "app_key", "SPEEDPIX_APP_KEY").reveal()
    if not key.isascii():
        message = "app_key (or SPEEDPIX_APP_KEY) goes into an HTTP header, so it must be ASCII"
        raise ConfigurationError(message)
    settings = Settings(
        app_key=key,
        app_secret=credential(app_secret, "app_secret", "SPEEDPIX_APP_SECRET"),
        endpoint=endpoint_url(endpoint, allow_http=allow_http),
        timeout=float(seconds),
        user_agent=agent,
        max_retries=max_retries,
        local_files=local_files,
        history=Path(chosen).expanduser() if chosen else None,
        history_keeps_input=history_keeps_input,
        download_hosts=_hosts(download_hosts),
    )
    if not anonymous:
        settings.require_credentials()
    return settings
