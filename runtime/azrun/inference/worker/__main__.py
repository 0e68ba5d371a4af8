"""`python -m azrun.inference.worker`: started by the host, spoken to over its pipes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback

import azrun.inference.worker.bindings  # noqa: F401 - first of all
from azrun.inference.worker.pipe import Pipe
from azrun.inference.worker.service import serve


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the host's to act on
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the size of the model, on every crash
    pipe = Pipe()
    try:
        return serve(pipe)
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        pipe.close()


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # a thread sits in a read, and llama.cpp in its own: neither wants an exit
