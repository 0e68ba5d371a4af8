"""The tool's pages: bad requests, and who may not ask."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from azrun.inference.lifecycle import Load

from ...scripted import ScriptedModels

pytestmark = pytest.mark.anyio

CHAT = "/-/v1/chat/completions"
HI = {"model": "mine", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
async def here(serve: Any, models: ScriptedModels) -> Any:
    return await serve("state", registry=models, toml="[limits]\nbody_mb = 1\n")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff\xfe\xfd", b'"text"', b'{"model": NaN}', b"[" * 100_000,
     b'{"model": 1' + b"0" * 5000 + b"}"],
)  # fmt: skip
async def test_what_is_no_json_object(here: Any, body: bytes) -> None:
    response = await here.post(CHAT, content=body)
    error = response.json()["error"]
    assert (response.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["message"].startswith("the body is not")
    assert error["message"].endswith("Send a JSON object.")


@pytest.mark.parametrize("model", [None, 5, ["mine"]])
async def test_a_model_that_is_no_string(here: Any, model: Any) -> None:
    response = await here.post(CHAT, json={**HI, "model": model})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "model")


async def test_a_model_of_half_a_character(here: Any) -> None:
    response = await here.post(CHAT, content=json.dumps({**HI, "model": "\ud83d"}))
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"


async def test_a_body_over_the_limit(here: Any) -> None:
    response = await here.post(CHAT, content=b" " * 1_048_577)
    assert (response.status_code, response.headers["connection"]) == (413, "close")
    assert response.json()["error"]["type"] == "invalid_request_error"


async def test_a_chunked_body_over_the_limit(here: Any) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 65536

    assert (await here.post(CHAT, content=body())).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", CHAT, "POST"),
        ("OPTIONS", CHAT, "POST"),
        ("POST", "/-/v1/models", "GET"),
        ("DELETE", "/-/v1/models/mine", "GET"),
        ("POST", "/-/ready", "GET"),
    ],
)
async def test_a_wrong_method(here: Any, method: str, path: str, allowed: str) -> None:
    response = await here.client.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", ["/-/", "/-/v1", "/-/v1/", "/-/v1/images", "/-/state"])
async def test_a_page_that_is_not_there(here: Any, path: str) -> None:
    response = await here.get(path)
    assert response.status_code == 404
    assert "/-/v1" in response.json()["error"]["message"]
    assert (await here.observer.record(path)).status == 404


async def test_a_request_for_the_head_alone(serve_on_socket: Any, models: Any) -> None:
    served = await serve_on_socket("state", registry=models)
    response = await served.client.head("/-/v1/models")
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) > 50


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:3333", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:3333", 200),
        ("[::1]:3333", 200),
        ("app.localhost:3333", 200),
        ("azrun", 200),
        ("attacker.example:3333", 403),
        ("127.0.0.1.attacker.example", 403),
        ("[::1", 403),
    ],
)
async def test_hosts(serve_on_socket: Any, models: Any, host: str, status: int) -> None:
    served = await serve_on_socket("state", registry=models)
    response = await served.get("/-/v1/models", headers={"host": host})
    assert response.status_code == status
    assert (await served.get("/state", headers={"host": "any.example"})).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:3333", 200),
        ("http://localhost:8080", 403),
        ("https://attacker.example", 403),
        ("null", 403),
    ],
)
async def test_pages_of_other_origins(here: Any, origin: str, status: int) -> None:
    headers = {"origin": origin, "content-type": "text/plain"}
    response = await here.post(CHAT, content=json.dumps(HI), headers=headers)
    assert response.status_code == status
    assert "access-control-allow-origin" not in response.headers


async def test_readiness(here: Any, models: ScriptedModels) -> None:
    response = await here.get("/-/ready")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "loading": [], "failed": []}
    models.loads = [Load("big.gguf", 2.345, 0.5), Load("other.gguf", 0.1, None)]
    response = await here.get("/-/ready")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["loading"] == [
        {"model": "big.gguf", "seconds": 2.3, "fraction": 0.5},
        {"model": "other.gguf", "seconds": 0.1, "fraction": None},
    ]
    assert here.observer.requests == []


async def test_a_model_that_could_not_be_loaded(here: Any, models: ScriptedModels) -> None:
    models.state = "failed"
    response = await here.get("/-/ready")
    assert (response.status_code, response.json()["failed"][0]) == (200, "mine")


async def test_metrics(here: Any) -> None:
    await here.get("/state")
    await here.post(CHAT, json=HI)
    for path in ("/-/metrics", "/metrics"):
        response = await here.get(path)
        assert response.headers["content-type"].startswith("text/plain; version=")
        assert 'azrun_requests_total{function="state",status="200"} 1.0' in response.text
        assert 'azrun_generation_tokens_total{model="scripted.gguf"} 3.0' in response.text
        assert 'azrun_slots{model="scripted.gguf"} 4.0' in response.text
    response = await here.get("/metrics", headers={"accept": "application/openmetrics-text"})
    assert response.text.endswith("# EOF\n")


async def test_a_functions_own_metrics(serve: Any, models: Any) -> None:
    source = "async def handle_request(request): return Response('its own')"
    served = await serve(metrics=source, registry=models)
    assert (await served.get("/metrics")).text == "its own"
    assert "azrun_slots" in (await served.get("/-/metrics")).text


async def test_no_function_is_under_the_tools_prefix(serve: Any, models: Any) -> None:
    source = "async def handle_request(request): return Response('a function')"
    served = await serve(**{"-": source}, registry=models)
    assert (await served.get("/-x")).text == "a function"
    assert (await served.get("/-/x")).status_code == 404
    assert (await served.get("/-/ready")).json()["ready"] is True


@pytest.mark.parametrize("path", ["/-/ready", "/-/v1/models"])
async def test_a_long_url(here: Any, path: str) -> None:
    assert (await here.get(f"{path}?{'x' * 17_000}")).status_code == 414
