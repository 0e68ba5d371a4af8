"""A page in reading order: what is said between the strips."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from azrun.inference.page.reading import MOST_STRIPS, Reading, asks_for_tags, read
from azrun.inference.page.strips import Fit

Page = Callable[..., Image.Image]
FIT = Fit(height=28, width=448, margin=2)
LONG = "the quick brown fox jumps over the lazy dog and runs"


def said(reading: Reading) -> str:
    """The answer's frame, with a # for each strip."""
    return "".join(f"{before}#" for before, _ in reading.strips) + reading.after


def tagged(image: Image.Image) -> str:
    return said(read(image, FIT, tagged=True))


def test_lines_come_one_after_the_other(page: Page) -> None:
    assert said(read(page("One line", "another", "third"), FIT)) == "#\n#\n#"


def test_accents_dots_and_commas_are_no_lines(page: Page) -> None:
    assert said(read(page("aáoôi", "ünïñ,;", "nm=nm", "ÉÃÇ j"), FIT)) == "#\n#\n#\n#"


def test_a_long_line_is_cut_between_words(page: Page) -> None:
    assert said(read(page(LONG), FIT)) == "# #"


def test_a_wide_gap_is_a_space(page: Page) -> None:
    assert said(read(page("Total" + " " * 12 + "12.00", "Paid"), FIT)) == "# #\n#"


def test_a_word_too_long_for_a_strip_is_cut_between_letters(page: Page) -> None:
    assert set(said(read(page("W" * 40), FIT))) == {"#"}


def test_a_word_without_gaps_is_squeezed(page: Page) -> None:
    image = page("m" * 40)
    ImageDraw.Draw(image).line((45, 44, image.width - 45, 44), fill="black", width=2)
    ((_, strip),) = read(image, FIT).strips
    columns = np.flatnonzero((np.asarray(strip.convert("L")) < 128).any(axis=0))
    assert (columns[0], columns[-1]) == (2, 445)


@pytest.mark.parametrize("degrees", [-2.0, -0.7, 0.8, 2.0])
def test_a_turned_page_is_turned_back(page: Page, degrees: float) -> None:
    image = page(LONG[:30], LONG[30:], "and a third one", pitch=1.3)
    turned = image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    assert said(read(turned, FIT)) == "#\n#\n#"


def test_lines_that_touch_are_cut_where_they_touch(page: Page) -> None:
    image = page("happy jogging", "many lying", "quirky apples", "and others", pitch=1.4)
    draw = ImageDraw.Draw(image)
    draw.line((100, 36, 100, 64), fill="black", width=2)
    assert said(read(image, FIT)).count("\n") == 3


@pytest.mark.parametrize("size", [(1, 1), (120, 40), (40_000, 3)])
@pytest.mark.parametrize("color", ["white", "black", "#808080"])
def test_a_blank_page_has_no_strips(size: tuple[int, int], color: str) -> None:
    assert read(Image.new("RGB", size, color), FIT, tagged=True) == Reading()


def test_a_noisy_blank_page_has_no_strips() -> None:
    noise = np.random.default_rng(0).normal(200, 4, (40, 120)).astype(np.uint8)
    assert said(read(Image.fromarray(noise), FIT)) == ""


def test_a_page_with_too_much_on_it_is_cut() -> None:
    dots = np.full((1000, 1000), 255, np.uint8)
    dots[::10, ::10] = dots[1::10, ::10] = 0
    reading = read(Image.fromarray(dots), FIT, tagged=True)
    assert reading.cut
    assert len(reading.strips) == MOST_STRIPS


@pytest.mark.parametrize("ruled", [False, True])
def test_a_table_is_html(table: Page, ruled: bool) -> None:
    image = table(("Item", "Price"), ("Tea", "2.50"), ("Milk", "1.20"), ruled=ruled)
    row = "<tr><td>#</td><td>#</td></tr>"
    assert tagged(image) == f"<table>{row}{row}{row}</table>"


def test_without_being_asked_a_table_is_lines(table: Page) -> None:
    image = table(("Item", "Price"), ("Tea", "2.50"), ruled=True)
    assert said(read(image, FIT)) == "# #\n# #"


@pytest.mark.parametrize("ruled", [False, True])
def test_an_empty_cell_is_there(table: Page, ruled: bool) -> None:
    image = table(("Item", "Price", "No"), ("Tea", "", "3"), ("Milk", "1.20", "4"), ruled=ruled)
    assert "<tr><td>#</td><td></td><td>#</td></tr>" in tagged(image)


def test_prose_is_no_table(page: Page) -> None:
    lines = [LONG[start : start + 25] for start in range(0, 25, 5)]
    assert "<table>" not in tagged(page(*lines))


def test_text_around_a_table_is_no_part_of_it(page: Page) -> None:
    gap = " " * 16
    image = page(
        "A title over the whole", f"ab{gap}cd", f"ef{gap}gh", "And a sentence below it all"
    )
    cells = "<tr><td>#</td><td>#</td></tr>"
    assert tagged(image) == f"#\n<table>{cells}{cells}</table>\n#"


def test_a_page_number_stands_alone_below(page: Page) -> None:
    image = page("Some text that goes on", "and on, for lines", "three in all", "", "", "4/12")
    assert tagged(image) == "#\n#\n#\n<page_number>#</page_number>"
    assert said(read(image, FIT)) == "#\n#\n#\n#"


def test_a_faint_slanted_word_is_a_watermark(page: Page) -> None:
    image = page(*["Some text that goes on and on"] * 6)
    word = Image.new("L", (300, 90), 0)
    ImageDraw.Draw(word).text((5, 0), "DRAFT", font=ImageFont.load_default(80), fill=255)
    word = word.rotate(30, expand=True)
    below = Image.new("RGB", image.size, "white")
    below.paste((215, 215, 215), (60, 20), word)
    below.paste(image, mask=image.convert("L").point(lambda level: 255 - level))
    assert tagged(below) == "\n".join("#" * 6) + "\n<watermark>#</watermark>"


@pytest.mark.parametrize(
    ("prompt", "asks"),
    [
        ("Return the tables in html format.", True),
        ("Ex: <page_number>14</page_number>", True),
        ("What does it say?", False),
        ("", False),
    ],
)
def test_a_prompt_that_names_the_tags_asks_for_them(prompt: str, asks: bool) -> None:
    assert asks_for_tags(prompt) is asks


def test_hostile_pages_are_read_in_bounded_time() -> None:
    side = 1024
    y, x = np.mgrid[:side, :side]
    patterns = (y // 2 % 2, x // 2 % 2, (x // 3 + y // 3) % 2, (x + y) // 40 % 2, x > side // 2)
    for pattern, tags in itertools.product(patterns, (False, True)):
        reading = read(Image.fromarray((pattern * 255).astype(np.uint8)), FIT, tagged=tags)
        assert len(reading.strips) <= MOST_STRIPS
