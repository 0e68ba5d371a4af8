# ruff: noqa: RET503
"""Calls fetch as the request's JSON says, and tells what came back."""

import asyncio

from azion import Response, console, fetch


async def handle_request(request):
    name = request.url.rpartition("/")[2]
    return await globals()[name](await request.json())


async def one(call):
    try:
        response = await fetch(call.pop("url"), **call)
        text = await response.text()
    except Exception as error:
        return Response.json({"error": f"{type(error).__name__}: {error}"})
    return Response.json(
        {
            "status": response.status,
            "url": response.url,
            "redirected": response.redirected,
            "headers": [list(pair) for pair in response.headers],
            "text": text,
        }
    )


async def passes_on(call):
    response = await fetch(call["url"])
    return Response(response.body, status=response.status)


async def uploads(call):
    async def body():
        for number in range(call["chunks"]):
            console.log(f"piece {number}")
            yield b"x" * 65536
            await asyncio.sleep(0)

    response = await fetch(call["url"], method="POST", body=body())
    return Response(await response.text())


async def many(call):
    done = 0
    try:
        for _ in range(call["times"]):
            await (await fetch(call["url"])).text()
            done += 1
    except Exception as error:
        return Response.json({"done": done, "error": str(error)})
    return Response.json({"done": done})


async def gives_up(call):
    try:
        async with asyncio.timeout(0.05):
            await fetch(call["url"])
    except TimeoutError:
        return Response("gave up")


async def never_begun(call):
    for _ in range(call["times"]):
        task = asyncio.create_task(fetch(call["url"]))
        await asyncio.sleep(0)
        task.cancel()
    response = await fetch(call["url"])
    return Response(str(response.status))


async def first_piece(call):
    response = await fetch(call["url"])
    async for chunk in response.body:
        return Response(chunk)


async def at_once(call):
    tasks = [asyncio.create_task(fetch(call["url"])) for _ in range(call["times"])]
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return Response(str(done.pop().exception()))
