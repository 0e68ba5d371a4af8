"""The part of wasmtime's C API that its Python classes leave out: the pooling allocator, the
epoch callback, and imports called without type introspection (which costs 30 µs a call)."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from wasmtime import Config, Engine, Store, WasmtimeError
from wasmtime import _ffi as ffi
from wasmtime.component import Linker

_EpochCallback = ctypes.CFUNCTYPE(
    ctypes.c_size_t,
    ctypes.POINTER(ffi.wasmtime_context_t),
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.POINTER(ctypes.c_uint8),
)
_Finalizer = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_NO_FINALIZER = ctypes.cast(0, _Finalizer)
_CONTINUE = 0  # WASMTIME_UPDATE_DEADLINE_CONTINUE

POOLING = {
    "max_component_instance_size": 64 << 20,
    "max_core_instance_size": 16 << 20,
    "max_core_instances_per_component": 200,
    "max_memories_per_component": 4,
    "max_tables_per_component": 40,
    "table_elements": 100_000,
    "max_unused_warm_slots": 16,
    "linear_memory_keep_resident": 32 << 20,  # all of the snapshot: no page faults in a used slot
    "table_keep_resident": 4 << 20,
}


def new_engine(max_memory: int, max_cells: int) -> Engine:
    """An engine with epoch interruption and pooled memory slots of `max_memory` bytes each.

    Pooling makes a fresh cell twice as fast: a reused slot's pages stay mapped.
    """
    config = Config()
    config.epoch_interruption = True
    pooling = ffi.wasmtime_pooling_allocation_config_new()
    sizes = POOLING | {
        "max_memory_size": max_memory,
        "total_component_instances": max_cells,
        "total_memories": max_cells,
        "total_core_instances": 20 * max_cells,
        "total_tables": 10 * max_cells,
    }
    for name, value in sizes.items():
        getattr(ffi, f"wasmtime_pooling_allocation_config_{name}_set")(pooling, value)
    ffi.wasmtime_pooling_allocation_strategy_set(config.ptr(), pooling)
    ffi.wasmtime_pooling_allocation_config_delete(pooling)
    return Engine(config)


def on_epoch(store: Store, check: Callable[[], str | None]) -> object:
    """Calls `check` at each tick while the store's guest runs; a text from it stops the guest.

    Returns an object to be kept alive as long as the store.
    """

    def callback(context: Any, data: Any, delta: Any, kind: Any) -> int:
        reason = check()
        if reason is not None:
            return _error(reason)
        delta[0], kind[0] = 1, _CONTINUE
        return 0

    kept = _EpochCallback(callback)
    ffi.wasmtime_store_epoch_deadline_callback(store.ptr(), kept, None, _NO_FINALIZER)
    store.set_epoch_deadline(1)
    return kept


def _error(text: str) -> int:
    error = ffi.wasmtime_error_new(text.encode() + b"\0")
    return ctypes.cast(error, ctypes.c_void_p).value or 0


def define_imports(
    linker: Linker, receive: Callable[[int], str], send: Callable[[str], None]
) -> list[object]:
    """Defines the world's `next` and `send`. An exception in either stops the guest.

    Returns objects to be kept alive as long as the linker.
    """

    def next_(args: Any, results: Any) -> None:
        messages = receive(args[0].of.s32).encode()
        results[0].kind = ffi.WASMTIME_COMPONENT_STRING
        data = ctypes.cast(ctypes.c_char_p(messages), ctypes.POINTER(ctypes.c_uint8))
        ffi.wasm_byte_vec_new(ctypes.byref(results[0].of.string), len(messages), data)

    def send_(args: Any, results: Any) -> None:
        string = args[0].of.string
        text = ctypes.string_at(string.data, string.size).decode()
        ffi.wasm_byte_vec_delete(ctypes.byref(string))
        send(text)

    with linker.root() as root:
        return [_define(root, "next", next_), _define(root, "send", send_)]


def _define(root: Any, name: str, function: Callable[[Any, Any], None]) -> object:
    def callback(
        data: Any, context: Any, kind: Any, args: Any, nargs: int, results: Any, nresults: int
    ) -> int:
        try:
            function(args, results)
        except BaseException as error:  # nothing may pass through the wasm frames below
            return _error(f"{type(error).__name__}: {error}")
        return 0

    kept = ffi.wasmtime_component_func_callback_t(callback)
    encoded = name.encode()
    error = ffi.wasmtime_component_linker_instance_add_func(
        root.ptr(), ctypes.create_string_buffer(encoded), len(encoded), kept, None, _NO_FINALIZER
    )
    if error:
        raise WasmtimeError._from_ptr(error)
    return kept
