from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable

import pytest

from azrun.ai.images import LARGEST_DATA_URL, LARGEST_IMAGE, CannotFetch, read_image
from azrun.inference.errors import InvalidRequest

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n..."
BASE64 = base64.b64encode(PNG).decode()

Read = Callable[[str], Awaitable[bytes]]


@pytest.fixture
def read() -> Read:
    """Reads with a web of three addresses."""
    web = {"https://a/ok.png": PNG, "http://a/page": b"<html>", "https://a/big": b"x" * 21 * 2**20}

    async def get(url: str) -> bytes:
        if url not in web:
            raise CannotFetch("no such host")
        return web[url]

    async def read(url: str) -> bytes:
        return await read_image(url, "here", get)

    return read


@pytest.mark.parametrize(
    "url",
    [
        f"data:image/png;base64,{BASE64}",
        f"DATA:text/plain;charset=utf-8;BASE64,{BASE64}",
        f"data:;base64,{BASE64.rstrip('=')}",
        f"data:;base64,{BASE64[:4]}\n {BASE64[4:]}",
        f"data:;base64,{BASE64.replace('=', '%3D').replace('/', '%2F')}",
        "data:image/png,%89PNG%0D%0A%1A%0A...",
        "https://a/ok.png",
    ],
)
async def test_images(read: Read, url: str):
    assert await read(url) == PNG


@pytest.mark.parametrize(
    "data", [PNG, b"\xff\xd8\xff\xe0", b"GIF87a", b"GIF89a", b"RIFF1234WEBP"], ids=repr
)
async def test_every_form_by_its_first_bytes(read: Read, data: bytes):
    assert await read("data:;base64," + base64.b64encode(data).decode()) == data


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "must be an https:, http: or data: URL, got ''"),
        ("file:///etc/passwd", "must be an https:, http: or data: URL, got 'file:///etc/passwd'"),
        ("/a.png", "must be an https:, http: or data: URL"),
        ("data:image/png;base64", "a data: URL needs a comma"),
        ("data:;base64,a", "the data: URL is not base64"),
        ("data:;base64,!!!!", "the data: URL is not base64"),
        ("data:,", "the image must be a PNG, JPEG, WebP or GIF; it begins with 'nothing'"),
        ("data:image/png,hello", "the image must be a PNG, JPEG, WebP or GIF; it begins with 'h"),
        ("data:;base64," + "A" * LARGEST_DATA_URL, "a data: URL of more than"),
        ("data:," + "A" * (LARGEST_IMAGE + 1), f"the image has {LARGEST_IMAGE + 1} bytes"),
        ("http://a/page", "the image must be a PNG, JPEG, WebP or GIF; it begins with '<html>'"),
        ("https://a/big", "the image has 22020096 bytes, 20971520 is the most"),
        ("https://b/x.png", "the image cannot be fetched: no such host"),
    ],
    ids=lambda value: value[:20],
)
async def test_what_is_no_image(read: Read, url: str, problem: str):
    with pytest.raises(InvalidRequest) as refused:
        await read(url)
    assert refused.value.message.startswith(f"validation error: here: {problem}")
