from __future__ import annotations

import struct

import pytest

from azrun.inference.errors import ModelLoadError
from azrun.inference.gguf_file import check


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not a GGUF file: it begins with 'nothing'"),
        (b"PK\x03\x04", r"is not a GGUF file: it begins with 'PK"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
        (b"GGUF", "GGUF version missing"),
        (b"GGUF" + struct.pack("<I", 1), "GGUF version 1, where llama.cpp loads 2 and 3"),
    ],
)
def test_what_is_no_model(tmp_path, data: bytes, reason: str):
    path = tmp_path / "a.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelLoadError, match=rf"a\.gguf:? {reason}") as refused:
        check(path)
    assert refused.value.hint.endswith(".")


def test_no_file(tmp_path):
    with pytest.raises(ModelLoadError, match=r"a\.gguf does not exist"):
        check(tmp_path / "a.gguf")
    with pytest.raises(ModelLoadError, match="cannot be read"):
        check(tmp_path)


def test_a_model(says):
    check(says("a"))
