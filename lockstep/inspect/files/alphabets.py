"""Which encoding makes words of a text's bytes, judged by the alphabets of languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# One byte for a character, the most common first: of encodings that explain a text equally well the first is taken.
ENCODINGS = (
    *("cp1252", "cp1255", "cp1251", "cp1250", "cp1253", "cp1254", "cp1257", "mac_roman", "koi8_r", "koi8_u"),
    *("mac_cyrillic", "cp866", "iso8859_5", "iso8859_2", "iso8859_7", "cp1256", "cp850", "cp437", "cp852"),
    *("mac_latin2", "cp874"),
)
# Letters beyond ASCII of languages that use Latin letters.
LATIN = (
    *("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíóúüñ", "àáâãçéêíóôõúü", "àèéìíîòóù", "àçèéíïòóúü", "åäöé", "åæøéüö"),
    *("ëéèïóöü", "áðéíóúýþæö", "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîșțşţ"),
    *("čćđšž", "çğıİöşüâ", "āčēģīķļņšūž", "ąčęėįšųūž", "äöõüšž"),
)
# All letters of languages that use other ones.
OTHERS = (
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "абвгдђежзијклљмнњопрстћуфхцчџш",
    "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώϊϋΐΰς",
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيًٌٍَُِّْـپچژگ",
    "".join(map(chr, range(0xE01, 0xE4F))),
)
HEBREW = 4
# Five letters have another form at the end of a word; Cyrillic words read as Hebrew have them anywhere.
HEBREW_WORD = re.compile("[^ךםןףץ]*[^כמנפצ]")
# Few languages write þ and ð: where another one explains the same words, it is more likely.
ICELANDIC, RARE = LATIN.index("áðéíóúýþæö"), 0.94
# Signs that stand beside words and numbers in tables of any language; those before a letter, behind and within words.
SIGNS = frozenset("°€£¥§©®™–—‘’“”„«»‹›…•²³½¼¾±×÷¿¡·†‡‰≤≥≈∞√№\xa0")  # noqa: RUF001
BEFORE = frozenset("“„«‹‘¿¡°\xa0")  # noqa: RUF001
BEHIND = frozenset("²³™®©’”»›…\xa0")  # noqa: RUF001
WITHIN = frozenset("’‘·\xa0")  # noqa: RUF001
# Signs that Unicode counts among letters: of units and ordinal numbers.
UNITS = str.maketrans("", "", "µμªº")
# A sign beside letters is less likely than another letter.
WITH_SIGN = 0.9
# A no-break space joins, as in 4 277 (thousands).
TOKEN = re.compile(r"(?:[^\s,;|\"]|\xa0)+")
WORD = re.compile(r"[^\W\d_]+(?:[\u064b-\u0652\u0e31-\u0e4e]+[^\W\d_]*)*")
# A lead over the most common encodings that is smaller than this may be chance.
LEAD = 0.1
# One language that explains nearly all words is better evidence than several that explain them together.
ONE_LANGUAGE = 0.95


def _both_cases(letters: str) -> frozenset[str]:
    return frozenset(letters) | {letter.upper() for letter in letters if len(letter.upper()) == 1}


ALPHABETS = (*map(_both_cases, LATIN), *map(_both_cases, OTHERS))


@dataclass(frozen=True)
class Explained:
    """How well an encoding explains a text.

    Attributes:
        encoding: Its name in Python.
        words: Share of the different words beyond ASCII that may be words, or signs beside words or numbers.
        one_language: Largest share of them that one language explains.
    """

    encoding: str
    words: float
    one_language: float


def explained_words(sample: bytes) -> list[Explained]:
    """The encodings of one byte for a character, the most plausible for these bytes first."""
    found = [_explained(sample, encoding) for encoding in ENCODINGS]
    best = max(one.words for one in found)
    near = [one for one in found if one.words >= best - LEAD]
    usual = near[0]
    language = max(near, key=lambda one: (one.one_language, one.words))
    # a text in several languages is explained by many encodings a little
    chosen = language if language.one_language >= ONE_LANGUAGE > usual.one_language else usual
    if chosen is usual:
        chosen = max(near, key=lambda one: one.words) if best - usual.words > LEAD / 2 else usual
    return [chosen, *sorted((one for one in found if one is not chosen), key=lambda one: -one.words)]


def _explained(sample: bytes, encoding: str) -> Explained:
    tokens = dict.fromkeys(TOKEN.findall(sample.decode(encoding, errors="replace").translate(UNITS)))
    likely = [_languages(token) for token in tokens if not token.isascii()]
    n_tokens = max(len(likely), 1)
    languages = [
        sum(weight for found, weight in likely if not found or index in found) * (RARE if index == ICELANDIC else 1)
        for index in range(len(ALPHABETS))
    ]
    words = sum(weight for _, weight in likely)
    return Explained(encoding, round(words / n_tokens, 4), round(max(languages) / n_tokens, 4))


def _languages(token: str) -> tuple[frozenset[int], float]:
    """The alphabets that have all letters of a token, none if it has signs alone, and how likely it is: 0 to 1."""
    words = [word for word in WORD.findall(token) if not word.isascii()]
    signs = [match.start() for match in re.finditer(r"[^\w]|_", token) if not match[0].isascii()]
    if (
        not token.replace("\xa0", " ").isprintable()
        or len(signs) > 2
        or not all(_is_sign(token, position) for position in signs)
    ):
        return frozenset(), 0
    if not words:
        return frozenset(), 1
    common = frozenset.intersection(*(frozenset(_alphabets_of(word)) for word in words))
    return common, (WITH_SIGN if signs else 1) if common else 0


def _alphabets_of(word: str) -> Iterator[int]:
    if not (word.isupper() or word[1:] == word[1:].lower()):
        return
    beyond = {letter for letter in word if not letter.isascii()}
    n_beyond = sum(not letter.isascii() for letter in word)
    for index, alphabet in enumerate(ALPHABETS):
        if not beyond <= alphabet:
            continue
        if index < len(LATIN):
            # most letters of a longer word are ASCII
            if n_beyond == 1 or 4 * n_beyond <= 3 * len(word):
                yield index
        elif n_beyond == len(word) and (index != len(LATIN) + HEBREW or HEBREW_WORD.fullmatch(word)):
            yield index


def _is_sign(token: str, position: int) -> bool:
    sign, before, after = token[position], token[position - 1 : position], token[position + 1 : position + 2]
    if sign not in SIGNS:
        return False
    if before.isalpha() and after.isalpha():
        return sign in WITHIN
    return (sign in BEHIND or not before.isalpha()) and (sign in BEFORE or not after.isalpha())
