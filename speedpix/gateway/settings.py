"""A client's configuration, read from arguments and environment, and checked."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Iterable,
    Literal,
    Mapping,
    Protocol,
    Tuple,
    TypedDict,
)
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from ..constants import (
    CONNECT_TIMEOUT,
    DEFAULT_ENDPOINT,
    DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT,
    LONGEST_TIMEOUT,
)
from ..exceptions import ConfigurationError
from ..values.names import expanded
from ..values.wire import host_of, hostname_of
from ..version import __version__

if TYPE_CHECKING:
    from typing_extensions import Unpack

LocalFiles = Literal["auto", "never"]
Headers = Tuple[Tuple[str, str], ...]

# The variables that a client is configured by.
ENVIRONMENT = ("SPEEDPIX_APP_KEY", "SPEEDPIX_APP_SECRET", "SPEEDPIX_ENDPOINT", "SPEEDPIX_HISTORY")

# A name or an address with or without a port; an address of IPv6 is in brackets.
_AUTHORITY = r"([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?"
_HOST = re.compile(rf"(\*\.)?{_AUTHORITY}")
_ENDPOINT = re.compile(rf"https?://{_AUTHORITY}(/[!-~]*)?", re.I)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^`|~\w-]+", re.ASCII)
# What the SDK sets for each request: signed, or the form of the message itself.
_OWN_HEADERS = re.compile(
    r"x-ca-.*|accept|connection|content-.*|date|host|transfer-encoding|user-agent", re.I
)


class HTTPXTimeout(Protocol):
    """An `httpx.Timeout`: seconds, or None for no limit."""

    @property
    def connect(self) -> float | None: ...
    @property
    def read(self) -> float | None: ...
    @property
    def write(self) -> float | None: ...


@frozen
class Timeout:
    """The seconds that an exchange, and connecting for it, may take."""

    exchange: float
    connect: float = CONNECT_TIMEOUT


def _timeout(given: float | HTTPXTimeout | None) -> Timeout:
    limits: list[Any] = [given]
    if all(hasattr(given, name) for name in ("connect", "read", "write")):
        limits = [given.connect, given.read, given.write]  # type: ignore[union-attr]
    for each in limits:
        if each is not None and not (is_number(each) and 0 < each < math.inf):
            message = (
                "timeout must be a positive number of seconds, None for no limit, or an "
                f"httpx.Timeout of such, not {given!r}"
            )
            raise ConfigurationError(message)
    seconds = [math.inf if each is None else min(float(each), LONGEST_TIMEOUT) for each in limits]
    return Timeout(seconds[0]) if len(seconds) == 1 else Timeout(max(seconds[1:]), seconds[0])


def _retries(given: int) -> int:
    if not (isinstance(given, int) and is_number(given) and given >= 0):
        message = f"max_retries must be a whole number, 0 or more, not {given!r}"
        raise ConfigurationError(message)
    return given


def _agent(given: str | None) -> str:
    agent = (given or "").strip() or f"speedpix-python/{__version__}"
    if not (agent.isascii() and agent.isprintable()):
        message = "user_agent must be printable ASCII"
        raise ConfigurationError(message)
    return agent


def _switch(name: str, given: bool) -> bool:
    if not isinstance(given, bool):  # "false" would count as True
        message = f"{name} must be True or False, not {given!r}"
        raise ConfigurationError(message)
    return given


def _local_files(given: LocalFiles) -> LocalFiles:
    if given not in ("auto", "never"):
        message = f'local_files must be "auto" or "never", not {given!r}'
        raise ConfigurationError(message)
    return given


def _headers(given: Mapping[str, str] | None) -> Headers:
    """Return further headers as pairs; no value is quoted in an error, as it may be a secret."""
    pairs = tuple((given or {}).items())
    for name, value in pairs:
        if not (isinstance(name, str) and _HEADER_NAME.fullmatch(name)):
            message = f"default_headers: {name!r} is no name of a header"
            raise ConfigurationError(message)
        if _OWN_HEADERS.fullmatch(name):
            message = (
                f"default_headers can't set {name}, which the SDK sets, and signs where it must; "
                "user_agent=… is an option of its own"
            )
            raise ConfigurationError(message)
        if not (isinstance(value, str) and value.isascii() and value.isprintable()):
            message = f"default_headers: the value of {name} must be printable ASCII"
            raise ConfigurationError(message)
    return pairs


class ChangeableOptions(TypedDict, total=False):
    """The options that a client may change for some of its calls; `Client` describes them."""

    timeout: float | HTTPXTimeout | None
    max_retries: int
    user_agent: str | None
    local_files: LocalFiles
    default_headers: Mapping[str, str] | None


# The same options, each with its check.
OPTIONS: dict[str, Callable[[Any], Any]] = {
    "timeout": _timeout,
    "user_agent": _agent,
    "max_retries": _retries,
    "local_files": _local_files,
    "default_headers": _headers,
}


def _checked(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: OPTIONS[name](value) for name, value in options.items()}


def is_number(value: object) -> bool:
    """Tell whether a value is a number, which True and False are not meant as."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@frozen
