from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from azrun.inference.errors import InvalidRequest
from azrun.inference.worker.requests.images import decode, pixels

RED, WHITE = (255, 0, 0), (255, 255, 255)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_form(form: str):
    image = decode(encoded(Image.new("RGB", (30, 20), RED), form), "image")
    assert (image.size, image.mode) == ((30, 20), "RGB")
    red, green, blue = image.getpixel((15, 10))
    assert red > 250
    assert green + blue < 10


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16"])
def test_every_mode(mode: str):
    form = "JPEG" if mode == "CMYK" else "PNG"
    assert decode(encoded(Image.new(mode, (8, 8)), form), "image").mode == "RGB"


def test_transparency_is_white():
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (*RED, 255))
    shown = decode(encoded(image, "PNG"), "image")
    assert (shown.getpixel((0, 0)), shown.getpixel((1, 0))) == (WHITE, RED)


def test_the_first_frame_of_an_animation():
    frames = [Image.new("RGB", (4, 4), color) for color in (RED, WHITE)]
    animation = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(animation, "image").getpixel((0, 0)) == RED


def test_upright_as_its_exif_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    assert decode(encoded(Image.new("RGB", (30, 20)), "JPEG", exif=exif), "image").size == (20, 30)


def test_pixels_row_by_row():
    image = Image.new("RGB", (2, 1), WHITE)
    image.putpixel((1, 0), RED)
    assert pixels(image).data == bytes((*WHITE, *RED))


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", check)

    size = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"x"))


def test_too_many_pixels_are_refused_before_they_are_decoded():
    with pytest.raises(InvalidRequest, match=r"^validation error: mine: .*50000 x 50000 pixels"):
        decode(png_header(50_000, 50_000), "mine")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg/>",
        b"BM" + b"\0" * 100,
        b"GIF89a",
        b"\xff\xd8\xff\xe0" + b"\0" * 50,
        b"RIFF\x10\0\0\0WEBPVP8 ",
        png_header(10, 10),
        encoded(Image.effect_noise((64, 64), 90), "PNG")[:-900],
        encoded(Image.effect_noise((64, 64), 90), "JPEG")[:400],
    ],
)
def test_what_cannot_be_decoded(data: bytes):
    with pytest.raises(InvalidRequest, match="^validation error: mine: the image "):
        decode(data, "mine")
