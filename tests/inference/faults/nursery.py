"""Starts workers by forking: what takes a worker half a second to import is imported once.

Each message on the socket of its standard input is three descriptors, the new worker's standard
streams, and a fourth on which its process id is told, and how it ended.
"""

from __future__ import annotations

import os
import signal
import socket

from azrun.inference.worker.__main__ import main


def tend(status: int) -> None:
    """Starts a worker, and waits for it."""
    pid = os.fork()
    if pid == 0:
        os.close(status)
        os._exit(main())
    os.write(status, f"{pid}\n".encode())
    for stream in range(3):
        os.close(stream)
    _, code = os.waitpid(pid, 0)
    os.write(status, f"{os.waitstatus_to_exitcode(code)}\n".encode())
    os._exit(0)


def serve() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    with socket.socket(fileno=os.dup(0)) as calls:
        while True:
            _, streams, _, _ = socket.recv_fds(calls, 1, 4)
            if not streams:
                return
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                calls.close()
                for number, stream in enumerate(streams[:3]):
                    os.dup2(stream, number)
                    os.close(stream)
                tend(streams[3])
            for stream in streams:
                os.close(stream)


serve()
