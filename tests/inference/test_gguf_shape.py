from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from azrun.inference.gguf_shape import kv_bytes, read_head

# What `says` writes: one block, five heads of 64, no grouping.
ROW = 2 * 320


def test_the_cache_of_a_model(says: Callable[..., Path]) -> None:
    path = says("a")
    assert kv_bytes(path, 100, "f16") == 100 * ROW * 2
    assert kv_bytes(path, 100, "q8_0") == 100 * ROW * 34 // 32
    assert kv_bytes(path, 1_000_000, "f32") == 4096 * ROW * 4  # no more than its own context


def test_the_head_ends_before_the_vocabulary(says: Callable[..., Path]) -> None:
    head = read_head(says("a"))
    assert head["general.name"] == "says"
    assert head["llama.block_count"] == 1
    assert not [key for key in head if key.startswith("tokenizer.")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GGUF",
        b"no GGUF at all, but long enough",
        struct.pack("<4sIQQ", b"GGUF", 3, 0, 2**63),
        struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, 2**63),
        struct.pack("<4sIQQQcIIQ", b"GGUF", 3, 0, 1, 1, b"a", 9, 9, 2**40),
    ],
)
def test_what_cannot_be_read_is_left_out(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(data)
    assert read_head(path) == {}
    assert kv_bytes(path, 100, "f16") == 0


def test_damage_is_harmless(says: Callable[..., Path], tmp_path: Path) -> None:
    whole, path, dice = says("a").read_bytes()[:4096], tmp_path / "a.gguf", random.Random(1)
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(4):
            data[dice.randrange(4, 600)] = dice.randrange(256)
        path.write_bytes(data)
        assert kv_bytes(path, 100, "f16") >= 0
