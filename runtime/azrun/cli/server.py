"""uvicorn, as azrun runs it: quiet, on a socket of its own, drained when it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
import uvloop

from azrun.app import Project, application
from azrun.edge.endpoint import Broken
from azrun.errors import StartError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def bind(host: str, port: int) -> socket.socket:
    """A socket for the server. Raises StartError where it cannot listen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen()
    except OSError as error:
        raise StartError(
            f"cannot listen on {host}:{port}: {error.strerror}",
            "Choose another port with --port (0 takes any free one), or another --host.",
        ) from None
    return sock


def url_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(project: Project, sock: socket.socket, ready: Callable[[], None]) -> None:
    """Starts the project, serves it until SIGINT or SIGTERM, drains and closes it.

    `ready` is called once requests are answered. What `project.start` raises is raised here.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(project, sock, ready))


async def _serve(project: Project, sock: socket.socket, ready: Callable[[], None]) -> None:
    app = application(project)
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",  # entered here, so that its errors are raised here
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(project.drain_seconds)),
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    async with app.router.lifespan_context(app):
        await _Server(config, ready).serve(sockets=[sock])


class _Server(uvicorn.Server):
    """Says when it is ready; returns after a signal, so that the project can be closed."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)


def _is_news(record: logging.LogRecord) -> bool:
    """A response broken off on purpose is in the request's line already."""
    return not (record.exc_info and isinstance(record.exc_info[1], Broken))
