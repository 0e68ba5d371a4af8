"""`python -m azrun.inference.worker`: started by the host, spoken to over its pipes."""

from __future__ import annotations

import contextlib
import signal
import sys

from azrun.inference.worker.pipe import Pipe
from azrun.inference.worker.service import serve


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the host's to act on
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the size of the model, on every crash
    return serve(Pipe())


if __name__ == "__main__":
    sys.exit(main())
