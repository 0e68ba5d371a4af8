"""What the lines say: made-up words, numbers and random characters to train with."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable

LONGEST = 48
"""Characters of a line; what a strip holds of it may be less."""
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;!?-/()'\"%$@#&+*="
ACCENTED = "àáâãçèéêëíîïñóôõùúûüÿæœ"
CHARACTERS = PLAIN + ACCENTED + ACCENTED.upper() + "_[]<>¿¡«»ºª°€£"

HELD_OUT_WORDS = frozenset(
    """
    account address amount anchor answer august autumn balance basket bottle bridge butter
    candle castle cheque cloud corner country customer december delivery dinner discount
    doctor document engine evening exit factory february finger forest friday garden ginger
    harbour history holiday invoice jacket january journey kitchen ladder lantern letter
    library market meadow message milk monday morning mountain november number office orange
    order paper parcel payment pencil pepper person picture platform price quality quantity
    quarter quiet receipt refund report river saturday school season september service
    shipping signal silver station street subtotal summer sunday table ticket total traffic
    train tuesday unit valley village wallet water weather wednesday window winter writing
    yellow zebra
    ação açúcar alemão amanhã análise até avó avô câmera café canção código coração dúvida
    emissão endereço época estação fácil farmácia função história informação início irmã João
    lâmpada lição maçã mãe matemática médico município não número óculos opção órgão pão período
    português preço próximo público química rápido régua saída série símbolo só também técnico
    tênis três último união você vírus água árvore às índice ônibus útil
    acción años árbol avión baño camión canción compañía corazón cuándo día dirección español
    estación fábrica gestión inglés jardín lápiz mañana médica música niño número ordenación otoño
    página país pequeño pingüino razón reunión señal sábado teléfono último vergüenza
    août à boîte ça château cœur collègue crème déjà dîner école élève enquête été façade fenêtre
    fête forêt français garçon gâteau goût hôpital île leçon maïs même mère Noël nœud où œuvre
    pâte père première prêt reçu règle rôle sœur sûr tâche théâtre très vérité voilà
    """.split()  # noqa: SIM905 - a list of words reads better without quotes
)
_HELD_OUT_LIST = sorted(HELD_OUT_WORDS)
_SMALL = frozenset(word.lower() for word in HELD_OUT_WORDS)

_ONSETS = (
    *"bcdfghjklmnpqrstvwxyz", *"bcdfghlmnprst", "bl", "br", "ch", "cl", "cr", "dr", "fl", "fr",
    "gl", "gr", "kn", "ph", "pl", "pr", "qu", "sc", "sh", "sk", "sl", "sp", "st", "str", "th",
    "tr", "tw", "wh", "",
)  # fmt: skip
_VOWELS = (*"aeiou", *"aeio", "ai", "au", "ea", "ee", "ie", "io", "oo", "ou", "y")
_CODAS = (
    *"bdfgklmnprstxz", *"lnrst", "ck", "ct", "ff", "ft", "gh", "ld", "ll", "lt", "mp", "nd", "ng",
    "nt", "rd", "rk", "rm", "rn", "rt", "ss", "st", "th", "tt", "ve", "ze", "", "", "", "",
)  # fmt: skip
_BETWEEN = (*" " * 12, ", ", ". ", ": ", "; ", "-", "/", "! ", "? ", " (", ") ", " & ", " - ", "'")
_ACCENTS = {
    "a": "àáâãæ", "e": "èéêë", "i": "íîï", "o": "óôõœ", "u": "ùúûü", "c": "ç", "n": "ñ", "y": "ÿ"
}  # fmt: skip
_AROUND = (
    "()",
    "[]",
    "<>",
    "«»",
    "¿?",
    "¡!",
    " º",
    " ª",
    " °",
    "€ ",
    " €",
    "£ ",
    '""',
    "''",
    "$ ",
    " %",
    "# ",
    " .",
    " :",
    " !",
    " ?",
    " ,",
    "* ",
    "+ ",
    "- ",
)


def is_held_out(word: str) -> bool:
    """Whether `word` belongs to the evaluation: the list above, and a tenth of all made-up ones."""
    small = word.lower()
    return small in _SMALL or zlib.crc32(small.encode()) % 10 == 0


def made_up_word(rng: random.Random) -> str:
    """A word of one to four syllables, in lower case."""
    syllables = rng.choices((1, 2, 3, 4), (4, 5, 2, 1))[0]
    word = "".join(
        rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(syllables)
    )
    share = rng.choice((0.0, 0.0, 0.3))
    return "".join(
        rng.choice(_ACCENTS[letter]) if letter in _ACCENTS and rng.random() < share else letter
        for letter in word
    )


def cased(word: str, rng: random.Random) -> str:
    """`word` as it stands, capitalised or in capitals."""
    return rng.choices((word, word.capitalize(), word.upper()), (6, 3, 2))[0]


def number(rng: random.Random) -> str:
    """A count, price, date, time or code."""
    return rng.choice((_count, _price, _date, _time, _code))(rng)


def training_line(rng: random.Random, longest: int) -> str:
    """One to `longest` characters without a held-out word: prose, or characters at random."""
    make = _training_prose if rng.random() < 0.6 else _noise
    while not (text := make(rng, longest)):
        pass
    return text


def evaluation_line(rng: random.Random) -> str:
    """Three to 48 characters: held-out words, numbers and punctuation."""
    length = rng.randint(3, LONGEST)
    text = _trimmed(_prose(rng, length, _evaluation_word), length)
    return text if len(text) >= 3 else evaluation_line(rng)


def evaluation_cell(rng: random.Random) -> str:
    """One or two held-out words, or a number."""
    if rng.random() < 0.45:
        return number(rng)
    return " ".join(_evaluation_word(rng) for _ in range(rng.randint(1, 2)))


def training_cell(rng: random.Random) -> str:
    """A cell of the same kinds, without a held-out word."""
    if rng.random() < 0.45:
        return number(rng)
    return " ".join(_training_word(rng) for _ in range(rng.randint(1, 2)))


def _prose(rng: random.Random, length: int, word: Callable[[random.Random], str]) -> str:
    """`length` characters or some more."""
    text = ""
    while len(text) < length:
        text += word(rng) if rng.random() < 0.75 else number(rng)
        text += rng.choice(_BETWEEN)
    return text


def _training_prose(rng: random.Random, longest: int) -> str:
    length = _length(rng, longest)
    return _uncut(_prose(rng, length, _training_word), length)


def _noise(rng: random.Random, longest: int) -> str:
    length = _length(rng, longest)
    letters = rng.choice((CHARACTERS[:62], PLAIN, CHARACTERS))
    return _trimmed("".join(rng.choice(letters) for _ in range(length)), length)


def _length(rng: random.Random, longest: int) -> int:
    return 1 + int(longest * rng.random() ** 0.7)


def _training_word(rng: random.Random) -> str:
    word = made_up_word(rng)
    while is_held_out(word):
        word = made_up_word(rng)
    marks = rng.choice(_AROUND) if rng.random() < 0.1 else "  "
    return marks[0].strip() + cased(word, rng) + marks[1].strip()


def _evaluation_word(rng: random.Random) -> str:
    if rng.random() < 0.7:
        return cased(rng.choice(_HELD_OUT_LIST), rng)
    word = made_up_word(rng)
    while not is_held_out(word):
        word = made_up_word(rng)
    return cased(word, rng)


def _trimmed(text: str, length: int) -> str:
    return " ".join(text[:length].split())


def _uncut(text: str, length: int) -> str:
    """Trimmed, without the word that would be cut: its beginning may be a held-out one."""
    kept = text[:length]
    if re.match(r"\w\w", text[length - 1 : length + 1]):
        kept = re.sub(r"\w+$", "", kept)
    return _trimmed(kept, length)


def _count(rng: random.Random) -> str:
    return str(rng.randrange(10 ** rng.randint(1, 7)))


def _price(rng: random.Random) -> str:
    sign, units = rng.choice(("$", "R$ ", "", "")), rng.randrange(10 ** rng.randint(1, 4))
    return f"{sign}{units:,}.{rng.randrange(100):02}"


def _date(rng: random.Random) -> str:
    dash = rng.choice("-/.")
    return f"{rng.randint(1, 31):02}{dash}{rng.randint(1, 12):02}{dash}{rng.randint(1950, 2049)}"


def _time(rng: random.Random) -> str:
    return f"{rng.randrange(24):02}:{rng.randrange(60):02}"


def _code(rng: random.Random) -> str:
    return "".join(rng.choice(CHARACTERS[26:62]) for _ in range(rng.randint(2, 8)))
