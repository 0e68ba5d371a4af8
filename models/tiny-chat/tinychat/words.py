"""Words and values that no table has: names, codes, prices, dates, made up at random.

Names and codes are split in two by a hash: training sees the one part, evaluation the other.
"""

from __future__ import annotations

import random
import string
import zlib
from collections.abc import Callable

from tinychat.tables import listed, rows, things


class Words:
    """A seeded source of words and values in one language; `fresh` for those of the evaluation."""

    def __init__(self, rng: random.Random, language: str, *, fresh: bool = False) -> None:
        self.rng, self.language, self.fresh = rng, language, fresh
        self._values: dict[str, Callable[[], str]] = {
            "person": self.person, "place": self.place, "price": self.price,
            "measure": self.measure, "colour": self.colour, "thing": self.thing,
            "things": self.several, "name": self.name, "code": self.code, "version": self.version,
            "number": self.number, "small": self.small, "amount": self.number, "date": self.date,
            "day": self.day, "when": self.when, "time": self.time, "hour": self.hour,
            "phone": self.phone, "email": self.email, "floor": self.floor, "room": self.room,
            "status": self.status, "language": self.tongue, "period": self.period,
            "job": self.job, "year": self.year, "quoted": self.phrase, "url": self.url,
            "company": self.name, "currency": self.currency, "ticker": self.ticker,
            "expression": self.expression,
        }  # fmt: skip

    def value(self, kind: str) -> str:
        return self._values[kind]()

    def pick(self, kind: str) -> str:
        """One of a list that each language has."""
        return self.one_of(f"{kind} {self.language}")

    def one_of(self, kind: str) -> str:
        return self.rng.choice(listed(kind))

    def made_up(self, syllables: int = 0) -> str:
        """A word that may be pronounced and means nothing."""
        while True:
            count = syllables or self.rng.choice((1, 2, 2, 2, 3, 3))
            word = "".join(
                self.one_of("onsets") + self.one_of("vowels") for _ in range(count)
            ) + self.one_of("codas")
            if len(word) > 2 and self._mine(word):
                return word

    def _mine(self, word: str) -> bool:
        return (zlib.crc32(word.lower().encode()) % 10 == 0) == self.fresh

    def name(self) -> str:
        """A made-up proper name."""
        word = self.made_up().capitalize()
        if self.rng.random() < 0.12:
            word = word.upper()
        return word if self.rng.random() < 0.8 else f"{word} {self.made_up().capitalize()}"

    def person(self) -> str:
        known = not self.fresh and self.rng.random() < 0.45
        given = self.one_of("given") if known else self.made_up(2).capitalize()
        if self.rng.random() < 0.7:
            return given
        family = self.one_of("family") if known else self.made_up().capitalize()
        return f"{given} {family}"

    def place(self) -> str:
        if self.fresh or self.rng.random() < 0.5:
            return self.made_up(self.rng.choice((2, 3))).capitalize()
        return self.one_of("cities")

    def number(self) -> str:
        return str(self.rng.randint(2, 10 ** self.rng.choice((1, 2, 2, 3, 3, 4))))

    def small(self) -> str:
        return str(self.rng.randint(2, self.rng.choice((9, 20, 99))))

    def price(self) -> str:
        cents = f".{self.rng.randint(0, 99):02}" if self.rng.random() < 0.3 else ""
        if self.language == "pt":
            return self.rng.choice((f"R$ {self.number()}{cents}", f"{self.number()} reais"))
        marks = ("${}", "${}", "€{}", "{} dollars", "{} euros")
        return self.rng.choice(marks).format(self.number() + cents)

    def measure(self) -> str:
        return f"{self.number()} {self.one_of('units')}"

    def colour(self) -> str:
        return self.rng.choice([row[self.language == "pt"] for row in rows("colours")])

    def thing(self) -> str:
        return self.rng.choice(things())[self.language].noun.word

    def several(self) -> str:
        if self.rng.random() < 0.6:
            return self.rng.choice(things())[self.language].noun.a
        noun = self.rng.choice([one for one in things() if one["en"].noun.bare])[self.language].noun
        of = "de" if self.language == "pt" else "of"
        return f"{self.small()} {self.pick('holders')} {of} {noun.word}"

    def code(self) -> str:
        while True:
            made = self._coded()
            if self._mine(made):
                return made

    def _coded(self) -> str:
        letters = "".join(self.rng.choices(string.ascii_uppercase, k=self.rng.randint(1, 4)))
        digits = "".join(self.rng.choices(string.digits, k=self.rng.randint(2, 5)))
        mixed = "".join(self.rng.choices(string.ascii_letters + string.digits, k=7))
        word = f"{self.made_up()}{digits}"
        return self.rng.choice((letters + digits, f"{letters}-{digits}", digits, mixed, word))

    def version(self) -> str:
        return ".".join(str(self.rng.randint(0, 20)) for _ in range(self.rng.choice((2, 3))))

    def date(self) -> str:
        year, day, month = (
            self.rng.randint(1900, 2035),
            self.rng.randint(1, 28),
            self.pick("months"),
        )
        number = self.rng.randint(1, 12)
        if self.language == "pt":
            forms = (f"{day} de {month} de {year}", f"{day} de {month}", f"{day}/{number}/{year}")
        else:
            forms = (f"{day} {month} {year}", f"{month} {day}", f"{month} {day}, {year}")
        return self.rng.choice((*forms, f"{year}-{number:02}-{day:02}"))

    def day(self) -> str:
        return self.pick("days") if self.rng.random() < 0.6 else self.date()

    def on(self, day: str) -> str:
        """With its preposition: "on Monday", "tomorrow", "no domingo", "em 3/5/1990"."""
        if self.language == "en":
            return day if day in listed("soon en") else f"on {day}"
        if day not in listed("days pt"):
            return day if day in listed("soon pt") else f"em {day}"
        return f"no {day}" if day.endswith("o") else f"na {day}"

    def when(self) -> str:
        """A day, as a request names it."""
        if self.rng.random() < 0.25:
            return self.pick("soon")
        return self.day()

    def year(self) -> str:
        return str(self.rng.randint(1700, 2035))

    def time(self) -> str:
        first = 2 if self.language == "pt" else 0
        hour, minute = self.rng.randint(first, 23), self.rng.choice(("00", "15", "30", "45"))
        return (
            f"{hour}h{minute}"
            if self.language == "pt" and self.rng.random() < 0.4
            else (f"{hour}:{minute}")
        )

    def hour(self) -> str:
        """A time of the day as people say it; "at" or "às" fit before it."""
        hour, spoken = self.rng.randint(2, 12), self.rng.random()
        if spoken < 0.3:
            return self.time()
        if self.language == "pt":
            named = ("duas", *self._counted()[3:])[hour - 2]
            forms = (f"{hour}h", f"{hour} horas", named, named, f"{named} e meia")
        else:
            named = self._counted()[hour]
            forms = (f"{hour} am", f"{hour} pm", f"{hour}", named, named, f"half past {named}")
        return self.rng.choice(forms)

    def told(self, kind: str) -> str:
        """A value as a text has it: `3 weeks`, now and then as `three weeks`."""
        made = self.value(kind)
        return made if kind in ("day", "date", "hour") else self.spelled(made)

    def spelled(self, value: str) -> str:
        """`3 weeks`, now and then as `three weeks`."""
        number, gap, rest = value.partition(" ")
        named = self._counted()
        small = gap and number.isdecimal() and 3 <= int(number) < len(named)
        return f"{named[int(number)]} {rest}" if small and self.rng.random() < 0.5 else value

    def _counted(self) -> list[str]:
        return listed(f"numbers {self.language}")

    def floor(self) -> str:
        return self.pick("floors")

    def room(self) -> str:
        return self.pick("rooms")

    def phone(self) -> str:
        return f"{self.rng.randint(200, 999)}-{self.rng.randint(1000, 9999)}"

    def email(self) -> str:
        ending = self.rng.choice(("com", "org", "com.br", "net"))
        return f"{self.made_up(2)}@{self.made_up(2)}.{ending}"

    def url(self) -> str:
        ending = self.rng.choice(("com", "org", "dev"))
        return f"https://{self.made_up(2)}.{ending}/{self.made_up(1)}"

    def status(self) -> str:
        return self.pick("statuses")

    def tongue(self) -> str:
        return self.pick("languages")

    def period(self) -> str:
        return f"{self.small()} {self.pick('periods')}"

    def job(self) -> str:
        people = [t[self.language] for t in things() if t["en"].kind.word == "person"]
        return self.rng.choice(people).noun.word

    def phrase(self) -> str:
        """A few words: a title, a query, a message."""
        thing, other = self.rng.choice(things())[self.language], self.rng.choice(things())
        form = self.rng.randrange(6)
        if form == 0:
            return thing.noun.word
        if form == 1:
            return thing.deed.rstrip(".")
        if form == 2:
            return f"{self.made_up()} {thing.noun.word}"
        if form == 3:
            joined = " e " if self.language == "pt" else " and "
            return thing.noun.word + joined + other[self.language].noun.word
        if form == 4:
            return thing.does
        return f"{thing.noun.word} {thing.place}"

    def currency(self) -> str:
        return self.rng.choice(("USD", "EUR", "BRL", "GBP", "JPY", "dollars", "euros", "reais"))

    def ticker(self) -> str:
        return "".join(self.rng.choices(string.ascii_uppercase, k=self.rng.randint(2, 5)))

    def expression(self) -> str:
        signs = self.rng.choices("+-*/", k=self.rng.randint(1, 2))
        return self.small() + "".join(f" {sign} {self.small()}" for sign in signs)
