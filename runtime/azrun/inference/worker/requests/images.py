"""From an image file's bytes, which may be hostile, to pixels."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from azrun.inference.errors import InvalidRequest

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
LARGEST = 40_000_000  # pixels
LONGEST = 65_535  # pixels of a side: Pillow keeps a pointer to each row

Image.MAX_IMAGE_PIXELS = None  # the limit below is ours, checked before anything is decoded


@dataclass(frozen=True, slots=True)
class Pixels:
    """An RGB bitmap, three bytes a pixel, row by row."""

    width: int
    height: int
    data: bytes


def decode(encoded: bytes, name: str) -> Image.Image:
    """An upright RGB image: the first frame of an animation, on white where it is transparent.

    Raises InvalidRequest, in which the image is called `name`, for what is no PNG, JPEG, WebP
    or GIF, is broken, or is too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decode(encoded, name)
    except InvalidRequest:
        raise
    except Exception as error:  # a decoder may raise anything on hostile bytes
        raise InvalidRequest(f"{name}: the image cannot be decoded: {error}") from error


def _decode(encoded: bytes, name: str) -> Image.Image:
    try:
        opened = Image.open(io.BytesIO(encoded), formats=FORMATS)
    except UnidentifiedImageError:
        raise InvalidRequest(f"{name}: the image is no PNG, JPEG, WebP or GIF") from None
    with opened as image:
        if image.width * image.height > LARGEST:
            raise InvalidRequest(
                f"{name}: the image has {image.width} x {image.height} pixels,"
                f" and {LARGEST:,} is the most"
            )
        if max(image.size) > LONGEST:
            raise InvalidRequest(
                f"{name}: the image has a side of {max(image.size)} pixels,"
                f" and {LONGEST:,} is the most"
            )
        image.load()
        return _flatten(ImageOps.exif_transpose(image))


def _flatten(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, (255, 255, 255))
    white.paste(image, mask=image.getchannel("A"))
    return white


def pixels(image: Image.Image) -> Pixels:
    return Pixels(image.width, image.height, image.tobytes())
