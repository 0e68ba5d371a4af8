"""Module state, and invocations that share it."""

import asyncio

from azion import Response

count = 0
under_way = most = 0


async def handle_request(request):
    global count, under_way, most
    count += 1
    if request.url.endswith("/sleep"):
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.2)
        under_way -= 1
    return Response.json({"count": count, "most": most})
