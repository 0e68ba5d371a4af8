"""Strips: whatever the page, black ink on a white grid, as large as the margins allow."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from azrun.inference.page.reading import read
from azrun.inference.page.strips import Fit

FIT = Fit(height=28, width=448, margin=2)
Box = tuple[int, int, int, int]


def page(
    box: Box, *, size: tuple[int, int] = (300, 80), paper: str = "white", ink: str = "black"
) -> Image.Image:
    """A page with one solid block of ink at `box` (right and bottom exclusive)."""
    image = Image.new("RGB", size, paper)
    ImageDraw.Draw(image).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=ink)
    return image


def grid(image: Image.Image) -> Image.Image:
    """The page's one strip."""
    ((before, found),) = read(image, FIT).strips
    assert before == ""
    return found


def ink_box(grid: Image.Image) -> Box:
    rows, columns = np.nonzero(np.asarray(grid.convert("L")) < 128)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


@pytest.mark.parametrize("size", [(9, 5), (300, 80), (2000, 1000)])
def test_the_grid_has_the_trained_size_whatever_the_page(size: tuple[int, int]) -> None:
    found = grid(page((2, 1, 6, 4), size=size))
    assert (found.mode, found.size) == ("RGB", (448, 28))


def test_ink_is_scaled_to_the_height_and_left_aligned() -> None:
    assert ink_box(grid(page((100, 30, 140, 40)))) == (2, 2, 98, 26)


def test_low_letters_among_high_ones_are_not_blown_up() -> None:
    image = page((20, 10, 60, 30), size=(300, 200))
    ImageDraw.Draw(image).rectangle((20, 60, 59, 79), fill="black")
    ImageDraw.Draw(image).rectangle((20, 110, 59, 119), fill="black")
    heights = [ink_box(found)[3] - ink_box(found)[1] for _, found in read(image, FIT).strips]
    assert heights == [24, 24, 17]


def test_a_photograph_of_many_megapixels_is_read() -> None:
    assert ink_box(grid(page((900, 300, 1260, 390), size=(6000, 900)))) == (2, 2, 98, 26)


@pytest.mark.parametrize(
    ("paper", "ink"),
    [("white", "black"), ("black", "white"), ("navy", "yellow"), ("#cccccc", "#777777")],
)
def test_colours_become_black_on_white(paper: str, ink: str) -> None:
    usual = np.asarray(grid(page((100, 30, 140, 40))))
    other = np.asarray(grid(page((100, 30, 140, 40), paper=paper, ink=ink)))
    assert (usual == other).all()


def test_transparency_is_laid_on_white() -> None:
    image = Image.new("RGBA", (300, 80), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (100, 30, 140, 40))
    assert ink_box(grid(image)) == (2, 2, 98, 26)


def test_noise_and_specks_do_not_count_as_ink() -> None:
    pixels = np.asarray(page((100, 30, 140, 40), paper="#dddddd"), np.float32).copy()
    pixels += np.random.default_rng(0).normal(0, 6, pixels.shape)
    pixels[5, 290] = 0
    noisy = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    assert ink_box(grid(noisy)) == (2, 2, 98, 26)


def test_faint_ink_shows_on_a_grainy_page() -> None:
    pixels = np.asarray(page((100, 30, 140, 40), paper="#b4b4b4", ink="#828282"), np.float32)
    grain = np.random.default_rng(0).normal(0, 12, pixels.shape[:2])[..., None]
    left, top, right, bottom = ink_box(
        grid(Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8)))
    )
    assert bottom - top >= 18
    assert 75 < right - left < 100


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_mode_is_read(mode: str) -> None:
    image = page((100, 30, 140, 40)).convert("L").convert(mode)
    assert grid(image).size == (448, 28)


def test_metadata_names_the_grid() -> None:
    keys = {"azrun.fit.kind": "strips", "azrun.fit.height": "28", "azrun.fit.width": "420"}
    assert Fit.from_metadata(keys) == Fit(height=28, width=420, margin=2)


def test_a_model_without_the_keys_has_no_fit() -> None:
    assert Fit.from_metadata({"general.architecture": "qwen2vl"}) is None
