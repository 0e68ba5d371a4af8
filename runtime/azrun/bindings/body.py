"""`request.body`: the rest of a request's body, as the function reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from azrun.bindings import OperationError, Reply

if TYPE_CHECKING:
    from azrun.cells.invocation import Invocation


async def request_body(
    invocation: Invocation, params: dict[str, Any], body: AsyncIterator[bytes] | None
) -> Reply:
    """Answers null, then the body's chunks."""
    content = invocation.incoming.body
    if content is None or isinstance(content, bytes):
        raise OperationError("TypeError", "this request's body came with its head")
    if invocation.body_taken:
        raise OperationError("TypeError", "this request's body is read already")
    invocation.body_taken = True
    return Reply(None, content)
