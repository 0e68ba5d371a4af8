"""`azrun serve` with one model, asked over its own OpenAI-compatible routes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from llama_server import Running, Settings
from peers import azrun_process
from processes import children
from servers import hello_project
from streams import Target

ENTRY = """
[models.random]
gguf = "{gguf}"
context = {context}
slots = {slots}
threads = {threads}
preload = true
keep_alive_seconds = inf
"""


@contextmanager
def azrun_models(settings: Settings) -> Iterator[Running]:
    """The host first among the processes, then its worker."""
    entry = ENTRY.format(
        gguf=settings.gguf, context=settings.context, slots=settings.slots, threads=settings.threads
    )
    with hello_project() as project:
        (project / "azrun.toml").write_text(entry, "utf-8")
        with azrun_process("serve", project) as (host, url):
            yield Running(Target(url, "/-/v1", "random"), (host, *children(host)))
