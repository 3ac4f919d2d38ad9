"""The emulator: a SpeedPix service on this machine, started and stopped from Python."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Collection, Sequence

from attrs import define, field

from .app import Applications
from .clock import Clock, SystemClock
from .exchanges.faults import FaultPlan
from .exchanges.records import RecordedRequest, Recorder
from .fault_catalogue import CATALOGUE
from .gateway.authentication import Gateway
from .gateway.service import UPLOADS, Lifetimes, Service
from .gateway.throttle import Throttle
from .limits import RESULT_URL_SECONDS, UPLOAD_URL_SECONDS
from .page.endpoint import Page
from .page.guard import is_loopback
from .page.state import State
from .runs.inputs import FileReader
from .runs.jobs import Job, Jobs
from .runs.script import Script
from .runs.scripts_ahead import ScriptsAhead
from .runs.workflows import (
    Catalogue,
    Function,
    InputDeclaration,
    OutputDeclaration,
    Workflow,
    declared_inputs,
    declared_outputs,
)
from .serving import Listener, ThreadedServer, bound_socket, origin
from .store.endpoint import StoreEndpoint
from .store.objects import ObjectStore, StoredObject
from .store.presign import Presigner
from .white_background import sample_workflow

if TYPE_CHECKING:
    from typing_extensions import Self

DEFAULT_APP_KEY = "emulator-app-key"
DEFAULT_APP_SECRET = "emulator-app-secret"  # noqa: S105 (it guards nothing: for tests)

EXPOSED = (
    "Warning: {host} may be reached from other machines. The emulator is for tests, not for "
    "production: its key and secret are known to all, and it runs what it is sent."
)


def _clock_or_systems(clock: Clock | None) -> Clock:
    return clock or SystemClock()


@define(eq=False, slots=False, repr=False)
class Emulator:
    """A SpeedPix on your own machine.

    >>> with Emulator() as emulator:
    ...     emulator.url.startswith("http://127.0.0.1:")
    True

    `port` 0 picks a free one. `clock`, by default the system's, is read for every duration and
    expiry; a SteppedClock lets long runs end at once. `duration` is how long the sample workflow
    runs, in seconds. `separate_store` serves objects from an origin of their own. `store_crc64` and
    `store_md5_etag` say which checksums the store tells, and `store_content_md5` that it tells a
    Content-MD5; with `store_encrypted` its ETags look like MD5s, and are none; with
    `store_whole_206` it answers a GET of the whole file with 206, and with `store_gzip` files are
    stored compressed. Without `access_urls` no accessUrl is told of an upload, and uploads are read
    without a signature. `upload_delay` is how long it takes to acknowledge an upload, in real
    seconds. `upload_url_lifetime` and `result_url_lifetime` are seconds. `resource_pools` are the
    ids of the resource pools that exist; None lets any exist.
    `allow_remote_urls` lets inputs come from other servers on this machine. Beyond
    `calls_per_second`, and beyond `running_jobs` that have not ended, the gateway throttles.
    """

    app_key: str = DEFAULT_APP_KEY
    app_secret: str = DEFAULT_APP_SECRET
    host: str = field(default="127.0.0.1", kw_only=True)
    port: int = field(default=0, kw_only=True)
    clock: Clock = field(default=None, converter=_clock_or_systems, kw_only=True)
    duration: float | None = field(default=None, kw_only=True)
    separate_store: bool = field(default=False, kw_only=True)
    store_crc64: bool = field(default=True, kw_only=True)
    store_md5_etag: bool = field(default=True, kw_only=True)
    store_content_md5: bool = field(default=False, kw_only=True)
    store_encrypted: bool = field(default=False, kw_only=True)
    store_whole_206: bool = field(default=False, kw_only=True)
    store_gzip: bool = field(default=False, kw_only=True)
    access_urls: bool = field(default=True, kw_only=True)
    upload_delay: float = field(default=0.0, kw_only=True)
    upload_url_lifetime: float = field(default=UPLOAD_URL_SECONDS, kw_only=True)
    result_url_lifetime: float = field(default=RESULT_URL_SECONDS, kw_only=True)
    resource_pools: Collection[str] | None = field(default=None, kw_only=True)
    allow_remote_urls: bool = field(default=False, kw_only=True)
    calls_per_second: int | None = field(default=None, kw_only=True)
    running_jobs: int | None = field(default=None, kw_only=True)

    faults: FaultPlan = field(init=False, factory=lambda: FaultPlan(CATALOGUE))
    _catalogue: Catalogue = field(init=False, factory=Catalogue)
    _scripts_ahead: ScriptsAhead = field(init=False, factory=ScriptsAhead)
    _recorder: Recorder = field(init=False, factory=Recorder)
    _parts: _Parts | None = field(init=False, default=None)
    _running: bool = field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        self.publish(sample_workflow(self.duration), alias="main")

    def __repr__(self) -> str:
        return f"<Emulator {self.url if self._running else 'stopped'}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start serving; ready on return. OSError when the port is taken."""
        if not self._running:
            self._parts = _Parts(self, self._catalogue, self._scripts_ahead, self._recorder)
            self._running = True

    def stop(self) -> None:
        """Stop serving, and delete all objects; nothing happens when it does not serve."""
        if self._running and self._parts:
            self._running = False
            self.faults.clear()
            self._parts.stop()

    @property
    def url(self) -> str:
        """Return the endpoint for a client; RuntimeError before the start."""
        return self._started.url

    @property
    def is_private(self) -> bool:
        """Return whether only this machine can reach it."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def store_url(self) -> str:
        """Return the origin of the object store; RuntimeError before the start."""
        return self._started.store_url

    @property
    def page_url(self) -> str | None:
        """Return where a browser on this machine sees what it does; None beyond loopback."""
        return self._started.page_url

    @property
    def jobs(self) -> list[Job]:
        """Return all runs, oldest first."""
        return self._started.jobs.list()

    @property
    def objects(self) -> list[StoredObject]:
        """Return all objects in the store, oldest first."""
        return self._started.store.list()

    @property
    def requests(self) -> list[RecordedRequest]:
        """Return the latest requests, oldest first."""
        return self._recorder.requests

    @property
    def connections(self) -> int:
        """Return how many TCP connections were accepted."""
        return self._recorder.connections

    def count(self, operation: str) -> int:
        """Return how many requests for submit, progress, result, sign, put or get arrived."""
        return self._recorder.count(operation)

    def workflow(
        self,
        workflow_id: str,
        *,
        inputs: InputDeclaration | None = None,
        outputs: OutputDeclaration | None = None,
        alias: str | Sequence[str] = "main",
        version: str = "v1",
        **script: object,
    ) -> Callable[[Function], Function]:
        """Publish the decorated function as a workflow.

        `inputs` maps fields to kinds (image, video, audio, file, text, number, json, any); an
        image arrives as a PIL image, other files as bytes. None accepts any field, as it is sent.
        `outputs` maps fields to kinds; None publishes it without output fields. `script` takes the
        fields of Script, such as `duration` in seconds.

        >>> emulator = Emulator()
        >>> @emulator.workflow("echo", inputs={"prompt": "text"}, outputs={"answer": "text"})
        ... def echo(prompt):
        ...     return {"answer": prompt}
        """

        def publish(function: Function) -> Function:
            workflow = Workflow(
                workflow_id=workflow_id,
                version=version,
                function=function,
                inputs=declared_inputs(inputs),
                outputs=declared_outputs(outputs),
                script=Script(**script),  # type: ignore[arg-type]
            )
            self.publish(workflow, alias)
            return function

        return publish

    def publish(self, workflow: Workflow, alias: str | Sequence[str] = ()) -> None:
        """Publish a version of a workflow, and point aliases to it."""
        self._catalogue.publish(workflow)
        for name in [alias] if isinstance(alias, str) else alias:
            self._catalogue.point(workflow.workflow_id, name, workflow.version)

    def next_run(self, workflow_id: str | None = None, *, times: int = 1, **script: object) -> None:
        """Change the script of the next `times` runs, of one workflow or of any.

        >>> Emulator().next_run(duration=20, nodes=[Node("KSampler", steps=20)])
        """
        self._scripts_ahead.add(workflow_id, times, script)

    @property
    def _started(self) -> _Parts:
        if self._parts is None:
            message = "the emulator has not been started: call start(), or use `with`"
            raise RuntimeError(message)
        return self._parts


class _Parts:
    """What an emulator consists of while it serves."""

    def __init__(
        self,
        options: Emulator,
        catalogue: Catalogue,
        scripts_ahead: ScriptsAhead,
        recorder: Recorder,
    ) -> None:
        clock = options.clock
        gateway_socket = bound_socket(options.host, options.port)
        self.url = self.store_url = origin(gateway_socket)
        if options.separate_store:
            store_socket = bound_socket(options.host, 0)
            self.store_url = origin(store_socket)
        self._directory = tempfile.TemporaryDirectory(prefix="speedpix-emulator-")
        self.store = ObjectStore(Path(self._directory.name), clock)
        self.jobs = Jobs(clock)
        presigner = Presigner(clock, public=None if options.access_urls else UPLOADS)
        service = Service(
            catalogue=catalogue,
            scripts_ahead=scripts_ahead,
            jobs=self.jobs,
            store=self.store,
            presigner=presigner,
            files=FileReader(self.store, presigner, self.store_url, options.allow_remote_urls),
            lifetimes=Lifetimes(options.upload_url_lifetime, options.result_url_lifetime),
            access_urls=options.access_urls,
            resource_pools=options.resource_pools,
            clock=clock,
            throttle=Throttle(options.calls_per_second, options.running_jobs, clock),
        )
        endpoint = StoreEndpoint(
            store=self.store,
            presigner=presigner,
            crc64=options.store_crc64,
            md5_etag=options.store_md5_etag,
            content_md5=options.store_content_md5,
            encrypted=options.store_encrypted,
            whole_206=options.store_whole_206,
            gzip=options.store_gzip,
            upload_delay=options.upload_delay,
        )
        applications = Applications(clock, options.faults, recorder)
        gateway = Gateway(options.app_key, options.app_secret, clock)
        calls = applications.gateway_routes(gateway, service)
        objects = applications.store_routes(endpoint)
        state = State(clock, self.jobs, self.store, recorder, options.faults, self.store_url)
        self._page = Page(state)
        self.page_url: str | None = None
        if is_loopback(gateway_socket.getsockname()[0]):
            self.page_url = f"{self.url}/"
            calls += self._page.routes()
        if options.separate_store:
            listeners = [
                Listener(gateway_socket, applications.router(calls)),
                Listener(store_socket, applications.router(objects)),
            ]
        else:
            listeners = [Listener(gateway_socket, applications.router([*calls, *objects]))]
        self._server = ThreadedServer(listeners, recorder.connected)
        self._server.start()

    def stop(self) -> None:
        self._page.close()
        self._server.stop()
        self.jobs.close()
        self._directory.cleanup()
