"""azrun: the local runtime for Azion functions with AI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azrun.app import create_app as create_app

__all__ = ["__version__", "create_app"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`create_app` on first use: the command line should not wait for what it may not need."""
    if name == "create_app":
        from azrun.app import create_app

        return create_app
    raise AttributeError(f"module 'azrun' has no attribute {name!r}")
