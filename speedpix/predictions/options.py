"""The options of a run, checked; and the guide's options form, recognised."""

from __future__ import annotations

import math
import sys
from collections import abc
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Any, Callable, Iterable, Literal, Mapping, Sequence, TypeVar

from attrs import evolve, frozen
from speedpix_api.models.comfy_prompt_request import ComfyPromptRequest
from speedpix_api.models.json_object import JsonObject

from ..constants import DEFAULT_ALIAS, LONGEST_POLLING_INTERVAL, SHORTEST_POLLING_INTERVAL
from ..exceptions import InputError
from ..gateway.settings import is_number
from ..inputs.arguments import check_listener, check_switch, check_text, checked_timeout
from ..values.progress import AsyncListener, Listener

if sys.version_info >= (3, 11):
    from typing import Required, TypedDict
else:
    from typing_extensions import Required, TypedDict

F = TypeVar("F", bound=Callable[..., Any])
Input = Mapping[str, object]


class CreateOptions(TypedDict, total=False):
    """The options that a run is submitted with, for `**options` of one's own functions.

    `Client.run` describes them.
    """

    alias_id: str | None
    version_id: str | None
    file_encoding_strategy: Literal["url", "base64"] | None
    resource_config_id: str | None
    randomise_seeds: bool | None
    return_temp_files: bool | None
    label: str | None


class _WaitOptions(CreateOptions, total=False):
    polling_interval: float | None
    wait_timeout: float | None
    progress: bool | None


class RunOptions(_WaitOptions, total=False):
    """The options of a run that is waited for, for `**options` of one's own functions.

    `Client.run` describes them.
    """

    on_progress: Listener | None


class AsyncRunOptions(_WaitOptions, total=False):
    """The options of a run that is awaited; a coroutine function is awaited before going on."""

    on_progress: AsyncListener | None


class BackgroundForm(_WaitOptions, total=False):
    """The guide's options form with `"wait": False`; any other is a mapping like each input."""

    input: Required[Mapping[str, object]]
    wait: Required[Literal[False]]


_CREATE_NAMES = frozenset(CreateOptions.__annotations__)
_RUN_NAMES = frozenset(("wait", *RunOptions.__annotations__))
# What an option that is not given comes to, where it is not None.
_DEFAULTS = {"wait": True, "file_encoding_strategy": "url", "progress": False}
# What takes the place of an option that other SDKs have.
_ELSEWHERE = {
    "timeout": "wait_timeout=… of `run`, or prediction.wait(timeout=…), limits the wait for the "
    "run's end; client.with_options(timeout=…) limits each HTTP exchange",
    "max_retries": "client.with_options(max_retries=…) takes it, for one call or for many",
}


@frozen
class Wait:
    """How a run is waited for; times in seconds.

    Attributes:
        interval: the longest gap between two polls.
        timeout: for all of the wait; endless by default.
        listeners: told of the progress as it is known, and of each change; None tells nothing,
            while none of them leaves it to whoever runs the flow.
        bar: whether people are shown it.
        begun: the monotonic time from which the timeout counts, if that is not the wait itself.
        follow: whether it is waited for at all, rather than left to itself once it is submitted.
    """

    interval: float
    timeout: float = math.inf
    listeners: Sequence[AsyncListener] | None = None
    bar: bool = False
    begun: float | None = None
    follow: bool = True


@frozen
class Submission:
    """What is submitted: an input, the request that it goes into, and how."""

    input: Mapping[str, object]
    request: ComfyPromptRequest
    file_encoding_strategy: Literal["url", "base64"]
    resource_config_id: str | None
    label: str | None = None


def takes(
    options: type[Mapping[str, object]], defaults: Mapping[str, object] = _DEFAULTS, **more: str
) -> Callable[[F], F]:
    """Return what lets `help` and `inspect.signature` show what a function takes as `**options`.

    Args:
        options: names and types of the options.
        defaults: what one that is not given comes to, where it is not None.
        more: names and types of further ones.
    """
    hints = {**more, **options.__annotations__}
    shown = [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=defaults.get(name),
            annotation=getattr(hint, "__forward_arg__", hint),
        )
        for name, hint in hints.items()
    ]

    def decorate(function: F) -> F:
        found = signature(function)
        own = [each for each in found.parameters.values() if each.kind != Parameter.VAR_KEYWORD]
        function.__signature__ = found.replace(parameters=[*own, *shown])  # type: ignore[attr-defined]
        return function

    return decorate


