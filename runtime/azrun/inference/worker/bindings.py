"""llama.cpp's own functions, without the rest of llama-cpp-python.

Imported before anything that imports `llama_cpp`: the package's `__init__` imports a web of chat
formats, a disk cache and a template engine, a quarter of the time that a worker takes to start.
Its modules of bindings need none of that.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec

if "llama_cpp" not in sys.modules:
    spec = find_spec("llama_cpp")
    if spec is None:
        raise ModuleNotFoundError("No module named 'llama_cpp'", name="llama_cpp")
    package = sys.modules["llama_cpp"] = module_from_spec(spec)
    functions = vars(import_module("llama_cpp.llama_cpp"))
    vars(package).update({name: one for name, one in functions.items() if name[:2] != "__"})
