"""The client: configuration, and thin façades over the flows."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterable, Literal, Mapping, overload

import httpx

from .constants import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT
from .flow.clock import DEFAULT_CLOCK, Clock
from .flow.effects import Flow
from .gateway.settings import LocalFiles, Secret, hidden, read_settings
from .logs import configure_from_environment
from .predictions.options import BackgroundForm, OptionsForm, RunOptions
from .predictions.run import run
from .resources import Files, Predictions
from .session import Session, shared_session
from .values.output import Output

if TYPE_CHECKING:
    from speedpix_api import Client as APIClient
    from typing_extensions import Self, Unpack

    from .values.prediction import Prediction

Input = Mapping[str, object]


class Client:
    """A client of SpeedPix.

    It may be shared by threads and by event loops. Use it with `with` or `async with`,
    or call `close`, to close its connections early; they are closed with the program at last.

    Pickling or copying a client carries its configuration, **the secret included**, and neither
    connections nor the memory of its runs.

    Args:
        app_key: names your application; by default SPEEDPIX_APP_KEY.
        app_secret: its secret; by default SPEEDPIX_APP_SECRET.
        endpoint: the service's address; by default SPEEDPIX_ENDPOINT, or the public service.
            `https://` is added when there is no scheme.
        timeout: seconds for one HTTP exchange (not for a run; see `wait_timeout`).
        user_agent: what the client calls itself.
        max_retries: how often a failed call is tried again where that is safe; 0 for never.
        local_files: "never" takes every string in an input as text, for programs that pass on
            what strangers typed; paths, file objects and bytes are files all the same.
        allow_http: permit a plain http endpoint that is not on this machine.
        http_client: an httpx.Client to use for blocking calls; you close it.
        async_http_client: an httpx.AsyncClient to use for asynchronous calls; you close it.
        history: a file that remembers runs for later processes; by default SPEEDPIX_HISTORY, or
            none. It holds ids, times and states, never a secret.
        history_keeps_input: also write each run's input to the history.
        download_hosts: the only hosts that output files are fetched from, for programs on a
            server: `store.example.com`, with or without a port, or `*.example.com`. By default
            any.
        clock: what the time is taken from, for tests that step it; see `speedpix.testing`.

    Raises:
        ConfigurationError: a credential is missing, or a setting is wrong.

    Examples:
        >>> client = Client()
        >>> output = client.run("workflow-id", {"image": "./input.jpg", "text": "一幅画"})
        >>> output["images"]["url"].save("output.png")
    """

    def __init__(
        self,
        app_key: str | None = None,
        app_secret: str | Secret | None = None,
        endpoint: str | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
        user_agent: str | None = None,
        *,
        max_retries: int = DEFAULT_MAX_RETRIES,
        local_files: LocalFiles = "auto",
        allow_http: bool = False,
        http_client: httpx.Client | None = None,
        async_http_client: httpx.AsyncClient | None = None,
        history: str | os.PathLike[str] | None = None,
        history_keeps_input: bool = False,
        download_hosts: Iterable[str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        # Rebound at once: the locals of a traceback must not show the secret.
        app_secret = hidden(app_secret)
        settings = read_settings(
            app_key,
            app_secret,
            endpoint,
            timeout=timeout,
            user_agent=user_agent,
            max_retries=max_retries,
            local_files=local_files,
            allow_http=allow_http,
            history=history,
            history_keeps_input=history_keeps_input,
            download_hosts=download_hosts,
        )
        self._start(Session(settings, clock or DEFAULT_CLOCK, http_client, async_http_client))

    def _start(self, session: Session) -> None:
        configure_from_environment()
        self._session = session
        self._api: APIClient | None = None
        self._lock = threading.Lock()
        self.predictions = Predictions(session)
        self.files = Files(session)

    @overload
    def run(  # type: ignore[overload-overlap]
        self, workflow_id: str, input: BackgroundForm, **options: Unpack[RunOptions]
    ) -> Prediction: ...

    @overload
    def run(
        self, workflow_id: str, input: OptionsForm, **options: Unpack[RunOptions]
    ) -> Output: ...

    @overload
    def run(
        self,
        workflow_id: str,
        input: Input,
        *,
        wait: Literal[False],
        **options: Unpack[RunOptions],
    ) -> Prediction: ...

    @overload
    def run(
        self,
        workflow_id: str,
        input: Input,
        *,
        wait: Literal[True] = ...,
        **options: Unpack[RunOptions],
    ) -> Output: ...

    @overload
    def run(
        self, workflow_id: str, input: Input, *, wait: bool, **options: Unpack[RunOptions]
    ) -> Output | Prediction: ...

    def run(
        self,
        workflow_id: str,
        input: Any,
        **options: Any,
    ) -> Output | Prediction:
        """Run a workflow and return its output, or, with `wait=False`, its prediction at once.

        Whatever is raised once the run is submitted, by `on_progress` too, carries it as
        `error.prediction`; the run goes on at the service.

        Args:
            workflow_id: the published workflow.
            input: its input fields. Local files are uploaded: a path, file object or bytes
                anywhere in it, or a string such as `./a.jpg` (see the guide). Also the options
                form: `{"input": {…}, "alias_id": "main", …}`.
            options: `alias_id` ("main" when no `version_id` is given), `version_id`,
                `wait` (True), `file_encoding_strategy` ("url", or "base64" for small files),
                `polling_interval` (the longest gap, seconds), `wait_timeout` (seconds, None),
                `on_progress` (called with each new Progress), `progress` (True shows a bar),
                `resource_config_id`, `randomise_seeds`, `return_temp_files`.

        Returns:
            The output: the workflow's output fields, or `images` for a workflow without any.
            Files in it can be saved, read, or given to the next run.

        Raises:
            InputError: something can't be sent; nothing was.
            PredictionError: the run failed.
            PredictionTimeoutError: it did not end within `wait_timeout`.
            SubmitOutcomeUnknownError: it is not known whether the run was started.
            SpeedPixException: anything else that went wrong; see `speedpix.exceptions`.
        """
        return self._session.run(self._run(workflow_id, input, options, blocking=True))

    @overload
    async def async_run(  # type: ignore[overload-overlap]
        self, workflow_id: str, input: BackgroundForm, **options: Unpack[RunOptions]
    ) -> Prediction: ...

    @overload
    async def async_run(
        self, workflow_id: str, input: OptionsForm, **options: Unpack[RunOptions]
    ) -> Output: ...

    @overload
    async def async_run(
        self,
        workflow_id: str,
        input: Input,
        *,
        wait: Literal[False],
        **options: Unpack[RunOptions],
    ) -> Prediction: ...

    @overload
    async def async_run(
        self,
        workflow_id: str,
        input: Input,
        *,
        wait: Literal[True] = ...,
        **options: Unpack[RunOptions],
    ) -> Output: ...

    @overload
    async def async_run(
        self, workflow_id: str, input: Input, *, wait: bool, **options: Unpack[RunOptions]
    ) -> Output | Prediction: ...

    async def async_run(
        self,
        workflow_id: str,
        input: Any,
        **options: Any,
    ) -> Output | Prediction:
        """Run a workflow, as `run` does; `on_progress` may be a coroutine function."""
        flow = self._run(workflow_id, input, options, blocking=False)
        return await self._session.async_run(flow)

    def _run(
        self, workflow_id: str, given: Any, options: Mapping[str, Any], *, blocking: bool
    ) -> Flow[Output | Prediction]:
        return run(self._session.context, workflow_id, given, options, blocking=blocking)

    @property
    def api(self) -> APIClient:
        """Return the generated client, to call an endpoint directly, signed and retried.

        Examples:
            >>> from speedpix import comfy_get_progress
            >>> comfy_get_progress.sync(client=client.api, body=TaskRequest(task_id="…"))
        """
        from .gateway.low_level import api_client

        with self._lock:
            if self._api is None:
                self._api = api_client(self._session.gateway, self._session)
            return self._api

    def close(self) -> None:
        """Close the connections of blocking calls; the client can still be used."""
        self._session.close()

    async def aclose(self) -> None:
        """Close all connections of this thread's event loop and of blocking calls."""
        await self._session.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        session = getattr(self, "_session", None)
        if session is None:  # a traceback shows a client whose construction failed
            return "Client(unconfigured)"
        settings = session.gateway.settings
        return f"Client(app_key={settings.app_key!r}, endpoint={settings.endpoint!r})"

    def __getstate__(self) -> dict[str, Any]:
        return {"settings": self._session.gateway.settings}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._start(shared_session(state["settings"]))


def default_client() -> Client:
    """Return a client configured by the environment, on this process's session for that."""
    client = Client.__new__(Client)
    client.__setstate__({"settings": read_settings()})
    return client
