"""Runs as OpenTelemetry sees them: spans and metrics, in programs that use OpenTelemetry."""

from __future__ import annotations

import sys
import threading
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generator, TypeVar

from attrs import evolve, frozen

from .flow.clock import Clock
from .flow.effects import Effect, Exchange, Flow, Gather, Receive, Sleep
from .gateway.operations import PROGRESS
from .values.prediction import Prediction
from .version import __version__

if TYPE_CHECKING:
    from opentelemetry import context as contexts
    from opentelemetry.metrics import Counter, Histogram, MeterProvider
    from opentelemetry.trace import Span
    from typing_extensions import Self

T = TypeVar("T")

RUN, SUBMIT, WAIT = "speedpix.run", "speedpix.submit", "speedpix.wait"

_NAME = "speedpix"


class Observation:
    """One span, and what is counted for it; nothing where the program has no OpenTelemetry.

    A program that uses it has imported its API: where that has not happened, there is nobody to
    tell, and it is not imported for that.

    Attributes:
        prediction: the run, once there is one.
        error: why there is no output, where that is not raised through it.
    """

    def __init__(self, name: str, clock: Clock, workflow_id: str | None = None) -> None:
        self.prediction: Prediction | None = None
        self.error: BaseException | None = None
        self._name = name
        self._clock = clock
        self._workflow_id = workflow_id
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(("polls", "retries", "bytes_sent", "bytes_received"), 0)
        self._span: Span | None = None
        self._context: contexts.Context | None = None
        self._token: Any = None
        self._start = 0.0

    def __enter__(self) -> Self:
        if "opentelemetry.trace" not in sys.modules:
            return self
        from opentelemetry import context, trace

        self._span = trace.get_tracer(_NAME, __version__).start_span(self._name)
        self._context = trace.set_span_in_context(self._span)
        self._token = context.attach(self._context)
        self._start = self._clock.monotonic()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._span is None:
            return
        from opentelemetry import context, metrics
        from opentelemetry.trace import StatusCode

        context.detach(self._token)
        error = error or self.error
        about = self._attributes(error)
        ids = {"speedpix.prediction.id": self.prediction.id} if self.prediction else {}
        counts = {f"speedpix.{name}": number for name, number in self._counts.items()}
        self._span.set_attributes({**about, **ids, **counts})
        if error is not None:
            self._span.set_status(StatusCode.ERROR)  # a message may quote the input
        self._span.end()
        self._measure(_instruments(metrics.get_meter_provider()), about)

    def watch(self, flow: Flow[T]) -> Flow[T]:
        """Count what a flow does; the flows that it gathers are within the span, too."""
        return flow if self._span is None else self._watched(flow)

    def _watched(self, flow: Flow[T]) -> Flow[T]:
        try:
            effect = next(flow)
            while True:
                try:
                    answer = yield self._seen(effect)
                except BaseException as error:  # noqa: BLE001 - the flow decides
                    effect = flow.throw(error)
                else:
                    self._heard(effect, answer)
                    effect = flow.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        finally:
            flow.close()

    def _seen(self, effect: Effect) -> Effect:
        if isinstance(effect, Gather):
            return evolve(effect, flows=[self._within(each) for each in effect.flows])
        if isinstance(effect, Exchange) and effect.request.url.endswith(PROGRESS.path):
            self._count("polls", 1)
        elif isinstance(effect, Sleep) and effect.before_retry:
            self._count("retries", 1)
        return effect

    def _within(self, flow: Flow[T]) -> Generator[Any, Any, T]:
        """Run a flow, in whatever thread or task, as a part of the span."""
        from opentelemetry import context

        assert self._context is not None  # noqa: S101 - there is a span
        token = context.attach(self._context)
        try:
            return (yield from self._watched(flow))
        finally:
            context.detach(token)

    def _heard(self, effect: Effect, answer: Any) -> None:
        if isinstance(effect, Receive):
            self._count("bytes_received", len(answer))
        elif isinstance(effect, Exchange) and not isinstance(effect.request.content, bytes):
            self._count("bytes_sent", effect.request.content.size or 0)

    def _count(self, name: str, number: int) -> None:
        with self._lock:
            self._counts[name] += number

    def _attributes(self, error: BaseException | None) -> dict[str, str]:
        run = self.prediction
        known = {
            "speedpix.workflow.id": self._workflow_id or (run and run.workflow_id),
            "speedpix.prediction.status": run and run.status,
            "error.type": error and type(error).__qualname__,
        }
        return {name: value for name, value in known.items() if value}

    def _measure(self, instruments: _Instruments, about: dict[str, str]) -> None:
        if self._name != WAIT:
            instruments.runs.add(1, about)
        if self._name != SUBMIT:
            instruments.duration.record(self._clock.monotonic() - self._start, about)
        workflow = {name: about[name] for name in about if name == "speedpix.workflow.id"}
        instruments.sent.add(self._counts["bytes_sent"], workflow)
        instruments.retries.add(self._counts["retries"], workflow)


@frozen
class _Instruments:
    runs: Counter
    duration: Histogram
    sent: Counter
    retries: Counter


@lru_cache(maxsize=4)
def _instruments(provider: MeterProvider) -> _Instruments:
    """Return the metrics of a provider, which warns of those that are made twice."""
    meter = provider.get_meter(_NAME, __version__)
    return _Instruments(
        meter.create_counter("speedpix.runs", "{run}", "Runs that were submitted, or refused."),
        meter.create_histogram("speedpix.run.duration", "s", "Time until a run was over."),
        meter.create_counter("speedpix.upload.size", "By", "What was uploaded."),
        meter.create_counter("speedpix.retries", "{request}", "Requests that were sent again."),
    )
