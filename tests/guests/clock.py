# ruff: noqa: ASYNC251
"""asyncio inside a cell."""

import asyncio
import time

from azion import Response


async def sleep():
    started = time.monotonic()
    await asyncio.sleep(0.05)
    return time.monotonic() - started >= 0.05


async def gather():
    async def one(n):
        await asyncio.sleep(0.01 * (3 - n))
        return n

    return await asyncio.gather(one(0), one(1), one(2))


async def timeout():
    try:
        async with asyncio.timeout(0.02):
            await asyncio.sleep(3600)
    except TimeoutError:
        return "timed out"


async def wait_for():
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.02)
    except TimeoutError:
        return "timed out"


async def task_group():
    done = []

    async def one(n):
        await asyncio.sleep(0)
        done.append(n)
        if n == 2:
            raise ValueError("two")

    try:
        async with asyncio.TaskGroup() as group:
            for n in range(3):
                group.create_task(one(n))
    except* ValueError as group:
        done.append(str(group.exceptions[0]))
    return done


async def queue():
    waiting, got = asyncio.Queue(maxsize=1), []

    async def produce():
        for n in range(5):
            await waiting.put(n)
        await waiting.put(None)

    producer = asyncio.create_task(produce())
    while (item := await waiting.get()) is not None:
        got.append(item)
    await producer
    return got


async def call_later():
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.01, future.set_result, "called")
    return await future


async def blocking():
    time.sleep(0.02)
    return "slept"


async def exits():
    async def leave():
        raise SystemExit(3)

    try:
        await asyncio.create_task(leave())
    except SystemExit as error:
        return error.code


async def handle_request(request):
    return Response.json(await globals()[request.url.rpartition("/")[2]]())
