"""The Portuguese forms that the sentences need: gender, contractions, the past."""

from __future__ import annotations

FEMININE = {
    "dor", "luz", "cor", "flor", "mulher", "mãe", "carne", "noite", "parte", "base", "ave",
    "voz", "noz", "chave", "tv", "cdn", "url", "mão", "rede", "pá", "pressão", "nave",
    "verdura", "rã", "arte", "fome", "sede", "lagoa", "web", "vez", "cruz", "avó", "vovó",
    "caminhonete", "viagem", "ordem", "imagem",
}  # fmt: skip
MASCULINE = {"sistema", "cinema", "dia", "sofá", "chá", "esquema", "problema", "mapa", "tema"}
CONTRACTIONS = {
    "o": ("o", "a", ""),
    "um": ("um", "uma", ""),
    "do": ("do", "da", "de"),
    "de": ("do", "da", "de"),
    "no": ("no", "na", "em"),
    "em": ("no", "na", "em"),
    "ao": ("ao", "à", "a"),
    "pelo": ("pelo", "pela", "por"),
    "em um": ("em um", "em uma", "em"),
    "meu": ("meu", "minha", "meu"),
}
"""A preposition with its article: masculine, feminine, and before a name without one."""
IRREGULAR = {
    "fazer": ("fiz", "fez", "fizemos"),
    "dar": ("dei", "deu", "demos"),
    "ver": ("vi", "viu", "vimos"),
    "ter": ("tive", "teve", "tivemos"),
    "ir": ("fui", "foi", "fomos"),
}
PRESENT = {"odiar": "odeia", "construir": "constrói", "prevenir": "previne"}
PRESENT_ENDINGS = (
    ("ear", "eia"),
    ("uzir", "uz"),
    ("uir", "ui"),
    ("ar", "a"),
    ("er", "e"),
    ("ir", "e"),
)
"""The third person's, the longest first."""

PLURALS = {"mão": "mãos", "irmão": "irmãos", "pão": "pães", "cão": "cães", "grão": "grãos"}
PLURAL_ENDINGS = (
    ("ão", "ões"), ("al", "ais"), ("el", "éis"), ("il", "is"), ("ol", "óis"), ("ul", "uis"),
    ("m", "ns"), ("r", "res"), ("z", "zes"), ("s", "s"), ("x", "x"),
)  # fmt: skip
CONJUGATIONS = {
    "ir": "vou vai vão vamos fui foi foram indo ido",
    "ter": "tenho tem têm temos tive teve tiveram tendo tido",
    "fazer": "faço faz fazem fazemos fiz fez fizeram fazendo feito",
    "dar": "dou dá dão damos dei deu deram dando dado",
    "ver": "vejo vê veem vemos vi viu viram vendo visto",
    "vir": "venho vem vêm vimos vim veio vieram vindo",
    "poder": "posso pode podem podemos pude pôde puderam podendo podido",
    "querer": "quero quer querem queremos quis quiseram querendo querido",
    "dizer": "digo diz dizem dizemos disse disseram dizendo dito",
    "saber": "sei sabe sabem sabemos soube souberam sabendo sabido",
    "trazer": "trago traz trazem trazemos trouxe trouxeram trazendo trazido",
    "sair": "saio sai saem saímos saí saiu saíram saindo saído",
    "cair": "caio cai caem caímos caí caiu caíram caindo caído",
    "perder": "perco perde perdem perdemos perdi perdeu perderam perdendo perdido",
    "pedir": "peço pede pedem pedimos pedi pediu pediram pedindo pedido",
    "dormir": "durmo dorme dormem dormimos dormi dormiu dormiram dormindo dormido",
    "sentir": "sinto sente sentem sentimos senti sentiu sentiram sentindo sentido",
    "servir": "sirvo serve servem servimos servi serviu serviram servindo servido",
    "subir": "subo sobe sobem subimos subi subiu subiram subindo subido",
    "rir": "rio ri riem rimos riu riram rindo",
    "abrir": "abro abre abrem abrimos abri abriu abriram abrindo aberto",
    "escrever": "escrevo escreve escrevem escrevi escreveu escreveram escrevendo escrito",
    "ler": "leio lê leem lemos li leu leram lendo lido",
    "ouvir": "ouço ouve ouvem ouvimos ouvi ouviu ouviram ouvindo ouvido",
    "conhecer": "conheço conhece conhecem conheci conheceu conheceram conhecendo conhecido",
    "acontecer": "acontece acontecem aconteceu aconteceram acontecendo acontecido",
    "pagar": "pago paga pagam pagamos paguei pagou pagaram pagando pago",
    "medir": "meço mede medem medimos medi mediu mediram medindo medido",
    "dirigir": "dirijo dirige dirigem dirigi dirigiu dirigiram dirigindo dirigido",
}