class Secret:
    """A secret string, kept out of reprs, logs and tracebacks: only `reveal()` shows it."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __str__(self) -> str:
        return "**********"


def hidden(value: str | bytes | Secret | None) -> Secret | None:
    """Wrap a secret that the caller gave, if there is one; bytes, too, are one."""
    if isinstance(value, (bytes, bytearray)):
        value = value.decode("utf-8", "surrogateescape")
    if isinstance(value, str):
        return Secret(value) if value else None
    return value


@frozen
class Settings:
    """What a client is configured with."""

    app_key: str
    app_secret: Secret
    endpoint: str
    timeout: Timeout = Timeout(DEFAULT_TIMEOUT)
    user_agent: str = _agent(None)
    max_retries: int = DEFAULT_MAX_RETRIES
    local_files: LocalFiles = "auto"
    default_headers: Headers = field(default=(), repr=False)
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

    def changed(self, options: Mapping[str, Any]) -> Settings:
        """Return these settings with some of `OPTIONS` changed, as the caller gave them."""
        unknown = sorted(options.keys() - OPTIONS.keys())
        if unknown:
            message = f"unknown option {unknown[0]!r}; the options are {', '.join(OPTIONS)}"
            raise TypeError(message)
        return evolve(self, **_checked(options))

    def require_credentials(self) -> None:
        """Raise ConfigurationError for one that is missing; says where to put it."""
        given = {"app_key": self.app_key, "app_secret": self.app_secret.reveal()}
        for parameter, value in given.items():
            if not value:
                message = (
                    f"no {parameter}: set the environment variable SPEEDPIX_{parameter.upper()}, "
                    f"or pass Client({parameter}=…); without an account, `speedpix emulator` "
                    "serves one on this machine"
                )
                raise ConfigurationError(message)


def credential(value: str | bytes | Secret | None, parameter: str, variable: str) -> Secret:
    """Return a credential from the argument or the environment, empty where there is none.

    It is wrapped before anything is checked: the locals of a traceback must not show it.
    """
    value = hidden(value) or Secret(os.environ.get(variable, ""))
    value = Secret(value.reveal().strip())
    if value.reveal() and not value.reveal().isprintable():
        message = (
            f"{parameter} (or {variable}) has a character that does not show, such as a line "
            "break or a byte order mark"
        )
        raise ConfigurationError(message)
    return value


def given_or_set(value: str | None, variable: str) -> str:
    """Return a value from the argument or the environment; a blank one is none."""
    return (value or "").strip() or os.environ.get(variable, "").strip()


def endpoint_url(value: str | None, *, allow_http: bool) -> str:
    """Return the endpoint as an origin with scheme and without trailing slash.

    Plain http is for this machine only, unless `allow_http`: the signature keeps the secret
    safe, but prompts, files and results would travel in the open.
    """
    given = given_or_set(value, "SPEEDPIX_ENDPOINT") or DEFAULT_ENDPOINT
    url = given if "://" in given else f"https://{given}"
    if "@" in url:  # before anything is quoted
        message = "the endpoint must not contain a user name or a password"
        raise ConfigurationError(message)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        message = f"endpoint {given!r} is not a URL: {error}"
        raise ConfigurationError(message) from error
    knows = parts.scheme in ("http", "https")
    if not _ENDPOINT.fullmatch(url) or not host or parts.query or parts.fragment:
        hint = "" if knows else f"; the scheme {parts.scheme}:// is wrong"
        message = (
            f"endpoint {given!r} (SPEEDPIX_ENDPOINT) must look like https://host or "
            f"https://host:port{hint}"
        )
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
    app_secret: str | bytes | Secret | None = None,
    endpoint: str | None = None,
    *,
    allow_http: bool = False,
    history: str | os.PathLike[str] | None = None,
    history_keeps_input: bool = False,
    download_hosts: Iterable[str] | None = None,
    anonymous: bool = False,
    **options: Unpack[ChangeableOptions],
) -> Settings:
    """Check a client's configuration, and complete it from the environment.

    One that is `anonymous` may lack credentials: it serves to download.

    Raises:
        ConfigurationError: something is missing or wrong; says what, and where to set it.
    """
    app_secret = hidden(app_secret)
    chosen = given_or_set(None if history is None else os.fspath(history), "SPEEDPIX_HISTORY")
    if chosen == ":memory:":  # to SQLite that is no file
        message = (
            "history (or SPEEDPIX_HISTORY) must be a file, not ':memory:'; without one, a client "
            "remembers its own runs in memory"
        )
        raise ConfigurationError(message)
    key = credential(app_key, "app_key", "SPEEDPIX_APP_KEY").reveal()
    if not key.isascii():
        message = "app_key (or SPEEDPIX_APP_KEY) goes into an HTTP header, so it must be ASCII"
        raise ConfigurationError(message)
    settings = Settings(
        app_key=key,
        app_secret=credential(app_secret, "app_secret", "SPEEDPIX_APP_SECRET"),
        endpoint=endpoint_url(endpoint, allow_http=_switch("allow_http", allow_http)),
        history=Path(expanded(chosen)) if chosen else None,
        history_keeps_input=_switch("history_keeps_input", history_keeps_input),
        download_hosts=_hosts(download_hosts),
        **_checked(options),
    )
    if not anonymous:
        settings.require_credentials()
    return settings
