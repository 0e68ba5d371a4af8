"""The size of a model's KV cache, from the head of its GGUF file."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path
from typing import Any

HEAD = 2**20  # bytes: what describes the model stands before its vocabulary
LONGEST_ARRAY = 4096
STRING, ARRAY = 8, 9
FORMATS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q",
    12: "<d",
}  # fmt: skip
# Bytes of one number of the cache; the quantised ones store blocks of 32 with their scale.
NUMBER_BYTES = {
    "f32": 4.0, "f16": 2.0, "bf16": 2.0, "q8_0": 34 / 32, "q5_1": 24 / 32, "q5_0": 22 / 32,
    "q4_1": 20 / 32, "q4_0": 18 / 32, "iq4_nl": 18 / 32,
}  # fmt: skip


def kv_bytes(path: Path, cells: int, cache_type: str) -> int:
    """What `cells` tokens of context take; 0 where the file does not say its shape."""
    about = read_head(path)
    architecture = about.get("general.architecture", "")

    def number(name: str) -> int:
        value = about.get(f"{architecture}.{name}", 0)
        value = max(value, default=0) if isinstance(value, list) else value
        return value if isinstance(value, int) and 0 < value < 2**24 else 0

    heads = number("attention.head_count")
    if not heads:
        return 0
    width = number("embedding_length") // heads
    keys = number("attention.key_length") or width
    values = number("attention.value_length") or width
    row = (number("attention.head_count_kv") or heads) * (keys + values)
    cells = min(cells, number("context_length") or cells)
    return int(cells * number("block_count") * row * NUMBER_BYTES[cache_type])


def read_head(path: Path) -> dict[str, Any]:
    """The metadata before the vocabulary; what cannot be read of it is left out."""
    found: dict[str, Any] = {}
    try:
        with path.open("rb") as file:
            data = BytesIO(file.read(HEAD))
        if data.read(4) != b"GGUF":
            return found
        data.seek(16)  # version, number of tensors
        for _ in range(_number(data, "<Q")):
            key = _string(data)
            if key.startswith("tokenizer."):
                break
            found[key] = _value(data, _number(data, "<I"))
    except (OSError, ValueError, struct.error):
        pass  # as far as it goes: whether the file is any good is for llama.cpp to say
    return found


def _value(data: BytesIO, type: int) -> Any:
    if type == STRING:
        return _string(data)
    if type != ARRAY:
        return _number(data, _format(type))
    inner, length = _number(data, "<I"), _number(data, "<Q")
    if length > LONGEST_ARRAY or inner == ARRAY:
        raise ValueError("a long array")
    return [_value(data, inner) for _ in range(length)]


def _format(type: int) -> str:
    if type not in FORMATS:
        raise ValueError(f"no type {type}")
    return FORMATS[type]


def _number(data: BytesIO, format: str) -> Any:
    return struct.unpack(format, data.read(struct.calcsize(format)))[0]


def _string(data: BytesIO) -> str:
    length = _number(data, "<Q")
    if length > HEAD:
        raise ValueError("a string longer than the head")
    text = data.read(length)
    if len(text) < length:
        raise ValueError("the head ends")
    return text.decode("utf-8", "replace")
