"""Who is told of a request: the observer, the metrics, the traces."""

from __future__ import annotations

from typing import Any

from azrun.edge.exchange import Exchange
from azrun.edge.inbound import Receive
from azrun.edge.request import Scope
from azrun.observe.calls import ModelCall
from azrun.observe.metrics import Metrics
from azrun.observe.record import Observer
from azrun.observe.tracing import Tracing


class Ledger:
    """Opens an exchange for each request, and closes it once its last byte is out."""

    def __init__(self, observer: Observer, metrics: Metrics, tracing: Tracing | None) -> None:
        self._observer, self._metrics, self._tracing = observer, metrics, tracing

    def open(self, scope: Scope, receive: Receive, send: Any) -> Exchange:
        exchange = Exchange(scope, receive, send)
        if self._tracing is not None:
            exchange.trace = self._tracing.begin(scope)
        return exchange

    def close(self, exchange: Exchange) -> None:
        record = exchange.record()
        self._observer.request(record)
        self._metrics.request(record)
        if self._tracing is not None:
            self._tracing.end(exchange.trace, record)

    def called(self, call: ModelCall) -> None:
        """A model call has ended."""
        self._metrics.call(call)
        if self._tracing is not None:
            self._tracing.call(call)
