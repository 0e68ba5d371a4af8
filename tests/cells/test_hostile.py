from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

ALONE = """
[functions.hostile]
isolation = "request"
[functions.hostile.limits]
cpu_seconds = 1
"""
PROTOCOL = "broke the cell's protocol"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("garbage", PROTOCOL),
        ("an_object", PROTOCOL),
        ("numbers", PROTOCOL),
        ("empty_message", PROTOCOL),
        ("unknown_kind", PROTOCOL),
        ("unhashable", PROTOCOL),
        ("wrong_types", PROTOCOL),
        ("bad_status", PROTOCOL),
        ("a_thousand", PROTOCOL),
        ("second_load", PROTOCOL),
        ("acknowledges", PROTOCOL),
        ("same_operation", PROTOCOL),
        ("deep_json", PROTOCOL),
        ("too_large", "a batch of messages over 32 MB"),
        ("too_many", "a batch of messages with over 1,000,000 items"),
        ("flood", "more than 10,000 operations refused"),
        ("traps", "wasm trap"),
        ("splits", "HTTP does not allow the response's header 'x-a'"),
        ("unreal_header", "HTTP does not allow the response's header"),
        ("body_without_head", "ended without an answer"),
    ],
)
async def test_the_cell_ends_and_the_others_serve(serve: Any, name: str, says: str) -> None:
    served = await serve("hostile", "state", toml=ALONE)
    error, *others = await asyncio.gather(
        served.error(f"/hostile/{name}"), *(served.get("/state") for _ in range(10))
    )
    assert says in error
    assert [response.status_code for response in others] == [200] * 10
    assert (await served.get("/hostile/hello")).text == "hello"


async def test_no_answer_can_be_split(serve: Any) -> None:
    served = await serve("hostile", toml=ALONE)
    response = await served.get("/hostile/splits")
    assert response.status_code == 500
    assert "set-cookie" not in response.headers


async def test_messages_of_strangers_are_ignored(serve: Any) -> None:
    served = await serve("hostile", toml=ALONE)
    assert (await served.get("/hostile/strangers")).text == "ignored"


async def test_an_answer_without_body_stays_without(serve: Any) -> None:
    served = await serve("hostile", toml=ALONE)
    response = await served.get("/hostile/empty_204")
    assert (response.status_code, response.content) == (204, b"")


async def test_parameters_that_make_no_sense_are_the_functions_trouble(serve: Any) -> None:
    served = await serve("hostile", toml=ALONE + "[limits]\nwall_seconds = 0.2\n")
    assert "took more than 0.2 s" in await served.error("/hostile/bad_fetch")