def feminine(noun: str) -> bool:
    """Whether `noun` is feminine; a star at its end turns the rule of thumb around."""
    starred, word = noun.endswith("*"), noun.rstrip("*").split(" ")[0].lower()
    stem = word.removesuffix("s")
    looks = stem.endswith(("a", "ã", "ção", "são", "dade", "gem", "tude")) and word != "gás"
    if starred:
        return not looks
    return stem in FEMININE or word in FEMININE or (looks and stem not in MASCULINE)


def joined(preposition: str, noun: str, *, named: bool = False) -> str:
    """`do`, `padaria` -> `da padaria`; a name of a city takes no article."""
    forms = CONTRACTIONS[preposition]
    form = forms[2] if named else forms[feminine(noun)]
    return f"{form} {noun.rstrip('*')}".strip()


def agreeing(adjective: str, noun: str) -> str:
    """`caro`, `casa` -> `cara`."""
    if not feminine(noun):
        return adjective
    first, *rest = adjective.split(" ")
    if first.endswith("o"):
        first = first[:-1] + "a"
    elif first.endswith("dor"):
        first += "a"
    return " ".join([first, *rest])


def past(phrase: str, person: int) -> str:
    """`comprar` -> `comprei` (1), `comprou` (3), `compramos` (4: we)."""
    words = phrase.split(" ")
    at = 1 if words[0] == "se" else 0
    words[at] = _past(words[at], person)
    if at:
        words[0] = {1: "me", 3: "se", 4: "nos"}[person]
    return " ".join(words)


def present(phrase: str) -> str:
    """`comprar` -> `compra`; only the first word of a phrase changes."""
    verb, *rest = phrase.split(" ")
    if verb in CONJUGATIONS:
        return " ".join([CONJUGATIONS[verb].split()[1], *rest])
    form = PRESENT.get(verb) or next(
        verb.removesuffix(end) + written for end, written in PRESENT_ENDINGS if verb.endswith(end)
    )
    return " ".join([form, *rest])


def forms(phrase: str, kind: str) -> tuple[str, ...]:
    """The other forms of a noun, a verb or an adjective; only its first word changes."""
    first, *rest = phrase.rstrip("*").split(" ")
    if kind == "noun":
        changed: tuple[str, ...] = (plural(first),)
    elif kind == "verb":
        changed = _conjugated(first)
    elif first.endswith("o"):
        changed = (first[:-1] + "a", first + "s", first[:-1] + "as")
    else:
        changed = (plural(first),)
    return tuple(" ".join([form, *rest]) for form in changed)


def plural(noun: str) -> str:
    """`avião` -> `aviões`."""
    if noun in PLURALS:
        return PLURALS[noun]
    for end, written in PLURAL_ENDINGS:
        if noun.endswith(end):
            return noun[: len(noun) - len(end)] + written
    return noun + "s"


def _conjugated(verb: str) -> tuple[str, ...]:
    if verb in CONJUGATIONS:
        return tuple(CONJUGATIONS[verb].split())
    stem, ending = verb[:-2], verb[-2:]
    if ending == "ar":
        first = _soft(stem) + "ei"
        return (first, *(stem + e for e in ("o", "a", "am", "amos", "ou", "aram", "ando", "ado")))
    if ending == "er":
        return tuple(stem + e for e in ("o", "e", "em", "emos", "i", "eu", "eram", "endo", "ido"))
    if ending == "ir":
        return tuple(stem + e for e in ("o", "e", "em", "imos", "i", "iu", "iram", "indo", "ido"))
    return (verb,)


def _past(verb: str, person: int) -> str:
    if verb in IRREGULAR:
        return IRREGULAR[verb][{1: 0, 3: 1, 4: 2}[person]]
    stem, ending = verb[:-2], verb[-2:]
    if person == 4:
        return stem + {"ar": "amos", "er": "emos"}.get(ending, "imos")
    if ending == "ar":
        return stem + "ou" if person == 3 else _soft(stem) + "ei"
    third = "eu" if ending == "er" else "iu"
    return stem + third if person == 3 else stem + "i"


def _soft(stem: str) -> str:
    """The spelling before `e`: toquei, paguei, comecei."""
    for end, written in (("c", "qu"), ("g", "gu"), ("ç", "c")):
        if stem.endswith(end):
            return stem[: -len(end)] + written
    return stem
