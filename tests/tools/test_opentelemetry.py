"""OpenTelemetry's instrumentation of httpx makes a span for each request."""

from __future__ import annotations

import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from .conftest import CONTENT


@pytest.fixture
def spans():
    """A function that returns the spans there are."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    HTTPXClientInstrumentor().instrument(tracer_provider=provider)
    yield exporter.get_finished_spans
    HTTPXClientInstrumentor().uninstrument()


def test_a_span_for_each_request(use, served, emulated, spans):
    before = len(served.requests)
    assert use(emulated) == CONTENT
    sent = [f"{request.method} {request.path}" for request in served.requests[before:]]
    told = [
        f"{span.attributes['http.method']} {span.attributes['http.url'].removeprefix(served.url)}"
        for span in spans()
    ]
    assert {"POST /scc/comfy_prompt", "POST /scc/comfy_get_result"} < set(told)
    assert [line.partition(" ")[0] for line in told].count("PUT") == 1
    assert [line.partition(" ")[0] for line in told].count("GET") == 1
    assert told == sent


def test_no_query_of_a_signed_address_is_in_a_span(use, emulated, spans):
    use(emulated)
    assert spans()
    for span in spans():
        assert "?" not in span.to_json()
        assert "Signature=" not in span.to_json()
