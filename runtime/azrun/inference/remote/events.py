"""Server-sent events, as OpenAI's API streams them: one JSON object a `data:` line."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

from azrun.inference.errors import InferenceError

LONGEST_LINE = 4 * 2**20
DONE = b"[DONE]"


async def events(url: str, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The `data:` of each event, until `[DONE]` or the end."""
    rest = bytearray()
    async for piece in pieces:
        searched = len(rest)
        rest += piece
        if rest.find(b"\n", searched) < 0:
            if len(rest) > LONGEST_LINE:
                raise InferenceError(f"{url} sends a line of over {LONGEST_LINE // 2**20} MB")
            continue
        *lines, last = rest.split(b"\n")
        rest = last
        for line in lines:
            data = _data(line)
            if data == DONE:
                return
            if data:
                yield data
    data = _data(rest)
    if data and data != DONE:
        yield data


def _data(line: bytearray) -> bytes:
    return bytes(line[5:].strip()) if line.startswith(b"data:") else b""
