"""What can go wrong with a model call.

InferenceError
├─ ModelNotFound       nothing stands behind the model id
├─ InvalidRequest      the request itself is wrong: its fields, its images, its length
├─ Unsupported         a right request that the model behind the id cannot answer
├─ ModelLoadError      a GGUF is missing, is no GGUF, or llama.cpp refuses it
├─ WorkerDied          the process that holds the model ended while it worked
└─ TooManyRequests     the model's queue is full
"""

from __future__ import annotations

from azrun.errors import AzrunError


class InferenceError(AzrunError):
    """The base of all; the message is for the author of the function."""


class ModelNotFound(InferenceError):
    """Nothing stands behind the model id."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"model not found: {message}", hint)


class InvalidRequest(InferenceError):
    """The request itself is wrong; the message begins with the field's JSON path, if it has one."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"validation error: {message.removeprefix('validation error: ')}", hint)


class Unsupported(InferenceError):
    """A right request that the model behind the id cannot answer."""


class ModelLoadError(InferenceError):
    """A GGUF is missing, is no GGUF, or llama.cpp refuses it."""

    exit_code = 3


class WorkerDied(InferenceError):
    """The process that holds the model ended while it worked."""


class TooManyRequests(InferenceError):
    """The model's queue is full; `retry_after` is a guess, in seconds."""

    status = 429

    def __init__(self, message: str, hint: str = "", retry_after: int = 1) -> None:
        super().__init__(message, hint)
        self.retry_after = retry_after
