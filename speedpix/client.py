"""The client: configuration, and thin façades over the flows."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Iterable, Literal, Mapping, overload

from .batch.map_options import MAP_DEFAULTS, MapOptions
from .constants import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT
from .flow.clock import DEFAULT_CLOCK, Clock
from .forks import importing
from .gateway.settings import (
    OPTIONS,
    ChangeableOptions,
    HTTPXTimeout,
    LocalFiles,
    Secret,
    hidden,
    read_settings,
)
from .logs import configure_from_environment
from .predictions.options import AsyncRunOptions, BackgroundForm, Input, RunOptions, takes
from .predictions.run import run
from .resources import Files, Predictions
from .session import Session, shared_session
from .values.output import Output

if TYPE_CHECKING:
    from speedpix_api import Client as APIClient
    from typing_extensions import Self, Unpack

    from .batch.batch import Batch
    from .transports.clients import AsyncHTTPClient, HTTPClient
    from .values.prediction import Prediction


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
        timeout: seconds for one HTTP exchange (not for a run; see `wait_timeout`), of which
            connecting takes 10 at most; None for no limit. An `httpx.Timeout` is taken, too: its
            `connect`, and the longer of its `read` and `write` for the exchange.
        user_agent: what the client calls itself.
        max_retries: how often a failed call is tried again where that is safe; 0 for never.
        local_files: "never" takes every string in an input as text, for programs that pass on
            what strangers typed; paths, file objects and bytes are files all the same.
        default_headers: further headers for each call of the service, for gateways in between;
            uploads and downloads go without. None may be one that the SDK sets or signs.
        allow_http: permit a plain http endpoint that is not on this machine.
        http_client: a Client of httpx, or httpx2, to use for blocking calls; you close it.
        async_http_client: an AsyncClient likewise, to use for asynchronous calls; you close it.
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
        app_secret: str | bytes | Secret | None = None,
        endpoint: str | None = None,
        timeout: float | HTTPXTimeout | None = DEFAULT_TIMEOUT,
        user_agent: str | None = None,
        *,
        max_retries: int = DEFAULT_MAX_RETRIES,
        local_files: LocalFiles = "auto",
        default_headers: Mapping[str, str] | None = None,
        allow_http: bool = False,
        http_client: HTTPClient | None = None,
        async_http_client: AsyncHTTPClient | None = None,
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
            default_headers=default_headers,
            allow_http=allow_http,
            history=history,
            history_keeps_input=history_keeps_input,
            download_hosts=download_hosts,
        )
        if http_client is not None or async_http_client is not None:
            from .transports.clients import check_clients

            check_clients(http_client, async_http_client)
        self._start(Session(settings, clock or DEFAULT_CLOCK, http_client, async_http_client))

    @classmethod
    def _on(cls, session: Session) -> Self:
        client = cls.__new__(cls)
        client._start(session)  # noqa: SLF001 - its own
        return client

    def _start(self, session: Session) -> None:
        configure_from_environment()
        self._session = session
        self._predictions = Predictions(session)
        self._files = Files(session)

    # Properties, so that the class has them for mocks that are made after it (autospec).
    @property
    def predictions(self) -> Predictions:
        """Return the calls to create, get and list runs."""
        return self._predictions

    @property
    def files(self) -> Files:
        """Return the calls to upload files."""
        return self._files

    @takes(ChangeableOptions, dict.fromkeys(OPTIONS, ...))
    def with_options(self, **options: Unpack[ChangeableOptions]) -> Self:
        """Return a client with other options, for one call or for many; this one stays as it is.

        It is made in no time, as it shares all else: connections, history, and what was uploaded.
        Closing one closes both.

        Args:
            timeout: as for `Client`, like all of these; what is not given stays.
            max_retries: as for `Client`.
            user_agent: as for `Client`.
            local_files: as for `Client`.
            default_headers: as for `Client`, in place of those before.

        Raises:
            ConfigurationError: an option is wrong.
            TypeError: an option has a name that is not one.

        Examples:
            >>> client.with_options(timeout=5, max_retries=0).predictions.get("prediction-id")
        """
        settings = self._session.gateway.settings.changed(options)
        return self._on(self._session.with_settings(settings))

    @overload
    def run(  # type: ignore[overload-overlap]
        self, workflow_id: str, input: BackgroundForm, **options: Unpack[RunOptions]
    ) -> Prediction: ...

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

    @takes(RunOptions, wait="bool")
    def run(
        self,
        workflow_id: str,
        input: Input,
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
            wait: False returns the prediction once the run is submitted.
            alias_id: a movable pointer to a version; "main" when no version_id is given either.
            version_id: a fixed version, such as "v1".
            file_encoding_strategy: "url" uploads local files; "base64" puts them, up to 1 MiB
                each, into the request itself.
            resource_config_id: resource pools, separated by commas; by default the shared pool.
            randomise_seeds: take new random seeds, so that no cached result is given.
            return_temp_files: also return previews and other temporary files.
            label: what to call the run in the history, bars and logs; by default the name of its
                first input file. It is not sent.
            polling_interval: the longest gap between two polls, in seconds; by default the gaps
                follow the service's estimates.
            wait_timeout: seconds for all of it, uploads and submit included; None for as long as
                it takes.
            progress: show a bar in the terminal (on standard error; by Rich, if that is installed)
                or in the notebook; where there is neither, or NO_COLOR is set, a line for each
                change of the state.
            on_progress: a function that is called with each new Progress, the first right after
                the submit, the last when the run has ended.

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
        flow = run(self._session.context, workflow_id, input, options, blocking=True)
        return self._session.run(flow)

    @overload
    async def async_run(  # type: ignore[overload-overlap]
        self, workflow_id: str, input: BackgroundForm, **options: Unpack[AsyncRunOptions]
    ) -> Prediction: ...

    @overload
    async def async_run(
        self,
        workflow_id: str,
        input: Input,
        *,
        wait: Literal[False],
        **options: Unpack[AsyncRunOptions],
    ) -> Prediction: ...

    @overload
    async def async_run(
        self,
        workflow_id: str,
        input: Input,
        *,
        wait: Literal[True] = ...,
        **options: Unpack[AsyncRunOptions],
    ) -> Output: ...

    @overload
    async def async_run(
        self, workflow_id: str, input: Input, *, wait: bool, **options: Unpack[AsyncRunOptions]
    ) -> Output | Prediction: ...

    @takes(AsyncRunOptions, wait="bool")
    async def async_run(
        self,
        workflow_id: str,
        input: Input,
        **options: Any,
    ) -> Output | Prediction:
        """Run a workflow, as `run` does; `on_progress` may be a coroutine function."""
        flow = run(self._session.context, workflow_id, input, options, blocking=False)
        return await self._session.async_run(flow)

    @takes(MapOptions, MAP_DEFAULTS)
    def map(
        self, workflow_id: str, inputs: Iterable[Input], **options: Unpack[MapOptions]
    ) -> Batch:
        """Run a workflow on many inputs; iterate over the results, with `for` or `async for`.

        With a manifest, what is done is not done again, and what was under way is taken up,
        whatever ended the process before. No run is ever paid for twice.

        Args:
            workflow_id: the published workflow.
            inputs: any iterable of inputs, drawn as they are needed.
            key: tells the inputs apart from call to call: the name of a field, which is not sent,
                or a function of the input; by default the digest of what is sent.
            save_to: where output files are saved: a folder, or a path with `{key}`, `{index}`,
                `{field}` (of the output), `{stem}` (of the first input file) and `{ext}` in it.
            manifest: the SQLite file that remembers; by default only this call's memory does.
            concurrency: how many runs are under way at most; throttling makes them fewer.
            ordered: give the results in the order of the inputs, not as they come.
            on_error: "raise" ends the iteration with the first error; "collect" goes on.
            retry: what an earlier call left and is submitted again: "failed", "unknown", "all".
            max_runs: the paid submits of this call at most.
            stop_after: failures in a row after which the batch stops; None for never.
            wait_timeout: seconds that a run may take before it is left open.
            on_progress: called with the Counts before each result; in `async for` it may be a
                coroutine function.
            executor: carries out uploads from paths, and what is saved; any
                `concurrent.futures.Executor`. Its workers need the same paths, and get neither
                client nor secret.
            alias_id: as for `run`, like all that follow.
            version_id: as for `run`.
            file_encoding_strategy: as for `run`.
            resource_config_id: as for `run`.
            randomise_seeds: as for `run`.
            return_temp_files: as for `run`.
            label: what runs are called that have neither key nor input file.

        Returns:
            The batch, which runs while it is iterated over. The iteration raises what would meet
            every input (credentials, permission, a quota, a full disk), BatchStoppedError after
            too many failures, and BatchInUseError when another process drives the manifest.

        Examples:
            >>> photos = ({"image": photo} for photo in Path("photos").glob("*.jpg"))
            >>> for result in client.map("workflow-id", photos, save_to="out/{stem}.{ext}",
            ...                          manifest="photos.sqlite"):
            ...     print(result.status, result.saved)
        """
        with importing.value:
            from .batch.batch import Batch  # single runs need neither asyncio nor SQLite
            from .batch.options import orders_of

        return Batch(self._session.context, orders_of(workflow_id, options), inputs)

    @cached_property
    def api(self) -> APIClient:
        """Return the generated client, to call an endpoint directly, signed and retried.

        Examples:
            >>> from speedpix import comfy_get_progress
            >>> comfy_get_progress.sync(client=client.api, body=TaskRequest(task_id="…"))
        """
        from .gateway.low_level import api_client

        return api_client(self._session.gateway, self._session)

    @property
    def is_closed(self) -> bool:
        """Tell whether the client was closed, and has not been used since."""
        return self._session.is_closed

    def close(self) -> None:
        """Close the connections of blocking calls; the client can still be used."""
        self._session.close()

    async def aclose(self) -> None:
        """Close all connections of this thread's event loop and of blocking calls."""
        await self._session.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
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
    return Client._on(shared_session(read_settings()))  # noqa: SLF001 - this module's
