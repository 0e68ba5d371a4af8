"""What a limit says when a function meets it."""

from __future__ import annotations

from azrun.cells.function import Function
from azrun.cells.thread import CPU
from azrun.errors import CellLost, FunctionError, LimitExceeded, LoadError, Overloaded


def _exceeded(limit: str, what: str, instead: str) -> LimitExceeded:
    return LimitExceeded(limit, what, f"{instead}, or raise {limit} under [limits] in azrun.toml.")


def cpu_exceeded(seconds: float) -> LimitExceeded:
    text = f"the function used more than {seconds:g} s of CPU time and was stopped"
    return _exceeded("cpu_seconds", text, "Do less in one request")


def outlived(seconds: float) -> LimitExceeded:
    text = f"work that outlived its request used over {seconds:g} s of CPU time and was stopped"
    return _exceeded("cpu_seconds", text, "Give it to wait_until")


def wall_exceeded(seconds: float) -> LimitExceeded:
    text = f"the function took more than {seconds:g} s and was stopped"
    return _exceeded("wall_seconds", text, "Answer sooner")


def memory_exceeded(megabytes: int) -> LimitExceeded:
    text = f"the function needed more than {megabytes} MB of memory"
    return _exceeded("memory_mb", text, "Keep less at once (stream it)")


def body_exceeded(megabytes: int) -> LimitExceeded:
    return _exceeded("body_mb", f"the response's body is over {megabytes} MB", "Send less")


def load_error(reason: str, function: Function) -> FunctionError:
    """Why a cell ended before its function was loaded."""
    seconds = function.limits.cold_start_seconds
    if reason == CPU:
        text = f"the function used more than {seconds:g} s of CPU time to load and was stopped"
        return _exceeded("cold_start_seconds", text, "Do less at module level")
    if "maximum concurrent" in reason:
        return Overloaded("all cells of this server are in use", "Try again in a moment.")
    return LoadError(f"the cell ended while it loaded {function.filename}: {last_line(reason)}")


def lost(reason: str, guilty: bool, seconds: float) -> FunctionError:
    """Why an invocation's cell ended under it."""
    if reason == CPU:
        if guilty:
            return cpu_exceeded(seconds)
        return CellLost(
            "another request of the same function used up its CPU time, and their cell was stopped",
            'Requests share a cell; `isolation = "request"` in azrun.toml keeps them apart.',
        )
    if "call stack exhausted" in reason:
        return LimitExceeded("stack", "the function nested too deeply (stack)", "Recurse less.")
    return CellLost(f"the function's cell was stopped: {last_line(reason) or 'it ended by itself'}")


def last_line(trap: str) -> str:
    """The cause at the end of wasmtime's report."""
    lines = [line.strip() for line in trap.splitlines() if line.strip()]
    return lines[-1] if lines else ""
