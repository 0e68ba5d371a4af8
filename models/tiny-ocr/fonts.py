"""The font files that the pages are printed in: one list to train with, one to be judged with.

The two share no family and no relative: where a family is held out, so are the families
drawn from the same outlines (Arimo, Tinos and Cousine for Liberation; Roboto Slab for Roboto).
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from PIL import ImageFont
from text import CHARACTERS

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
SUFFIXES = (".ttf", ".otf")

FIRST = ("DejaVuSans", "NotoSans-Regular", "FreeSans", "Carlito-Regular")
"""What a run starts with: plain upright sans."""

SECOND = (
    "DejaVuSerif", "NotoSerif-Regular", "FreeSerif", "DejaVuSansMono", "OpenSans-Regular",
    "Lato-Regular", "Inter-Regular", "DejaVuSans-Bold", "STIX-Regular", "Andika-Regular",
)  # fmt: skip

REST = (
    "C059-Bold", "C059-Roman", "Cabin-Bold", "Cabin-Regular", "Carlito-Bold", "CharisSIL-Bold",
    "CharisSIL-Regular", "Courier Prime", "Courier Prime Bold", "Courier Prime Sans",
    "DejaVuSans-Oblique", "DejaVuSansMono-Bold", "DejaVuSerif-Bold", "Dosis-Book",
    "EBGaramond12-Bold", "EBGaramond12-Regular", "FiraCode-Bold", "FiraCode-Regular", "FreeMono",
    "FreeMonoBold", "FreeSansBold", "FreeSerifBold", "FreeSerifItalic", "GentiumPlus-Bold",
    "GentiumPlus-Regular", "GilliusADF-Bold", "GilliusADF-Regular", "Go-Bold", "Go-Mono",
    "Go-Mono-Bold", "Go-Regular", "Hack-Bold", "Hack-Regular", "Inconsolata", "Inter-Bold",
    "JetBrainsMono-Bold", "JetBrainsMono-Regular", "JunicodeTwoBeta-Regular", "Lato-Bold",
    "LeagueMono-Bold", "LeagueMono-Regular", "LibrisADFStd-Bold", "LibrisADFStd-Regular",
    "LinBiolinum_R", "LinBiolinum_RB", "LinLibertine_R", "LinLibertine_RB", "LinLibertine_RI",
    "NimbusMonoPS-Bold", "NimbusMonoPS-Regular", "NimbusRoman-Bold", "NimbusRoman-Regular",
    "NimbusSans-Bold", "NimbusSans-Regular", "NotoSans-Bold", "NotoSans-Italic",
    "NotoSansDisplay-Regular", "NotoSansMono-Regular", "NotoSerif-Bold",
    "NotoSerifDisplay-Regular", "OpenSans-Bold", "Oxygen-Sans", "Oxygen-Sans-Bold",
    "OxygenMono-Regular", "P052-Bold", "P052-Roman", "Play-Bold", "Play-Regular",
    "Quicksand-Bold", "Quicksand-Regular", "STIX-Bold", "URWBookman-Demi", "URWGothic-Book",
    "URWGothic-Demi",
)  # fmt: skip

TRAINING = FIRST + SECOND + REST

HELD_OUT = (
    "Caladea-Bold", "Caladea-Regular", "Cantarell-Bold", "Cantarell-Regular",
    "LiberationMono-Bold", "LiberationMono-Regular", "LiberationSans-Bold",
    "LiberationSans-Regular", "LiberationSerif-Bold", "LiberationSerif-Regular", "Roboto-Bold",
    "Roboto-Regular", "Vollkorn-Bold", "Vollkorn-Regular",
)  # fmt: skip

PACKAGES = (
    "fonts-adf-gillius fonts-adf-libris fonts-cabin fonts-cantarell fonts-courier-prime "
    "fonts-crosextra-caladea fonts-crosextra-carlito fonts-dejavu fonts-dosis fonts-ebgaramond "
    "fonts-firacode fonts-freefont-ttf fonts-go fonts-hack fonts-inconsolata fonts-inter "
    "fonts-jetbrains-mono fonts-junicode fonts-lato fonts-league-mono fonts-liberation "
    "fonts-linuxlibertine fonts-noto-core fonts-noto-mono fonts-open-sans fonts-oxygen fonts-play "
    "fonts-quicksand fonts-roboto-unhinted fonts-sil-andika fonts-sil-charis "
    "fonts-sil-gentiumplus fonts-stix fonts-urw-base35 fonts-vollkorn"
)


@cache
def _installed() -> dict[str, Path]:
    found = (path for folder in FOLDERS for path in sorted(folder.rglob("*")))
    return {path.stem: path for path in found if path.suffix in SUFFIXES}


@cache
def load(name: str, size: int) -> ImageFont.FreeTypeFont:
    """The font of that file name at `size` pixels an em."""
    path = _installed().get(name)
    if path is None:
        raise SystemExit(f"The font {name} is not installed. Run: apt-get install {PACKAGES}")
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@cache
def missing(name: str) -> frozenset[str]:
    """The characters of ours for which the font has no shape."""
    face = load(name, 24)
    nothing = _shape(face, "\uffff")
    return frozenset(char for char in CHARACTERS if char != " " and _shape(face, char) == nothing)


def _shape(face: ImageFont.FreeTypeFont, char: str) -> bytes:
    mask = face.getmask(char)
    return bytes(mask) + bytes(mask.size)


def some(rng: random.Random, names: tuple[str, ...], text: str) -> str:
    """One of the fonts that have all characters of `text`."""
    return rng.choice([name for name in names if missing(name).isdisjoint(text)])
