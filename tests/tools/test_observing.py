"""OpenTelemetry is told of runs: spans, the requests below them, and metrics."""

from __future__ import annotations

import asyncio
import json

import pytest
from opentelemetry import metrics, trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from speedpix_emulator import Emulator, Failure

from speedpix import Client, PredictionError

CONTENT = b"\x89PNG a small file, and not one that is in any other test"


@pytest.fixture(scope="module")
def exporter():
    """The spans of the whole program: a provider can be set once."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture(scope="module")
def reader():
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader]))
    return reader


@pytest.fixture
def spans(exporter):
    """A function that returns the spans of this test."""
    exporter.clear()
    HTTPXClientInstrumentor().instrument(tracer_provider=trace.get_tracer_provider())
    yield exporter.get_finished_spans
    HTTPXClientInstrumentor().uninstrument()


@pytest.fixture(scope="module")
def served():
    with Emulator() as running:

        @running.workflow("copy", inputs={"a": "file", "b": "file"}, outputs={"file": "file"})
        def copy(a, b):
            return {"file": a}

        @running.workflow("failing", outputs={}, failure=Failure("a secret word: 山水"))
        def failing(inputs):
            return {}

        yield running


@pytest.fixture
def client(served):
    with Client(served.app_key, served.app_secret, endpoint=served.url) as opened:
        yield opened


def inputs(test):
    return {"a": CONTENT + test.encode(), "b": CONTENT + test.encode() + b"2"}


def told(spans, name="speedpix.run"):
    return [each for each in spans() if each.name == name]


def below(spans, parent):
    return [
        each
        for each in spans()
        if each.parent is not None and each.parent.span_id == parent.context.span_id
    ]


@pytest.fixture(params=["run", "async_run", "map", "async map"])
def run(request, client, tmp_path):
    """A function that makes a run, in each of the ways there are."""

    def blocking():
        client.run("copy", inputs(request.param))

    def awaited():
        asyncio.run(client.async_run("copy", inputs(request.param)))

    def mapped():
        list(client.map("copy", [inputs(request.param)]))

    def async_mapped():
        async def go():
            return [each async for each in client.map("copy", [inputs(request.param)])]

        asyncio.run(go())

    ways = {"run": blocking, "async_run": awaited, "map": mapped, "async map": async_mapped}
    return ways[request.param]


def test_a_run_is_a_span_and_all_its_requests_are_below_it(spans, run, served):
    before = len(served.requests)
    run()
    [span] = told(spans)
    requests = served.requests[before:]
    assert span.attributes["speedpix.workflow.id"] == "copy"
    assert span.attributes["speedpix.prediction.id"] == served.jobs[-1].id
    assert span.attributes["speedpix.prediction.status"] == "succeeded"
    polls = [each for each in requests if each.path.endswith("comfy_get_progress")]
    assert span.attributes["speedpix.polls"] == len(polls)
    assert span.attributes["speedpix.bytes_sent"] > 2 * len(CONTENT)
    assert len(below(spans, span)) == len(requests)  # those of threads and tasks, too


def test_what_failed_is_marked_without_a_word_of_it(spans, client):
    with pytest.raises(PredictionError):
        client.run("failing", {"prompt": "a secret input"})
    [span] = told(spans)
    assert span.attributes["error.type"] == "PredictionError"
    assert span.attributes["speedpix.prediction.status"] == "failed"
    assert not span.status.is_ok
    assert "secret" not in span.to_json()


def test_an_item_of_a_batch_that_failed_is_marked(spans, client):
    assert [each.status for each in client.map("failing", [{"n": 1}])] == ["failed"]
    [span] = told(spans)
    assert span.attributes["error.type"] == "PredictionError"


def test_neither_credentials_nor_input_are_in_a_span(spans, client, served):
    client.run("copy", inputs("secrets"))
    for span in spans():
        content = span.to_json()
        assert served.app_secret not in content
        assert "Signature=" not in content
        assert "a small file" not in content


def test_a_submit_and_a_wait_are_spans_of_their_own(spans, client):
    client.predictions.create("copy", inputs("apart")).wait()
    [submit] = told(spans, "speedpix.submit")
    [wait] = told(spans, "speedpix.wait")
    assert submit.attributes["speedpix.prediction.id"] == wait.attributes["speedpix.prediction.id"]


def test_the_programs_own_span_is_above(spans, client):
    with trace.get_tracer("program").start_as_current_span("mine") as mine:
        client.run("copy", inputs("mine"))
    [span] = told(spans)
    assert span.parent.span_id == mine.context.span_id


def test_runs_waiting_uploads_and_retries_are_measured(reader, client, served):
    reader.get_metrics_data()
    before = measured(reader)
    served.faults.add("progress", "unavailable")
    client.run("copy", inputs("measured"))
    after = measured(reader)
    changed = {name: after[name] - before.get(name, 0) for name in after}
    assert changed["speedpix.runs"] == 1
    assert changed["speedpix.run.duration"] == 1
    assert changed["speedpix.retries"] == 1
    assert changed["speedpix.upload.size"] > 2 * len(CONTENT)


def measured(reader):
    """Return each metric's sum, or of a histogram its count."""
    found = reader.get_metrics_data()
    document = json.loads(found.to_json()) if found else {"resource_metrics": []}
    return {
        metric["name"]: sum(
            point.get("value", point.get("count")) for point in metric["data"]["data_points"]
        )
        for resource in document["resource_metrics"]
        for scope in resource["scope_metrics"]
        for metric in scope["metrics"]
    }
