"""Check a set-up, step by step, and say what to do about what is wrong."""

from __future__ import annotations

import os
import platform
import uuid
from importlib import metadata
from pathlib import Path
from typing import Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies

from attrs import frozen

from ... import Client, exceptions as errors
from ...gateway.settings import Settings, read_settings
from ...transports.environment import proxy_of
from ...values.wire import host_of
from ..connecting import USER_AGENT
from .probe import WRONG_VARIABLE, Answer, NoAnswerError, probe

OK, FAILED, SKIPPED = "ok", "failed", "skipped"
_PACKAGES = ("httpx", "attrs", "click", "rich")
# The gateway refuses a request whose time is off by more (gateway, "x-ca-timestamp").
_CLOCK_LIMIT = 900.0  # seconds
_NO_CREDENTIALS = (
    "set it in this terminal: export SPEEDPIX_APP_KEY=… "
    "(PowerShell: $env:SPEEDPIX_APP_KEY = '…'), SPEEDPIX_APP_SECRET likewise"
)
_TIMEOUT = 10.0  # seconds that each request may take: a healthy set-up needs one
_HTTP_OK = 200


@frozen
class Check:
    """The finding of a check; `remedy` says what to do when it failed."""

    name: str
    status: str
    detail: str
    remedy: str | None = None


def examine(history: Path | None) -> Iterator[Check]:
    """Check the set-up from the inside out; a step is skipped when one that it needs failed.

    Args:
        history: the history file, None for none.
    """
    yield _versions()
    configuration, settings = _configuration()
    yield configuration
    configured = configuration.status == OK
    answer = None
    if settings is None:
        yield from (_skipped(name, "configuration") for name in ("proxy", "endpoint"))
    else:
        through_proxy, proxy = _proxy(settings.endpoint)
        yield proxy
        endpoint, answer = _endpoint(settings.endpoint, through_proxy=through_proxy)
        yield endpoint
    yield _skipped("clock", "endpoint") if answer is None else _clock(answer)
    if not configured:
        yield from (_skipped(name, "configuration") for name in ("signature", "history"))
        return
    yield _skipped("signature", "endpoint") if answer is None else _signature()
    yield _history(history)


def _versions() -> Check:
    packages = [f"{name} {_version(name)}" for name in _PACKAGES]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    detail = ", ".join([f"speedpix {_version('speedpix')}", python, platform.platform(), *packages])
    return Check("versions", OK, detail)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(not installed as a package)"


def _configuration() -> tuple[Check, Settings | None]:
    """Return also the settings, without credentials if those are what is wrong."""
    try:
        settings = read_settings()
    except errors.ConfigurationError as error:
        others = _without_credentials()
        remedy = WRONG_VARIABLE if others is None else _NO_CREDENTIALS
        return Check("configuration", FAILED, error.message, remedy), others
    chosen = "SPEEDPIX_ENDPOINT" if os.environ.get("SPEEDPIX_ENDPOINT") else "the public service"
    detail = (
        f"app key {settings.app_key} from SPEEDPIX_APP_KEY; app secret from SPEEDPIX_APP_SECRET, "
        f"not shown; endpoint {settings.endpoint} ({chosen})"
    )
    return Check("configuration", OK, detail), settings


def _without_credentials() -> Settings | None:
    try:
        return read_settings("none", "none")
    except errors.ConfigurationError:
        return None


def _proxy(endpoint: str) -> tuple[bool, Check]:
    parts = urlsplit(endpoint)
    try:
        proxy = proxy_of(parts.scheme, parts.hostname or "", parts.port)
    except errors.ConfigurationError as error:
        return True, Check("proxy", FAILED, error.message, WRONG_VARIABLE)
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all")
    if not named:
        return False, Check("proxy", OK, "none")
    if proxy is None:
        detail = f"{host_of(named)}, not used for {parts.hostname} (NO_PROXY)"
        return False, Check("proxy", OK, detail)
    detail = f"{host_of(named)}, from the environment ({parts.scheme.upper()}_PROXY or ALL_PROXY)"
    return True, Check("proxy", OK, detail)


def _endpoint(endpoint: str, *, through_proxy: bool) -> tuple[Check, Answer | None]:
    try:
        answer = probe(endpoint, _TIMEOUT, resolve=not through_proxy)
    except NoAnswerError as error:
        return Check("endpoint", FAILED, error.what, error.remedy), None
    if not answer.from_gateway:
        detail = f"HTTP {answer.status} from {endpoint}, but not from SpeedPix"
        remedy = "check SPEEDPIX_ENDPOINT, and whether a network login or a proxy answers instead"
        return Check("endpoint", FAILED, detail, remedy), None
    return Check("endpoint", OK, f"{endpoint} answers ({answer.way})"), answer


def _clock(answer: Answer) -> Check:
    offset = answer.clock_offset
    if offset is None:
        return Check("clock", SKIPPED, "the server does not tell the time")
    direction = "behind" if offset > 0 else "ahead of"
    seconds = "less than a second" if abs(offset) < 1 else f"{abs(offset):.0f} s"
    detail = f"{seconds} {direction} the server; {_CLOCK_LIMIT:.0f} s are allowed"
    if abs(offset) <= _CLOCK_LIMIT:
        return Check("clock", OK, detail)
    remedy = (
        "set the clock by the network (NTP); until then each program's first call is sent twice"
    )
    return Check("clock", FAILED, detail, remedy)


def _signature() -> Check:
    """Ask for a run that does not exist: only who is let in is told so."""
    made_up = f"doctor-{uuid.uuid4()}"
    try:
        with Client(timeout=_TIMEOUT, max_retries=1, user_agent=USER_AGENT) as client:
            client.predictions.get(made_up)
    except errors.AuthenticationError as error:
        remedy = "copy key and secret again, without quotes or spaces; both belong to one app"
        return Check("signature", FAILED, str(error), remedy)
    except errors.PermissionDeniedError as error:
        remedy = "let the app be authorised for the API, or look after its quota"
        return Check("signature", FAILED, str(error), remedy)
    except errors.SpeedPixException as error:
        if not _is_answer(error):
            return Check("signature", FAILED, str(error), "try again later")
    return Check("signature", OK, "the service accepts key and secret")


def _is_answer(error: errors.SpeedPixException) -> bool:
    """Return whether an error comes from behind the gateway, which looks at the signature first.

    The gateway's own refusals have another HTTP status than 200, and a code.
    """
    refused = isinstance(error, (errors.NotFoundError, errors.InvalidRequestError))
    return error.status_code == _HTTP_OK or (refused and error.code is None)


def _history(path: Path | None) -> Check:
    if path is None:
        return Check("history", OK, "none: runs are not remembered")
    remedy = "--history FILE or SPEEDPIX_HISTORY names another file, --no-history does without"
    try:
        with Client(history=path) as client:
            client.predictions.list()
    except errors.HistoryError as error:
        return Check("history", FAILED, error.message, remedy)
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return Check("history", FAILED, f"{path} can't be written", remedy)
    return Check("history", OK, str(path))


def _skipped(name: str, needed: str) -> Check:
    return Check(name, SKIPPED, f"needs the {needed}")
