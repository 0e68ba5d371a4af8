"""Module state, and invocations that share it."""

import asyncio

from azion import Response

count = 0
under_way = most = 0
meeting, all_here = [], asyncio.Event()


async def handle_request(request):
    global count, under_way, most
    count += 1
    if request.url.endswith("/sleep"):
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.2)
        under_way -= 1
    elif request.url.endswith("/meet"):
        meeting.append(request)
        if len(meeting) == 50:
            all_here.set()
        await all_here.wait()
    return Response.json({"count": count, "most": most})
