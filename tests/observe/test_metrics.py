from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as plain_families

from azrun.inference.types import BackendStats, ModelUse
from azrun.observe.calls import CANCELLED, ModelCall
from azrun.observe.metrics import Metrics
from azrun.observe.record import RequestRecord
from azrun.observe.tally import Distribution

SECOND = 1_000_000_000
STATS = BackendStats(
    "ready", slots=4, running=3, waiting=7, loads=2, load_seconds=1.5, deaths=1, preemptions=5
)


def call(use: ModelUse | None = None, error: str = "", operation: str = "chat") -> ModelCall:
    return ModelCall(operation, "asked", "tiny", {}, 0, 3 * SECOND, use, error, None)


def use(prompt: int = 10, cached: int = 0, out: int = 5, first: float | None = 0.3) -> ModelUse:
    return ModelUse("asked", "tiny", True, prompt, out, cached, 1.1, first)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(lambda: {"tiny": STATS})


def samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    _, page = metrics.page("application/openmetrics-text; version=1.0.0")
    families = text_string_to_metric_families(page.decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return samples(metrics)[name, frozenset(labels.items())]


def test_tokens(metrics: Metrics) -> None:
    metrics.call(call(use(prompt=10, cached=8, out=5)))
    metrics.call(call(use(prompt=20, cached=0, out=2)))
    assert value(metrics, "azrun_prompt_tokens_total", model="tiny") == 30
    assert value(metrics, "azrun_prompt_tokens_cached_total", model="tiny") == 8
    assert value(metrics, "azrun_generation_tokens_total", model="tiny") == 7
    assert value(metrics, "azrun_prefix_cache_hits_total", model="tiny") == 1


def test_times(metrics: Metrics) -> None:
    metrics.call(call(use(out=5, first=0.3)))
    metrics.call(call(use(out=0, first=None), operation="embeddings"))
    first = "azrun_time_to_first_token_seconds"
    assert value(metrics, f"{first}_bucket", model="tiny", le="0.25") == 0
    assert value(metrics, f"{first}_bucket", model="tiny", le="0.5") == 1
    assert value(metrics, f"{first}_count", model="tiny") == 1
    token = "azrun_time_per_output_token_seconds"
    assert value(metrics, f"{token}_sum", model="tiny") == pytest.approx(0.2)
    whole = "azrun_model_request_seconds"
    for operation in ("chat", "embeddings"):
        assert value(metrics, f"{whole}_sum", model="tiny", operation=operation) == 3


def test_errors_by_kind(metrics: Metrics) -> None:
    metrics.call(call(error="TooManyRequests"))
    metrics.call(call(error="TooManyRequests"))
    metrics.call(call(use(), error=CANCELLED))
    errors = "azrun_model_errors_total"
    assert value(metrics, errors, model="tiny", error="TooManyRequests") == 2
    assert value(metrics, errors, model="tiny", error="cancelled") == 1
    count = "azrun_model_request_seconds_count"
    assert value(metrics, count, model="tiny", operation="chat") == 1


def test_requests_by_function_and_status(metrics: Metrics) -> None:
    for status in (200, 200, 500):
        metrics.request(RequestRecord("id", "GET", "/", status, 0.1, function="f"))
    assert value(metrics, "azrun_requests_total", function="f", status="200") == 2
    assert value(metrics, "azrun_requests_total", function="f", status="500") == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("azrun_model_ready", 1),
        ("azrun_slots", 4),
        ("azrun_requests_running", 3),
        ("azrun_requests_waiting", 7),
        ("azrun_model_loads_total", 2),
        ("azrun_model_load_seconds_total", 1.5),
        ("azrun_worker_deaths_total", 1),
        ("azrun_preemptions_total", 5),
    ],
)
def test_workers(metrics: Metrics, name: str, expected: float) -> None:
    assert value(metrics, name, model="tiny") == expected


def test_both_formats_have_the_same(metrics: Metrics) -> None:
    metrics.call(call(use()))
    kind, page = metrics.page()
    assert kind.startswith("text/plain")
    plain = {(s.name, frozenset(s.labels.items())): s.value
             for family in plain_families(page.decode()) for s in family.samples}  # fmt: skip
    assert plain == samples(metrics)


def test_projects_do_not_share_a_count(metrics: Metrics) -> None:
    other: Any = Metrics(dict)
    metrics.call(call(use()))
    assert ("azrun_generation_tokens_total", frozenset({("model", "tiny")})) not in samples(other)


def test_a_value_on_a_bound_is_within_it() -> None:
    distribution = Distribution((0.1, 0.2))
    for value in (0.1, 0.15, 0.2, 0.3):
        distribution.add(value)
    assert distribution.buckets() == [("0.1", 1), ("0.2", 3), ("+Inf", 4)]
    assert distribution.sum == pytest.approx(0.75)
