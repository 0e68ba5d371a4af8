# ruff: noqa: ASYNC110, ASYNC251, RUF006
"""What meets a limit: the path's last part names it."""

import asyncio
import json
import time

from azion import Response, fetch


async def handle_request(request):
    name = request.url.rpartition("/")[2]
    return await globals()[name](request)


async def hello(request):
    return Response("hello")


async def loop(request):
    while True:
        pass


async def loop_later(request):
    await asyncio.sleep(0.005)
    while True:
        pass


async def spin(request):
    while True:
        await asyncio.sleep(0)


async def orphan(request):
    asyncio.create_task(spin(request))
    return Response("started")


async def sleeps(request):
    time.sleep(3600)


async def stubborn(request):
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass


async def memory(request):
    kept = []
    while True:
        kept.append(bytearray(1 << 20))


def deeper(n):
    return deeper(n + 1)


async def recursion(request):
    return Response(deeper(0))


async def nesting(request):
    return Response(json.loads("[" * 1_000_000))


async def subrequests(request):
    results = await asyncio.gather(
        *(fetch("http://127.0.0.1:9/") for _ in range(2000)), return_exceptions=True
    )
    return Response.json(sorted({str(result) for result in results}))


async def gigabyte(request):
    return Response("x" * (1 << 30))


async def large(request):
    return Response(b"x" * ((1 << 20) + 1))


async def endless(request):
    async def body():
        while True:
            yield "x" * 65536

    return Response(body())


async def prints(request):
    for _ in range(1000):
        print("x" * 1_000_000)
    return Response("printed")


async def prints_much(request):
    print("x" * 5_000_000)
    return Response("printed")
