"""Imports the whole standard library (what of it works in WASI), so that the snapshot holds it."""

from __future__ import annotations

import encodings
import importlib
import pkgutil
import sys

ABSENT = {  # need what a cell has not: sockets, threads, processes, a terminal, a C library
    "antigravity", "idlelib", "lib2to3", "pip", "this", "tkinter", "turtle", "turtledemo",
    "test", "ensurepip", "venv", "pdb", "curses", "__main__", "_ios_support",
}  # fmt: skip
SUBMODULES = (
    "collections", "concurrent.futures", "email", "email.mime", "html", "http", "importlib",
    "json", "logging", "sqlite3", "string", "unittest", "urllib", "wsgiref", "xml.dom",
    "xml.etree", "xml.parsers", "xml.sax", "zoneinfo", "asyncio", "compression", "sysconfig",
)  # fmt: skip


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except Exception:  # not for this platform: a function that imports it is told so
        sys.modules.pop(name, None)


def _preload() -> None:
    for name in sorted(sys.stdlib_module_names - ABSENT):
        _import(name)
    for package in SUBMODULES:
        module = sys.modules.get(package)
        for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
            _import(f"{package}.{found.name}")
    for found in pkgutil.iter_modules(encodings.__path__):
        _import(f"encodings.{found.name}")


_preload()
