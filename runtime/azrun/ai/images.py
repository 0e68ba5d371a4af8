"""The images of a model request: from `data:` and http URLs to the bytes of an image file."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from urllib.parse import unquote_to_bytes

from azrun.inference.errors import InvalidRequest

LARGEST_IMAGE = 20 * 2**20
LARGEST_DATA_URL = 2 * LARGEST_IMAGE
MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")

GetImage = Callable[[str], Awaitable[bytes]]
"""Fetches a URL as a function's own `fetch()` would, by the same rules; raises CannotFetch."""


class CannotFetch(Exception):
    """An image's URL leads nowhere; the message says why."""


async def read_image(url: str, path: str, get: GetImage) -> bytes:
    """The image at `url`; InvalidRequest, with the field's JSON path, says what is wrong with it.

    The bytes begin as a PNG, JPEG, WebP or GIF does, whatever type was declared for them.
    """
    try:
        data = await _read(url, path, get)
    except CannotFetch as error:
        raise InvalidRequest(f"{path}: the image cannot be fetched: {error}") from error
    if len(data) > LARGEST_IMAGE:
        raise InvalidRequest(
            f"{path}: the image has {len(data)} bytes, {LARGEST_IMAGE} is the most"
        )
    if not (data.startswith(MAGIC) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")):
        start = data[:12].decode("ascii", "backslashreplace") or "nothing"
        raise InvalidRequest(
            f"{path}: the image must be a PNG, JPEG, WebP or GIF; it begins with {start!r}"
        )
    return data


async def _read(url: str, path: str, get: GetImage) -> bytes:
    scheme = url.partition(":")[0].lower()
    if scheme in ("http", "https"):
        return await get(url)
    if scheme != "data":
        raise InvalidRequest(f"{path}: must be an https:, http: or data: URL, got {url[:40]!r}")
    if len(url) > LARGEST_DATA_URL:
        raise InvalidRequest(f"{path}: a data: URL of more than {LARGEST_DATA_URL} characters")
    return await asyncio.to_thread(_decode, url, path)


def _decode(url: str, path: str) -> bytes:
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise InvalidRequest(f"{path}: a data: URL needs a comma before its data")
    data = unquote_to_bytes(body)
    if not head.rstrip().lower().endswith(";base64"):
        return data
    packed = b"".join(data.split()).rstrip(b"=")
    try:
        return base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except binascii.Error:
        raise InvalidRequest(f"{path}: the data: URL is not base64") from None
