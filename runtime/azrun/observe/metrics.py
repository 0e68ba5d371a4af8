"""What a project's models and functions have done, in Prometheus' words.

Counting costs a dict's entry; everything else happens when somebody asks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from azrun.inference.types import BackendStats, ModelUse
from azrun.observe.calls import ModelCall
from azrun.observe.record import RequestRecord
from azrun.observe.tally import Distribution

if TYPE_CHECKING:
    from prometheus_client.core import Metric

Backends = Callable[[], Mapping[str, BackendStats]]

REQUEST_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
FIRST_TOKEN_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TOKEN_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

_GAUGES = {
    "azrun_slots": ("Requests that the model answers at once", "slots"),
    "azrun_requests_running": ("Requests that the model answers now", "running"),
    "azrun_requests_waiting": ("Requests that wait for the model", "waiting"),
}
_TOTALS = {
    "azrun_model_loads": ("Loads of the model", "loads"),
    "azrun_model_load_seconds": ("Time that loads of the model took", "load_seconds"),
    "azrun_worker_deaths": ("Ends of the model's worker that nobody asked for", "deaths"),
    "azrun_preemptions": ("Requests taken back to the queue for want of context", "preemptions"),
    "azrun_evictions": ("Prompts kept for reuse that had to give way", "evictions"),
    "azrun_decode_steps": ("Steps of the decode thread", "decode_steps"),
    "azrun_decoded_tokens": ("Tokens computed in all decode steps", "decoded_tokens"),
}


class _Answers:
    """The finished calls of one model."""

    def __init__(self) -> None:
        self.prompt = self.cached = self.generated = self.hits = 0
        self.first = Distribution(FIRST_TOKEN_SECONDS)
        self.token = Distribution(TOKEN_SECONDS)

    def add(self, use: ModelUse) -> None:
        self.prompt += use.prompt_tokens
        self.cached += use.cached_tokens
        self.generated += use.completion_tokens
        self.hits += use.cached_tokens > 0
        first = use.first_token_seconds
        if first is not None:
            self.first.add(first)
            if use.completion_tokens > 1:
                self.token.add((use.seconds - first) / (use.completion_tokens - 1))


class Metrics:
    """Counts; `page` is all of it as text. The label `model` is what really answered."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._requests: Counter[tuple[str, int]] = Counter()
        self._errors: Counter[tuple[str, str]] = Counter()
        self._models: defaultdict[str, _Answers] = defaultdict(_Answers)
        self._seconds: dict[tuple[str, str], Distribution] = {}

    def request(self, record: RequestRecord) -> None:
        self._requests[record.function, record.status] += 1

    def call(self, call: ModelCall) -> None:
        if call.error:
            self._errors[call.answered, call.error] += 1
        if call.use is None:
            return
        self._models[call.answered].add(call.use)
        key = call.answered, call.operation
        if key not in self._seconds:
            self._seconds[key] = Distribution(REQUEST_SECONDS)
        self._seconds[key].add((call.ended - call.began) / 1e9)

    def page(self, accept: str = "") -> tuple[str, bytes]:
        """The content type, by what the client accepts, and the text."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import choose_encoder

        registry = CollectorRegistry()
        registry.register(self)
        encode, content_type = choose_encoder(accept)
        return content_type, encode(registry)

    def collect(self) -> Iterator[Metric]:
        """For prometheus-client: every metric as it is now."""
        yield from self._functions()
        yield from self._tokens()
        yield from self._durations()
        yield from self._workers()

    def _functions(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily as Total

        requests = Total("azrun_requests", "Requests answered", labels=["function", "status"])
        for (function, status), count in self._requests.items():
            requests.add_metric([function, str(status)], count)
        yield requests
        errors = Total("azrun_model_errors", "Model calls that failed", labels=["model", "error"])
        for (model, error), count in self._errors.items():
            errors.add_metric([model, error], count)
        yield errors

    def _tokens(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily as Total

        for name, about, field in (
            ("azrun_prompt_tokens", "Tokens of prompts", "prompt"),
            ("azrun_prompt_tokens_cached", "Tokens of prompts not computed again", "cached"),
            ("azrun_generation_tokens", "Tokens generated", "generated"),
            ("azrun_prefix_cache_hits", "Calls whose prompt began as an earlier one", "hits"),
        ):
            total = Total(name, about, labels=["model"])
            for model, answers in self._models.items():
                total.add_metric([model], getattr(answers, field))
            yield total

    def _durations(self) -> Iterator[Metric]:
        from prometheus_client.core import HistogramMetricFamily as Histogram

        whole = Histogram(
            "azrun_model_request_seconds", "Model calls", labels=["model", "operation"]
        )
        for key, seconds in self._seconds.items():
            whole.add_metric(list(key), seconds.buckets(), seconds.sum)
        first = Histogram(
            "azrun_time_to_first_token_seconds", "Time to first token", labels=["model"]
        )
        token = Histogram(
            "azrun_time_per_output_token_seconds", "Time per token after it", labels=["model"]
        )
        for model, answers in self._models.items():
            first.add_metric([model], answers.first.buckets(), answers.first.sum)
            token.add_metric([model], answers.token.buckets(), answers.token.sum)
        yield from (whole, first, token)

    def _workers(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        backends = self._backends().items()
        ready = GaugeMetricFamily("azrun_model_ready", "1 where it is loaded", labels=["model"])
        for model, stats in backends:
            ready.add_metric([model], stats.state == "ready")
        yield ready
        for kind, families in ((GaugeMetricFamily, _GAUGES), (CounterMetricFamily, _TOTALS)):
            for name, (about, field) in families.items():
                family = kind(name, about, labels=["model"])
                for model, stats in backends:
                    family.add_metric([model], getattr(stats, field))
                yield family
