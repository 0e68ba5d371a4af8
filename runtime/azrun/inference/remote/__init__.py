"""Models behind an OpenAI-compatible endpoint: vLLM, llama-server, Ollama, a cloud."""

from azrun.inference.remote.backend import RemoteBackend
from azrun.inference.remote.endpoint import Endpoint

__all__ = ["Endpoint", "RemoteBackend"]
