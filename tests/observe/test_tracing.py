"""Spans, as the SDK that a user has set up gets them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from azrun.inference.errors import WorkerDied
from azrun.observe.tracing import Tracing

from ..scripted import ACCEPTED, HELLO, Scripted, ScriptedModels

pytestmark = pytest.mark.anyio

CHAT = "/-/v1/chat/completions"
HI: dict[str, Any] = {"model": "mine", "messages": [{"role": "user", "content": "hi"}]}
ASKS = """
async def handle_request(request):
    call = {"messages": [{"role": "user", "content": "hi"}]}
    return Response.json(await Azion.AI.run("mine", call))
"""


@pytest.fixture(scope="session")
def exporter() -> Iterator[InMemorySpanExporter]:
    made, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(made))
    trace.set_tracer_provider(provider)
    yield made
    provider.shutdown()


@pytest.fixture
def backend() -> Scripted:
    return Scripted()


@pytest.fixture
async def served(exporter: InMemorySpanExporter, backend: Scripted, serve: Any) -> Any:
    exporter.clear()
    return await serve(asks=ASKS, registry=ScriptedModels(mine=backend))


def spans(exporter: InMemorySpanExporter) -> list[ReadableSpan]:
    """The last to end first: a request, then its calls."""
    return list(reversed(exporter.get_finished_spans()))


async def test_without_opentelemetry(monkeypatch: pytest.MonkeyPatch, serve: Any) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    assert Tracing.where_installed() is None
    served = await serve(asks=ASKS, registry=ScriptedModels(mine=Scripted()))
    assert (await served.get("/asks")).status_code == 200


async def test_a_model_call(served: Any, exporter: InMemorySpanExporter) -> None:
    await served.post(CHAT, json={**HI, "temperature": 0.5, "max_tokens": 20})
    request, call = spans(exporter)
    assert call.name == "chat mine"
    assert call.parent is not None
    assert request.context is not None
    assert call.parent.span_id == request.context.span_id
    given = dict(call.attributes or {})
    assert given.pop("gen_ai.response.time_to_first_chunk") >= 0  # type: ignore[operator]
    assert given == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "azrun",
        "gen_ai.request.model": "mine",
        "gen_ai.response.model": "scripted.gguf",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 20,
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "azrun.stand_in": False,
    }


async def test_a_request(served: Any, exporter: InMemorySpanExporter) -> None:
    response = await served.get("/asks?q=1")
    request, call = spans(exporter)
    assert (request.name, request.kind) == ("GET asks", trace.SpanKind.SERVER)
    given = dict(request.attributes or {})
    assert given["azrun.request_id"] == response.headers["x-request-id"]
    assert (given["faas.name"], given["http.response.status_code"]) == ("asks", 200)
    assert (given["url.path"], given["server.port"]) == ("/asks", 3333)
    assert call.parent is not None
    assert request.context is not None
    assert call.parent.span_id == request.context.span_id
    assert request.start_time is not None
    assert call.start_time is not None
    assert request.start_time <= call.start_time


async def test_a_trace_goes_on(served: Any, exporter: InMemorySpanExporter) -> None:
    trace_id, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    await served.get("/asks", headers={"traceparent": f"00-{trace_id}-{parent}-01"})
    request, call = spans(exporter)
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == parent
    for span in (request, call):
        assert span.context is not None
        assert f"{span.context.trace_id:032x}" == trace_id


async def test_a_stream_is_one_call(served: Any, exporter: InMemorySpanExporter) -> None:
    await served.post(CHAT, json={**HI, "stream": True})
    _, call = spans(exporter)
    assert call.attributes is not None
    assert call.attributes["gen_ai.usage.output_tokens"] == 3
    assert call.attributes["gen_ai.request.stream"] is True


async def test_an_error_of_the_model(
    served: Any, exporter: InMemorySpanExporter, backend: Scripted
) -> None:
    backend.script = [ACCEPTED, HELLO[1], WorkerDied("it died")]
    assert (await served.post(CHAT, json=HI)).status_code == 503
    request, call = spans(exporter)
    assert (request.status.status_code, call.status.status_code) == (StatusCode.ERROR,) * 2
    assert call.attributes is not None
    assert call.attributes["error.type"] == "WorkerDied"
    assert call.attributes["gen_ai.usage.output_tokens"] == 1


async def test_a_call_that_no_model_takes_up(served: Any, exporter: InMemorySpanExporter) -> None:
    body = json.dumps({**HI, "temperature": "hot"})
    assert (await served.post(CHAT, content=body)).status_code == 400
    request, call = spans(exporter)
    assert request.status.status_code is StatusCode.UNSET
    assert "error.type" not in dict(request.attributes or {})
    assert call.attributes is not None
    assert call.attributes["error.type"] == "InvalidRequest"
    assert "gen_ai.request.temperature" not in call.attributes
    assert "gen_ai.usage.input_tokens" not in call.attributes


async def test_a_stream_that_breaks_off(
    served: Any, exporter: InMemorySpanExporter, backend: Scripted
) -> None:
    backend.script = [*HELLO[:2], WorkerDied("it died")]
    assert (await served.post(CHAT, json={**HI, "stream": True})).status_code == 200
    request, call = spans(exporter)
    assert (request.status.status_code, request.status.description) == (
        StatusCode.ERROR,
        "it died",
    )
    assert dict(request.attributes or {})["error.type"] == "_OTHER"
    assert dict(call.attributes or {})["error.type"] == "WorkerDied"
