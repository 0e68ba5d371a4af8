"""Two readers of one stream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

_END = StopAsyncIteration()


class _Shared:
    """The source of both branches, read by whichever asks first."""

    __slots__ = ("lock", "queues", "source")

    def __init__(self, source: AsyncIterator[Any]) -> None:
        self.source, self.lock = source, asyncio.Lock()
        self.queues: list[deque[Any]] = []

    async def pull(self) -> None:
        try:
            chunk: Any = await self.source.__anext__()
        except StopAsyncIteration:
            chunk = _END
        except Exception as error:
            chunk = error
        except BaseException:
            self._give(TypeError("The stream ended: who read its other branch was cancelled."))
            raise
        self._give(chunk)

    def _give(self, chunk: Any) -> None:
        for queue in self.queues:
            queue.append(chunk)


class Branch:
    """One of two readers; what one of them is ahead is kept for the other."""

    __slots__ = ("_queue", "_shared")

    def __init__(self, shared: _Shared) -> None:
        self._shared, self._queue = shared, deque[Any]()
        shared.queues.append(self._queue)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        if not self._queue:
            async with self._shared.lock:
                if not self._queue:
                    await self._shared.pull()
        if isinstance(self._queue[0], Exception):  # the end, or a failure, stays the last
            raise self._queue[0]
        return self._queue.popleft()

    async def aclose(self) -> None:
        """Gives this branch up; the source closes with the last of them."""
        self._queue.clear()
        self._queue.append(_END)
        queues = self._shared.queues
        queues[:] = [queue for queue in queues if queue is not self._queue]
        if not queues:
            await close(self._shared.source)


def tee(source: AsyncIterator[Any]) -> tuple[Branch, Branch]:
    """Two iterators that each give all that `source` gives."""
    shared = _Shared(source)
    return Branch(shared), Branch(shared)


async def close(source: object) -> None:
    """Closes what can be closed."""
    aclose = getattr(source, "aclose", None)
    if aclose is not None:
        await aclose()
