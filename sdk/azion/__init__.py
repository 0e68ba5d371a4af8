"""The fetch-event API for functions in Python, as Azion's runtime has it in JavaScript.

    from azion import Response

    async def handle_request(request):
        return Response.json({"hello": request.url})

Names are in snake_case; the web's own names (`addEventListener`, `arrayBuffer`, …) work too.
"""

from __future__ import annotations

from azion.ai import AIStream
from azion.console import console
from azion.errors import AIError
from azion.events import FetchEvent
from azion.fetch import fetch
from azion.headers import Headers
from azion.listeners import add_event_listener
from azion.namespace import Azion
from azion.request import Request
from azion.response import Response
from azion.search_params import URLSearchParams
from azion.url import URL

addEventListener = add_event_listener

__all__ = [
    "URL",
    "AIError",
    "AIStream",
    "Azion",
    "FetchEvent",
    "Headers",
    "Request",
    "Response",
    "URLSearchParams",
    "addEventListener",
    "add_event_listener",
    "console",
    "fetch",
]


def injected() -> dict[str, object]:
    """The names that a function finds as globals without importing them."""
    return {name: globals()[name] for name in __all__}
