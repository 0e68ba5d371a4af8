from __future__ import annotations

import struct

import pytest

from azrun.inference.errors import ModelLoadError
from azrun.inference.local import loader
from azrun.inference.local.loader import Loader
from azrun.inference.types import ModelSettings

pytestmark = pytest.mark.anyio


async def test_a_load_that_stands_still_is_given_up(says, monkeypatch):
    monkeypatch.setattr(loader, "PATIENCE", 0.01)  # no worker is up so soon
    with pytest.raises(ModelLoadError, match=r"loading it stood still for 0\.01 seconds"):
        await Loader(ModelSettings(says("ab"))).load()


async def test_a_projector_whose_tensors_do_not_fit_is_refused_at_the_load(tiny_ocr, tmp_path):
    damaged, name = bytearray(tiny_ocr.mmproj.read_bytes()), b"v.blk.0.ffn_up.weight"
    shape = damaged.index(name) + len(name) + 4  # behind its number of dimensions
    wide, high = struct.unpack_from("<QQ", damaged, shape)
    struct.pack_into("<QQ", damaged, shape, high, wide)
    mmproj = tmp_path / "damaged.gguf"
    mmproj.write_bytes(damaged)
    with pytest.raises(ModelLoadError) as caught:
        await Loader(ModelSettings(tiny_ocr.gguf, mmproj=mmproj)).load()
    reason = str(caught.value)
    assert str(mmproj) in reason
    assert "GGML_ASSERT" in reason
    assert "/ggml" not in reason
