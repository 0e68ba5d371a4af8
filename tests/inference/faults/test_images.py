"""Image files that lie, or grow."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from azrun.inference.errors import InvalidRequest
from azrun.inference.local import LlamaBackend
from azrun.inference.types import GenerateRequest, ImagePart, Message, TextPart

from .asking import chunks

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_workers")]

MOST = 700 * 2**20  # bytes that a worker may take while it looks at a hostile image


def png(width: int, height: int, data: bytes = b"", extra: bytes = b"") -> bytes:
    """A grey PNG of this size in its header, with other data."""
    header = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))


def bomb(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


def saved(width: int, height: int, form: str) -> bytes:
    out = io.BytesIO()
    Image.new("L", (width, height), 255).save(out, form)
    return out.getvalue()


def look(image: bytes) -> GenerateRequest:
    parts = (ImagePart("picture"), TextPart("read"))
    return GenerateRequest((Message("user", parts),), images=(image,), max_tokens=4)


@pytest.fixture
def eye(tiny_ocr, backend) -> LlamaBackend:
    return backend(tiny_ocr.gguf, mmproj=tiny_ocr.mmproj)


REFUSED = {
    "a header of four thousand million pixels": png(65_000, 65_000),
    "a header of 2^62 pixels": png(2**31 - 1, 2**31 - 1),
    "a bomb of four thousand million pixels": png(65_000, 65_000, bomb(2**26)),
    "a line of a million pixels": png(1_000_000, 1, bomb(1_000_001)),
    "less data than the header says": png(1000, 1000, bomb(50)),
    "no data": png(6000, 6000),
    "data that are none": png(100, 100, b"nothing"),
    "no width": png(0, 100, bomb(100)),
    "a JPEG that ends": saved(300, 300, "JPEG")[:400],
    "a WebP that ends": saved(300, 300, "WEBP")[:30],
    "a GIF that is larger inside": saved(9, 9, "GIF").replace(
        struct.pack("<HH", 9, 9), struct.pack("<HH", 65_535, 65_535)
    ),
}


@pytest.mark.parametrize("image", REFUSED.values(), ids=REFUSED)
async def test_an_image_that_lies(eye, image):
    await eye.load()
    worker = eye.pid
    with pytest.raises(InvalidRequest, match="^validation error: picture: the image "):
        await chunks(eye, look(image))
    assert highest_memory(worker) < MOST
    assert (await chunks(eye, look(saved(60, 28, "PNG"))))[-1].finish_reason
    assert eye.pid == worker


READ = {
    "as large as may be": png(6_324, 6_324, bomb(6_325 * 6_324)),
    "as large as may be, and wide": png(40_000, 1000, bomb(40_001 * 1000)),
    "as wide as may be": png(65_535, 1, bomb(65_536)),
    "as high as may be": png(1, 65_535, bomb(2 * 65_535)),
    "more data than the header says": png(60, 28, bomb(2**28)),
    "a comment that is a bomb": png(60, 28, bomb(61 * 28), chunk(b"zTXt", b"a\0\0" + bomb(2**28))),
    "a colour profile that is a bomb": png(
        60, 28, bomb(61 * 28), chunk(b"iCCP", b"a\0\0" + bomb(2**28))
    ),
}


@pytest.fixture(params=[True, False], ids=["fitted", "as it is"])
def looking(request, eye, tiny_ocr, backend, tmp_path) -> LlamaBackend:
    """The embedded model, which has its images fitted; and one that leaves that to llama.cpp."""
    if request.param:
        return eye
    other = tmp_path / "other.gguf"
    other.write_bytes(tiny_ocr.gguf.read_bytes().replace(b"azrun.fit.kind", b"azrun.not.kind"))
    return backend(other, mmproj=tiny_ocr.mmproj)


@pytest.mark.parametrize("image", READ.values(), ids=READ)
async def test_an_image_that_grows(looking, image):
    """It is read, or refused: with no more memory than its pixels take."""
    await looking.load()
    worker = looking.pid
    with contextlib.suppress(InvalidRequest):
        assert (await chunks(looking, look(image)))[-1].finish_reason
    assert highest_memory(worker) < MOST
    assert (await chunks(looking, look(saved(60, 28, "PNG"))))[-1].finish_reason
    assert looking.pid == worker


def highest_memory(pid: int) -> int:
    """The most bytes that a process has had so far."""
    [line] = [
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    ]
    return int(line.split()[1]) * 1024
