"""uvicorn, as azrun runs it: quiet, on a socket of its own, drained when it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
import uvloop

from azrun.app import Project, application
from azrun.cli.banner import banner
from azrun.cli.protocol import Protocol
from azrun.config import Config, load_config
from azrun.edge.endpoint import Broken
from azrun.errors import AzrunError, StartError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def bind(host: str, port: int) -> socket.socket:
    """A socket for the server. Raises StartError where it cannot listen."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise StartError(
            f"cannot listen on {host}:{port}: {reason}",
            "Choose another port with --port (0 takes any free one), or another --host.",
        ) from None


def url_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


Ready = Callable[[Project], None]


def launch(
    path: Path,
    host: str | None,
    port: int | None,
    make: Callable[[Config], Project],
    stop: str,
) -> None:
    """A server's life: bound, made, started, serving until SIGINT or SIGTERM, drained, closed.

    Until it serves, what a user can mend is an AzrunError that exits with 3; a failure of ours
    shows its traceback and exits with 3 too.
    """
    began = time.perf_counter()
    config = load_config(path)
    server = config.local.server
    sock = bind(host or server.host, server.port if port is None else port)
    serves = False

    def ready(project: Project) -> None:
        nonlocal serves
        serves = True
        banner(project, url_of(sock), time.perf_counter() - began, stop)

    try:
        with sock, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(make(config), sock, ready))
    except Exception as error:
        if serves:
            raise
        if isinstance(error, AzrunError):
            raise StartError(error.message, error.hint) from error
        traceback.print_exc()
        raise SystemExit(StartError.exit_code) from error


async def _serve(project: Project, sock: socket.socket, ready: Ready) -> None:
    app = application(project)
    config = uvicorn.Config(
        app,
        http=Protocol,
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
        await _Server(config, lambda: ready(project)).serve(sockets=[sock])


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