def unfold(
    given: Mapping[str, object], keywords: Mapping[str, Any]
) -> tuple[Mapping[str, object], dict[str, Any]]:
    """Return input and options, from the plain form or the guide's options form.

    The second argument of `run` is the options form when it has a mapping as `input` and every
    other key is the name of an option; keywords given beside it win.
    """
    inner = given.get("input") if isinstance(given, abc.Mapping) else None
    if not isinstance(inner, abc.Mapping) or not set(given) - {"input"} <= _RUN_NAMES:
        return given, dict(keywords)
    return inner, {**{key: given[key] for key in given if key != "input"}, **keywords}


def submission(
    workflow_id: str,
    given: Mapping[str, object],
    options: Mapping[str, Any],
    names: Iterable[str] = _RUN_NAMES,
) -> Submission:
    """Check what is to be submitted; the alias is `main` when neither alias nor version is given.

    Args:
        workflow_id: the workflow.
        given: its input.
        options: those of the submit, all others taken out.
        names: all that the caller could have meant by a name that is none.

    Raises:
        InputError: an option is wrong.
        TypeError: an option has a name that is not one.
    """
    unknown = sorted(set(options) - _CREATE_NAMES)
    if unknown:
        instead = _ELSEWHERE.get(unknown[0]) or _known(unknown[0], names)
        message = f"unknown option {unknown[0]!r}; {instead}"
        raise TypeError(message)
    check_text("workflow_id", workflow_id)
    for name in ("alias_id", "version_id", "resource_config_id", "label"):
        if options.get(name) is not None:
            check_text(name, options[name], ascii_only=name == "resource_config_id")
    for name in ("randomise_seeds", "return_temp_files"):
        check_switch(name, options.get(name))
    strategy: Literal["url", "base64"] = options.get("file_encoding_strategy") or "url"
    if strategy not in ("url", "base64"):
        message = f'file_encoding_strategy must be "url" or "base64", not {strategy!r}'
        raise InputError(message)
    request = ComfyPromptRequest(workflow_id, JsonObject())
    if not (options.get("alias_id") or options.get("version_id")):
        request.alias_id = DEFAULT_ALIAS
    for name in ("alias_id", "version_id", "randomise_seeds", "return_temp_files"):
        if options.get(name) is not None:  # what has no value gets no key
            setattr(request, name, options[name])
    return Submission(
        given, request, strategy, options.get("resource_config_id"), options.get("label")
    )


def _known(unknown: str, names: Iterable[str]) -> str:
    """Return what the options are, those that an unknown one may mean first."""
    near = get_close_matches(unknown, names)
    rest = sorted(set(names).difference(near))
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{meant}the options are {', '.join([*near, *rest])}"


def waiting(options: dict[str, Any], *, blocking: bool, begun: float | None = None) -> Wait:
    """Take the options of waiting out of the others, and check them.

    Raises:
        InputError: one is wrong.
    """
    wanted = options.pop("wait", None)
    check_switch("wait", wanted)
    how = checked_wait(
        options.pop("polling_interval", None),
        options.pop("wait_timeout", None),
        options.pop("on_progress", None),
        options.pop("progress", None),
        blocking=blocking,
    )
    if wanted is False and (how.listeners or how.bar):
        message = (
            "with wait=False nobody follows the run, so on_progress and progress have no effect; "
            "give them to prediction.wait(), or iterate over prediction.stream()"
        )
        raise InputError(message)
    return evolve(how, begun=begun, follow=wanted is not False)


def checked_wait(
    polling_interval: float | None,
    timeout: float | None,
    on_progress: AsyncListener | None,
    progress: bool | None,
    *,
    blocking: bool,
) -> Wait:
    """Return how to wait, or raise InputError; a blocking call can't await its listener."""
    check_listener(on_progress, blocking=blocking)
    check_switch("progress", progress, "; a function is on_progress")
    return Wait(
        interval=checked_interval(polling_interval),
        timeout=checked_timeout(timeout),
        listeners=None if on_progress is None else (on_progress,),
        bar=bool(progress),
    )


def checked_interval(value: float | None) -> float:
    """Return the longest gap between two polls in seconds, or raise InputError."""
    if value is None:
        return LONGEST_POLLING_INTERVAL
    if not (is_number(value) and 0 < value < math.inf):
        message = f"polling_interval must be a positive number of seconds, not {value!r}"
        raise InputError(message)
    return max(SHORTEST_POLLING_INTERVAL, float(value))
