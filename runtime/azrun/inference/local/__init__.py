"""Models on llama.cpp on this machine, each in a worker process of its own: the host's side."""

from azrun.inference.local.backend import LlamaBackend

__all__ = ["LlamaBackend"]
