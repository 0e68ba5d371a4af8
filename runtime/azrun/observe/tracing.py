"""OpenTelemetry: a span for each request, and under it one for each model call.

Needs the package opentelemetry-api; where the spans go is the concern of the SDK that the user
has set up. The names are those of OpenTelemetry's HTTP, FaaS and GenAI conventions.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

from azrun import __version__
from azrun.observe.calls import CANCELLED, ModelCall
from azrun.observe.record import GONE, RequestRecord

if TYPE_CHECKING:
    from opentelemetry.trace import Span

Attributes = dict[str, str | bool | int | float]

_ASKED = {
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "max_tokens": "gen_ai.request.max_tokens",
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "top_k": "gen_ai.request.top_k",
    "seed": "gen_ai.request.seed",
    "n": "gen_ai.request.choice.count",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "stream": "gen_ai.request.stream",
    "dimensions": "gen_ai.embeddings.dimension.count",
}


class Tracing:
    """Begins and ends spans. A request's parent is the one its `traceparent` header names."""

    def __init__(self) -> None:
        """Raises ModuleNotFoundError where OpenTelemetry's API is not installed."""
        from opentelemetry import propagate, trace

        self._trace, self._extract = trace, propagate.extract
        self._tracer = trace.get_tracer("azrun", __version__)

    @classmethod
    def where_installed(cls) -> Tracing | None:
        try:
            return cls()
        except ModuleNotFoundError:
            return None

    def begin(self, scope: MutableMapping[str, Any]) -> Span | None:
        """The span of a request (an ASGI scope); None where nobody has set up an SDK."""
        if isinstance(self._trace.get_tracer_provider(), self._trace.ProxyTracerProvider):
            return None
        headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in scope["headers"]}
        host, port = scope.get("server") or (None, None)
        attributes: Attributes = {
            "http.request.method": scope["method"],
            "url.path": scope["path"],
            "url.scheme": scope["scheme"],
            "network.protocol.version": scope["http_version"],
        }
        if host is not None and port is not None:
            attributes |= {"server.address": host, "server.port": port}
        return self._tracer.start_span(
            scope["method"], self._extract(headers), self._trace.SpanKind.SERVER, attributes
        )

    def end(self, span: Span | None, record: RequestRecord) -> None:
        if span is None:
            return
        if span.is_recording():
            if record.function != "-":
                span.update_name(f"{record.method} {record.function}")
            attributes = _of_record(record)
            span.set_attributes(attributes)
            if attributes.get("error.type", CANCELLED) != CANCELLED:
                span.set_status(self._trace.StatusCode.ERROR, record.error)
        span.end()

    def call(self, call: ModelCall) -> None:
        """A model call that has ended, as a span of its own times."""
        parent = None
        if call.parent is not None:
            parent = self._trace.set_span_in_context(call.parent)
        span = self._tracer.start_span(
            f"{call.operation} {call.asked}",
            parent,
            self._trace.SpanKind.INTERNAL,
            _of_call(call),
            start_time=call.began,
        )
        if call.error and call.error != CANCELLED:
            span.set_status(self._trace.StatusCode.ERROR, call.error)
        span.end(call.ended)


def _of_record(record: RequestRecord) -> Attributes:
    attributes: Attributes = {
        "http.response.status_code": record.status,
        "azrun.request_id": record.request_id,
    }
    if record.function != "-":
        attributes["faas.name"] = record.function
        attributes["faas.coldstart"] = record.cold
        attributes["azrun.cpu_seconds"] = record.cpu_seconds
    if record.error == GONE:
        attributes["error.type"] = CANCELLED
    elif record.status >= 500:
        attributes["error.type"] = str(record.status)
    elif record.error and record.status < 400:  # broken off after its head
        attributes["error.type"] = "_OTHER"
    return attributes


def _of_call(call: ModelCall) -> Attributes:
    attributes: Attributes = {
        "gen_ai.operation.name": call.operation,
        "gen_ai.provider.name": "azrun",
        "gen_ai.request.model": call.asked,
        "gen_ai.response.model": call.answered,
        **dict(_numbers(call)),
    }
    if call.error:
        attributes["error.type"] = call.error
    use = call.use
    if use is not None:
        attributes["gen_ai.usage.input_tokens"] = use.prompt_tokens
        attributes["gen_ai.usage.output_tokens"] = use.completion_tokens
        attributes["gen_ai.usage.cache_read.input_tokens"] = use.cached_tokens
        attributes["azrun.stand_in"] = use.stand_in
        if use.first_token_seconds is not None:
            attributes["gen_ai.response.time_to_first_chunk"] = use.first_token_seconds
    return attributes


def _numbers(call: ModelCall) -> Iterable[tuple[str, int | float]]:
    """What the request asked for, where it is what OpenTelemetry takes."""
    for key, name in _ASKED.items():
        value = call.request.get(key)
        if isinstance(value, bool | int | float):
            yield name, value
