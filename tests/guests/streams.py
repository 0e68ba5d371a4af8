"""Bodies as streams, in and out."""

import asyncio

from azion import Response, console


async def handle_request(request):
    name = request.url.rpartition("/")[2]
    return await globals()[name](request)


async def echo(request):
    return Response(request.body)


async def text(request):
    return Response(await request.text())


async def count(request):
    size = 0
    async for chunk in request.body:
        size += len(chunk)
    return Response(str(size))


async def ignores(request):
    return Response("not read")


async def waits(request):
    await request.bytes()
    console.log("handler started")
    try:
        await asyncio.sleep(3600)
    finally:
        console.log("handler cancelled")


async def watched(request):
    """Says what it was allowed to send."""

    async def body():
        try:
            for number in range(1600):
                console.log(f"chunk {number}")
                yield b"x" * 65536
        finally:
            console.log("stream closed")

    return Response(body())


async def ticks(request):
    async def body():
        try:
            while True:
                yield "tick "
                await asyncio.sleep(0.01)
        finally:
            console.log("ticks cancelled")

    return Response(body())


async def breaks(request):
    async def body():
        yield "first"
        raise ValueError("broken inside")

    return Response(body())


async def events(request):
    async def body():
        yield "data: 1\n\n"
        raise ValueError("broken inside")

    return Response(body(), headers={"content-type": "text/event-stream"})


async def wrong_chunks(request):
    async def body():
        yield 7

    return Response(body())
